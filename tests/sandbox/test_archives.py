"""Archives: uploaded whole or in parts, generated from nothing, deleted."""

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glacier_manifest.sandbox import Sandbox
from glacier_manifest.sandbox.content import GeneratedContent

if TYPE_CHECKING:
    from mypy_boto3_glacier import GlacierClient

    from tests.sandbox.conftest import Speaker

MIB = 1 << 20


def hashes(body: bytes) -> dict[str, str]:
    """The headers of a body of one leaf, whose tree hash is its plain one."""
    plain = hashlib.sha256(body).hexdigest()
    return {"x-amz-content-sha256": plain, "x-amz-sha256-tree-hash": plain}


def test_an_upload_is_answered_with_its_id_and_tree_hash(sandbox: Sandbox, glacier: "GlacierClient") -> None:
    sandbox.create_vault("photos")
    body = bytes(3 * MIB)

    uploaded = glacier.upload_archive(vaultName="photos", archiveDescription="a beach", body=body)

    assert len(uploaded["archiveId"]) == 138
    assert uploaded["location"] == f"/012345678901/vaults/photos/archives/{uploaded['archiveId']}"
    assert uploaded["checksum"] == "ca6cc129a4514ec765de86a4e7a49adf44842c9cac213c383ebe4071271bdf21"
    assert sandbox.archive("photos", uploaded["archiveId"]).description == "a beach"
    described = glacier.describe_vault(vaultName="photos")
    assert (described["NumberOfArchives"], described["SizeInBytes"]) == (1, 3 * MIB)


@pytest.mark.parametrize("wrong", ["x-amz-content-sha256", "x-amz-sha256-tree-hash"])
def test_a_body_that_is_not_what_its_hashes_say_is_refused(
    sandbox: Sandbox, speak: "Speaker", wrong: str
) -> None:
    sandbox.create_vault("photos")

    reply = speak.ask("POST", "/vaults/photos/archives", b"beach", {**hashes(b"beach"), wrong: "0" * 64})

    assert reply.error == (400, "InvalidParameterValueException")
    assert speak.ask("GET", "/vaults/photos").json["NumberOfArchives"] == 0


@pytest.mark.parametrize("absent", ["x-amz-content-sha256", "x-amz-sha256-tree-hash"])
def test_an_upload_without_its_hashes_is_refused(sandbox: Sandbox, speak: "Speaker", absent: str) -> None:
    sandbox.create_vault("photos")
    headers = {name: value for name, value in hashes(b"beach").items() if name != absent}

    reply = speak.ask("POST", "/vaults/photos/archives", b"beach", headers)

    assert reply.error == (400, "MissingParameterValueException")


@pytest.mark.parametrize("description", ["tab\there", "x" * 1025, "caf\xe9"])
def test_a_description_that_no_archive_has_is_refused(
    sandbox: Sandbox, speak: "Speaker", description: str
) -> None:
    sandbox.create_vault("photos")
    headers = {**hashes(b"beach"), "x-amz-archive-description": description}

    reply = speak.ask("POST", "/vaults/photos/archives", b"beach", headers)

    assert reply.error == (400, "InvalidParameterValueException")


def test_an_empty_archive_is_refused(sandbox: Sandbox, speak: "Speaker") -> None:
    sandbox.create_vault("photos")

    reply = speak.ask("POST", "/vaults/photos/archives", b"", hashes(b""))

    assert reply.error == (400, "InvalidParameterValueException")


def test_an_archive_in_parts_becomes_one(
    sandbox: Sandbox, glacier: "GlacierClient", tree_hash: Callable[[bytes], str]
) -> None:
    sandbox.create_vault("photos")
    body = b"1" * MIB + b"2" * MIB + b"3"
    upload_id = glacier.initiate_multipart_upload(vaultName="photos", partSize=str(MIB))["uploadId"]
    for start in (MIB, 0, 2 * MIB):
        part = body[start : start + MIB]
        content_range = f"bytes {start}-{start + len(part) - 1}/*"
        glacier.upload_multipart_part(vaultName="photos", uploadId=upload_id, range=content_range, body=part)

    completed = glacier.complete_multipart_upload(
        vaultName="photos",
        uploadId=upload_id,
        archiveSize=str(len(body)),
        checksum=tree_hash(body),
    )

    archive = sandbox.archive("photos", completed["archiveId"])
    assert b"".join(archive.content.chunks(0, archive.size)) == body


