"""What InitiateJob takes, and how it says no to everything else.

https://docs.aws.amazon.com/amazonglacier/latest/dev/api-initiate-job-post.html and
https://docs.aws.amazon.com/amazonglacier/latest/dev/api-jobParameters.html. Where AWS says nothing
of a parameter that has no meaning for a job's type, `Format` and `Tier` are let through unheard
(AWS's own examples send them), and the parameter groups of another type are refused.
"""

import re
from collections.abc import Mapping
from typing import Any

from glacier_manifest.sandbox.clock import parse_instant
from glacier_manifest.sandbox.events import InventoryQuery
from glacier_manifest.sandbox.inventory import marker_position
from glacier_manifest.sandbox.refusals import RefusedError, invalid, missing, unreadable
from glacier_manifest.sandbox.treehash import is_megabyte_aligned

TYPES = ("archive-retrieval", "inventory-retrieval", "select")
TIERS = ("Expedited", "Standard", "Bulk")
_LONGEST_DESCRIPTION = 1024
_LONGEST_EXPRESSION = 128_000
_LONGEST_PREFIX = 512
_RANGE = re.compile(r"(\d{1,15})-(\d{1,15})")
_TOPIC = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_.-]{1,256}")
_FORBIDDEN: Mapping[str, tuple[str, ...]] = {
    "archive-retrieval": ("InventoryRetrievalParameters", "SelectParameters", "OutputLocation"),
    "inventory-retrieval": (
        "ArchiveId",
        "RetrievalByteRange",
        "SelectParameters",
        "OutputLocation",
    ),
    "select": ("RetrievalByteRange", "InventoryRetrievalParameters"),
}
_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "archive-retrieval": ("ArchiveId",),
    "inventory-retrieval": (),
    "select": ("ArchiveId", "SelectParameters", "OutputLocation"),
}
_TEXTS = ("Type", "ArchiveId", "Description", "SNSTopic", "RetrievalByteRange", "Tier", "Format")
_GROUPS = ("InventoryRetrievalParameters", "SelectParameters", "OutputLocation")
_CHOICES: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("SelectParameters", "ExpressionType"), ("SQL",)),
    (
        ("SelectParameters", "InputSerialization", "csv", "FileHeaderInfo"),
        ("USE", "IGNORE", "NONE"),
    ),
    (
        ("SelectParameters", "OutputSerialization", "csv", "QuoteFields"),
        ("ALWAYS", "ASNEEDED"),
    ),
    (
        ("OutputLocation", "S3", "CannedACL"),
        (
            "private",
            "public-read",
            "public-read-write",
            "aws-exec-read",
            "authenticated-read",
            "bucket-owner-read",
            "bucket-owner-full-control",
        ),
    ),
    (("OutputLocation", "S3", "Encryption", "EncryptionType"), ("aws:kms", "AES256")),
    (
        ("OutputLocation", "S3", "StorageClass"),
        ("STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA"),
    ),
)


