"""More is emptied than may be staged at once, and than the disk holds: bytes and memory stay in bounds."""

import re
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Self

import pytest

from glacier_manifest.units import GIB, MIB
from tests.acceptance.evacuations import EVACUATION, Held, files_below, glacier_of, most_staged, stock
from tests.acceptance.test_many_jobs import TELLS_ITS_PEAK
from tests.acceptance.user import User


class Remover:
    """Takes files away as they appear, and remembers which were other than they should be."""

    def __init__(self, folder: Path, held: Held) -> None:
        self.removed: list[str] = []
        self.wrong: list[str] = []
        self._folder = folder
        self._held = held
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._sweep()

    def _work(self) -> None:
        while not self._over.wait(0.05):
            self._sweep()

    def _sweep(self) -> None:
        for name, path in files_below(self._folder).items():
            if path.stat().st_size != self._held.archives[name].size:
                self.wrong.append(name)
            path.unlink()
            self.removed.append(name)


def peak_of_evacuating(user: User, archives: int, size: int, window: int) -> int:
    """Empty a vault of so many archives with so many bytes staged at most; return the peak of memory."""
    with glacier_of(user, job_time=1) as narrow:
        held = stock(narrow.sandbox, [size] * archives)
        head = f"pace: {{requests_per_second: 100000, concurrency: 4, staged_bytes: {window}}}\n"
        narrow.manifest(EVACUATION, head=head)
        with Remover(narrow.folder / "restored", held) as remover:
            process = narrow.start("run", "jobs.yaml", "--yes", "--poll", "0.2s", first=TELLS_ITS_PEAK)
            out, err = process.communicate(timeout=3600)
        assert process.returncode == 0, out + err
        assert sorted(remover.removed) == sorted(held.archives)
        assert remover.wrong == []
        assert len(narrow.sandbox.accepted) == 1 + archives
        state = narrow.folder / ".glacier-manifest/state.db"
        assert stored_hashes(state) == {one.archive_id: one.tree_hash for one in held.archives.values()}
        assert size <= most_staged(state) <= window
        return int(re.findall(r"VmHWM:\s+(\d+) kB", err)[-1]) * 1024


def stored_hashes(state: Path) -> dict[str, str]:
    """Return what each archive hashed to as it was stored, as the state remembers it."""
    with closing(sqlite3.connect(state)) as connection:
        rows = connection.execute(
            "SELECT archive_id, output_tree_hash FROM requests WHERE archive_id NOT NULL"
        )
        return dict(rows)


def test_no_more_is_staged_than_may_be(user: User) -> None:
    peak_of_evacuating(user, archives=12, size=MIB, window=4 * MIB)


def one_at_a_time(user: User, archives: int) -> Held:
    """Fill a vault; write a manifest that lets no two of its archives be staged."""
    user.manifest(EVACUATION, head=f"pace: {{requests_per_second: 100000, staged_bytes: {MIB}}}\n")
    return stock(user.sandbox, [MIB] * archives)


def test_an_output_that_cannot_be_stored_holds_up_no_other(user: User) -> None:
    with glacier_of(user, job_time=0.3) as narrow:
        held = one_at_a_time(narrow, 3)
        rule = {"status": 400, "code": "InvalidParameterValueException"}
        narrow.sandbox.faults.add("GetJobOutput", "error", after=2, count=1, **rule)  # type: ignore[arg-type]

        ran = narrow.run("run", "jobs.yaml", "--yes", "--poll", "0.2s", "--deadline", "60s")

        assert ran.code == 0, ran.err
        assert sorted(files_below(narrow.folder / "restored")) == sorted(held.archives)


@pytest.mark.parametrize("fault", ["lost-before", "lost-after"])
def test_a_lost_reply_holds_up_the_others_until_it_is_settled_and_no_longer(user: User, fault: str) -> None:
    with glacier_of(user, job_time=0.3) as narrow:
        held = one_at_a_time(narrow, 3)
        narrow.sandbox.faults.add("InitiateJob", fault, after=1, count=2)

        ran = narrow.run("run", "jobs.yaml", "--yes", "--poll", "0.2s", "--deadline", "60s")

        assert ran.code == 0, ran.err
        assert sorted(files_below(narrow.folder / "restored")) == sorted(held.archives)
        assert len(narrow.sandbox.accepted) == 1 + 3


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_twenty_gibibytes_through_a_window_of_one_and_no_more_memory_than_for_one(
    user: User, tmp_path_factory: pytest.TempPathFactory
) -> None:
    few = peak_of_evacuating(user, archives=8, size=128 * MIB, window=GIB)
    other = User(tmp_path_factory.mktemp("many"), user.sandbox)

    many = peak_of_evacuating(other, archives=160, size=128 * MIB, window=GIB)

    assert many - few < 32 * MIB
