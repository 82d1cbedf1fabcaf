"""Where outputs go, and what is known of their archives beforehand."""

from dataclasses import replace
from pathlib import Path

import pytest

from glacier_manifest.diagnostics import Span
from glacier_manifest.drafting.draft import Draft
from glacier_manifest.fetching.wants import Anywhere, Meant, OfManifests, OfState, Told
from glacier_manifest.jobs.key import request_key
from glacier_manifest.jobs.request import Request
from glacier_manifest.jobs.status import Status
from glacier_manifest.planning.lot import Lot, lot_of
from glacier_manifest.scratch.scratch import Scratch
from tests.planning.examples import INVENTORY, SLOT, WEEKLY, archive, record, request

HERE = Path("/srv/here")
SPAN = Span(Path("manifests/jobs.yaml"), 3, 3, 9)
PHOTO = request(archive("a"))
WEEK = request(INVENTORY, job="weekly", slot=SLOT, schedule=WEEKLY)
LAST_WEEK = replace(WEEK, slot="2026-11-16T03:00Z")


def wanted_by(
    *lots: Lot,
    to: str | None = None,
    meant: Meant | None = None,
    awaited: frozenset[str] | None = None,
) -> OfManifests:
    """Return what manifests want that ask for these."""
    draft = Draft(Scratch())
    for lot in lots:
        asked, piece = lot_of(PHOTO if lot.has_archives else WEEK, SPAN)
        assert asked.asking == lot.asking
        draft.add(lot, [piece])
    draft.merge()
    told = {archive("a").archive_id: Told("photos/a.jpg", 5, "0" * 64)}
    place = None if to is None else Anywhere.parse(to, HERE)
    return OfManifests(draft, {}, told.get, to=place, meant=meant, awaited=awaited)


def lot(wanted: Request = PHOTO, save_to: str | None = "saved/{path}") -> Lot:
    made, _piece = lot_of(WEEK if wanted is WEEK else PHOTO, SPAN)
    return replace(made, save_to=save_to)


@pytest.mark.parametrize(
    ("text", "base", "name"),
    [
        ("restored", "/srv/here/restored", ["{vault}", "{path}"]),
        ("/srv/restored/", "/srv/restored", ["{vault}", "{path}"]),
        ("s3://bucket/prefix", "s3://bucket/prefix", ["{vault}", "{path}"]),
        ("s3://bucket", "s3://bucket", ["{vault}", "{path}"]),
        ("out/{archive_id}", "/srv/here/out", ["{archive_id}"]),
    ],
)
def test_a_place_for_all_is_a_folder_a_prefix_or_a_template(text: str, base: str, name: list[str]) -> None:
    template = Anywhere.parse(text, HERE).of(record(PHOTO, Status.SUCCEEDED))

    assert template.base == base
    assert [f"{{{place}}}" for _text, place in template.pieces] == name


def test_inventories_have_names_of_their_own() -> None:
    template = Anywhere.parse("out", HERE).of(record(WEEK, Status.SUCCEEDED))

    assert [place for _text, place in template.pieces] == ["vault", "job", "slot"]


def test_a_manifest_saves_beside_itself() -> None:
    want = wanted_by(lot()).of(record(PHOTO, Status.SUCCEEDED))

    assert want is not None
    assert want.template.base == str(SPAN.file.parent.absolute() / "saved")
    assert want.job == PHOTO.job
    assert want.told == Told("photos/a.jpg", 5, "0" * 64)


@pytest.mark.parametrize(("status", "is_wanted"), [(Status.SUCCEEDED, False), (Status.IN_PROGRESS, True)])
def test_what_has_begun_since_inventories_were_read_waits_for_its_name(
    status: Status, *, is_wanted: bool
) -> None:
    before, since = record(PHOTO, status), wanted_by(lot(), awaited=frozenset())

    assert (since.of(before) is not None) is is_wanted
    assert wanted_by(lot(), awaited=frozenset({archive("a").archive_id})).of(before) is not None


def test_the_command_line_counts_before_the_manifest() -> None:
    want = wanted_by(lot(), to="elsewhere/{job}").of(record(PHOTO, Status.SUCCEEDED))

    assert want is not None
    assert want.template.base == "/srv/here/elsewhere"


@pytest.mark.parametrize(
    "wants", [wanted_by(lot(save_to=None)), wanted_by(lot(WEEK))], ids=["no save_to", "not asked for"]
)
def test_what_no_manifest_saves_is_not_wanted(wants: OfManifests) -> None:
    assert wants.of(record(PHOTO, Status.SUCCEEDED)) is None


def test_an_inventory_of_a_slot_that_is_over_is_still_wanted() -> None:
    wants = wanted_by(lot(WEEK, "inventories/{slot}.json"))

    assert wants.of(record(WEEK, Status.SUCCEEDED)) is not None
    assert wants.of(record(LAST_WEEK, Status.SUCCEEDED)) is not None
    assert request_key(WEEK) != request_key(LAST_WEEK)


def test_a_slot_that_is_over_and_not_meant_is_not_wanted() -> None:
    wants = wanted_by(lot(WEEK, "inventories/{slot}.json"), meant=Meant(["other"], []))

    assert wants.of(record(LAST_WEEK, Status.SUCCEEDED)) is None


@pytest.mark.parametrize(
    ("targets", "excludes", "wanted"),
    [([], [], True), (["wedding"], [], True), (["weekly"], [], False), ([], ["wedding/*"], False)],
)
def test_of_a_state_what_is_meant_is_wanted(targets: list[str], excludes: list[str], *, wanted: bool) -> None:
    wants = OfState(Anywhere.parse("out", HERE), lambda _archive: {}, targets=targets, excludes=excludes)

    assert (wants.of(record(PHOTO, Status.SUCCEEDED)) is not None) is wanted
