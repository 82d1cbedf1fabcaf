"""Fetching with verification, next to a plain download to disk and to hashing alone.

All read one archive of random bytes from an nginx, in parts of 64 MiB, each with the tree hash of its bytes;
each round runs them in turn, so that whatever else the machine does meets all of them alike. Whole processes
are measured, from their first import until the disk has the file. The plain download is the quicker of two:
a boto3 thread pool over the same ranges, and curl, which reads all at once; neither looks at what it gets.
Hashing alone is SHA-256 of as many bytes, from memory, on all cores.

Exits 1 where fetching takes more than the two of them one after the other by more than a quarter, that is,
where its rate is below 0.8 / (1/plain + 1/hashing).
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

LEAST = 0.8
MIB = 1024 * 1024
PEERS = Path(__file__).parent / "peers"
#: The job that Glacier lists is taken over, as one that somebody else has started: nothing has to be started.
MANIFEST = """\
version: 1
account_id: "{account_id}"
region: us-west-2
jobs:
  film:
    type: archive-retrieval
    vault: {vault}
    tier: Bulk
    archive_id: {archive_id}
    save_to: fetched/archive
"""
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "example",
    "AWS_DEFAULT_REGION": "us-west-2",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@dataclass(frozen=True, slots=True)
class Ask:
    """What every contender shall do: fetch an output from a URL into a folder."""

    there: Mapping[str, str]
    folder: Path
    length: int
    part_size: int
    threads: int

    @property
    def target(self) -> Path:
        """Where the archive is to be."""
        return self.folder / "archive"


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one contender: bytes, wall seconds, CPU seconds of its processes, peak memory in MiB."""

    length: int
    wall: float
    cpu: float
    memory: float = 0.0

    @property
    def rate(self) -> float:
        """Bytes a second."""
        return self.length / self.wall


def main() -> int:
    """Measure, print the table, return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--size", type=int, default=4096, help="MiB of the archive")
    parser.add_argument("--part-size", type=int, default=64, help="MiB")
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--folder", type=Path, help="where to write (default: the system's for such files)")
    words = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=words.folder) as folder:
        length, part_size = words.size * MIB, words.part_size * MIB
        with server(folder, length, part_size) as there:
            target = Path(folder) / "fetched"
            runs = measured(Ask(there, target, length, part_size, words.threads), words.rounds)
    print(
        f"{words.size} MiB in parts of {words.part_size} MiB, {words.threads} threads, {words.rounds} rounds,"
        f" Python {platform.python_version()}, {os.cpu_count()} processors"
    )
    return tell(runs)


@contextmanager
def server(folder: str, length: int, part_size: int) -> Iterator[Mapping[str, str]]:
    """Run nginx before an archive; give what there is."""
    command = [sys.executable, str(PEERS / "nginx_glacier.py"), folder, str(length), str(part_size)]
    with subprocess.Popen(
        command, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - they are pipes
        line = process.stdout.readline()
        if not line:
            raise SystemExit(process.wait())
        yield json.loads(line)
        process.stdin.close()


def measured(ask: Ask, rounds: int) -> Mapping[str, list[Run]]:
    """Run every contender once a round; a first round, which fills the caches, does not count."""
    contenders: Mapping[str, Callable[[Ask], Run]] = {
        "boto3 pool": boto3_pool,
        "curl": curl,
        "hashing": hashing,
        "glacier-manifest": this_tool,
    }
    runs: dict[str, list[Run]] = {name: [] for name in contenders}
    for number in range(rounds + 1):
        for name, contender in contenders.items():
            run = contender(ask)
            if number:
                runs[name].append(run)
    return runs


def this_tool(ask: Ask) -> Run:
    """Fetch, each part and the whole verified, into a folder; the state is durable besides."""
    manifest = ask.folder.parent / "jobs.yaml"
    shutil.rmtree(manifest.parent / ".glacier-manifest", ignore_errors=True)
    manifest.write_text(MANIFEST.format(**ask.there), encoding="ascii")
    words = [str(manifest), "--endpoint-url", ask.there["endpoint"]]
    program = [sys.executable, "-m", "glacier_manifest"]
    subprocess.run([*program, "apply", *words], env=environment(), stdout=subprocess.DEVNULL, check=True)
    bounds = ["--part-size", f"{ask.part_size // MIB}MiB", "--concurrency", str(ask.threads)]
    return timed([*program, "fetch", *words, *bounds], ask)


def boto3_pool(ask: Ask) -> Run:
    """Read the ranges with as many threads, and look at none."""
    words = [
        ask.there["endpoint"],
        ask.there["vault"],
        ask.there["job_id"],
        ask.target,
        ask.length,
        ask.part_size,
        ask.threads,
    ]
    return timed([sys.executable, str(PEERS / "plain_download.py"), *map(str, words)], ask)


def curl(ask: Ask) -> Run:
    """Read all at once."""
    path = "{endpoint}/{account_id}/vaults/{vault}/jobs/{job_id}/output"
    url = path.format(**ask.there)
    return timed(["sh", "-c", f"curl -sf -o '{ask.target}' '{url}' && sync '{ask.target}'"], ask)


def hashing(ask: Ask) -> Run:
    """Hash as many bytes."""
    command = [sys.executable, str(PEERS / "hashing.py"), str(ask.length)]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    wall, cpu = map(float, told.split())
    return Run(ask.length, wall, cpu)


def timed(command: Sequence[str], ask: Ask) -> Run:
    """Run a command to its end, and see that the whole archive is there."""
    empty(ask.folder)  # just before: memory that is free for long is the host's again on a virtual machine
    began = time.perf_counter()
    with subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL) as process:
        _pid, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode or ask.target.stat().st_size != ask.length:
        raise SystemExit(f"it ended with {process.returncode}, or what it wrote is not whole: {command}")
    return Run(ask.length, wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def empty(folder: Path) -> None:
    """Make an empty folder, and let the disk end what it was asked to do before."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    os.sync()