def test_parts_that_leave_a_hole_do_not_become_an_archive(sandbox: Sandbox, glacier: "GlacierClient") -> None:
    sandbox.create_vault("photos")
    upload_id = glacier.initiate_multipart_upload(vaultName="photos", partSize=str(MIB))["uploadId"]
    glacier.upload_multipart_part(
        vaultName="photos", uploadId=upload_id, range=f"bytes {MIB}-{2 * MIB - 1}/*", body=bytes(MIB)
    )

    with pytest.raises(glacier.exceptions.InvalidParameterValueException):
        glacier.complete_multipart_upload(
            vaultName="photos", uploadId=upload_id, archiveSize=str(2 * MIB), checksum="0" * 64
        )
    glacier.abort_multipart_upload(vaultName="photos", uploadId=upload_id)
    with pytest.raises(glacier.exceptions.ResourceNotFoundException):
        glacier.abort_multipart_upload(vaultName="photos", uploadId=upload_id)


def test_an_upload_does_not_outlive_its_vault(sandbox: Sandbox, glacier: "GlacierClient") -> None:
    sandbox.create_vault("photos")
    upload_id = glacier.initiate_multipart_upload(vaultName="photos", partSize=str(MIB))["uploadId"]
    glacier.upload_multipart_part(vaultName="photos", uploadId=upload_id, range="bytes 0-4/*", body=b"beach")
    glacier.delete_vault(vaultName="photos")

    with pytest.raises(glacier.exceptions.ResourceNotFoundException, match="Vault not found for ARN"):
        glacier.complete_multipart_upload(
            vaultName="photos",
            uploadId=upload_id,
            archiveSize="5",
            checksum=hashlib.sha256(b"beach").hexdigest(),
        )


def test_a_deleted_archive_is_gone_and_deleting_it_again_is_no_error(
    sandbox: Sandbox, speak: "Speaker"
) -> None:
    archive_id = sandbox.generate("photos", 3, 100).archive_id(1)
    other_id = sandbox.upload("other", b"elsewhere")

    deleted = speak.ask("DELETE", f"/vaults/photos/archives/{archive_id}")

    assert deleted.status == 204
    assert speak.ask("DELETE", f"/vaults/photos/archives/{archive_id}").status == 204
    described = speak.ask("GET", "/vaults/photos").json
    assert (described["NumberOfArchives"], described["SizeInBytes"]) == (2, 200)
    elsewhere = speak.ask("DELETE", f"/vaults/photos/archives/{other_id}")
    assert elsewhere.error == (400, "InvalidParameterValueException")
    assert elsewhere.json["message"].startswith("Invalid vault name: arn:aws:glacier:")
    assert speak.ask("DELETE", f"/vaults/photos/archives/{'A' * 138}").status == 404


def test_generated_archives_differ_and_stay_the_same_for_a_seed(sandbox: Sandbox) -> None:
    here = list(sandbox.generate("photos", 50, (1, 3 * MIB), "{index:03d}.jpg").archives())
    with Sandbox() as elsewhere:
        there = list(elsewhere.generate("photos", 50, (1, 3 * MIB), "{index:03d}.jpg").archives())
    others = list(sandbox.generate("photos", 50, (1, 3 * MIB), seed=1).archives())

    assert [archive.archive_id for archive in here] == [archive.archive_id for archive in there]
    assert [archive.tree_hash for archive in here] == [archive.tree_hash for archive in there]
    assert len({archive.archive_id for archive in here + others}) == 100
    assert len({archive.tree_hash for archive in here + others}) == 100
    assert {len(archive.archive_id) for archive in here} == {138}
    assert here[7].description == "007.jpg"
    assert sandbox.archive("photos", here[7].archive_id) == here[7]


