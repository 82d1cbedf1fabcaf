"""A request taken apart into its lot and its piece is the same request when it is put together."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from glacier_manifest.diagnostics import Span
from glacier_manifest.jobs.request import ArchiveRetrieval, ByteRange, Request
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.planning.lot import Lot, Piece, lot_of
from tests.planning.examples import INVENTORY, PHOTOS, QUERY, SLOT, WEEKLY, archive, request
from tests.planning.requests import requests

FILE = Path("jobs.yaml")
SPAN = Span(FILE, 7, 5, 143)
JOB = Span(FILE, 3, 3, 10)
LOT = Lot("wedding", PHOTOS, ArchiveRetrieval, JOB, Path("ids.txt"))


@given(requests)
def test_what_is_taken_apart_comes_together_again(wanted: Request) -> None:
    lot, piece = lot_of(wanted, SPAN)

    assert lot.request(piece) == wanted
    assert lot_of(lot.request(piece), SPAN) == (lot, piece)


@pytest.mark.parametrize(
    "others",
    [
        (archive("b"), replace(archive("a"), retrieval_byte_range=ByteRange(0, 1048575))),
        (replace(QUERY, archive_id="b" * 138),),
    ],
    ids=["archives and ranges", "selects"],
)
def test_archives_of_one_job_at_one_vault_are_one_lot(others: tuple[ArchiveRetrieval, ...]) -> None:
    first = QUERY if others[0].type == "select" else archive("a")
    lots = [lot_of(request(what), SPAN)[0] for what in (first, *others)]

    assert lots == [lots[0]] * len(lots)


@pytest.mark.parametrize(
    "other",
    [
        request(archive("a"), job="other"),
        request(archive("a"), vault=replace(PHOTOS, name="videos")),
        request(archive("a"), tiers=(Tier.BULK,)),
        request(archive("a"), description="for the lawyers"),
        request(archive("a"), sns_topic="arn:other"),
        request(QUERY),
        request(INVENTORY),
        request(INVENTORY, slot=SLOT, schedule=WEEKLY),
    ],
    ids=["job", "vault", "tiers", "description", "topic", "select", "inventory", "series"],
)
def test_what_differs_in_anything_but_its_archive_is_another_lot(other: Request) -> None:
    assert lot_of(other, SPAN)[0] != lot_of(request(archive("a")), SPAN)[0]


@pytest.mark.parametrize(
    ("piece", "span"),
    [
        (Piece("kKB7"), JOB),
        (Piece("kKB7", line=8, column=3), Span(Path("ids.txt"), 8, 3, 7)),
        (Piece(line=8, column=3), Span(Path("ids.txt"), 8, 3, 4)),
    ],
    ids=["the job's place says it all", "a line of a list", "no archive"],
)
def test_the_place_of_a_piece_is_its_own_line_or_that_of_the_job(piece: Piece, span: Span) -> None:
    assert LOT.span_of(piece) == span


def test_the_place_of_a_request_comes_back() -> None:
    lot, piece = lot_of(request(archive("a")), SPAN)

    assert lot.span_of(piece) == SPAN


@pytest.mark.parametrize(
    ("tiers", "terms"),
    [
        ((), (Tier.STANDARD,)),
        ((Tier.STANDARD,), (Tier.STANDARD,)),
        ((Tier.EXPEDITED, Tier.BULK), (Tier.EXPEDITED, Tier.BULK)),
    ],
)
def test_the_terms_of_a_lot_are_the_tiers_that_may_be_paid_for_and_where_its_output_goes(
    tiers: tuple[Tier, ...], terms: tuple[Tier, ...]
) -> None:
    assert replace(LOT, tiers=tiers).terms == (terms, None)
    assert replace(LOT, tiers=tiers, save_to="restored/").terms == (terms, "restored/")


def test_an_inventory_has_no_tier_to_agree_on() -> None:
    assert replace(LOT, asking=INVENTORY).terms == ((), None)
    assert not replace(LOT, asking=INVENTORY).has_archives
    assert LOT.has_archives
