"""`run`: started, waited for and stored by one command, again and again until nothing is left."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.evacuations import glacier_of
from tests.acceptance.user import Ran, User

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
