"""Starting jobs: this tool, a plain boto3 thread pool, and a shell loop over the AWS CLI, side by side.

All three send to one server in a process of its own, which is quick enough not to be what is measured; each
round runs them in turn, so that whatever else the machine does meets all of them alike. Whole processes are
measured, from their first import to their exit. Each round also runs them with one job, so that what a start
costs beside the start of the process can be told: that is what the tables call steady.
"""

import argparse
import json
import os
import platform
import resource
import shutil
import statistics
import string
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

ARCHIVE_ID_CHARACTERS = string.ascii_letters + string.digits + "-_"
POOL = Path(__file__).parent / "peers" / "boto3_pool.py"
MANIFEST = """\
version: 1
region: us-west-2
pace: {requests_per_second: 100000, concurrency: 8}
jobs:
  photos: {type: archive-retrieval, vault: VAULT, tier: Bulk, archive_ids_from: ids.txt}
"""
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "example",
    "AWS_DEFAULT_REGION": "us-west-2",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one contender: jobs started, wall seconds, and CPU seconds of its process."""

    jobs: int
    wall: float
    cpu: float

    def __sub__(self, other: "Run") -> "Run":
        """Return what the further jobs of a run have cost beside a run of fewer."""
        return Run(self.jobs - other.jobs, self.wall - other.wall, self.cpu - other.cpu)

    @property
    def rate(self) -> float:
        """Jobs a second."""
        return self.jobs / self.wall

    @property
    def milliseconds(self) -> float:
        """CPU milliseconds a job."""
        return self.cpu / self.jobs * 1000


def main() -> None:
    """Measure at no latency and at 60 ms, and print a table for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=3000)
    parser.add_argument("--sample", type=int, default=3, help="jobs of the shell loop")
    arguments = parser.parse_args()
    print(
        f"{arguments.rounds} rounds of {arguments.jobs} jobs, Python {platform.python_version()}, "
        f"{os.cpu_count()} processors"
    )
    for latency in (0.0, 0.06):
        with server(latency) as endpoint:
            runs = measured(endpoint, rounds=arguments.rounds, jobs=arguments.jobs, sample=arguments.sample)
        print(f"\nlatency {latency * 1000:.0f} ms")
        tell(runs)


@contextmanager
def server(latency: float) -> Iterator[str]:
    """Run a server in a process of its own; give its URL."""
    program = [sys.executable, str(Path(__file__).parent / "peers" / "quick_glacier.py"), str(latency)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None  # noqa: S101 - it is a pipe
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def measured(endpoint: str, *, rounds: int, jobs: int, sample: int) -> Mapping[str, list[Run]]:
    """Run every contender once a round; a first round, which fills the caches, does not count."""
    runs: dict[str, list[Run]] = {}
    for number in range(rounds + 1):
        ids = archive_ids(jobs, seed=number)
        only = archive_ids(1, seed=-1 - number)
        pool, tool = boto3_pool(endpoint, ids), this_tool(endpoint, ids)
        found = {
            "glacier-manifest": tool,
            "boto3 pool": pool,
            "glacier-manifest, steady": tool - this_tool(endpoint, only),
            "boto3 pool, steady": pool - boto3_pool(endpoint, only),
            "aws loop": aws_loop(endpoint, ids[:sample]),
        }
        if number:
            for name, run in found.items():
                runs.setdefault(name, []).append(run)
    return runs


def accepted(endpoint: str) -> int:
    """Return how many jobs the server has accepted."""
    with urllib.request.urlopen(f"{endpoint}/counts") as answer:  # noqa: S310 - our own server
        return int(json.load(answer)["InitiateJob"])


def archive_ids(count: int, *, seed: int) -> list[str]:
    """Make up archive IDs of the real shape; none begins with a dash, for the shell's sake."""
    random = Random(seed)  # noqa: S311 - archive IDs for a sandbox
    return ["A" + "".join(random.choices(ARCHIVE_ID_CHARACTERS, k=137)) for _ in range(count)]


def this_tool(endpoint: str, ids: Sequence[str]) -> Run:
    """Apply a manifest with all IDs; every start is durable before and after it is sent."""
    folder = Path(tempfile.mkdtemp())
    (folder / "ids.txt").write_text("\n".join(ids), encoding="ascii")
    # A vault of its own for each run: a new state that met the jobs of another would wait, to be sure.
    (folder / "jobs.yaml").write_text(MANIFEST.replace("VAULT", f"photos-{ids[0]}"), encoding="ascii")
    command = [sys.executable, "-m", "glacier_manifest", "apply", "--yes", "-q", "jobs.yaml"]
    run = timed([*command, "--endpoint-url", endpoint], endpoint, jobs=len(ids), folder=folder)
    shutil.rmtree(folder)
    return run


def boto3_pool(endpoint: str, ids: Sequence[str]) -> Run:
    """Start all IDs from a pool of eight threads; nothing is kept."""
    folder = Path(tempfile.mkdtemp())
    (folder / "ids.txt").write_text("\n".join(ids), encoding="ascii")
    run = timed([sys.executable, str(POOL), endpoint, "ids.txt"], endpoint, jobs=len(ids), folder=folder)
    shutil.rmtree(folder)
    return run


def aws_loop(endpoint: str, ids: Sequence[str]) -> Run:
    """Start a sample of the IDs with one AWS CLI process each."""
    aws = Path(sys.executable).with_name("aws")
    parameters = '{\\"Type\\": \\"archive-retrieval\\", \\"ArchiveId\\": \\"$id\\", \\"Tier\\": \\"Bulk\\"}'
    start = f'"{aws}" --endpoint-url {endpoint} glacier initiate-job --account-id - --vault-name photos'
    loop = f'for id in {" ".join(ids)}; do {start} --job-parameters "{parameters}"; done'
    return timed(["sh", "-c", loop], endpoint, jobs=len(ids), folder=Path.cwd())


def timed(command: Sequence[str], endpoint: str, *, jobs: int, folder: Path) -> Run:
    """Run a command to its end, and see that it has started as many jobs as it was to."""
    # Without bytecode the tool would be compiled anew each time, and an installed one is not.
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    started, before = accepted(endpoint), resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    subprocess.run(
        command, cwd=folder, env={**inherited, **CREDENTIALS}, stdout=subprocess.DEVNULL, check=True
    )
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if accepted(endpoint) - started != jobs:
        raise SystemExit(f"{accepted(endpoint) - started} jobs were started, not {jobs}: {command}")
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return Run(jobs, wall, cpu)


def tell(runs: Mapping[str, list[Run]]) -> None:
    """Print the medians, and each contender's share of the boto3 pool's, round by round."""
    print(f"{'':26}{'jobs/s':>10}{'of boto3':>10}{'CPU ms/job':>12}{'of boto3':>10}")
    for name, found in runs.items():
        peer = runs["boto3 pool, steady" if name.endswith("steady") else "boto3 pool"]
        pairs = list(zip(found, peer, strict=True))
        told = (
            statistics.median(run.rate for run in found),
            statistics.median(run.rate / other.rate for run, other in pairs),
            statistics.median(run.milliseconds for run in found),
            statistics.median(run.milliseconds / other.milliseconds for run, other in pairs),
        )
        print(f"{name:26}{told[0]:10.1f}{told[1]:10.2f}{told[2]:12.2f}{told[3]:10.2f}")


if __name__ == "__main__":
    main()
