"""A plan counts what it holds."""

from glacier_manifest.drafting.drafted import Drafted
from glacier_manifest.jobs.request import InventoryRetrieval
from glacier_manifest.jobs.status import Status
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.planning.decide import Restarts
from glacier_manifest.planning.plan import Verb, requests_in
from tests.planning.examples import SLOT, WEEKLY, archive, latest_of, planned, record, request

NEW = request(archive("new"), tiers=(Tier.STANDARD, Tier.EXPEDITED))
FAILED = request(archive("failed"))
RUNNING = request(InventoryRetrieval(), job="weekly", slot=SLOT, schedule=WEEKLY)
KNOWN = latest_of([record(FAILED, Status.FAILED), record(RUNNING, Status.IN_PROGRESS)])


def plan(*words: str) -> Drafted:
    return planned((NEW, FAILED, RUNNING), KNOWN, Restarts(words))


def test_what_starts_is_what_costs_money() -> None:
    assert [action.address for action in plan().starts()] == [f"wedding/photos/{archive('new').archive_id}"]
    assert [action.verb for action in plan("failed").starts()] == [Verb.START, Verb.RESTART]
    assert (plan().start_count, plan("failed").start_count) == (1, 2)


def test_the_summary_has_every_verb() -> None:
    counted = {str(verb): count for verb, count in plan("failed").summary.items()}

    assert counted == {
        "start": 1, "restart": 1, "adopt": 0, "resolve": 0, "wait": 1, "keep": 0, "blocked": 0
    }  # fmt: skip
    assert requests_in(plan("failed")) == 3


def test_the_digest_holds_all_that_was_selected_so_that_starting_does_not_change_it() -> None:
    before = planned((NEW, FAILED, RUNNING))
    after = plan()

    assert before.digest == after.digest
    assert plan("failed").digest != after.digest, "a restart is a purchase of its own"


def test_a_list_with_expedited_in_it_counts_as_expedited() -> None:
    assert [action.expedited for action in plan().actions()] == [True, False, False]


def test_its_slots_are_those_of_the_scheduled_requests() -> None:
    assert plan().slots == {SLOT}
