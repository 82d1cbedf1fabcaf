import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from glacier_manifest.diagnostics import InvalidInput
from glacier_manifest.manifest import read_manifest
from glacier_manifest.manifest.job_models import JOB_MODELS
from glacier_manifest.manifest.schema import json_schema, schema_text
from glacier_manifest.manifest.yaml_nodes import compose
from glacier_manifest.manifest.yaml_source import read_source

ROOT = Path(__file__).parents[2]
BROKEN = sorted((Path(__file__).parent / "broken").glob("*.yaml"))
EXAMPLES = sorted((ROOT / "manifests").glob("*.yaml"))

#: Broken manifests with mistakes that no schema can know: what defaults give, what a value means.
BEYOND_A_SCHEMA = {
    "account-11-digits",  # which is how an editor reads 012345678901
    "archives-and-a-list",
    "archives-and-archive-id",
    "archives-and-sizes-from",
    "archives-missing",
    "blocked-split-without-limits",
    "blocked-with-expedited-limit-alone",
    "blocked-without-limits",
    "creation-date-backwards",
    "creation-date-impossible",
    "creation-date-nothing",
    "cron-minute",
    "cron-never",
    "cron-nickname",
    "cron-six-fields",
    "date-impossible",
    "date-out-of-time",
    "dates-backwards",
    "dates-empty-range",
    "decimal-version",
    "default-two-schedules",
    "description-glob-bracket",
    "exclude-everything",
    "grantee-by-another-name",
    "grantee-without-a-name",
    "inventory-of-a-glob",
    "inventory-of-several-vaults",
    "job-misspelled",
    "job-of-another-account",
    "job-of-another-region",
    "job-of-another-type",
    "job-of-another-vault",
    "job-of-itself",
    "job-of-no-name",
    "kms-key-without-kms",
    "pace-bytes-nothing",
    "pace-overflow",
    "path-glob-bracket",
    "path-glob-stars",
    "prefix-long",
    "prices-day-impossible",
    "range-backwards",
    "range-huge",
    "range-start",
    "regex-backreference",
    "regex-lookahead",
    "regex-open",
    "regex-too-large",
    "save-to-default-without-meaning",
    "save-to-one-name-for-archives",
    "save-to-one-name-for-vaults",
    "save-to-one-name-for-selects",
    "save-to-path-of-inventory",
    "save-to-path-of-select",
    "save-to-slot-of-archive",
    "select-without-archive",
    "select-without-output",
    "select-without-parameters",
    "size-backwards",
    "sizes-from-no-job",
    "split-and-range",
    "split-decimal-unit",
    "split-not-a-power",
    "split-too-large",
    "split-too-small",
    "split-without-sizes",
    "timezone-alone",
    "timezone-path",
    "timezone-unknown",
    "two-access-controls",
    "two-schedules",
    "vault-default-taken-away",
    "vault-glob-of-named-archives",
    "vault-missing",
}
YAML_CODES = (
    "yaml-",
    "merge-key",
    "duplicate-key",
    "several-documents",
    "too-many-aliases",
    "nested-too-deep",
)


def validator() -> Draft7Validator:
    return Draft7Validator(json_schema())


def value_of(path: Path) -> dict[str, Any]:
    value: dict[str, Any] = compose(read_source(path))[0].value
    return value


def known_to_a_schema(path: Path) -> bool:
    expected = path.read_text("utf-8").splitlines()[0].removeprefix("# ")
    return path.stem not in BEYOND_A_SCHEMA and not expected.startswith(YAML_CODES)


def test_the_schema_in_the_repository_is_the_one_that_the_models_give() -> None:
    committed = (ROOT / "schemas" / "manifest-v1.json").read_text("utf-8")

    assert committed == schema_text(), "write it anew: glacier-manifest schema > schemas/manifest-v1.json"


def test_the_schema_is_draft_07() -> None:
    Draft7Validator.check_schema(json_schema())

    assert "$defs" not in schema_text()


def test_no_reference_has_neighbours_that_draft_07_would_pass_over() -> None:
    def references(schema: object) -> list[dict[str, Any]]:
        if isinstance(schema, list):
            return [one for item in schema for one in references(item)]
        if not isinstance(schema, dict):
            return []
        below = [one for value in schema.values() for one in references(value)]
        return [schema, *below] if "$ref" in schema else below

    assert all(list(one) == ["$ref"] for one in references(json_schema()))


