"""How an apply ended, as its reader sees it."""

import json

import pytest

from glacier_manifest.jobs.status import Status
from glacier_manifest.planning.plan import Action, Drift, Reason, Verb
from glacier_manifest.starting.events import Outcome, Result
from glacier_manifest.starting.rounds import purchase_name
from glacier_manifest.starting.summary import Summary
from glacier_manifest.views import summaries
from tests.views.examples import LOST, REFUSED, action, adoption, outcome, plan, record, retrieval


def summary(*outcomes: Outcome, kept: tuple[Action, ...] = ()) -> Summary:
    by_name = {purchase_name(one.action.key, one.action.generation): one.fate for one in outcomes}
    return Summary(plan(*(one.action for one in outcomes), *kept), by_name)


def waiting(archive_id: str) -> Action:
    return action(
        Verb.WAIT,
        Reason.IN_PROGRESS,
        retrieval(archive_id),
        record=record(Status.IN_PROGRESS, job_id="Job1", tier="Standard"),
    )


def test_what_went_wrong_comes_first_with_its_reason_then_the_counts() -> None:
    ended = summary(
        outcome(Result.STARTED),
        outcome(Result.REJECTED, REFUSED, "2lHz"),
        outcome(Result.UNKNOWN, LOST, "NkbB"),
        outcome(Result.NOT_TRIED, None, "DMTm"),
    )

    assert (
        summaries.human(ended)
        == """\
Rejected by Glacier (nothing was bought):
  wedding/photos/2lHz
      InvalidParameterValueException: Invalid tier

Outcome unknown (perhaps started; nothing is sent again before that is known):
  wedding/photos/NkbB
      no-answer: Read timeout on endpoint URL

Not tried:
  wedding/photos/DMTm

Apply: 1 started, 1 rejected, 1 unknown, 1 not tried.
"""
    )


def test_what_was_adopted_otherwise_than_asked_or_paid_for_twice_is_told() -> None:
    topics = Drift("sns_topic", None, "arn:aws:sns:us-west-2:012345678901:mine")
    ended = summary(
        kept=(adoption(), adoption("2lHz", drift=(topics,)), adoption("NkbB", duplicates=("Job8", "Job9")))
    )

    assert (
        summaries.human(ended)
        == """\
Adopted as it runs, which cannot be changed any more:
  wedding/photos/2lHz
      sns_topic is none, not 'arn:aws:sns:us-west-2:012345678901:mine'

Paid for more than once: further jobs bear the same marker (the earliest was adopted):
  wedding/photos/NkbB
      Job8, Job9

Apply: 3 adopted.
"""
    )


@pytest.mark.parametrize(
    ("kept", "text"),
    [
        (0, "Nothing to do.\n"),
        (1, "Nothing to do: the only request was started before.\n"),
        (3, "Nothing to do: all 3 requests were started before.\n"),
    ],
)
def test_nothing_to_do_is_said_in_one_line(kept: int, text: str) -> None:
    assert summaries.human(summary(kept=tuple(waiting(str(number)) for number in range(kept)))) == text


def test_a_long_list_is_cut_for_people() -> None:
    many = [outcome(Result.REJECTED, REFUSED, f"id-{number}") for number in range(45)]

    assert "  and 5 more (--report FILE has all)\n" in summaries.human(summary(*many))


def test_json_counts_every_ending_and_tells_job_tier_and_error() -> None:
    ended = summary(outcome(Result.STARTED), outcome(Result.UNKNOWN, LOST, "NkbB"), kept=(waiting("2lHz"),))

    document = json.loads("".join(summaries.as_json(ended, requests=ended.requests())))

    assert {name: number for name, number in document["summary"].items() if number} == {
        "started": 1,
        "unknown": 1,
        "kept": 1,
    }
    assert [(one["result"], one["job_id"], one["tier"]) for one in document["requests"]] == [
        ("started", "HkF9", "Bulk"),
        ("unknown", None, "Bulk"),
        ("kept", "Job1", "Standard"),
    ]
    assert document["requests"][1]["error"] == {"code": LOST.code, "message": LOST.message}


def test_what_was_kept_in_peace_is_in_the_report_alone() -> None:
    ended = summary(outcome(Result.STARTED), kept=(waiting("2lHz"),))

    assert [one.action.address for one in ended.told] == ["wedding/photos/kKB7"]