def check_parameters(parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return job parameters that are right in themselves, without those that are null.

    Raises:
        RefusedError: something is missing, forbidden beside the type, or no possible value.
    """
    given = {name: value for name, value in parameters.items() if value is not None}
    _check_shapes(given)
    kind = given.get("Type")
    if kind is None:
        raise missing("Type")
    if kind not in TYPES:
        raise invalid(f"Invalid job type: {kind}")
    _check_combination(kind, given)
    _check_texts(given)
    if kind == "select":
        _check_select(given)
    return given


def _check_shapes(given: Mapping[str, Any]) -> None:
    for name in _TEXTS:
        if not isinstance(given.get(name, ""), str):
            raise unreadable(f"{name} must be a string")
    for name in _GROUPS:
        if not isinstance(given.get(name, {}), dict):
            raise unreadable(f"{name} must be a structure")


def _check_combination(kind: str, given: Mapping[str, Any]) -> None:
    for name in _FORBIDDEN[kind]:
        if name in given:
            raise invalid(f"{name} is not allowed for job type {kind}")
    for name in _REQUIRED[kind]:
        if not given.get(name):
            raise missing(name)


def _check_texts(given: Mapping[str, Any]) -> None:
    description = given.get("Description", "")
    if not (description.isascii() and (description.isprintable() or not description)):
        raise invalid("Invalid description: only the ASCII characters 0x20 to 0x7E are allowed")
    if len(description) > _LONGEST_DESCRIPTION:
        raise invalid(f"Invalid description: longer than {_LONGEST_DESCRIPTION} bytes")
    if given.get("Tier", "Standard") not in TIERS:
        raise invalid(f"Invalid tier: {given['Tier']}")
    if given.get("Format", "JSON") not in ("JSON", "CSV"):
        raise invalid(f"Invalid output format: {given['Format']}")
    if "SNSTopic" in given and not _TOPIC.fullmatch(given["SNSTopic"]):
        raise invalid(f"Invalid SNS topic: {given['SNSTopic']}")


def _check_select(given: Mapping[str, Any]) -> None:
    for path, choices in _CHOICES:
        value = _member(given, path)
        if value is not None and value not in choices:
            raise invalid(f"Invalid {path[-1]}: {value}")
    for name in ("ExpressionType", "Expression"):
        if not _member(given, ("SelectParameters", name)):
            raise missing(name)
    for name in ("BucketName", "Prefix"):
        if _member(given, ("OutputLocation", "S3", name)) is None:
            raise missing(name)
    if len(str(given["SelectParameters"]["Expression"])) > _LONGEST_EXPRESSION:
        raise invalid(f"Invalid expression: longer than {_LONGEST_EXPRESSION} characters")
    if len(str(given["OutputLocation"]["S3"]["Prefix"]).encode()) > _LONGEST_PREFIX:
        raise invalid(f"Invalid prefix: longer than {_LONGEST_PREFIX} bytes")


def _member(given: Mapping[str, Any], path: tuple[str, ...]) -> object:
    value: object = given
    for name in path:
        if value is None:
            return None
        if not isinstance(value, dict):
            raise unreadable(f"{path[0]} has another shape")
        value = value.get(name)
    return value


def inventory_query(given: Mapping[str, Any]) -> InventoryQuery:
    """Return which rows checked parameters ask for.

    https://docs.aws.amazon.com/amazonglacier/latest/dev/api-InventoryRetrievalJobInput.html

    Raises:
        RefusedError: no such date, limit or marker.
    """
    group = given.get("InventoryRetrievalParameters", {})
    for name in ("StartDate", "EndDate", "Limit", "Marker"):
        if not isinstance(group.get(name, ""), str | None):
            raise unreadable(f"{name} must be a string")
    query = InventoryQuery(
        given.get("Format", "JSON"),
        group.get("StartDate"),
        group.get("EndDate"),
        group.get("Limit"),
        group.get("Marker"),
    )
    _check_query(query)
    return query


def _check_query(query: InventoryQuery) -> None:
    start, end = _instant(query.start_date), _instant(query.end_date)
    if start is not None and end is not None and start >= end:
        raise invalid("Invalid date range: StartDate must be before EndDate")
    if query.limit is not None and not re.fullmatch("0*[1-9][0-9]{0,17}", query.limit):
        raise invalid(f"Invalid limit: {query.limit}")
    if query.marker is not None:
        try:
            marker_position(query.marker)
        except ValueError as error:
            raise invalid(f"Invalid marker: {query.marker}") from error


def _instant(text: str | None) -> float | None:
    try:
        return None if text is None else parse_instant(text)
    except ValueError as error:
        raise invalid(f"Invalid date: {text}") from error


def byte_range(given: Mapping[str, Any], size: int) -> tuple[int, int]:
    """Return the first byte that checked parameters ask for, and the byte behind the last.

    Args:
        given: checked parameters.
        size: bytes of the archive.

    Raises:
        RefusedError: the range is no range of this archive, or not megabyte aligned.
    """
    text = given.get("RetrievalByteRange")
    if text is None:
        return 0, size
    match = _RANGE.fullmatch(text)
    if match is None:
        raise _bad_range(text)
    start, end = int(match[1]), int(match[2]) + 1
    if not is_megabyte_aligned(start, end, size):
        raise _bad_range(text)
    return start, end


def _bad_range(text: str) -> RefusedError:
    return invalid(
        f"Invalid retrieval byte range: {text}. The range must be inside the archive and megabyte aligned"
    )
