"""What the jobs are doing, as its reader sees it."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from glacier_manifest.jobs.status import Status
from glacier_manifest.state.changes import Accept, Intend, LoseTrack, Observe
from glacier_manifest.state.log import Run
from glacier_manifest.state.record import Mishap
from glacier_manifest.state.sqlite import SqliteState
from glacier_manifest.views import status as view
from tests.views.examples import DAY, LOST, NOON, record

HOUR = timedelta(hours=1)
DAMAGED = Mishap("job-failed", "Archive is damaged")


@pytest.fixture
def state(tmp_path: Path) -> Iterator[SqliteState]:
    run = Run("run-1", "restore-1", 4242, "1.2.3")
    path = tmp_path / "state.db"
    with closing(SqliteState(path, run=run, clock=lambda: NOON, new_id=lambda: "5f0c")) as state:
        yield state


def started(state: SqliteState, name: str, job: str = "wedding", **known: Any) -> str:  # noqa: ANN401 - any field of a record
    """Start one retrieval, and return its key."""
    key = name.rjust(64, "0")
    meant = record(Status.INTENDED, f"{job}/photos/{name}", key=key, archive_id=name, **known)
    state.write(Intend(meant, NOON))
    state.write(Accept(key, meant.generation, NOON, f"Job-{name}-{meant.generation}"))
    return key


def succeeded(state: SqliteState, name: str, *, ends_at: datetime, job: str = "wedding") -> None:
    """Start one retrieval whose job has succeeded."""
    done = started(state, name, job)
    state.write(
        Observe(done, 0, NOON, Status.SUCCEEDED, completed_at=ends_at - DAY, expires_at=ends_at, size=3 << 20)
    )


def overview(state: SqliteState, at: datetime = NOON, within: timedelta = 6 * HOUR) -> view.Overview:
    return view.Overview(state.standing_groups(), at, within)


def human(state: SqliteState, at: datetime = NOON) -> str:
    return view.human(state, overview(state, at), width=90)


def test_nothing_was_started_yet(state: SqliteState) -> None:
    assert human(state) == "Nothing was started yet.\n"


def test_a_row_for_each_job_and_vault_and_what_needs_a_person_first(state: SqliteState) -> None:
    started(state, "a1")
    succeeded(state, "a2", ends_at=NOON + 12 * HOUR)
    lost = "b1".rjust(64, "0")
    state.write(Intend(record(Status.INTENDED, "audit/photos/b1", key=lost, archive_id="b1"), NOON))
    state.write(LoseTrack(lost, 0, NOON, LOST))

    assert (
        human(state)
        == """\
1 unknown (the reply was lost; the next apply finds out by listing, or asks you):
  unknown      audit/photos/b1  no-answer: Read timeout on endpoint URL

job      vault   requests                    bytes      outputs gone in
wedding  photos  1 in progress, 1 succeeded  ≥ 3.0 MiB  12h
audit    photos  1 unknown                   unknown

In all: 1 in progress, 1 succeeded, 1 unknown.
"""
    )


def test_outputs_that_are_gone_soon_come_first_the_soonest_first_with_what_saves_them(
    state: SqliteState,
) -> None:
    failed = started(state, "a0")
    state.write(Observe(failed, 0, NOON, Status.FAILED, mishap=DAMAGED))
    succeeded(state, "a1", ends_at=NOON + 5 * HOUR)
    succeeded(state, "a2", ends_at=NOON + 2 * HOUR)
    succeeded(state, "a3", ends_at=NOON + 7 * HOUR)

    assert (
        human(state)
        == """\
2 outputs are gone within 6h (store what is not stored: 'glacier-manifest fetch'):
  2h           wedding/photos/a2  job Job-a2-0
  5h           wedding/photos/a1  job Job-a1-0

1 failed (buy them again with 'glacier-manifest apply --restart failed'):
  failed       wedding/photos/a0  job Job-a0-0  job-failed: Archive is damaged

job      vault   requests               bytes      outputs gone in
wedding  photos  3 succeeded, 1 failed  ≥ 9.0 MiB  2h to 7h

In all: 3 succeeded, 1 failed.
"""
    )


def test_an_output_past_its_day_may_be_gone_at_any_moment(state: SqliteState) -> None:
    succeeded(state, "a2", ends_at=NOON)

    assert "  now, at any moment  wedding/photos/a2  job Job-a2-0\n" in human(state, NOON + HOUR)


def test_a_failure_that_was_bought_again_needs_nobody(state: SqliteState) -> None:
    failed = started(state, "a0")
    state.write(Observe(failed, 0, NOON, Status.FAILED, mishap=DAMAGED))
    started(state, "a0", generation=1)

    assert human(state).endswith("In all: 1 in progress.\n")
    assert "failed" not in human(state)


def test_what_has_expired_is_told_unless_its_schedule_brings_what_is_newer(state: SqliteState) -> None:
    for name, slot in (("a0", None), ("a1", "2026-11-23T03:00Z")):
        state.write(Observe(started(state, name, slot=slot), 0, NOON, Status.EXPIRED))

    told = human(state)

    assert (
        "1 expired (the output is gone; buy it again with 'glacier-manifest apply --restart expired'):"
        in told
    )
    assert "wedding/photos/a0" in told
    assert "wedding/photos/a1" not in told
    assert told.endswith("In all: 2 expired.\n")


def test_of_many_the_first_are_named_and_the_rest_are_counted(state: SqliteState) -> None:
    for number in range(23):
        succeeded(state, f"a{number:02}", ends_at=NOON + HOUR)

    told = human(state)

    assert told.startswith("23 outputs are gone within 6h ")
    assert told.count("wedding/photos/") == 20
    assert "  and 3 more ('glacier-manifest state list --status succeeded' shows all)\n" in told


def test_json_counts_every_status_and_has_every_request(state: SqliteState) -> None:
    succeeded(state, "a1", ends_at=NOON + HOUR)
    started(state, "b1", "audit")

    document = json.loads("".join(view.as_json(state, overview(state), refreshed=False)))

    assert list(document["summary"]) == [str(status) for status in Status]
    assert (document["summary"]["in_progress"], document["summary"]["succeeded"]) == (1, 1)
    assert (document["as_of"], document["refreshed"]) == ("2026-11-23T12:00:00Z", False)
    assert document["ending"] == {"before": "2026-11-23T18:00:00Z", "outputs": 1}
    assert document["groups"][0] == {
        "job": "wedding",
        "account_id": "012345678901",
        "region": "us-west-2",
        "vault": "photos",
        "type": "archive-retrieval",
        "tier": "Bulk",
        "status": "succeeded",
        "scheduled": False,
        "requests": 1,
        "bytes": 3 << 20,
        "bytes_known": True,
        "first_expires_at": "2026-11-23T13:00:00Z",
        "last_expires_at": "2026-11-23T13:00:00Z",
    }
    assert [one["job_id"] for one in document["requests"]] == ["Job-a1-0", "Job-b1-0"]


def test_requests_are_told_by_their_latest_purchase(state: SqliteState) -> None:
    state.write(Observe(started(state, "a0"), 0, NOON, Status.FAILED))
    started(state, "a0", generation=1)

    assert [(one["generation"], one["status"]) for one in view.requests(state)] == [(1, "in_progress")]
