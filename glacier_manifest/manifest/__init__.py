"""YAML text to Manifest, with a position for every value; its JSON Schema; conversion from AWS CLI JSON."""

from glacier_manifest.manifest.model import (
    NEVER,
    Archives,
    Ask,
    IdList,
    Job,
    Limits,
    ListedArchive,
    Manifest,
    Pace,
    Repurchases,
    SelectQuery,
)
from glacier_manifest.manifest.reading import read_manifest

__all__ = [
    "NEVER",
    "Archives",
    "Ask",
    "IdList",
    "Job",
    "Limits",
    "ListedArchive",
    "Manifest",
    "Pace",
    "Repurchases",
    "SelectQuery",
    "read_manifest",
]
