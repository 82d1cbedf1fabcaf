"""What is sent, against AWS's own description of InitiateJob."""

from pathlib import Path

import botocore.session
import pytest
from botocore.model import ListShape, Shape, StructureShape
from botocore.validate import ParamValidator

from glacier_manifest.manifest import SelectQuery, read_manifest
from glacier_manifest.manifest.fields import wire_name

EXAMPLE = Path(__file__).parents[2] / "manifests" / "every-parameter.yaml"


def parameters_shape() -> StructureShape:
    model = botocore.session.get_session().get_service_model("glacier")
    shape = model.operation_model("InitiateJob").input_shape
    assert shape is not None
    parameters = shape.members["jobParameters"]
    assert isinstance(parameters, StructureShape)
    return parameters


def leaves(shape: Shape) -> set[str]:
    """Return the names of all members below a shape."""
    if isinstance(shape, ListShape):
        return leaves(shape.member)
    if not isinstance(shape, StructureShape):
        return set()
    return set(shape.members) | {name for member in shape.members.values() for name in leaves(member)}


def names(value: object) -> set[str]:
    """Return the names of all members of a value, those of maps of text left out."""
    if isinstance(value, list):
        return {name for item in value for name in names(item)}
    if not isinstance(value, dict):
        return set()
    below = {
        name for key, item in value.items() if key not in {"Tagging", "UserMetadata"} for name in names(item)
    }
    return set(value) | below


def selects() -> list[SelectQuery]:
    asks = [job.ask for job in read_manifest([EXAMPLE]).jobs]
    return [ask for ask in asks if isinstance(ask, SelectQuery)]


def test_a_select_is_spelled_as_aws_spells_it() -> None:
    for select in selects():
        body = {"SelectParameters": select.select_parameters, "OutputLocation": select.output_location}

        assert not ParamValidator().validate(body, parameters_shape()).has_errors()


def test_every_member_of_a_select_can_be_written() -> None:
    shape = parameters_shape()
    known = leaves(shape.members["SelectParameters"]) | leaves(shape.members["OutputLocation"])

    sent = {name for one in selects() for name in names([one.select_parameters, one.output_location])}

    assert sent == known


@pytest.mark.parametrize(
    ("name", "spelled"),
    [
        ("csv", "csv"),
        ("s3", "S3"),
        ("kms_key_id", "KMSKeyId"),
        ("kms_context", "KMSContext"),
        ("canned_acl", "CannedACL"),
        ("uri", "URI"),
        ("id", "ID"),
        ("file_header_info", "FileHeaderInfo"),
        ("email_address", "EmailAddress"),
    ],
)
def test_wire_names(name: str, spelled: str) -> None:
    assert wire_name(name) == spelled
