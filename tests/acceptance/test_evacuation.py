"""A vault is emptied: its inventory, a choice, the archives, into a folder and into a bucket."""

import json
from collections import Counter
from contextlib import contextmanager

import pytest

from glacier_manifest.units import MIB
from tests.acceptance.evacuations import (
    EVACUATION,
    INVENTORY,
    check_restored,
    glacier_of,
    log_uniform,
    stock,
    stored,
    unlike,
)
from tests.acceptance.user import User
from tests.fetching.buckets import moto_server, new_bucket

moto = pytest.fixture(moto_server, scope="module")

PHOTOS = """
  restored:
    type: archive-retrieval
    vault: photos
    tier: Bulk
    archives:
      inventory: inventories/photos.json
      where: {path: "2015/**"}
    save_to: %s/{path}
"""

#: How many archives, and the largest: about a gibibyte and a half in the whole proof.
SIZES = [
    pytest.param(40, MIB, id="small"),
    pytest.param(500, 64 * MIB, id="whole", marks=pytest.mark.soak),
]


def check_state(user: User, requests: int) -> None:
    """Assert that all requests are stored and verified, and were paid for once."""
    records = user.records()
    assert Counter(record["status"] for record in records) == {"fetched": requests}
    assert len(user.sandbox.accepted) == requests
    hashes = {job["archive_id"]: job for job in records if job["archive_id"]}
    assert len(hashes) == requests - 1


@pytest.mark.parametrize(("count", "largest"), SIZES)
def test_inventory_then_archives_into_a_folder(user: User, count: int, largest: int) -> None:
    held = stock(user.sandbox, log_uniform(count, largest))
    user.manifest(INVENTORY)
    stored(user)
    user.manifest(INVENTORY + PHOTOS % "restored")
    stored(user)

    wanted = held.below("2015/")
    assert json.loads((user.folder / "inventories/photos.json").read_bytes())["VaultARN"].endswith("/photos")
    check_restored(user.folder / "restored", wanted)
    check_state(user, 1 + len(wanted.archives))
    again = user.run("fetch", "jobs.yaml")
    assert again.code == 0, again.err


@pytest.mark.parametrize(("count", "largest"), SIZES)
def test_inventory_then_archives_into_a_bucket(
    user: User, moto: str, count: int, largest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", moto)
    held = stock(user.sandbox, log_uniform(count, largest))
    with contextmanager(new_bucket)(moto) as bucket:
        user.manifest(INVENTORY)
        stored(user)
        user.manifest(INVENTORY + PHOTOS % f"s3://{bucket.name}/of/{{vault}}")
        stored(user)

        wanted = held.below("2015/")
        contents = {key.removeprefix("of/photos/"): body for key, body in bucket.contents().items()}
        assert sorted(contents) == sorted(wanted.archives)
        assert [name for name, body in contents.items() if unlike(wanted.archives[name], [body])] == []
        assert bucket.uploads() == []
        check_state(user, 1 + len(wanted.archives))


@pytest.mark.parametrize(("count", "largest"), SIZES)
def test_one_run_does_it_all(user: User, count: int, largest: int) -> None:
    with glacier_of(user, job_time=0.5) as quick:
        held = stock(quick.sandbox, log_uniform(count, largest))
        quick.manifest(EVACUATION)

        ran = quick.run("run", "jobs.yaml", "--yes", "--poll", "0.2s")

        assert ran.code == 0, ran.err
        check_restored(quick.folder / "restored", held)
        check_state(quick, 1 + count)
        again = quick.run("run", "jobs.yaml")
        assert (again.code, len(quick.sandbox.accepted)) == (0, 1 + count), again.err
