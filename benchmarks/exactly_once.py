"""Lost replies: how many jobs a plain boto3 script starts for a list of archives, and how many this tool.

Each contender has a sandbox of its own, which loses every tenth reply of InitiateJob, at random, after it has
started the job. The sandbox counts the jobs that it accepts: at AWS each of them is paid for.
"""

import argparse
import json
import os
import string
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random

import boto3
import botocore
from botocore.exceptions import HTTPClientError

from glacier_manifest.sandbox import Sandbox

THREADS = 8
MANIFEST = """\
version: 1
region: us-west-2
pace: {requests_per_second: 500}
jobs:
  photos: {type: archive-retrieval, vault: photos, tier: Bulk, archive_ids_from: ids.txt}
"""
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "example",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@dataclass(frozen=True, slots=True)
class Count:
    """What came of one list of archives.

    Attributes:
        accepted: Jobs that the sandbox accepted.
        archives: Archives for which it accepted any.
        unknown_ids: Accepted jobs whose ID the contender does not know.
    """

    accepted: int
    archives: int
    unknown_ids: int

    def __str__(self) -> str:
        return f"{self.accepted:14,}{self.accepted - self.archives:12,}{self.unknown_ids:14,}"


def main() -> int:
    """Print both counts; fail where this tool started another number of jobs than it was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--lost", type=float, default=0.1, help="share of the replies that are lost")
    asked = parser.parse_args()
    print(f"{asked.jobs:,} archives asked for once, {asked.lost:.0%} of the replies lost after acceptance")
    print(f"boto3 {boto3.__version__}, botocore {botocore.__version__}\n")
    print(f"{'':18}{'jobs accepted':>14}{'paid twice':>12}{'job IDs lost':>14}")
    print(f"{'boto3':18}{counted(plain_boto3, jobs=asked.jobs, lost=asked.lost)}")
    ours = counted(this_tool, jobs=asked.jobs, lost=asked.lost)
    print(f"{'glacier-manifest':18}{ours}")
    return 0 if ours == Count(asked.jobs, asked.jobs, 0) else 1


def counted(contender: Callable[[str, Path], Collection[str]], *, jobs: int, lost: float) -> Count:
    """Let a contender start the jobs in a sandbox of its own, and count what it accepted."""
    with Sandbox(improvise=True) as sandbox, tempfile.TemporaryDirectory() as name:
        sandbox.create_vault("photos")
        sandbox.faults.add("InitiateJob", "lost-after", rate=lost, seed=1)
        (Path(name) / "ids.txt").write_text("\n".join(archive_ids(jobs)), encoding="ascii")
        known = frozenset(contender(sandbox.url, Path(name)))
        accepted = sandbox.accepted
        unknown = sum(job.job_id not in known for job in accepted)
        return Count(len(accepted), len({job.archive_id for job in accepted}), unknown)


def archive_ids(count: int) -> list[str]:
    """Make up archive IDs of the real shape."""
    random = Random(1)  # noqa: S311 - archive IDs for a sandbox
    return ["A" + "".join(random.choices(string.ascii_letters + string.digits, k=137)) for _ in range(count)]


def plain_boto3(endpoint: str, folder: Path) -> list[str]:
    """Start them from a thread pool around boto3, its default retries included; a call that fails is left."""
    os.environ.update(CREDENTIALS)
    glacier = boto3.client("glacier", endpoint_url=endpoint, region_name="us-west-2")

    def start(archive_id: str) -> str | None:
        try:
            return glacier.initiate_job(
                vaultName="photos",
                jobParameters={"Type": "archive-retrieval", "ArchiveId": archive_id, "Tier": "Bulk"},
            )["jobId"]
        except HTTPClientError:
            return None

    with ThreadPoolExecutor(THREADS) as pool:
        started = pool.map(start, (folder / "ids.txt").read_text(encoding="ascii").split())
        return [job_id for job_id in started if job_id is not None]


def this_tool(endpoint: str, folder: Path) -> list[str]:
    """Apply a manifest; the sandbox lists a job at once, so that two seconds are enough to settle."""
    (folder / "jobs.yaml").write_text(MANIFEST, encoding="ascii")
    run("apply --yes --quiet --settle 2s jobs.yaml --endpoint-url", endpoint, folder=folder)
    listed = json.loads(run("state list --format json", folder=folder))
    return [request["job_id"] for request in listed["requests"]]


def run(command: str, *words: str, folder: Path) -> str:
    """Run one command of this tool in a folder; return what it writes to stdout."""
    ran = subprocess.run(
        [sys.executable, "-m", "glacier_manifest", *command.split(), *words],
        cwd=folder,
        env={**os.environ, **CREDENTIALS},
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        print(ran.stderr, file=sys.stderr)
    return ran.stdout


if __name__ == "__main__":
    sys.exit(main())
