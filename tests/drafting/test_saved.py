"""A saved plan, read back: its requests go into a draft just as they were reviewed, or not at all."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import TextIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glacier_manifest.diagnostics import InvalidInput
from glacier_manifest.drafting.draft import Draft
from glacier_manifest.drafting.drafted import Drafted
from glacier_manifest.drafting.known import Known
from glacier_manifest.drafting.saved import SavedPlan, read_saved
from glacier_manifest.jobs.key import request_key
from glacier_manifest.jobs.request import Request
from glacier_manifest.jobs.status import Status
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.manifest import Pace
from glacier_manifest.planning.approval import entry
from glacier_manifest.planning.decide import Restarts
from glacier_manifest.planning.lot import Lot
from glacier_manifest.planning.plan import Blocked
from glacier_manifest.planning.plan_file import plan_lines
from glacier_manifest.planning.plan_header import header_of
from tests.planning.examples import (
    INVENTORY,
    NOON,
    PHOTOS,
    SLOT,
    WEEKLY,
    archive,
    bounds,
    latest_of,
    planned,
    record,
    request,
    scratch,
)
from tests.planning.requests import requests

FILE = Path("plan.ndjson")
NEW = replace(request(archive("new"), tiers=(Tier.BULK,)), created="2015-01-01T00:00:00Z", size=1 << 40)
FAILED = request(archive("failed"))
SERIES = request(INVENTORY, job="weekly", slot=SLOT, schedule=WEEKLY)
WANTED = (NEW, FAILED, SERIES)


def plan(wanted: Sequence[Request] = WANTED, *words: str) -> Drafted:
    return planned(wanted, latest_of([record(FAILED, Status.FAILED)]), Restarts(words))


def text_of(made: Drafted) -> str:
    header = header_of(made, state_id=None, manifests=[Path("jobs.yaml")], pace=Pace(), bounds=bounds())
    return "".join(f"{line}\n" for line in plan_lines(made, header))


class File:
    """A plan file that can be read again and again, and that somebody may write meanwhile."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.open = 0

    @contextmanager
    def opened(self) -> Iterator[TextIO]:
        self.open += 1
        with StringIO(self.text) as lines:
            yield lines
        self.open -= 1

    def read(self) -> SavedPlan:
        return read_saved(FILE, self.opened, scratch())


def alone(first: Lot) -> list[Lot]:
    """No inventory is known to have a second page."""
    return [first]


def added(saved: SavedPlan, *, later: timedelta = timedelta(0)) -> Draft:
    """Return the draft of what was reviewed."""
    draft = Draft(scratch())
    saved.add_to(draft, NOON + later, alone)
    draft.merge()
    return draft


def held(draft: Draft) -> list[Request]:
    draft.decide(Known(lambda _keys: {}))
    return [action.request for action in Drafted(draft, lambda _keys: {}, NOON).actions()]


def test_what_was_reviewed_comes_back() -> None:
    made, file = plan(WANTED, "failed"), File(text_of(plan(WANTED, "failed")))

    saved = file.read()

    assert saved.header.digest == made.digest
    assert list(saved.entries) == list(made.entries())
    assert dict(saved.restarts) == {request_key(FAILED): 1}
    assert held(added(saved)) == list(WANTED)
    assert file.open == 0


def test_a_restart_that_was_reviewed_is_done_once() -> None:
    saved = File(text_of(plan(WANTED, "failed"))).read()
    again = Restarts(generations=saved.restarts)

    def verb_where(generation: int) -> str:
        draft, known = added(saved), record(FAILED, Status.FAILED, generation)
        draft.decide(
            Known(
                lambda keys: {key: known for key in keys if key == known.key}, again.among(draft.addresses())
            )
        )
        actions = Drafted(draft, lambda _keys: {known.key: known}, NOON).actions()
        return next(str(action.verb) for action in actions if action.key == known.key)

    assert [verb_where(generation) for generation in range(3)] == ["restart", "keep", "keep"]


def test_the_place_of_a_request_is_its_line_in_the_plan() -> None:
    draft = added(File(text_of(plan())).read())

    found = [draft.get(request_key(one)) for one in WANTED]

    assert [(one.span.file, one.span.line) for one in found if one is not None] == [
        (FILE, 2),
        (FILE, 3),
        (FILE, 4),
    ]


def test_a_scheduled_request_is_asked_for_at_the_slot_that_counts_now() -> None:
    saved = File(text_of(plan())).read()

    draft = added(saved, later=timedelta(weeks=1))

    next_week = replace(SERIES, slot="2026-11-30T03:00Z")
    assert held(draft) == [NEW, FAILED, next_week]
    assert draft.get(request_key(SERIES)) is None


@given(st.lists(requests, max_size=6, unique_by=request_key))
@settings(max_examples=40)
def test_every_request_comes_back_exactly(wanted: list[Request]) -> None:
    wanted = [replace(one, slot=None, schedule=None) for one in wanted]
    once = list({request_key(one): one for one in wanted}.values())

    saved = File(text_of(plan(once))).read()

    assert held(added(saved)) == once
    assert list(saved.entries) == sorted({entry(one, 0) for one in once})


@pytest.mark.parametrize(
    "changed",
    [
        lambda _text: text_of(plan((NEW, SERIES))),
        lambda text: text[: text.rindex("{")],
        lambda text: text.replace('"tiers":["Bulk"]', '"tiers":["Expedited"]'),
        lambda _text: "",
    ],
    ids=["another whole plan", "cut", "edited", "emptied"],
)
def test_a_file_that_was_changed_since_it_was_read_is_refused(changed: Callable[[str], str]) -> None:
    file = File(text_of(plan()))
    saved = file.read()
    file.text = changed(file.text)

    with pytest.raises(InvalidInput) as caught:
        saved.add_to(Draft(scratch()), NOON, alone)

    assert [one.code for one in caught.value.diagnostics] == ["plan-file-damaged"]


def test_a_plan_of_another_digest_is_refused_however_well_it_is_sealed() -> None:
    made = plan()
    header = header_of(made, state_id=None, manifests=(), pace=Pace(), bounds=bounds())
    forged = header.model_copy(update={"digest": plan((NEW,)).digest})
    text = "".join(f"{line}\n" for line in plan_lines(made, forged))

    with pytest.raises(InvalidInput, match="digest"):
        File(text).read()


def test_a_job_that_waits_for_an_inventory_comes_back_and_is_part_of_the_digest() -> None:
    waiting = Blocked("photos", PHOTOS, (Tier.BULK,), "weekly-inventory", "b" * 64)
    made = plan()
    made.draft.blocked.append(waiting)

    saved = File(text_of(made)).read()

    assert added(saved).blocked == [waiting]
    assert waiting.entry in saved.entries
