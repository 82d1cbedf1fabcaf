"""Whatever is wrong at whatever depth: the error is in our words and at the place of the value."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from glacier_manifest.diagnostics import Diagnostic, InvalidInput, Severity
from glacier_manifest.manifest import read_manifest
from glacier_manifest.manifest.explaining import fields_at, owner
from glacier_manifest.manifest.job_models import SelectJob
from glacier_manifest.manifest.yaml_nodes import compose
from glacier_manifest.manifest.yaml_source import read_source

EXAMPLE = Path(__file__).parents[2] / "manifests" / "every-parameter.yaml"
GOOD: dict[str, Any] = compose(read_source(EXAMPLE))[0].value

_Path = tuple[str | int, ...]


def paths(value: object, path: _Path = ()) -> Iterator[_Path]:
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, item in members:
        yield (*path, key)
        yield from paths(item, (*path, key))


def value_at(whole: object, path: _Path) -> Any:  # noqa: ANN401 - any piece of a manifest
    place: Any = whole
    for segment in path:
        place = place[segment]
    return place


def changed(path: _Path, value: object) -> dict[str, Any]:
    whole = copy.deepcopy(GOOD)
    value_at(whole, path[:-1])[path[-1]] = value
    return whole


def errors_of(value: dict[str, Any], folder: Path) -> tuple[Path, list[Diagnostic]]:
    path = folder / "jobs.yaml"
    path.write_text(json.dumps(value, indent=1), encoding="utf-8")
    try:
        read_manifest([path])
    except InvalidInput as error:
        return path, [found for found in error.diagnostics if found.severity is Severity.ERROR]
    return path, []


PATHS = sorted(paths(GOOD), key=str)
WRONG_VALUES: dict[str, Any] = {"mapping": {"wrong": {"wrong": 1}}, "list": [[["wrong"]]], "number": 1.25}
WRONG = [
    pytest.param(path, wrong, id=f"{'.'.join(map(str, path))}-{name}")
    for path in PATHS
    for name, wrong in WRONG_VALUES.items()
    if name != "number" or path[-1] not in {"requests_per_second", "per_gb", "per_1000_requests"}
]
MAPPINGS = [
    path
    for path in PATHS
    if isinstance(value_at(GOOD, path), dict)
    and path[-1] not in {"tagging", "user_metadata", "jobs", "regions"}
]


def test_the_example_has_enough_values_to_break() -> None:
    assert len(PATHS) > 100


@pytest.mark.parametrize(("path", "wrong"), WRONG)
def test_a_value_of_another_type_is_told_where_it_stands(path: _Path, wrong: object, tmp_path: Path) -> None:
    text, errors = errors_of(changed(path, wrong), tmp_path)
    root = compose(read_source(text))[0]
    line = root.place.line
    for segment in path:
        if root.members is not None:
            line, root = root.members[str(segment)].key.line, root.members[str(segment)].node
        else:
            assert root.items is not None
            root = root.items[int(segment)]
            line = root.place.line
    length = json.dumps(wrong, indent=1).count("\n")

    at_the_place = [one for one in errors if one.span and line <= one.span.line <= line + length]

    assert at_the_place
    assert not any("Input should" in one.message for one in errors)


@pytest.mark.parametrize("path", MAPPINGS, ids=lambda path: ".".join(map(str, path)))
def test_a_key_that_is_not_known_is_told_where_it_stands(path: _Path, tmp_path: Path) -> None:
    whole = copy.deepcopy(GOOD)
    value_at(whole, path)["zzz"] = None

    _, errors = errors_of(whole, tmp_path)

    assert [(one.code, (one.source_line or "").strip(" ,")) for one in errors] == [
        ("unknown-key", '"zzz": null')
    ]


def test_the_keys_of_a_mapping_deep_in_a_model_are_known() -> None:
    location = ("output_location", "s3", "access_control_list", 0, "grantee")

    assert fields_at(SelectJob, location) == ("type", "display_name", "uri", "id", "email_address")


@pytest.mark.parametrize(
    ("path", "owned_by"),
    [
        (("version",), ()),
        (("jobs", "a", "tier", 1), ("jobs", "a")),
        (("jobs", "a", "output_location", "s3", "prefix"), ("jobs", "a", "output_location", "s3")),
    ],
)
def test_the_mapping_that_a_value_stands_in(path: _Path, owned_by: _Path) -> None:
    assert owner(path) == owned_by
