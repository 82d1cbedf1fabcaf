"""What a plan costs in time and memory, from ten thousand archives to millions.

Inventories are generated, about 400 bytes a row, as JSON and as CSV; a filter by path picks half of each.
Every round runs everything, each in a process of its own, one after the other, and between the plans a bare
walk of `ijson.items` over the JSON, so that whatever else the machine does meets all of them alike.
Exits 1 where a plan of a million or more takes more than twelve times as long as the bare walk over as many
archives, makes fewer than 30,000 archives a second, takes 60 MiB more than one of ten thousand, or where
twice the archives cost more than 2.3 times as much. What counts is CPU time (user and system), since other
programs would be measured with the wall clock; that stands beside it.

The commands that wait for a yes or for a service are run up to there.
"""

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from glacier_manifest.sandbox import Sandbox

MOST_WALKS = 12.0
MOST_MEMORY = 60.0
MOST_FOR_TWICE = 2.3
LEAST_RATE = 30_000
SMALL = 10_000

PEERS = Path(__file__).parent / "peers"
PROGRAM = (sys.executable, "-m", "glacier_manifest")
OFFLINE = ("plan", "--refresh=false")
NOT_APPROVED, MORE_LEFT = 5, 75
MANIFEST = """\
version: 1
account_id: "012345678901"
region: us-west-2
jobs:
  photos:
    type: archive-retrieval
    vault: photos-{size}
    tier: Bulk
    archives: {{inventory: {size}.{form}, where: {{path: "2015/**"}}}}
"""
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "example",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@dataclass(frozen=True, slots=True)
class Run:
    """One process: CPU seconds, wall seconds, and the most memory that it took, in MiB."""

    cpu: float
    wall: float
    memory: float


@dataclass(frozen=True, slots=True)
class Task:
    """Something that is measured, at one size.

    Attributes:
        name: What it is.
        archives: How many archives its inventory has.
        command: The command line.
        exit: The exit code that it ends with.
    """

    name: str
    archives: int
    command: Sequence[str]
    exit: int = 0


