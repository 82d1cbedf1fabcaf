"""Inventories: Amazon's two formats, dates, pages, snapshots, and a length that is known before."""

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glacier_manifest.sandbox import Sandbox
from glacier_manifest.sandbox.inventory import csv_field

if TYPE_CHECKING:
    from tests.sandbox.conftest import Opened, Speaker

DESCRIPTIONS = [
    "plain",
    "",
    "with, comma",
    'a "quoted" word',
    'a,1\\"2',
    "C:\\new\\x",
    'ends with a backslash, and "\\',
    '{"Path":"dir/+BEQEMAQ5-"}',
    "non-ASCII caf\u00e9 \u20ac",
]


def unquoted(field: str) -> str:
    """Read a description field as Amazon documents it: the way back, written down on its own."""
    if field.startswith('"') and field.endswith('"') and len(field) > 1:
        field = field[1:-1]
    return field.replace('\\"', '"')


def csv_rows(text: str) -> list[tuple[str, str, str, int, str]]:
    row = re.compile(r"([\w-]{138}),(.*),([0-9TZ:.-]{24}),(\d+),([0-9a-f]{64})")
    matches = [row.fullmatch(line) for line in text.split("\n")[1:-1]]
    return [
        (found[1], unquoted(found[2]), found[3], int(found[4]), found[5])
        for found in matches
        if found is not None
    ]


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)))
def test_a_csv_field_can_be_read_back(description: str) -> None:
    field = csv_field(description)

    assert ("," in description or '"' in description) == (field != description)
    if field != description:
        assert unquoted(field) == description


@pytest.mark.parametrize(
    ("description", "field"),
    [
        ('a,1\\"2', '"a,1\\\\"2"'),
        ("back\\slash", "back\\slash"),
        ("x,\\", '"x,\\"'),
        ('"', '"\\""'),
    ],
)
def test_csv_quoting_as_amazon_documents_it(description: str, field: str) -> None:
    assert csv_field(description) == field


def fill(sandbox: Sandbox) -> list[dict[str, Any]]:
    ids = [sandbox.upload("photos", b"x" * (index + 1), text) for index, text in enumerate(DESCRIPTIONS)]
    archives = [sandbox.archive("photos", archive_id) for archive_id in ids]
    return [
        {
            "ArchiveId": archive.archive_id,
            "ArchiveDescription": archive.description,
            "CreationDate": "2023-11-15T12:00:00.000Z",
            "Size": archive.size,
            "SHA256TreeHash": archive.tree_hash,
        }
        for archive in archives
    ]


def inventory(sandbox: Sandbox, speak: "Speaker", vault: str, **parameters: object) -> tuple[Any, bytes]:
    """Run an inventory job; return its description and its output."""
    job_id = speak.start(vault, Type="inventory-retrieval", **parameters)
    sandbox.clock.advance(5)
    return speak.describe(vault, job_id), speak.output(vault, job_id).body


def test_json_is_one_object_with_all_archives(sandbox: Sandbox, speak: "Speaker") -> None:
    archives = fill(sandbox)

    described, body = inventory(sandbox, speak, "photos", Format="JSON")

    assert json.loads(body) == {
        "VaultARN": "arn:aws:glacier:us-west-2:012345678901:vaults/photos",
        "InventoryDate": "2023-11-15T12:00:00.000Z",
        "ArchiveList": archives,
    }
    assert described["InventorySizeInBytes"] == len(body)


def test_csv_is_amazons_own(sandbox: Sandbox, speak: "Speaker") -> None:
    archives = fill(sandbox)

    described, body = inventory(sandbox, speak, "photos", Format="CSV")

    text = body.decode()
    assert text.startswith("ArchiveId,ArchiveDescription,CreationDate,Size,SHA256TreeHash\n")
    assert csv_rows(text) == [tuple(archive.values()) for archive in archives]
    assert described["InventorySizeInBytes"] == len(body)


