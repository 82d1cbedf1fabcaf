"""`run`: started, waited for and stored by one command, again and again until nothing is left."""

import json
import signal
from collections.abc import Iterator

import pytest

from tests.acceptance.evacuations import glacier_of
from tests.acceptance.test_interruptions import until
from tests.acceptance.test_terminal import QUESTION, at_a_terminal
from tests.acceptance.user import Ran, User, ended

SIZES = [1, 1000, 1 << 20, (1 << 20) + 1, 3 << 20]
FAST = "requests_per_second: 1000, concurrency: 4"


@pytest.fixture
def user(user: User) -> Iterator[User]:
    """Somebody whose Glacier takes half a second for a job."""
    with glacier_of(user, job_time=0.5) as quick:
        yield quick


def bodies(user: User, vault: str = "photos") -> dict[str, bytes]:
    """Upload a few archives; return what is in each, by its ID."""
    made = {}
    for number, size in enumerate(SIZES):
        body = bytes([number]) * size
        made[user.sandbox.upload(vault, body, f"{number}.jpg")] = body
    return made


def run(user: User, *words: object) -> Ran:
    return user.run("run", "jobs.yaml", "--yes", "--poll", "0.2s", *words)


def retrieval(ids: list[str] | dict[str, bytes], more: str = "") -> str:
    listed = "".join(f"      - {archive_id}\n" for archive_id in ids)
    return (
        "  wedding:\n    type: archive-retrieval\n    vault: photos\n    archive_ids:\n"
        f"{listed}    save_to: out/{{archive_id}}\n{more}"
    )


def test_all_is_started_waited_for_and_stored(user: User) -> None:
    made = bodies(user)
    user.manifest(retrieval(made))

    ran = run(user)

    assert ran.code == 0, ran.err
    assert {path.name: path.read_bytes() for path in (user.folder / "out").iterdir()} == made
    assert ran.out == "Run: 5 fetched, 5.0 MiB stored.\n"
    assert {record["status"] for record in user.records()} == {"fetched"}


EVACUATION = """\
  inventory:
    type: inventory-retrieval
    vault: photos
    save_to: inventories/{vault}.json
  restored:
    type: archive-retrieval
    vault: photos
    archives: {inventory: {job: inventory}}
    limits: {jobs: 100}
    save_to: restored/{path}
"""


def test_what_waits_for_an_inventory_begins_when_it_is_stored(user: User) -> None:
    made = bodies(user)
    user.manifest(EVACUATION)

    ran = run(user)

    assert ran.code == 0, ran.err
    names = {f"{number}.jpg": body for number, body in enumerate(made.values())}
    assert {path.name: path.read_bytes() for path in (user.folder / "restored").iterdir()} == names
    assert user.sent() == 6


def test_a_second_run_has_nothing_to_do_and_asks_nothing(user: User) -> None:
    user.manifest(retrieval(bodies(user)))
    run(user)
    user.sandbox.reset_calls()

    again = user.run("run", "jobs.yaml")

    assert (again.code, again.out) == (0, "Run: nothing to do.\n")
    assert user.sandbox.counts() == {}


def test_no_more_is_staged_than_may_be(user: User) -> None:
    user.manifest(EVACUATION, head=f"pace: {{{FAST}, staged_bytes: 4 MiB}}\n")
    bodies(user)

    ran = run(user)

    assert ran.code == 0, ran.err
    assert "no more than 4.0 MiB may be started and not yet fetched" in ran.err
    assert len(list((user.folder / "restored").iterdir())) == len(SIZES)


def test_what_fails_is_bought_again_as_often_as_the_manifest_lets(user: User) -> None:
    made = bodies(user)
    user.manifest(retrieval(made), head=f"pace: {{{FAST}}}\nrestarts: {{failed: 1}}\n")
    user.sandbox.faults.add("InitiateJob", "job-fails", count=2, message="Archive is damaged")

    ran = run(user)

    assert (ran.code, user.sent()) == (0, len(made) + 2), ran.err


