"""Killed at any moment, the next run goes on: nothing is missing, and little is read twice."""

import subprocess
import sys
import threading
from pathlib import Path
from random import Random

from glacier_manifest.units import MIB
from tests.fetching.outputs import Glacier

ROOT = Path(__file__).parents[2]
KILLS = 4
THREADS = 2


def begin(glacier: Glacier, folder: Path, job_ids: list[str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.fetching.one_run", glacier.sandbox.url, str(folder), *job_ids]
    return subprocess.Popen(command, cwd=ROOT)


def wait_for_ranges(glacier: Glacier, count: int, run: subprocess.Popen[bytes]) -> None:
    pause = threading.Event()
    while glacier.ranges_asked() < count and run.poll() is None:
        pause.wait(0.002)


def test_a_run_that_is_killed_again_and_again_stores_everything_once(
    glacier: Glacier, tmp_path: Path
) -> None:
    dice = Random(7)  # noqa: S311 - any bytes
    bodies = [dice.randbytes(length) for length in (1, 9 * MIB + 3, MIB, 12 * MIB, 100, 5 * MIB)]
    outputs = [glacier.archive(body) for body in bodies]
    job_ids = [output.job_id for output in outputs]
    glacier.sandbox.faults.add("GetJobOutput", "latency", seconds=0.02)
    for kill in range(KILLS):
        with begin(glacier, tmp_path, job_ids) as run:
            wait_for_ranges(glacier, 6 * (kill + 1), run)
            run.kill()

    with begin(glacier, tmp_path, job_ids) as last:
        assert last.wait(120) == 0

    assert [(tmp_path / job_id[:8]).read_bytes() for job_id in job_ids] == bodies
    names = {path.name for path in tmp_path.iterdir() if not path.name.startswith(".")}
    assert names == {job_id[:8] for job_id in job_ids}
    parts = sum(-(-len(body) // MIB) for body in bodies)
    assert parts <= glacier.ranges_asked() <= parts + KILLS * THREADS
