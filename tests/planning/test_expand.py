"""From jobs to requests: how many, which, and at which slot."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain, count, islice
from pathlib import Path

import pytest

from glacier_manifest.diagnostics import Diagnostic, Span
from glacier_manifest.inventory.id_list import ListedId
from glacier_manifest.inventory.reading import Inventory
from glacier_manifest.jobs.address import address_of
from glacier_manifest.jobs.key import request_key
from glacier_manifest.jobs.request import ByteRange, InventoryRetrieval, Vault
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.manifest import Archives, IdList, InventorySource, Job, ListedArchive, SelectQuery
from glacier_manifest.planning.expand import Asked, Portion, Ranked, at_slot, expand
from glacier_manifest.planning.lot import Lot, Piece
from glacier_manifest.planning.pieces import Sized
from glacier_manifest.planning.place import Place
from tests.planning.examples import ACCOUNT, NOON, QUERY, SLOT, TOPIC, WEEKLY

FILE = Path("jobs.yaml")


def span(line: int) -> Span:
    return Span(FILE, line, 5, 9)


def job(name: str = "wedding", **fields: object) -> Job:
    plain = Job(
        name=name,
        span=span(3),
        vaults=("photos",),
        account_id="-",
        region=None,
        description=None,
        sns_topic=None,
        tiers=(),
        schedule=None,
        ask=InventoryRetrieval(),
    )
    return replace(plain, **fields)  # type: ignore[arg-type]  # any field


def ids(*names: str, line: int = 10) -> tuple[ListedArchive, ...]:
    return tuple(ListedArchive(name, span(line + number)) for number, name in enumerate(names))


def no_list(wanted: IdList) -> Iterable[ListedId]:
    raise AssertionError(f"{wanted.path} was opened")


class Lists:
    """Sources that hold lists of archive IDs, and no inventory."""

    def __init__(self, read: Callable[[IdList], Iterable[ListedId]]) -> None:
        self.ids = read

    def inventory(self, source: InventorySource, vault: Vault) -> Inventory | None:
        raise AssertionError(f"{source} was opened for {vault}")

    def sizes(self, inventory: Inventory) -> Mapping[str, Sized]:
        raise AssertionError(f"{inventory.origin} was read")

    def warn(self, finding: Diagnostic) -> None:
        raise AssertionError(finding.message)


def pieces_of(portion: Portion) -> Iterable[Piece]:
    """Return what a portion comes to, each archive cut as it says."""
    assert not isinstance(portion.pieces, Ranked)
    cut = portion.cut
    return portion.pieces if cut is None else chain.from_iterable(map(cut, portion.pieces))


def expanded(
    *jobs: Job, now: datetime = NOON, read_list: Callable[[IdList], Iterable[ListedId]] = no_list
) -> list[Asked]:
    """Return each request that the jobs ask for, with the place that asks for it."""
    places = {one.name: Place(ACCOUNT, "us-west-2") for one in jobs}
    return [
        Asked(request_key(lot.request(piece)), lot.request(piece), lot.span_of(piece))
        for portion in expand(jobs, places=places, now=now, sources=Lists(read_list))
        for lot in [portion.lot]
        for piece in pieces_of(portion)
    ]


def addresses(found: Iterable[Asked]) -> list[str]:
    return [address_of(one.request) for one in found]


def test_one_request_for_each_archive_id_in_each_vault_in_the_order_of_the_manifest() -> None:
    found = expanded(job(vaults=("photos", "videos"), ask=Archives(ids("b", "-a"), None, None)))

    assert addresses(found) == [
        "wedding/photos/b",
        "wedding/photos/-a",
        "wedding/videos/b",
        "wedding/videos/-a",
    ]
    assert [one.span.line for one in found] == [10, 11, 10, 11]
    assert len({one.key for one in found}) == 4


def test_one_inventory_for_each_vault() -> None:
    found = expanded(job(vaults=("photos", "videos", "mail")))

    assert addresses(found) == ["wedding/photos", "wedding/videos", "wedding/mail"]


def test_one_select_for_each_archive_id() -> None:
    query = SelectQuery(ids("a", "b"), QUERY.select_parameters, QUERY.output_location)

    found = expanded(job(ask=query))

    assert addresses(found) == ["wedding/photos/a", "wedding/photos/b"]
    assert {str(one.request.type) for one in found} == {"select"}


def test_every_field_of_the_job_reaches_the_request() -> None:
    (found,) = expanded(
        job(
            description="Retrieve archive",
            sns_topic=TOPIC,
            tiers=(Tier.EXPEDITED, Tier.BULK),
            ask=Archives(ids("a"), None, ByteRange(0, 1048575)),
        )
    )

    wanted = found.request
    assert wanted.body(tier=wanted.tiers[1], description=wanted.description) == {
        "Type": "archive-retrieval",
        "ArchiveId": "a",
        "RetrievalByteRange": "0-1048575",
        "Description": "Retrieve archive",
        "SNSTopic": TOPIC,
        "Tier": "Bulk",
    }
    assert (wanted.vault.account_id, wanted.vault.region) == (ACCOUNT, "us-west-2")


def test_a_list_is_read_after_the_ids_in_the_manifest_and_its_lines_are_told() -> None:
    wanted = Archives(ids("a"), IdList(Path("wedding.txt"), span(12)), None)

    found = expanded(job(ask=wanted), read_list=lambda _list: [ListedId("b", 3), ListedId("ccc", 8)])

    assert addresses(found) == ["wedding/photos/a", "wedding/photos/b", "wedding/photos/ccc"]
    assert found[2].span == Span(Path("wedding.txt"), 8, 1, 4)


def test_each_vault_reads_the_list_anew() -> None:
    opened: list[Path] = []

    def read(wanted: IdList) -> Iterable[ListedId]:
        opened.append(wanted.path)
        yield ListedId("b", 1)

    twice = job(vaults=("photos", "videos"), ask=Archives((), IdList(Path("ids.txt"), span(4)), None))
    found = expanded(twice, read_list=read)

    assert addresses(found) == ["wedding/photos/b", "wedding/videos/b"]
    assert opened == [Path("ids.txt")] * 2


def test_a_list_is_streamed_and_never_held() -> None:
    read: list[int] = []

    def endless(_list: IdList) -> Iterable[ListedId]:
        for number in count(1):
            read.append(number)
            yield ListedId(f"id{number}", number)

    wanted = job(ask=Archives((), IdList(Path("ids.txt"), span(4)), None))
    (portion,) = expand(
        [wanted], places={"wedding": Place(ACCOUNT, "us-west-2")}, now=NOON, sources=Lists(endless)
    )

    assert [piece.archive_id for piece in islice(pieces_of(portion), 3)] == ["id1", "id2", "id3"]
    assert read == [1, 2, 3]


def test_a_range_is_asked_of_every_archive_and_tells_its_size() -> None:
    wanted = Archives(ids("a"), IdList(Path("ids.txt"), span(4)), ByteRange(1 << 20, (3 << 20) - 1))

    found = expanded(job(ask=wanted), read_list=lambda _list: [ListedId("b", 1)])

    assert [(one.request.archive_id, one.request.byte_range) for one in found] == [
        ("a", ByteRange(1 << 20, (3 << 20) - 1)),
        ("b", ByteRange(1 << 20, (3 << 20) - 1)),
    ]
    assert {one.request.size for one in found} == {2 << 20}


@pytest.mark.parametrize(
    ("now", "slot"),
    [
        (datetime(2026, 11, 23, 3, 0, tzinfo=UTC), SLOT),
        (datetime(2026, 11, 23, 2, 59, 59, tzinfo=UTC), "2026-11-16T03:00Z"),
        (datetime(2026, 11, 29, 23, 59, tzinfo=UTC), SLOT),
        (datetime(2026, 11, 30, 3, 0, tzinfo=UTC), "2026-11-30T03:00Z"),
    ],
)
def test_a_scheduled_job_asks_for_the_latest_slot_and_no_missed_one(now: datetime, slot: str) -> None:
    (found,) = expanded(job(schedule=WEEKLY), now=now)

    assert found.request.slot == slot
    assert addresses([found]) == [f"wedding/photos@{slot}"]


def test_two_slots_are_two_requests_and_a_job_without_schedule_is_one_for_ever() -> None:
    later = NOON + timedelta(weeks=1)
    weekly, once = job(schedule=WEEKLY), job("once")

    first, second = expanded(weekly, once), expanded(weekly, once, now=later)

    assert first[0].key != second[0].key
    assert first[1] == second[1]


def test_a_slot_of_a_saved_request_is_made_current() -> None:
    def lots(now: datetime) -> tuple[Lot, ...]:
        jobs = (job(schedule=WEEKLY), job("once"))
        places = {one.name: Place(ACCOUNT, "us-west-2") for one in jobs}
        return tuple(one.lot for one in expand(jobs, places=places, now=now, sources=Lists(no_list)))

    later = NOON + timedelta(weeks=1)
    saved, once = lots(NOON)

    assert at_slot(saved, later) == lots(later)[0]
    assert at_slot(saved, later).slot == "2026-11-30T03:00Z"
    assert at_slot(saved, NOON) == saved
    assert at_slot(once, later) == once