def test_what_fails_for_good_is_told_when_the_rest_is_stored(user: User) -> None:
    made = bodies(user)
    user.manifest(retrieval(made))
    user.sandbox.faults.add("InitiateJob", "job-fails", count=1, message="Archive is damaged")

    ran = run(user, "--format", "json").left_undone(3)

    assert (ran.json["summary"]["fetched"], ran.json["summary"]["job_failed"]) == (len(made) - 1, 1)
    assert [one["result"] for one in ran.json["requests"]] == ["failed"]


def test_nobody_is_asked_where_there_is_nobody(user: User) -> None:
    user.manifest(retrieval(bodies(user)))

    refused = user.run("run", "jobs.yaml").refused_with(5, "not-approved")

    assert "--expect sha256:" in refused.last
    assert user.sent() == 0


def test_what_was_approved_by_its_digest_needs_nobody(user: User) -> None:
    bodies(user)
    user.manifest(EVACUATION)
    digest = user.run("plan", "jobs.yaml", "--format", "json").json["digest"]

    ran = user.run("run", "jobs.yaml", "--expect", digest, "--poll", "0.2s")

    assert (ran.code, user.sent()) == (0, 6), ran.err


def test_the_limits_of_a_job_that_waited_hold_for_what_it_comes_to(user: User) -> None:
    bodies(user)
    user.manifest(EVACUATION.replace("jobs: 100", "jobs: 3"))

    ran = run(user)

    assert ran.code == 5
    assert "error[over-limit]" in ran.err or "limit" in ran.err
    assert user.sent() == 1
    assert (user.folder / "inventories" / "photos.json").is_file()


def test_a_restart_that_was_asked_for_is_bought_once(user: User) -> None:
    made = bodies(user)
    user.manifest(retrieval(made))
    run(user)

    ran = run(user, "--restart", f"wedding/photos/{next(iter(made))}", "--overwrite")

    assert (ran.code, user.sent()) == (0, len(made) + 1), ran.err


class TestOnce:
    def test_it_does_what_can_be_done_now(self, user: User) -> None:
        bodies(user)
        user.manifest(EVACUATION)
        user.sandbox.clock.advance(0)

        first = run(user, "--once").left_undone(75)
        told = [user.sent()]
        user.sandbox.clock.advance(10)
        run(user, "--once").left_undone(75)
        told.append(user.sent())
        user.sandbox.clock.advance(10)
        last = run(user, "--once")
        told.append(user.sent())

        assert "1 in progress" in first.out
        assert told == [1, 6, 6]
        assert last.code == 0, last.err
        assert len(list((user.folder / "restored").iterdir())) == len(SIZES)

    def test_what_is_pending_is_looked_at_once(self, user: User) -> None:
        user.manifest(retrieval(bodies(user)))
        with glacier_of(user, job_time=3600) as slow:
            slow.manifest(retrieval(bodies(slow)))
            run(slow, "--once").left_undone(75)
            slow.sandbox.reset_calls()

            run(slow, "--once").left_undone(75)

            assert slow.sandbox.counts() == {"ListJobs": 1}

    def test_room_that_is_not_there_is_not_waited_for(self, user: User) -> None:
        bodies(user)
        user.manifest(EVACUATION, head=f"pace: {{{FAST}, staged_bytes: 4 MiB}}\n")

        codes: list[int] = []
        while 0 not in codes and len(codes) < 8:
            codes.append(run(user, "--once").code)
            user.sandbox.clock.advance(10)

        assert codes == [75, 75, 75, 0]