def test_every_key_says_what_it_is_for() -> None:
    schema = json_schema()
    objects = [schema, *schema["definitions"].values()]
    keys = {(one.get("description", "root"), name) for one in objects for name in one["properties"]}
    silent = {(one.get("description"), name) for one in objects for name, key in one["properties"].items()
              if not key.get("description")}  # fmt: skip

    assert len(keys) > 80
    assert silent == set()


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_examples_are_valid_by_the_schema(path: Path) -> None:
    assert [error.message for error in validator().iter_errors(value_of(path))] == []


@pytest.mark.parametrize(
    "path", [path for path in BROKEN if known_to_a_schema(path)], ids=lambda path: path.stem
)
def test_what_the_reader_refuses_the_schema_refuses_too(path: Path) -> None:
    assert not validator().is_valid(value_of(path))


@pytest.mark.parametrize("name", sorted(BEYOND_A_SCHEMA))
def test_what_is_beyond_a_schema_is_let_through_by_it(name: str) -> None:
    assert validator().is_valid(value_of(Path(__file__).parent / "broken" / f"{name}.yaml"))


@pytest.mark.parametrize(
    ("members", "is_valid"),
    [
        ({"account_id": 111122223333}, True),
        ({"account_id": "012345678901"}, True),
        ({"account_id": "-"}, True),
        ({"account_id": 1111222233334}, False),
        ({"region": None, "defaults": None, "limits": None, "pace": None}, True),
        ({"pace": {"requests_per_second": 0.5}}, True),
        ({"pace": {"bytes_per_day": "1.5 TiB"}}, True),
        ({"pace": {"bytes_per_day": 1048576}}, True),
        ({"pace": {"bytes_per_day": "TiB"}}, False),
        ({"restarts": {"expired": 0, "failed": 1}}, True),
        ({"restarts": None}, True),
        ({"restarts": {"failed": None}}, False),
        ({"defaults": {"vault": ["v", "w"], "tier": "Bulk"}}, True),
        ({"limits": {"expedited_jobs": None}}, False),
    ],
)
def test_schema_and_reader_agree_on_the_top_of_a_file(
    tmp_path: Path, members: dict[str, Any], *, is_valid: bool
) -> None:
    value = {"version": 1, **members, "jobs": {}}
    path = tmp_path / "jobs.yaml"
    path.write_text(json.dumps(value))

    assert validator().is_valid(value) == is_valid
    assert reads(path) == is_valid


@pytest.mark.parametrize(
    ("members", "is_valid"),
    [
        ({"type": "inventory-retrieval", "inventory_retrieval_parameters": {"limit": 10000}}, True),
        ({"type": "inventory-retrieval", "inventory_retrieval_parameters": {"limit": "10000"}}, True),
        ({"type": "inventory-retrieval", "inventory_retrieval_parameters": {"limit": "0"}}, False),
        ({"type": "inventory-retrieval", "format": None, "every": "weekly"}, True),
        ({"type": "inventory-retrieval", "tier": "Bulk"}, False),
        ({"type": "archive-retrieval", "archive_id": "x", "tier": "Bulk"}, True),
        ({"type": "archive-retrieval", "archive_id": "x", "tier": ["Expedited", "Bulk"]}, True),
        ({"type": "archive-retrieval", "archive_id": "x", "tier": ["Bulk", "Bulk"]}, False),
        ({"type": "archive-retrieval", "archive_id": "x", "tier": []}, False),
        ({"type": "archive-retrieval", "archive_ids": ["x"], "schedule": "0 3 * * *"}, False),
    ],
)
def test_schema_and_reader_agree_on_a_job(tmp_path: Path, members: dict[str, Any], *, is_valid: bool) -> None:
    value = {"version": 1, "jobs": {"a": {"vault": "v", **members}}}
    path = tmp_path / "jobs.yaml"
    path.write_text(json.dumps(value))

    assert validator().is_valid(value) == is_valid
    assert reads(path) == is_valid


def reads(path: Path) -> bool:
    try:
        read_manifest([path])
    except InvalidInput:
        return False
    return True


@pytest.mark.parametrize("job_type", sorted(map(str, JOB_MODELS)))
def test_an_editor_is_told_of_the_key_and_not_of_the_type_of_job(job_type: str) -> None:
    value = {"version": 1, "jobs": {"a": {"type": job_type, "vault": "v", "teir": "Bulk"}}}

    (error,) = validator().iter_errors(value)

    assert "'teir' was unexpected" in error.message
