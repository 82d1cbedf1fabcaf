"""Starting jobs: this tool, a plain boto3 thread pool, and a shell loop over the AWS CLI, side by side.

All three send to one sandbox in a process of its own; each round runs them in turn, so that whatever else
the machine does meets all of them alike. Whole processes are measured, from their first import to their exit.
"""

import argparse
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


def main() -> None:
    """Measure at no latency and at 60 ms, and print a table for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=2000)
    parser.add_argument("--sample", type=int, default=3, help="jobs of the shell loop")
    arguments = parser.parse_args()
    print(
        f"{arguments.rounds} rounds of {arguments.jobs} jobs, Python {platform.python_version()}, "
        f"{os.cpu_count()} processors"
    )
    for latency in (0.0, 0.06):
        with sandbox(latency) as endpoint:
            runs = measured(endpoint, rounds=arguments.rounds, jobs=arguments.jobs, sample=arguments.sample)
        print(f"\nlatency {latency * 1000:.0f} ms")
        tell(runs)


@contextmanager
def sandbox(latency: float) -> Iterator[str]:
    """Run a sandbox in a process of its own; give its URL."""
    program = [sys.executable, str(Path(__file__).parent / "peers" / "sandbox.py"), str(latency)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None  # noqa: S101 - it is a pipe
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


def measured(endpoint: str, *, rounds: int, jobs: int, sample: int) -> Mapping[str, list[Run]]:
    """Run every contender once a round; a first round, which fills the caches, does not count."""
    runs: dict[str, list[Run]] = {"glacier-manifest": [], "boto3 pool": [], "aws loop": []}
    for number in range(rounds + 1):
        ids = archive_ids(jobs, seed=number)
        for name, found in (
            ("glacier-manifest", this_tool(endpoint, ids)),
            ("boto3 pool", boto3_pool(endpoint, ids)),
            ("aws loop", aws_loop(endpoint, ids[:sample])),
        ):
            if number:
                runs[name].append(found)
    return runs


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
    run = timed([*command, "--endpoint-url", endpoint], jobs=len(ids), folder=folder)
    shutil.rmtree(folder)
    return run


def boto3_pool(endpoint: str, ids: Sequence[str]) -> Run:
    """Start all IDs from a pool of eight threads; nothing is kept."""
    folder = Path(tempfile.mkdtemp())
    (folder / "ids.txt").write_text("\n".join(ids), encoding="ascii")
    run = timed([sys.executable, str(POOL), endpoint, "ids.txt"], jobs=len(ids), folder=folder)
    shutil.rmtree(folder)
    return run


def aws_loop(endpoint: str, ids: Sequence[str]) -> Run:
    """Start a sample of the IDs with one AWS CLI process each."""
    aws = Path(sys.executable).with_name("aws")
    parameters = '{\\"Type\\": \\"archive-retrieval\\", \\"ArchiveId\\": \\"$id\\", \\"Tier\\": \\"Bulk\\"}'
    start = f'"{aws}" --endpoint-url {endpoint} glacier initiate-job --account-id - --vault-name photos'
    loop = f'for id in {" ".join(ids)}; do {start} --job-parameters "{parameters}"; done'
    return timed(["sh", "-c", loop], jobs=len(ids), folder=Path.cwd())


def timed(command: Sequence[str], *, jobs: int, folder: Path) -> Run:
    """Run a command to its end."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    subprocess.run(
        command, cwd=folder, env={**os.environ, **CREDENTIALS}, stdout=subprocess.DEVNULL, check=True
    )
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return Run(jobs, wall, cpu)


def tell(runs: Mapping[str, list[Run]]) -> None:
    """Print the medians, and each contender's share of the boto3 pool's, round by round."""
    print(f"{'':18}{'jobs/s':>10}{'of boto3':>10}{'CPU ms/job':>12}{'of boto3':>10}")
    pool = runs["boto3 pool"]
    for name, found in runs.items():
        rates = [run.jobs / run.wall for run in found]
        cpus = [run.cpu / run.jobs * 1000 for run in found]
        rate_ratios = [rate / (one.jobs / one.wall) for rate, one in zip(rates, pool, strict=True)]
        cpu_ratios = [cpu / (one.cpu / one.jobs * 1000) for cpu, one in zip(cpus, pool, strict=True)]
        medians = [statistics.median(values) for values in (rates, rate_ratios, cpus, cpu_ratios)]
        print(f"{name:18}{medians[0]:10.1f}{medians[1]:10.2f}{medians[2]:12.2f}{medians[3]:10.2f}")


if __name__ == "__main__":
    main()
