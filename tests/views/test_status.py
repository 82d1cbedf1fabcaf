"""What the jobs are doing, as its reader sees it."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from glacier_manifest.jobs.status import Status
from glacier_manifest.state.changes import Accept, Intend, LoseTrack, Observe
from glacier_manifest.state.log import Run
from glacier_manifest.state.sqlite import SqliteState
from glacier_manifest.views import status as view
from tests.views.examples import DAY, LOST, NOON, record


@pytest.fixture
def state(tmp_path: Path) -> Iterator[SqliteState]:
    run = Run("run-1", "restore-1", 4242, "1.2.3")
    path = tmp_path / "state.db"
    with closing(SqliteState(path, run=run, clock=lambda: NOON, new_id=lambda: "5f0c")) as state:
        yield state


def started(state: SqliteState, name: str, job: str = "wedding") -> str:
    """Start one retrieval, and return its key."""
    key = name.rjust(64, "0")
    state.write(Intend(record(Status.INTENDED, f"{job}/photos/{name}", key=key, archive_id=name), NOON))
    state.write(Accept(key, 0, NOON, f"Job-{name}"))
    return key


def test_nothing_was_started_yet(state: SqliteState) -> None:
    assert view.human(state, now=NOON, width=80) == "Nothing was started yet.\n"


def test_a_row_for_each_job_and_vault_and_what_needs_a_person_first(state: SqliteState) -> None:
    started(state, "a1")
    done = started(state, "a2")
    state.write(Observe(done, 0, NOON, Status.SUCCEEDED, completed_at=NOON, expires_at=NOON + DAY))
    lost = "b1".rjust(64, "0")
    state.write(Intend(record(Status.INTENDED, "audit/photos/b1", key=lost, archive_id="b1"), NOON))
    state.write(LoseTrack(lost, 0, NOON, LOST))

    assert (
        view.human(state, now=NOON + DAY / 2, width=80)
        == """\
1 unknown (the reply was lost; the next apply finds out by listing, or asks you):
  unknown      audit/photos/b1  no-answer: Read timeout on endpoint URL

job      vault   requests                    first output gone in
wedding  photos  1 in progress, 1 succeeded  12h
audit    photos  1 unknown

In all: 1 in progress, 1 succeeded, 1 unknown.
"""
    )


def test_an_output_past_its_day_may_be_gone_at_any_moment(state: SqliteState) -> None:
    done = started(state, "a2")
    state.write(Observe(done, 0, NOON, Status.SUCCEEDED, completed_at=NOON, expires_at=NOON + DAY))

    assert "now, at any moment" in view.human(state, now=NOON + 2 * DAY, width=80)


def test_json_counts_every_status_and_has_every_request(state: SqliteState) -> None:
    started(state, "a1")

    document = view.as_json(state, refreshed=False, now=NOON)

    assert list(document["summary"]) == [str(status) for status in Status]
    assert document["summary"]["in_progress"] == 1
    assert (document["as_of"], document["refreshed"]) == ("2026-11-23T12:00:00Z", False)
    assert [one["job_id"] for one in document["requests"]] == ["Job-a1"]
