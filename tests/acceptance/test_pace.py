"""How fast jobs are started, and how many bytes a day: over one run and over many, by the sandbox's count."""

import re
from datetime import datetime, timedelta
from itertools import pairwise

from tests.acceptance.manifests import ARCHIVE, archive_ids, inventory, retrievals
from tests.acceptance.user import Ran, User

IDS = archive_ids(10)
PIECES = "    retrieval_byte_range: 0-1048575\n"
FAST = "requests_per_second: 100000, concurrency: 4"
FOUR = f"pace: {{{FAST}, bytes_per_day: 4 MiB}}\n"


def apply(user: User, *words: str) -> Ran:
    return user.run("apply", "jobs.yaml", "--yes", *words)


class TestBytesPerDay:
    def test_what_does_not_fit_is_left_for_the_days_after(self, user: User) -> None:
        user.manifest(retrievals(IDS, more=PIECES), head=FOUR)

        sent = []
        for _ in range(4):
            first = apply(user)
            again = apply(user)
            assert again.code == first.code, "a rerun at once starts nothing more"
            sent.append((user.sent(), first.code))
            user.sandbox.clock.advance(24 * 3600 + 120)

        assert sent == [(4, 75), (8, 75), (10, 0), (10, 0)]

    def test_it_says_when_there_is_room_again(self, user: User) -> None:
        user.manifest(retrievals(IDS, more=PIECES), head=FOUR)

        left = apply(user).left_undone(75)

        assert "Apply: 4 started, 6 not tried." in left.out
        assert re.match(r"next: run the same command again from \d{4}-\d\d-\d\d \d\d:\d\d UTC on", left.last)

    def test_restarts_and_other_manifests_on_the_same_state_count(self, user: User) -> None:
        user.manifest(retrievals(IDS[:3], more=PIECES), head=FOUR)
        apply(user)
        user.manifest(retrievals(IDS[3:6], job="others", more=PIECES), head=FOUR)

        apply(user).left_undone(75)

        assert user.sent() == 4

    def test_what_was_rejected_leaves_its_room_to_others(self, user: User) -> None:
        user.manifest(retrievals(IDS[:6], more=PIECES), head=FOUR)
        user.sandbox.faults.add(
            "InitiateJob", "error", code="InvalidParameterValueException", status=400, count=2
        )

        apply(user)

        assert len(user.sandbox.accepted) == 4

    def test_an_unknown_size_is_refused_before_the_first_call(self, user: User) -> None:
        user.manifest(retrievals([ARCHIVE]) + retrievals(IDS, job="pieces", more=PIECES), head=FOUR)

        planned = user.run("plan", "jobs.yaml").refused_with(5, "unknown-size")
        apply(user).refused_with(5, "unknown-size")

        assert "next: ask for byte ranges" in planned.last
        assert (user.sent(), user.records()) == (0, [])

    def test_an_unknown_size_may_be_allowed(self, user: User) -> None:
        user.manifest(retrievals([ARCHIVE]) + retrievals(IDS[:4], job="pieces", more=PIECES), head=FOUR)

        assert apply(user, "--allow", "unknown-size").code == 0
        assert user.sent() == 5

    def test_what_was_allowed_in_a_saved_plan_is_allowed_when_it_is_applied(self, user: User) -> None:
        user.manifest(retrievals([ARCHIVE]), head=FOUR)
        user.run("plan", "jobs.yaml", "--allow", "unknown-size", "--out", "plan.ndjson")

        assert user.run("apply", "plan.ndjson").code == 0

    def test_a_saved_plan_keeps_to_the_bytes_that_were_reviewed(self, user: User) -> None:
        user.manifest(retrievals(IDS, more=PIECES), head=FOUR)
        user.run("plan", "jobs.yaml", "--out", "plan.ndjson")

        user.run("apply", "plan.ndjson").left_undone(75)

        assert user.sent() == 4

    def test_more_than_a_day_may_see_is_refused(self, user: User) -> None:
        head = f"pace: {{{FAST}, bytes_per_day: 1 MB}}\n"
        user.manifest(retrievals(IDS[:1], more=PIECES), head=head)

        refused = apply(user).refused_with(5, "larger-than-a-day")

        assert "has 1.0 MiB" in refused.err
        assert user.sent() == 0

    def test_an_inventory_has_no_archives_bytes(self, user: User) -> None:
        user.manifest(inventory(), head=FOUR)

        assert apply(user).code == 0

    def test_a_plan_shows_the_bytes_of_ranges(self, user: User) -> None:
        user.manifest(retrievals(IDS, more=PIECES), head=FOUR)

        planned = user.run("plan", "jobs.yaml", "--format", "json")

        totals = planned.json["totals"]
        assert (totals["bytes"], totals["bytes_known"]) == (10 * 1048576, True)