@pytest.mark.parametrize(("form", "content_type"), [("JSON", "application/json"), ("CSV", "text/csv")])
def test_an_inventory_has_a_type_and_ranges_but_never_a_hash(
    sandbox: Sandbox, speak: "Speaker", form: str, content_type: str
) -> None:
    sandbox.generate("photos", 3000, 5, "na\u00efve, \u20ac {index}")
    job_id = speak.start("photos", Type="inventory-retrieval", Format=form)
    sandbox.clock.advance(5)

    whole = speak.output("photos", job_id)
    length = len(whole.body)
    asked = [(0, length - 1), (0, 0), (length - 1, length - 1), (10, 99), (length // 2, length // 2 + 999)]
    parts = [speak.output("photos", job_id, f"bytes={start}-{last}") for start, last in asked]

    assert whole.headers["Content-Type"] == content_type
    assert whole.headers["x-amz-sha256-tree-hash"] is None
    assert [part.body for part in parts] == [whole.body[start : last + 1] for start, last in asked]
    assert {part.status for part in parts} == {206}
    assert parts[0].headers["x-amz-sha256-tree-hash"] is None


def test_an_empty_vault_has_an_empty_inventory(sandbox: Sandbox, speak: "Speaker") -> None:
    sandbox.create_vault("empty")

    _, as_json = inventory(sandbox, speak, "empty")
    _, as_csv = inventory(sandbox, speak, "empty", Format="CSV")

    assert json.loads(as_json)["ArchiveList"] == []
    assert as_csv.count(b"\n") == 1


def test_start_is_inclusive_and_end_exclusive(sandbox: Sandbox, speak: "Speaker") -> None:
    first = datetime(2015, 1, 1, tzinfo=UTC)
    sandbox.generate("photos", 10, 5, "{index}", created=first, interval=86_400)

    _, body = inventory(
        sandbox,
        speak,
        "photos",
        InventoryRetrievalParameters={"StartDate": "2015-01-03T00:00:00Z", "EndDate": "2015-01-06T00:00:00Z"},
    )

    assert [row["ArchiveDescription"] for row in json.loads(body)["ArchiveList"]] == ["2", "3", "4"]


@pytest.mark.parametrize("form", ["JSON", "CSV"])
@pytest.mark.parametrize(("archives", "limit"), [(10, 3), (9, 3), (3, 9), (2500, 1100)])
def test_markers_lead_through_all_pages_once(
    sandbox: Sandbox, speak: "Speaker", form: str, *, archives: int, limit: int
) -> None:
    batch = sandbox.generate("photos", archives, 5)
    seen: list[str] = []
    pages, marker = 0, None
    while pages == 0 or marker is not None:
        parameters = {"Limit": str(limit), "Marker": marker}
        described, body = inventory(
            sandbox, speak, "photos", Format=form, InventoryRetrievalParameters=parameters
        )
        assert described["InventorySizeInBytes"] == len(body)
        seen += re.findall(r"[\w-]{138}", body.decode())
        marker = described["InventoryRetrievalParameters"]["Marker"]
        pages += 1

    assert seen == [batch.archive_id(index) for index in range(archives)]
    assert pages == -(-archives // limit)


def test_before_completion_the_marker_is_still_the_one_that_was_sent(
    sandbox: Sandbox, speak: "Speaker"
) -> None:
    sandbox.generate("photos", 9, 5)
    first, _ = inventory(sandbox, speak, "photos", InventoryRetrievalParameters={"Limit": "3"})
    marker = first["InventoryRetrievalParameters"]["Marker"]
    job_id = speak.start(
        "photos", Type="inventory-retrieval", InventoryRetrievalParameters={"Limit": "3", "Marker": marker}
    )

    assert speak.describe("photos", job_id)["InventoryRetrievalParameters"]["Marker"] == marker


def test_an_inventory_shows_the_vault_as_it_was_when_the_job_was_accepted(
    sandbox: Sandbox, speak: "Speaker"
) -> None:
    kept = sandbox.upload("photos", b"kept")
    deleted_later = sandbox.upload("photos", b"deleted later")
    job_id = speak.start("photos", Type="inventory-retrieval")
    sandbox.upload("photos", b"too late")
    speak.ask("DELETE", f"/vaults/photos/archives/{deleted_later}")
    sandbox.clock.advance(5)

    then = json.loads(speak.output("photos", job_id).body)
    _, body = inventory(sandbox, speak, "photos")

    assert [row["ArchiveId"] for row in then["ArchiveList"]] == [kept, deleted_later]
    assert deleted_later not in body.decode()
    assert len(json.loads(body)["ArchiveList"]) == 2


def test_with_a_delay_the_last_inventory_counts_and_its_date_stands_while_nothing_changes(
    opened: "Opened",
) -> None:
    sandbox, speak = opened(inventory_delay=86_400)
    sandbox.upload("photos", b"first day")
    sandbox.clock.advance(86_400 + 3600)
    sandbox.upload("photos", b"second day")

    def seen() -> tuple[str, int]:
        described = speak.ask("GET", "/vaults/photos").json
        return described["LastInventoryDate"], described["NumberOfArchives"]

    first = seen()
    sandbox.clock.advance(86_400)
    second = seen()
    sandbox.clock.advance(10 * 86_400)

    assert first == ("2023-11-16T12:00:00.000Z", 1)
    assert second == ("2023-11-17T12:00:00.000Z", 2)
    assert seen() == second


def test_a_new_vault_of_an_old_name_has_its_own_inventory(sandbox: Sandbox, speak: "Speaker") -> None:
    def shown() -> list[str]:
        _, body = inventory(sandbox, speak, "photos")
        return [row["ArchiveId"] for row in json.loads(body)["ArchiveList"]]

    old = sandbox.upload("photos", b"old")
    before = shown()
    speak.ask("DELETE", f"/vaults/photos/archives/{old}")
    speak.ask("DELETE", "/vaults/photos")
    new = sandbox.upload("photos", b"new")

    assert before == [old]
    assert shown() == [new]
