"""The manifest's JSON Schema, for editors: draft-07, the latest that yaml-language-server knows whole.

It is made from the same models that check a manifest. It cannot know what defaults fill in, what stands in
other files, or where a byte range starts; everything that it refuses, the reader refuses too.
"""

import json
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from glacier_manifest.manifest import values
from glacier_manifest.manifest.file_models import SECTIONS, Header
from glacier_manifest.manifest.job_models import JOB_MODELS

_Schema = dict[str, Any]

#: Sections that the name of a file may stand for.
_FILES = {"prices": [{"type": "string", "minLength": 1, "examples": ["prices.json"]}]}

_JOBS = "What is asked for: a mapping of names, unique over all files read together, to jobs."


class _Draft07(GenerateJsonSchema):
    """Pydantic's generator without the titles that it makes up from field names."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401, ARG002 - pydantic's own signature
        return False


def json_schema() -> _Schema:
    """Return the schema of a manifest file."""
    definitions = _definitions()
    header = definitions.pop(Header.__name__)
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "glacier-manifest, version 1",
        "description": "Vault jobs of Amazon Glacier, to be planned, reviewed and started once.",
        "type": "object",
        "required": ["version", "jobs"],
        "additionalProperties": False,
        "properties": {**header["properties"], **_sections(definitions), "jobs": _jobs()},
        "definitions": {"job": _job(), **definitions},
    }


def schema_text() -> str:
    """Return the schema as it lies in ``schemas/manifest-v1.json``."""
    return json.dumps(json_schema(), indent=2) + "\n"


def _definitions() -> dict[str, _Schema]:
    models = [Header, *SECTIONS.values(), *JOB_MODELS.values()]
    _, schema = models_json_schema(
        [(model, "validation") for model in models],
        ref_template="#/definitions/{model}",
        schema_generator=_Draft07,
    )
    return {name: _as_draft_07(definition) for name, definition in schema["$defs"].items()}


def _as_draft_07(schema: Any) -> Any:  # noqa: ANN401 - any piece of JSON
    """Drop titles and null defaults, and move a `$ref` from its neighbours: draft-07 would not see them."""
    if isinstance(schema, list):
        return [_as_draft_07(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: _as_draft_07(value) for key, value in schema.items() if not _is_noise(key, value)}
    if "$ref" in plain and len(plain) > 1:
        return {"allOf": [{"$ref": plain.pop("$ref")}], **plain}
    return plain


def _is_noise(key: str, value: object) -> bool:
    return (key == "title" and isinstance(value, str)) or (key == "default" and value is None)


def _sections(definitions: dict[str, _Schema]) -> dict[str, _Schema]:
    """Return the sections beside the jobs; one whose lines are all commented out is null."""
    return {
        key: {
            "description": definitions[model.__name__]["description"],
            "anyOf": [{"$ref": f"#/definitions/{model.__name__}"}, *_FILES.get(key, ()), {"type": "null"}],
        }
        for key, model in SECTIONS.items()
    }


def _jobs() -> _Schema:
    return {
        "description": _JOBS,
        "type": ["object", "null"],
        "propertyNames": {"pattern": values.JOB_NAME},
        "additionalProperties": {"$ref": "#/definitions/job"},
    }


def _job() -> _Schema:
    """Return the schema of a job, which lets an editor say what is wrong for the type that is written."""
    return {
        "description": "One job.",
        "type": "object",
        "required": ["type"],
        "properties": {
            "type": {"description": "The job's type.", "enum": [str(name) for name in JOB_MODELS]}
        },
        "allOf": [_when(str(name), model.__name__) for name, model in JOB_MODELS.items()],
    }


def _when(job_type: str, definition: str) -> _Schema:
    return {
        "if": {"properties": {"type": {"const": job_type}}, "required": ["type"]},
        "then": {"$ref": f"#/definitions/{definition}"},
    }
