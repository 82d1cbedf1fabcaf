"""What `status` costs where a hundred thousand jobs are in progress."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.acceptance.user import User
from tests.planning.examples import ACCOUNT, PHOTOS
from tests.tracking.states import all_started, state_in

PAGE = 50
#: The peak that `resource` tells of a process begins with that of the one which started it.
TELLS_ITS_PEAK = """
import atexit, pathlib, sys
def tell():
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    print(next(line for line in lines if line.startswith("VmHWM:")), file=sys.stderr)
atexit.register(tell)
"""


class Lister(ThreadingHTTPServer):
    """A Glacier that can list so many jobs, none of which has ended, and nothing else."""

    def __init__(self, jobs: int) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.jobs = jobs
        self.asked = Counter[str]()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # an answer in one piece: in two, each waits for the other side
    server: Lister

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        self.server.asked["listings" if asked.path.endswith("/jobs") else "others"] += 1
        first = int(parse_qs(asked.query).get("marker", ["0"])[0])
        after = min(first + PAGE, self.server.jobs)
        jobs = [_job(number) for number in range(first, after)]
        self._answer({"JobList": jobs, "Marker": str(after) if after < self.server.jobs else None})

    def _answer(self, document: Any) -> None:  # noqa: ANN401 - JSON
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


def _job(number: int) -> dict[str, Any]:
    return {
        "JobId": f"job-a{number}",
        "Action": "ArchiveRetrieval",
        "StatusCode": "InProgress",
        "Completed": False,
        "CreationDate": "2026-11-23T11:00:00.000Z",
    }


@contextmanager
def listing(jobs: int) -> Iterator[Lister]:
    server = Lister(jobs)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def memory_of_status(user: User, folder: Path, jobs: int) -> int:
    """Run `status` where so many jobs are in progress; return the most memory that it took, in bytes."""
    folder.mkdir()
    with closing(state_in(folder)) as state:
        for first in range(0, jobs, 10_000):
            all_started(state, [f"a{number}" for number in range(first, min(first + 10_000, jobs))])
    with listing(jobs) as server:
        state_file = str(folder / "state.db")
        ran = user.program(
            "status",
            "--state",
            state_file,
            "--endpoint-url",
            server.url,
            "--region",
            PHOTOS.region,
            first=TELLS_ITS_PEAK,
        )
    assert f"In all: {jobs} in progress." in ran.out, ran.err
    assert (ran.code, server.asked) == (0, {"listings": -(-jobs // PAGE)})
    return int(ran.last.split()[1]) * 1024


@pytest.mark.soak
def test_a_hundred_thousand_jobs_are_two_thousand_listings_and_no_more_memory(
    user: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", ACCOUNT)

    few = memory_of_status(user, tmp_path / "few", 1000)
    many = memory_of_status(user, tmp_path / "many", 100_000)

    assert many - few < 8 << 20