class TestRequestsPerSecond:
    def moments(self, user: User) -> list[float]:
        return sorted(call.at.timestamp() for call in user.sandbox.calls("InitiateJob"))

    def test_a_run_is_no_faster_than_it_may_be(self, user: User) -> None:
        user.manifest(retrievals(archive_ids(60)), head="pace: {requests_per_second: 40, concurrency: 4}\n")

        apply(user)

        moments = self.moments(user)
        busiest = max(sum(first <= one < first + 1 for one in moments) for first in moments)
        assert busiest <= 40 + 4
        assert moments[-1] - moments[0] >= 0.85 * 59 / 40

    def test_a_run_keeps_its_distance_from_the_last_call_of_the_one_before(self, user: User) -> None:
        head = "pace: {requests_per_second: 0.8, concurrency: 4}\n"
        for archive_id in IDS[:3]:
            user.manifest(retrievals([archive_id]), head=head)
            apply(user)

        sent = sorted(datetime.fromisoformat(record["intended_at"]) for record in user.records())
        assert len(sent) == 3
        assert min(later - earlier for earlier, later in pairwise(sent)) >= timedelta(seconds=1.24)


class TestStagedBytes:
    TWO = f"pace: {{{FAST}, staged_bytes: 2 MiB}}\n"

    def test_no_more_is_started_than_may_wait_to_be_fetched(self, user: User) -> None:
        user.manifest(retrievals(IDS[:4], more=PIECES), head=self.TWO)

        left = apply(user).left_undone(75)
        again = apply(user).left_undone(75)

        assert "Apply: 2 started, 2 not tried." in left.out
        assert again.last.startswith("next: as much is started and not yet fetched as pace.staged_bytes lets")
        assert user.sent() == 2

    def test_what_has_failed_leaves_its_room_to_others(self, user: User) -> None:
        user.manifest(retrievals(IDS[:4], more=PIECES), head=self.TWO)
        user.sandbox.faults.add("InitiateJob", "job-fails", message="Archive is damaged")
        apply(user)
        user.sandbox.clock.advance(10)
        user.run("wait")

        apply(user)

        assert user.sent() == 4

    def test_a_saved_plan_keeps_to_the_bytes_that_were_reviewed(self, user: User) -> None:
        user.manifest(retrievals(IDS, more=PIECES), head=self.TWO)
        user.run("plan", "jobs.yaml", "--out", "plan.ndjson")

        user.run("apply", "plan.ndjson").left_undone(75)

        assert user.sent() == 2

    def test_more_than_may_be_staged_at_once_is_refused(self, user: User) -> None:
        user.manifest(retrievals(IDS[:1], more=PIECES), head=f"pace: {{{FAST}, staged_bytes: 1 MB}}\n")

        user.run("plan", "jobs.yaml").refused_with(5, "larger-than-stage")
        apply(user).refused_with(5, "larger-than-stage")

        assert user.sent() == 0

    def test_an_unknown_size_is_refused_before_the_first_call(self, user: User) -> None:
        user.manifest(retrievals([ARCHIVE]), head=self.TWO)

        apply(user).refused_with(5, "unknown-size")

        assert apply(user, "--allow", "unknown-size").code == 0
