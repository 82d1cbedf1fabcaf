"""The examples in ``manifests/``: each is read, and together they show everything there is."""

from pathlib import Path

import pytest

from glacier_manifest.jobs.request import InventoryRetrieval
from glacier_manifest.manifest import Archives, IdList, SelectQuery, read_manifest
from glacier_manifest.manifest.file_models import SECTIONS, TOP_LEVEL
from glacier_manifest.manifest.job_models import JOB_MODELS
from glacier_manifest.manifest.yaml_nodes import Node, compose
from glacier_manifest.manifest.yaml_source import read_source

FOLDER = Path(__file__).parents[2] / "manifests"
EXAMPLES = sorted(FOLDER.glob("*.yaml"))
ARCHIVE = (
    "kKB7ymWJVpPSwhGP6ycSOAekp9ZYe_--zM_mw6k76ZFGEIWQX-ybtRDvc2VkPSDtfKmQrj0IRQLSGsNuDp-"
    "AJVlu2ccmDSyDUmZwKbwbpAdGATGDiB3hHO0bjbGehXTcApVud_wyDw"
)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_is_read_without_a_surprise(path: Path) -> None:
    manifest = read_manifest([path])

    assert manifest.jobs
    assert {warning.code for warning in manifest.warnings} <= {"legacy-select"}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_tells_editors_of_the_schema(path: Path) -> None:
    first = path.read_text("utf-8").splitlines()[0]

    assert first == "# yaml-language-server: $schema=../schemas/manifest-v1.json"
    assert (path.parent / "../schemas/manifest-v1.json").is_file()


def test_the_quickstart_is_what_the_aws_cli_reference_shows() -> None:
    inventory, archive = read_manifest([FOLDER / "quickstart.yaml"]).jobs

    assert {inventory.vaults, archive.vaults} == {("my-vault",)}
    assert {inventory.account_id, archive.account_id} == {"-"}
    assert inventory.ask == InventoryRetrieval()
    assert isinstance(archive.ask, Archives)
    assert [listed.archive_id for listed in archive.ask.archive_ids] == [ARCHIVE]
    assert archive.description == "Retrieve archive on 2015-07-17"
    assert archive.sns_topic == "arn:aws:sns:us-west-2:012345678901:my-topic"
    assert archive.region == "us-west-2"


def test_the_list_of_archives_stands_beside_the_manifest_that_names_it() -> None:
    asks = [job.ask for job in read_manifest([FOLDER / "retrievals.yaml"]).jobs]

    lists = [ask.archive_ids_from for ask in asks if isinstance(ask, Archives)]
    (named,) = [one for one in lists if isinstance(one, IdList)]
    assert named.path.is_file()


def keys(node: Node) -> set[str]:
    found = set(node.members or ())
    for member in (node.members or {}).values():
        found |= keys(member.node)
    for item in node.items or ():
        found |= keys(item)
    return found


def test_the_long_example_holds_every_key_there_is() -> None:
    every = {*TOP_LEVEL}
    for section in ("limits", "restarts", "pace"):
        every |= SECTIONS[section].model_fields.keys()
    for model in JOB_MODELS.values():
        every |= model.model_fields.keys()
    for text in (
        (FOLDER.parent / "schemas" / "manifest-v1.json").read_text("utf-8").split('"properties": {')[1:]
    ):
        assert text

    missing = every - keys(compose(read_source(FOLDER / "every-parameter.yaml"))[0])

    assert missing == set()


def test_the_long_example_sets_every_parameter_of_a_select() -> None:
    asks = [job.ask for job in read_manifest([FOLDER / "every-parameter.yaml"]).jobs]
    selects = [ask for ask in asks if isinstance(ask, SelectQuery)]

    names = {name for ask in selects for name in ask.output_location["S3"]}
    assert names == {
        "BucketName",
        "Prefix",
        "Encryption",
        "CannedACL",
        "AccessControlList",
        "Tagging",
        "UserMetadata",
        "StorageClass",
    }