def main() -> int:
    """Measure, print the table, return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--archives", type=int, default=1_000_000, help="the size in the middle")
    arguments = parser.parse_args()
    sizes = (SMALL, arguments.archives, 2 * arguments.archives)
    folder = Path(tempfile.mkdtemp())
    try:
        with sandbox() as endpoint:
            prepare(folder, sizes)
            runs = measured(folder, tasks(sizes, endpoint), arguments.rounds)
    finally:
        shutil.rmtree(folder)
    print(f"{arguments.rounds} rounds, Python {platform.python_version()}, {os.cpu_count()} processors")
    return told(runs, sizes)


@contextmanager
def sandbox() -> Iterator[str]:
    """Run a sandbox, whose own time counts for nobody; give its URL."""
    with Sandbox(improvise=True) as service:
        service.create_vault("photos")
        yield service.url


def prepare(folder: Path, sizes: Sequence[int]) -> None:
    """Write inventories, manifests, and states in which all that the two smaller ones pick is done."""
    for size in sizes:
        run([sys.executable, str(PEERS / "inventories.py"), str(size), "."], folder)
        for form in ("json", "csv"):
            text = MANIFEST.format(size=size, form=form)
            (folder / f"{size}-{form}.yaml").write_text(text, encoding="ascii")
    for size in sizes[:2]:
        planned, done = folder / f"{size}.ndjson", folder / f"{size}-done.ndjson"
        plan = [*PROGRAM, *OFFLINE, "--state", "none.db", "--format", "ndjson", f"{size}-json.yaml"]
        run(plan, folder, output=planned)
        run([sys.executable, str(PEERS / "finished.py"), planned.name], folder, output=done)
        run([*PROGRAM, "state", "import", "--state", f"{size}-done.db", done.name], folder)
        planned.unlink()
        done.unlink()


def tasks(sizes: Sequence[int], endpoint: str) -> Iterator[Task]:
    """Yield all that is measured in a round, in its order."""
    for size in sizes:
        plan, manifest = [*PROGRAM, *OFFLINE], f"{size}-json.yaml"
        apply = [*PROGRAM, "apply", "--endpoint-url", endpoint]
        walk = Task("bare walk", size, [sys.executable, str(PEERS / "walk.py"), f"{size}.json"])
        yield walk
        yield Task("plan, JSON", size, [*plan, "--state", "none.db", manifest])
        yield walk
        yield Task("plan, CSV", size, [*plan, "--state", "none.db", f"{size}-csv.yaml"])
        yield walk
        if size == sizes[-1]:
            return
        yield Task("plan, all done", size, [*plan, "--state", f"{size}-done.db", manifest])
        yield walk
        yield Task("plan --out", size, [*plan, "--state", "none.db", "--out", f"{size}.plan", manifest])
        yield walk
        yield Task(
            "apply, up to the question", size, [*apply, "--state", f"asked-{size}.db", manifest], NOT_APPROVED
        )
        one = ["--state", f"begun-{size}.db", "--max-jobs=1", f"{size}.plan"]
        yield Task("apply PLAN, one start", size, [*apply, *one], MORE_LEFT)
        yield Task("inventory show", size, [*PROGRAM, "inventory", "show", f"{size}.json"])
        yield Task("inventory diff", size, [*PROGRAM, "inventory", "diff", f"{size}.json", f"{size}.csv"])


def measured(folder: Path, todo: Iterator[Task], rounds: int) -> Mapping[tuple[str, int], Run]:
    """Run every task once a round; return the medians, by name and size."""
    everything = list(todo)
    runs: dict[tuple[str, int], list[Run]] = {(task.name, task.archives): [] for task in everything}
    for _ in range(rounds):
        for task in everything:
            found = run(task.command, folder, ends_with=task.exit)
            runs[task.name, task.archives].append(found)
            print(f"{task.archives:>9} {task.name:28} {found}", file=sys.stderr, flush=True)
        for state in [*folder.glob("asked-*"), *folder.glob("begun-*")]:
            state.unlink()
    return {key: _median(found) for key, found in runs.items()}


def _median(runs: Sequence[Run]) -> Run:
    return Run(
        statistics.median(one.cpu for one in runs),
        statistics.median(one.wall for one in runs),
        statistics.median(one.memory for one in runs),
    )


def run(command: Sequence[str], folder: Path, *, output: Path | None = None, ends_with: int = 0) -> Run:
    """Run a command to its end; what it says goes into `output`, or a log beside everything else."""
    said, told = output or folder / "stdout.txt", folder / "stderr.txt"
    with said.open("wb") as stdout, told.open("wb") as stderr:
        began = time.perf_counter()
        child = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **CREDENTIALS}, stdout=stdout, stderr=stderr
        )
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != ends_with:
        raise SystemExit(f"{command} ended with {child.returncode}:\n{told.read_text(encoding='utf-8')}")
    return Run(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024)


def told(runs: Mapping[tuple[str, int], Run], sizes: Sequence[int]) -> int:
    """Print what was measured; return 1 where a bound is broken."""
    print(
        f"{'':27}{'archives':>10}{'CPU s':>8}{'wall s':>8}{'a second':>10}{'of walk':>9}{'MiB':>7}{'more':>7}"
    )
    over: list[str] = []
    for (name, size), found in runs.items():
        walks = found.cpu / runs["bare walk", size].cpu
        more = found.memory - runs[name, SMALL].memory
        rate = size / found.cpu
        print(
            f"{name:27}{size:10,}{found.cpu:8.1f}{found.wall:8.1f}{rate:10,.0f}{walks:9.1f}"
            f"{found.memory:7.1f}{more:7.1f}"
        )
        if size > SMALL:
            over += [
                f"{name} of {size:,}: {words}" for words in broken(name, walks=walks, more=more, rate=rate)
            ]
    for name in ("plan, JSON", "plan, CSV"):
        twice = runs[name, sizes[2]].cpu / runs[name, sizes[1]].cpu
        print(f"{name}: {sizes[2]:,} cost {twice:.2f} times as much as {sizes[1]:,}")
        over += [f"{name}: twice the archives cost {twice:.2f} times as much"] * (twice > MOST_FOR_TWICE)
    for words in over:
        print(f"over a bound: {words}", file=sys.stderr)
    return 1 if over else 0


def broken(name: str, *, walks: float, more: float, rate: float) -> Iterator[str]:
    """Yield the bounds that a run breaks; those of time are for plans that nothing is saved of."""
    if more > MOST_MEMORY:
        yield f"{more:.1f} MiB more than {SMALL:,}"
    if not name.startswith("plan, "):
        return
    if walks > MOST_WALKS:
        yield f"{walks:.1f} bare walks"
    if rate < LEAST_RATE:
        yield f"{rate:,.0f} archives a second"


if __name__ == "__main__":
    sys.exit(main())
