"""A plan as its reader sees it."""

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from glacier_manifest.jobs.request import InventoryRetrieval, Request
from glacier_manifest.jobs.status import Status
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.planning.plan import Action, Drift, Reason, Verb
from glacier_manifest.planning.price_table import SHIPPED
from glacier_manifest.views import plans
from tests.views.examples import NOON, action, adoption, inventory, plan, record, retrieval

DIGEST = re.compile(r"Digest: sha256:[0-9a-f]{64}\n\Z")


def read(document: Iterable[str]) -> dict[str, Any]:
    """Return what a streamed document says."""
    said: dict[str, Any] = json.loads("".join(document))
    return said


def shown(*actions: Action) -> str:
    return DIGEST.sub("Digest: ...\n", plans.human(plan(*actions), SHIPPED))


def test_what_would_start_comes_with_its_place_its_totals_and_a_warning() -> None:
    text = shown(
        action(Verb.START, Reason.NOT_STARTED, retrieval("kKB7", size=3 << 20)),
        action(Verb.START, Reason.NOT_STARTED, inventory(slot="2026-11-23T00:00Z")),
    )

    assert (
        text
        == """\
Account 012345678901, region us-west-2, as of 2026-11-23T12:00:00Z

To start:
  + wedding/photos/kKB7  (Bulk, 3.0 MiB)
  + list/photos@2026-11-23T00:00Z

  job      vault   tier  to start    bytes                       cost
  wedding  photos  Bulk         1  3.0 MiB  unknown (1 price unknown)
  list     photos  -            1        -                      $0.00
  total                         2  3.0 MiB  unknown (1 price unknown)

Estimated with no price for us-west-2, from the table shipped with this program. \
Not in it: data transfer out of AWS, notifications, early deletion, taxes and free allowances.
Inventories are taken to be free: AWS lists a charge for uploads and retrievals alone.
Started jobs cannot be cancelled.

Plan: 2 to start, 0 to adopt, 0 to restart, 0 unchanged.
Digest: ...
"""
    )


def test_what_would_not_start_comes_with_its_reason_and_what_would_change_it() -> None:
    text = shown(
        action(Verb.KEEP, Reason.FAILED, record=record(Status.FAILED)),
        action(Verb.KEEP, Reason.REJECTED, retrieval("2lHz"), record=record(Status.REJECTED)),
        action(Verb.WAIT, Reason.IN_PROGRESS, retrieval("NkbB"), record=record(Status.IN_PROGRESS)),
        action(Verb.KEEP, Reason.DONE, inventory(), record=record(Status.SUCCEEDED, accepted_at=NOON)),
    )

    assert (
        text
        == """\
Account 012345678901, region us-west-2, as of 2026-11-23T12:00:00Z

Unchanged:
    1 done
    1 failed (buy them again with --restart failed, or --restart ADDRESS)
    1 in progress
    1 rejected (correct the manifest; or send them again as they are with --restart ADDRESS)
    list/photos was started on 2026-11-23 and is done once; \
for a fresh one give it a 'schedule', or --restart list/photos

Plan: 0 to start, 0 to adopt, 0 to restart, 4 unchanged.
Digest: ...
"""
    )


def test_an_inventory_in_pages_is_told_as_one() -> None:
    paged = InventoryRetrieval(limit="1000")
    first, second = inventory(what=paged), inventory(what=replace(paged, marker="m2", page=2))
    done = record(Status.FETCHED, accepted_at=NOON, next_marker="m2")

    beginning = shown(action(Verb.START, Reason.NOT_STARTED, first))
    text = shown(
        action(Verb.KEEP, Reason.DONE, first, record=done), action(Verb.START, Reason.NOT_STARTED, second)
    )

    assert "+ list/photos  (in pages of 1000, each begins when the one before has ended)\n" in beginning
    assert "  + list/photos:page-2\n" in text
    assert "for a fresh one give it a 'schedule', or --restart 'list/photos*'\n" in text
    assert text.count("is done once") == 1


def test_a_restart_says_why_and_that_it_is_another_purchase() -> None:
    text = shown(action(Verb.RESTART, Reason.EXPIRED, generation=1, record=record(Status.EXPIRED)))

    assert "To restart:\n  ~ wedding/photos/kKB7  (Bulk, expired, purchase 2)\n" in text
    assert "Plan: 0 to start, 0 to adopt, 1 to restart, 0 unchanged.\n" in text


