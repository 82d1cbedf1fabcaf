"""What a job has to give, and from which outputs the parts of a whole come."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from glacier_manifest.aws.descriptions import ListedJob, StatusCode
from glacier_manifest.errors import Exit, Failed
from glacier_manifest.fetching.output import JobOutput, Verified, alone, output_of, put_together
from glacier_manifest.jobs.request import ByteRange, Vault
from glacier_manifest.units import MIB

VAULT = Vault("012345678901", "us-west-2", "photos")
HASH, OTHER = "a" * 64, "b" * 64
ARCHIVE = ListedJob(
    job_id="job",
    action="ArchiveRetrieval",
    vault_arn=None,
    archive_id="archive",
    retrieval_byte_range=None,
    tier=None,
    description=None,
    sns_topic=None,
    status_code=StatusCode.SUCCEEDED,
    status_message=None,
    completed=True,
    created_at=datetime(2026, 11, 23, tzinfo=UTC),
    archive_size=8 * MIB,
    sha256_tree_hash=HASH,
    archive_sha256_tree_hash=OTHER,
)
INVENTORY = replace(ARCHIVE, action="InventoryRetrieval", archive_size=None, inventory_size=11_693)


def piece(start: int, end: int) -> JobOutput:
    return output_of(replace(ARCHIVE, retrieval_byte_range=f"{start}-{end - 1}"), VAULT)


@pytest.mark.parametrize(
    ("changes", "length", "tree_hash"),
    [
        ({}, 8 * MIB, HASH),
        ({"sha256_tree_hash": None}, 8 * MIB, OTHER),
        ({"retrieval_byte_range": f"0-{8 * MIB - 1}", "sha256_tree_hash": None}, 8 * MIB, OTHER),
        ({"retrieval_byte_range": f"{MIB}-{2 * MIB - 1}"}, MIB, HASH),
        ({"retrieval_byte_range": f"{MIB}-{4 * MIB - 1}", "sha256_tree_hash": None}, 3 * MIB, None),
    ],
    ids=["whole", "whole-by-the-archive", "range-of-all", "range", "range-without-hash"],
)
def test_an_archives_output_is_as_long_as_its_range(
    changes: dict[str, str | None], length: int, tree_hash: str | None
) -> None:
    output = output_of(replace(ARCHIVE, **changes), VAULT)  # type: ignore[arg-type]  # any text field

    assert (output.length, output.tree_hash) == (length, tree_hash)
    assert alone(output).verified_by is (Verified.LENGTH if tree_hash is None else Verified.TREE_HASH)


def test_an_inventory_is_as_long_as_described_and_has_no_hash() -> None:
    output = output_of(INVENTORY, VAULT)

    assert (output.length, output.tree_hash) == (11_693, None)
    assert alone(output).verified_by is Verified.READ_TWICE


@pytest.mark.parametrize(
    ("job", "why"),
    [
        (replace(ARCHIVE, status_code=StatusCode.IN_PROGRESS), "it is InProgress"),
        (replace(ARCHIVE, status_code=StatusCode.FAILED), "it is Failed"),
        (replace(ARCHIVE, archive_size=None), "does not tell how long"),
        (replace(INVENTORY, inventory_size=None), "does not tell how long"),
        (replace(ARCHIVE, action="Select", job_output_path="q1/x"), "its results are at q1/x"),
    ],
    ids=["in-progress", "failed", "no-archive-size", "no-inventory-size", "select"],
)
def test_a_job_without_an_output_here_is_told_why(job: ListedJob, why: str) -> None:
    with pytest.raises(Failed, match=why) as caught:
        output_of(job, VAULT)

    assert (caught.value.code, caught.value.exit_code) == ("no-output", Exit.ERROR)


def test_each_part_of_an_archive_comes_from_the_range_that_has_it() -> None:
    first, last = piece(0, 4 * MIB), piece(6 * MIB, 8 * MIB)
    whole = put_together((first, last))
    division = whole.divided(2 * MIB)

    found = [whole.source_of(part) for part in division]

    assert found == [
        (first, ByteRange(0, 2 * MIB - 1)),
        (first, ByteRange(2 * MIB, 4 * MIB - 1)),
        None,
        (last, ByteRange(0, 2 * MIB - 1)),
    ]
    assert (whole.length, whole.tree_hash) == (8 * MIB, OTHER)


def test_parts_are_small_enough_that_each_output_begins_with_one() -> None:
    whole = put_together((piece(0, 3 * MIB), piece(3 * MIB, 8 * MIB)))

    division = whole.divided(64 * MIB)

    assert division.part_size == MIB
    assert all(whole.source_of(part) is not None for part in division)


def test_parts_end_where_an_output_does_whose_neighbour_is_not_there_yet() -> None:
    whole = put_together((piece(0, 6 * MIB),))

    assert [whole.source_of(part) is not None for part in whole.divided(64 * MIB)] == [True] * 3 + [False]


def test_a_range_that_is_stored_alone_begins_with_its_own_first_byte() -> None:
    output = piece(4 * MIB, 8 * MIB)
    whole = alone(output)

    assert [whole.source_of(part) for part in whole.divided(2 * MIB)] == [
        (output, ByteRange(0, 2 * MIB - 1)),
        (output, ByteRange(2 * MIB, 4 * MIB - 1)),
    ]