def test_a_million_archives_are_there_at_once(sandbox: Sandbox, speak: "Speaker") -> None:
    batch = sandbox.generate("huge", 1_000_000, MIB)

    last = batch.archive_id(999_999)

    assert speak.ask("GET", "/vaults/huge").json["SizeInBytes"] == 1_000_000 * MIB
    assert speak.retrieve("huge", last)


@pytest.mark.parametrize("wrong", [{"count": 0}, {"size": 0}, {"size": (5, 4)}, {"description": "{name}"}])
def test_archives_that_cannot_be_are_not_generated(sandbox: Sandbox, wrong: dict[str, int]) -> None:
    with pytest.raises((ValueError, KeyError)):
        sandbox.generate("photos", **{"count": 1, **wrong})  # type: ignore[arg-type]  # wrong on purpose


SIZES = st.one_of(st.integers(1, 200), st.integers(1, 5 * MIB), st.sampled_from([MIB, MIB + 1, 2 * MIB + 63]))


@settings(max_examples=40)
@given(st.text("abc-_", min_size=1, max_size=9), SIZES, st.data())
def test_any_part_of_a_generated_archive_is_a_part_of_the_whole(
    archive_id: str, size: int, draw: st.DataObject
) -> None:
    content = GeneratedContent(archive_id, size)
    start = draw.draw(st.integers(0, size - 1))
    end = draw.draw(st.integers(start + 1, size))

    whole = b"".join(content.chunks(0, size))

    assert len(whole) == size
    assert b"".join(content.chunks(start, end)) == whole[start:end]
    leaf = draw.draw(st.integers(0, (size - 1) // MIB))
    assert content.leaf_digest(leaf) == hashlib.sha256(whole[leaf * MIB : (leaf + 1) * MIB]).digest()


@pytest.mark.parametrize("size", ["", "1048577", "524288", "x"])
def test_parts_are_powers_of_two_of_a_megabyte(sandbox: Sandbox, speak: "Speaker", size: str) -> None:
    sandbox.create_vault("photos")

    reply = speak.ask("POST", "/vaults/photos/multipart-uploads", headers={"x-amz-part-size": size})

    assert reply.error == (400, "InvalidParameterValueException")


@pytest.mark.parametrize(
    ("content_range", "body", "wrong_hash"),
    [
        ("bytes 0-9/*", b"beach", False),
        ("0-4", b"beach", False),
        ("bytes 5-9/*", b"beach", False),
        (f"bytes 0-{MIB}/*", bytes(MIB + 1), False),
        ("bytes 0-4/*", b"beach", True),
    ],
)
def test_a_part_that_does_not_fit_is_refused(
    sandbox: Sandbox, speak: "Speaker", content_range: str, *, body: bytes, wrong_hash: bool
) -> None:
    sandbox.create_vault("photos")
    started = speak.ask("POST", "/vaults/photos/multipart-uploads", headers={"x-amz-part-size": str(MIB)})
    headers = {**hashes(b"other" if wrong_hash else body), "Content-Range": content_range}
    path = started.headers["Location"].removeprefix("/012345678901")

    assert speak.ask("PUT", path, body, headers).error == (400, "InvalidParameterValueException")
    size = {"x-amz-archive-size": "0"}
    assert speak.ask("POST", path, b"", size).error == (400, "InvalidParameterValueException")


def test_an_archive_that_is_not_there_is_a_key_error(sandbox: Sandbox) -> None:
    sandbox.create_vault("photos")

    with pytest.raises(KeyError):
        sandbox.archive("photos", "A" * 138)
    with pytest.raises(KeyError):
        sandbox.archive("nowhere", "A" * 138)