def test_an_unknown_outcome_is_counted_and_shown() -> None:
    text = shown(action(Verb.RESOLVE, Reason.UNKNOWN, record=record(Status.UNKNOWN)))

    assert "apply finds out by listing before it sends again):\n  ? wedding/photos/kKB7\n" in text
    assert "Plan: 0 to start, 0 to adopt, 0 to restart, 0 unchanged, 1 unknown.\n" in text


def test_what_runs_otherwise_than_the_manifest_says_is_shown() -> None:
    running = record(Status.IN_PROGRESS)
    text = shown(
        action(Verb.WAIT, Reason.IN_PROGRESS, record=running, drift=(Drift("tier", "Bulk", "Standard"),))
    )

    assert "    wedding/photos/kKB7: tier is 'Bulk', not 'Standard'\n" in text


def test_what_glacier_lists_is_shown_with_whose_it_is_and_what_cannot_be_changed() -> None:
    topic = "arn:aws:sns:us-west-2:012345678901:others"
    text = shown(
        adoption(),
        adoption("2lHz", generation=None, status=Status.SUCCEEDED, drift=(Drift("sns_topic", topic, None),)),
    )

    assert (
        text
        == """\
Account 012345678901, region us-west-2, as of 2026-11-23T12:00:00Z

To adopt (Glacier lists a job that serves; nothing is bought):
  = wedding/photos/kKB7  (in progress, ours, started 2026-11-23T12:00:00Z)
  = wedding/photos/2lHz  (succeeded, somebody else's, started 2026-11-23T12:00:00Z)

Different from the manifest, and cannot be changed any more:
    wedding/photos/2lHz: sns_topic is 'arn:aws:sns:us-west-2:012345678901:others', not none

Plan: 0 to start, 2 to adopt, 0 to restart, 0 unchanged.
Digest: ...
"""
    )


def test_a_long_plan_is_cut_for_people_and_counted_whole() -> None:
    text = shown(
        *(action(Verb.START, Reason.NOT_STARTED, retrieval(f"id-{number}")) for number in range(100))
    )

    assert text.count("  + ") == plans.SHOWN
    assert "    and 60 more (--format ndjson shows all)\n" in text
    assert "Plan: 100 to start" in text


def test_the_last_two_lines_are_the_counts_and_the_digest() -> None:
    whole = plans.human(plan(action(Verb.START, Reason.NOT_STARTED)), SHIPPED)

    assert tuple(whole.splitlines()[-2:]) == plans.last_lines(plan(action(Verb.START, Reason.NOT_STARTED)))


def test_an_empty_plan_is_a_plan() -> None:
    assert shown() == "\nPlan: 0 to start, 0 to adopt, 0 to restart, 0 unchanged.\nDigest: ...\n"


@pytest.mark.parametrize(
    ("requests", "totals"),
    [
        ([retrieval(size=5), retrieval("2lHz", size=7)], {"bytes": 12, "bytes_known": True}),
        ([retrieval(size=5), retrieval("2lHz")], {"bytes": 5, "bytes_known": False}),
        ([], {"bytes": 0, "bytes_known": True}),
    ],
    ids=["known", "unknown", "nothing"],
)
def test_an_unknown_size_never_counts_as_known(requests: list[Request], totals: dict[str, object]) -> None:
    document = read(
        plans.as_json(plan(*(action(Verb.START, Reason.NOT_STARTED, one) for one in requests)), SHIPPED)
    )

    assert {key: document["totals"][key] for key in totals} == totals


def test_json_and_ndjson_tell_the_same() -> None:
    made = plan(
        action(Verb.START, Reason.NOT_STARTED, retrieval(tiers=(Tier.EXPEDITED, Tier.BULK))),
        action(Verb.WAIT, Reason.IN_PROGRESS, inventory(), record=record(Status.IN_PROGRESS)),
    )

    document = read(plans.as_json(made, SHIPPED))
    header, *actions = plans.ndjson(made, SHIPPED)

    assert {**header, "actions": actions} == document
    assert [one["tier"] for one in actions] == ["Expedited", None]