def environment() -> Mapping[str, str]:
    """Return the environment of each contender."""
    # Without bytecode the tool would be compiled anew each time, and an installed one is not.
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**inherited, **CREDENTIALS}


def tell(runs: Mapping[str, list[Run]]) -> int:
    """Print the medians, and what fetching comes to; return 1 where it is too slow."""
    print(f"{'':22}{'MB/s':>8}{'CPU s/GB':>10}{'memory':>10}")
    for name, found in runs.items():
        rate = statistics.median(run.rate for run in found) / 1e6
        cpu = statistics.median(run.cpu / run.length for run in found) * 1e9
        memory = max(run.memory for run in found)
        print(f"{name:22}{rate:8.0f}{cpu:10.2f}{memory:6.0f} MiB")
    rounds = list(zip(*runs.values(), strict=True))
    shares, of_cpu = [share(*one) for one in rounds], [share_of_cpu(*one) for one in rounds]
    median = statistics.median(shares)
    print(f"of 1/(1/plain + 1/hashing): {median:.2f}, from {min(shares):.2f} to {max(shares):.2f}")
    print(f"the same of CPU: {statistics.median(of_cpu):.2f}, from {min(of_cpu):.2f} to {max(of_cpu):.2f}")
    if median < LEAST:
        print(f"too slow: at least {LEAST} is wanted")
        return 1
    return 0


def share(boto3: Run, curled: Run, hashed: Run, fetched: Run) -> float:
    """Return the rate of fetching in one round, against that of the quicker download and hashing in turn."""
    plain = min(boto3.wall, curled.wall)
    return (plain + hashed.wall) / fetched.wall


def share_of_cpu(boto3: Run, _curled: Run, hashed: Run, fetched: Run) -> float:
    """Return the same of CPU time, which tells more where the machine has other work to do."""
    return (boto3.cpu + hashed.cpu) / fetched.cpu


if __name__ == "__main__":
    sys.exit(main())