class TestTheEnd:
    def test_a_deadline_is_75(self, user: User) -> None:
        with glacier_of(user, job_time=3600) as slow:
            slow.manifest(retrieval(bodies(slow)))

            ran = run(slow, "--deadline", "2s").left_undone(75)

            assert "5 in progress" in ran.out

    def test_a_saved_plan_is_refused(self, user: User) -> None:
        user.manifest(retrieval(bodies(user)))
        user.run("plan", "jobs.yaml", "--out", "plan.ndjson")

        user.run("run", "plan.ndjson").refused_with(64, "plan-for-run")

    def test_a_heartbeat_tells_how_it_stands(self, user: User) -> None:
        user.manifest(retrieval(bodies(user)))

        ran = run(user, "--heartbeat", "alive.json")

        assert ran.code == 0, ran.err
        told = json.loads((user.folder / "alive.json").read_text())
        assert {"at", "pid", "state", "starting", "watching", "fetching", "stored"} <= told.keys()

    def test_what_may_not_be_read_ends_it_and_says_so(self, user: User) -> None:
        user.manifest(retrieval(bodies(user)))
        user.sandbox.faults.add("GetJobOutput", "error", code="AccessDeniedException", status=403)

        ran = run(user)

        assert ran.code == 1
        assert "error[access-denied]" in ran.err
        assert ran.last.startswith("next: ")

    def test_credentials_that_were_renewed_are_waited_for(self, user: User) -> None:
        user.manifest(retrieval(bodies(user)))
        user.sandbox.faults.add("GetJobOutput", "error", code="ExpiredTokenException", status=403, count=2)

        ran = run(user)

        assert ran.code == 0, ran.err
        assert "fetching: expired-credentials: " in ran.err
        assert "fetching goes on" in ran.err

    def test_a_signal_ends_it_in_order_and_the_next_run_goes_on(self, user: User) -> None:
        made = bodies(user)
        user.manifest(retrieval(made))
        with glacier_of(user, job_time=3600) as slow:
            made = bodies(slow)
            slow.manifest(retrieval(made))
            process = slow.start("run", "jobs.yaml", "--yes", "--poll", "0.2s", "--heartbeat", "alive.json")
            until(lambda: process.poll() is not None or slow.sent() >= len(made))
            assert process.poll() is None
            process.send_signal(signal.SIGTERM)
            ran = ended(process)

            assert (ran.code, ran.last) == (143, "next: run the same command again to go on where it stopped")
            slow.sandbox.clock.advance(4000)
            again = run(slow)

            assert (again.code, slow.sent()) == (0, len(made)), again.err
            assert "5 fetched" in again.out

    def test_two_at_once_are_refused(self, user: User) -> None:
        with glacier_of(user, job_time=3600) as slow:
            slow.manifest(retrieval(bodies(slow)))
            process = slow.start("run", "jobs.yaml", "--yes")
            until(lambda: process.poll() is not None or slow.sent() > 0)
            assert process.poll() is None

            slow.run("run", "jobs.yaml", "--yes").refused_with(6, "locked")
            slow.run("fetch", "jobs.yaml").refused_with(6, "locked")

            process.send_signal(signal.SIGINT)
            assert ended(process).code == 130


def test_an_inventory_in_pages_is_followed_to_its_end_and_what_waits_for_it_begins(user: User) -> None:
    made = bodies(user)
    user.sandbox.take_inventory("photos")
    limited = "    inventory_retrieval_parameters: {limit: 2}\n    save_to: inventories"
    user.manifest(EVACUATION.replace("    save_to: inventories", limited))

    ran = run(user)

    assert ran.code == 0, ran.err
    names = {f"{number}.jpg": body for number, body in enumerate(made.values())}
    assert {path.name: path.read_bytes() for path in (user.folder / "restored").iterdir()} == names
    assert [path.name for path in (user.folder / "inventories").iterdir()] == ["photos.json"]
    assert user.sent() == 8


class TestAtATerminal:
    def test_it_asks_once_and_shows_how_it_stands(self, user: User) -> None:
        bodies(user)
        user.manifest(EVACUATION)

        terminal = at_a_terminal(user, "run", "jobs.yaml", "--poll", "0.2s", columns=200)
        asked = terminal.until(QUESTION)
        terminal.type("yes\n")
        code = terminal.end()

        assert "inventory/photos" in asked
        assert terminal.shown.count(QUESTION) == 1
        assert "Running" in terminal.shown
        assert terminal.shown.endswith("Run: 6 fetched, 5.0 MiB stored.\n")
        assert (code, user.sent()) == (0, 6)

    def test_ctrl_c_at_the_question_starts_nothing(self, user: User) -> None:
        user.manifest(retrieval(bodies(user)))

        terminal = at_a_terminal(user, "run", "jobs.yaml")
        terminal.until(QUESTION)
        terminal.type("\x03")

        assert (terminal.end(), user.sent()) == (130, 0)
