"""How an apply ended: each request once, and one exit code."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glacier_manifest.errors import Exit
from glacier_manifest.jobs.status import Status
from glacier_manifest.planning.decide import BuyAgain, decide
from glacier_manifest.starting.events import Fate, Result
from glacier_manifest.starting.rounds import purchase_name
from glacier_manifest.starting.summary import Ending, Summary
from glacier_manifest.state.record import Mishap
from tests.planning.examples import archive, asked, plan_of, record, request

Known = list[tuple[Status | None, Result | None]]


def summary_of(known: Known) -> Summary:
    """Plan one request for each status, and let the starts among them end as told."""
    actions, fates = [], {}
    for number, (status, result) in enumerate(known):
        wanted = request(archive(f"a{number}"))
        before = None if status is None else record(wanted, status)
        action = decide(asked(wanted), before, BuyAgain())
        actions.append(action)
        if action.starts and result is not None:
            fates[purchase_name(action.key, action.generation)] = Fate(result)
    return Summary(plan_of(*actions), fates)


@given(st.lists(st.tuples(st.sampled_from([None, *Status]), st.sampled_from([None, *Result])), max_size=12))
def test_each_request_is_counted_once(known: Known) -> None:
    summary = summary_of(known)

    assert sum(summary.counts.values()) == len(known)
    assert set(summary.counts) == set(Ending)
    addresses = [one.action.address for one in summary.requests()]
    assert len(set(addresses)) == len(known)
    told = [one.action.address for one in summary.told]
    assert told == [one.action.address for one in summary.requests() if one.ending is not Ending.KEPT]


@pytest.mark.parametrize(
    ("status", "result", "ending", "exits"),
    [
        (None, Result.STARTED, Ending.STARTED, Exit.DONE),
        (None, Result.REJECTED, Ending.REJECTED, Exit.REQUESTS_FAILED),
        (None, Result.UNKNOWN, Ending.UNKNOWN, Exit.REQUESTS_FAILED),
        (None, Result.DEFERRED, Ending.DEFERRED, Exit.PENDING),
        (None, Result.NOT_TRIED, Ending.NOT_TRIED, Exit.PENDING),
        (None, None, Ending.NOT_TRIED, Exit.PENDING),
        (Status.READY, Result.STARTED, Ending.STARTED, Exit.DONE),
        (Status.INTENDED, None, Ending.UNKNOWN, Exit.REQUESTS_FAILED),
        (Status.UNKNOWN, None, Ending.UNKNOWN, Exit.REQUESTS_FAILED),
        (Status.FAILED, None, Ending.FAILED, Exit.REQUESTS_FAILED),
        (Status.REJECTED, None, Ending.REJECTED, Exit.REQUESTS_FAILED),
        (Status.IN_PROGRESS, None, Ending.KEPT, Exit.DONE),
        (Status.SUCCEEDED, None, Ending.KEPT, Exit.DONE),
        (Status.FETCHED, None, Ending.KEPT, Exit.DONE),
        (Status.EXPIRED, None, Ending.KEPT, Exit.DONE),
    ],
)
def test_how_one_request_ends_and_what_exit_code_it_gives(
    status: Status | None, result: Result | None, ending: Ending, exits: Exit
) -> None:
    summary = summary_of([(status, result)])

    assert [one.ending for one in summary.requests()] == [ending]
    assert summary.exit is exits


@pytest.mark.parametrize(
    ("known", "exits"),
    [
        ([], Exit.DONE),
        ([(None, Result.STARTED), (None, Result.DEFERRED)], Exit.PENDING),
        ([(None, Result.NOT_TRIED), (None, Result.REJECTED), (None, Result.STARTED)], Exit.REQUESTS_FAILED),
        ([(None, Result.DEFERRED), (Status.UNKNOWN, None)], Exit.REQUESTS_FAILED),
        ([(Status.FETCHED, None), (None, Result.STARTED)], Exit.DONE),
    ],
)
def test_the_strongest_exit_code_wins(known: Known, exits: Exit) -> None:
    assert summary_of(known).exit is exits


def test_a_restart_and_the_failure_before_it_are_one_request() -> None:
    wanted = request(archive("a"))
    failed = record(wanted, Status.FAILED, mishap=Mishap("job-failed", "no reason"))
    again = decide(asked(wanted), failed, BuyAgain(statuses=frozenset({Status.FAILED})))

    fate = Fate(Result.RESTARTED, job_id="job-2")

    summary = Summary(plan_of(again), {purchase_name(again.key, again.generation): fate})

    assert {ending: count for ending, count in summary.counts.items() if count} == {Ending.RESTARTED: 1}
    assert [one.fate for one in summary.requests()] == [fate]
