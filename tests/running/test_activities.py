"""When a run plans, looks and fetches, on a clock that is set by hand."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from math import inf
from pathlib import Path
from threading import Event as Flag

import pytest

from glacier_manifest.errors import ServiceError
from glacier_manifest.jobs.status import Status
from glacier_manifest.running.activity import Turn
from glacier_manifest.running.fetching import Fetching, Stored
from glacier_manifest.running.once import look_and_fetch, start_and_fetch
from glacier_manifest.running.pulse import Pulse
from glacier_manifest.running.starting import Started, Starting
from glacier_manifest.running.watching import Watching
from glacier_manifest.state.changes import Fetch, Observe
from glacier_manifest.state.sqlite import SqliteState
from glacier_manifest.tracking.refresh import Clocks, Refreshed
from tests.planning.examples import NOON
from tests.tracking.states import DAY, HOUR, started, state_in, succeeded

MINUTE = 60.0
CUT = ServiceError("output-cut", "the connection broke", next_step="again")
DONE = Started(
    left=0, unknown=0, blocked=0, again_in=None, planning=1.0, buys_again=False, was_cut_short=False
)


class Watch:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def state(tmp_path: Path) -> Iterator[SqliteState]:
    with closing(state_in(tmp_path)) as state:
        yield state


@pytest.fixture
def watch() -> Watch:
    return Watch()


def turn() -> Turn:
    return Turn(Flag(), Pulse(lambda: 0.0))


def ends(state: SqliteState, name: str, status: Status) -> None:
    """Let the job of an archive end."""
    (one,) = [
        record for record in state.records() if record.archive_id and record.archive_id.startswith(name)
    ]
    state.write(Observe(one.key, one.generation, NOON, status, completed_at=NOON, expires_at=NOON + DAY))


class TestFetching:
    def fetching(
        self, state: SqliteState, watch: Watch, came_to: Callable[[], Stored] = lambda: Stored(1, None)
    ) -> Fetching:
        return Fetching(state, lambda _turn: came_to(), monotonic=watch)

    def test_nothing_is_fetched_before_something_has_succeeded(
        self, state: SqliteState, watch: Watch
    ) -> None:
        started(state, "a")
        fetching = self.fetching(state, watch)

        before = fetching.due_in()
        ends(state, "a", Status.SUCCEEDED)

        assert (before, fetching.due_in() <= 0, fetching.is_pending()) == (inf, True, True)

    def test_what_cannot_be_stored_is_not_tried_all_the_while(self, state: SqliteState, watch: Watch) -> None:
        succeeded(state, "a", ago=HOUR)
        fetching = self.fetching(state, watch, lambda: Stored(0, None))

        fetching.take(turn())

        assert (fetching.due_in(), fetching.is_pending()) == (inf, False)

    def test_what_has_succeeded_meanwhile_is_fetched_next(self, state: SqliteState, watch: Watch) -> None:
        succeeded(state, "a", ago=HOUR)
        started(state, "b")

        def stores() -> Stored:
            (one,) = state.records(statuses={Status.SUCCEEDED})
            state.write(Fetch(one.key, one.generation, NOON, "out"))
            ends(state, "b", Status.SUCCEEDED)
            return Stored(1, None)

        fetching = self.fetching(state, watch, stores)
        fetching.take(turn())

        assert fetching.due_in() <= 0

    def test_what_may_pass_is_read_again_soon_where_others_are_stored(
        self, state: SqliteState, watch: Watch
    ) -> None:
        succeeded(state, "a", ago=HOUR)
        fetching = self.fetching(state, watch, lambda: Stored(3, CUT))

        fetching.take(turn())

        assert fetching.is_pending()
        assert 0 < fetching.due_in() <= 15

    def test_what_may_pass_is_trouble_where_nothing_is_stored(self, state: SqliteState, watch: Watch) -> None:
        succeeded(state, "a", ago=HOUR)
        fetching = self.fetching(state, watch, lambda: Stored(0, CUT))

        with pytest.raises(ServiceError):
            fetching.take(turn())

    def test_a_turn_that_was_stopped_has_not_seen_all(self, state: SqliteState, watch: Watch) -> None:
        succeeded(state, "a", ago=HOUR)
        fetching = self.fetching(state, watch)
        stopped = turn()
        stopped.stop.set()

        fetching.take(stopped)

        assert fetching.due_in() <= 0

    def test_it_rests_where_preparing_takes_long(self, state: SqliteState, watch: Watch) -> None:
        succeeded(state, "a", ago=HOUR)
        fetching = self.fetching(state, watch, lambda: Stored(1, None, preparing=10))
        fetching.take(turn())

        succeeded(state, "b", ago=HOUR)

        assert fetching.due_in() == 40


class TestWatching:
    def watching(self, state: SqliteState, watch: Watch, *, poll: float | None = None) -> Watching:
        def look(_turn: Turn) -> Refreshed:
            return Refreshed({}, 0, 0, (), 0)

        return Watching(
            state,
            look,
            clocks=Clocks(lambda: NOON, lambda: NOON),
            monotonic=watch,
            poll=None if poll is None else timedelta(seconds=poll),
        )

    def test_what_was_in_progress_when_it_began_is_looked_at_at_once(
        self, state: SqliteState, watch: Watch
    ) -> None:
        started(state, "a")

        assert self.watching(state, watch).due_in() <= 0

    def test_it_is_looked_at_again_as_its_age_suggests(self, state: SqliteState, watch: Watch) -> None:
        started(state, "a")
        watching = self.watching(state, watch)

        watching.take(turn())

        assert 15 <= watching.due_in() <= 900
        assert watching.is_pending()

    def test_or_as_often_as_was_said(self, state: SqliteState, watch: Watch) -> None:
        started(state, "a")
        watching = self.watching(state, watch, poll=7)

        watching.take(turn())

        assert watching.due_in() == 7

    def test_what_was_started_a_moment_ago_is_not_looked_at_at_once(
        self, state: SqliteState, watch: Watch
    ) -> None:
        watching = self.watching(state, watch)
        before = watching.due_in()
        started(state, "a", ago=timedelta(0))

        assert before == inf
        assert watching.due_in() >= 15

    def test_without_jobs_in_progress_there_is_nothing_to_wait_for(
        self, state: SqliteState, watch: Watch
    ) -> None:
        assert not self.watching(state, watch).is_pending()

    def test_an_output_that_nobody_fetches_is_looked_at_rarely(
        self, state: SqliteState, watch: Watch
    ) -> None:
        succeeded(state, "a", ago=HOUR)
        watching = self.watching(state, watch)
        watching.take(turn())

        assert watching.due_in() == 900
        assert not watching.is_pending()


class TestStarting:
    def starting(self, state: SqliteState, watch: Watch, *turns: Started, stored: int = 0) -> Starting:
        coming = iter(turns)
        self.stored = stored
        return Starting(
            state, lambda _turn, _seconds: next(coming), stored=lambda: self.stored, monotonic=watch
        )

    def after(self, watch: Watch, state: SqliteState, last: Started) -> Starting:
        starting = self.starting(state, watch, last)
        starting.take(turn())
        return starting

    def test_it_plans_at_once_and_then_now_and_then(self, state: SqliteState, watch: Watch) -> None:
        starting = self.starting(state, watch, DONE)
        first = starting.due_in(), starting.is_pending()

        starting.take(turn())

        assert first == (0, True)
        assert (starting.due_in(), starting.is_pending()) == (15 * MINUTE, False)

    def test_a_plan_that_takes_long_is_made_more_rarely(self, state: SqliteState, watch: Watch) -> None:
        last = Started(0, 0, 0, None, planning=300.0, buys_again=False, was_cut_short=False)

        assert self.after(watch, state, last).due_in() == 3000

    def test_what_was_put_off_is_waited_for_and_tried_again(self, state: SqliteState, watch: Watch) -> None:
        last = Started(3, 0, 0, None, planning=1.0, buys_again=False, was_cut_short=False)
        starting = self.after(watch, state, last)

        assert starting.is_pending()
        assert 5 * MINUTE <= starting.due_in() <= 10 * MINUTE

    def test_what_is_told_when_it_may_go_is_tried_then(self, state: SqliteState, watch: Watch) -> None:
        last = Started(3, 0, 0, 33.0, planning=1.0, buys_again=False, was_cut_short=False)

        assert self.after(watch, state, last).due_in() == 33

    def test_what_was_cut_short_goes_on_at_once(self, state: SqliteState, watch: Watch) -> None:
        last = Started(3, 0, 0, None, planning=1.0, buys_again=False, was_cut_short=True)

        assert self.after(watch, state, last).due_in() == 0

    def test_an_inventory_that_was_stored_asks_for_a_new_plan(self, state: SqliteState, watch: Watch) -> None:
        starting = self.after(watch, state, DONE)
        self.stored = 1

        assert starting.is_pending()
        assert starting.due_in() == 0
        assert starting.is_overtaken()

    @pytest.mark.parametrize("buys_again", [True, False])
    def test_a_job_that_has_failed_does_where_it_may_be_bought_again(
        self, state: SqliteState, watch: Watch, *, buys_again: bool
    ) -> None:
        started(state, "a")
        last = Started(0, 0, 0, None, planning=1.0, buys_again=buys_again, was_cut_short=False)
        starting = self.after(watch, state, last)

        ends(state, "a", Status.FAILED)

        assert starting.is_pending() is buys_again


class Scripted:
    """An activity that is due so many times, and notes when it was at work."""

    def __init__(self, name: str, log: list[str], due: int = 0, *, pending: bool = False) -> None:
        self.name = name
        self.due = due
        self._log = log
        self._pending = pending

    def due_in(self) -> float:
        return 0.0 if self.due else inf

    def is_pending(self) -> bool:
        return self._pending

    def take(self, turn: Turn) -> None:  # noqa: ARG002 - an activity's own
        self._log.append(self.name)
        self.due -= bool(self.due)


class TestOnce:
    def test_what_is_in_progress_is_looked_at_once_and_what_is_there_is_fetched_first(self) -> None:
        log: list[str] = []
        fetching = Scripted("fetch", log, 1)

        look_and_fetch(Scripted("look", log, pending=True), fetching, turn())
        start_and_fetch(Scripted("start", log, 1), fetching, turn(), is_over=lambda: False)

        assert log == ["look", "fetch", "start"]

    def test_each_goes_on_as_long_as_the_other_gives_it_something_to_do(self) -> None:
        log: list[str] = []

        start_and_fetch(Scripted("start", log, 3), Scripted("fetch", log, 2), turn(), is_over=lambda: False)

        assert log == ["start", "fetch", "start", "fetch", "start"]

    def test_it_ends_when_it_must(self) -> None:
        log: list[str] = []

        start_and_fetch(
            Scripted("start", log, 9), Scripted("fetch", log, 9), turn(), is_over=lambda: len(log) > 2
        )

        assert log == ["start", "fetch", "start"]
