"""How well a run uses a service that throttles, and how well it keeps to the rate that it was given.

Each run is a process of its own that starts jobs over HTTP, with its state; the sandbox counts its calls.
The first table has a server that throttles at 50 a second, asked for more and more; the second has a server
that throttles nothing, and a run that is told how fast to be.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random

from glacier_manifest.sandbox import Sandbox

ARCHIVE_ID_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
THROTTLED_ABOVE = 50
MANIFEST = """\
version: 1
region: us-west-2
pace: {{requests_per_second: {rate}, concurrency: {concurrency}}}
jobs:
  photos: {{type: archive-retrieval, vault: photos, tier: Bulk, archive_ids_from: ids.txt}}
"""
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "example",
    "AWS_DEFAULT_REGION": "us-west-2",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@dataclass(frozen=True, slots=True)
class Calls:
    """The InitiateJob calls of one run: the second of each, and which were accepted."""

    moments: Sequence[float]
    accepted: Sequence[float]

    @property
    def rate(self) -> float:
        """The calls accepted a second, from the first to the last."""
        return (len(self.accepted) - 1) / (self.accepted[-1] - self.accepted[0])

    @property
    def in_vain(self) -> float:
        """The share of calls that were throttled."""
        return 1 - len(self.accepted) / len(self.moments)

    @property
    def busiest_second(self) -> int:
        """The most calls of any second."""
        most, first = 0, 0
        for last, moment in enumerate(self.moments):
            while self.moments[first] <= moment - 1:
                first += 1
            most = max(most, last - first + 1)
        return most


def main() -> None:
    """Measure, and print two tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=1000)
    arguments = parser.parse_args()
    print(f"{arguments.jobs} jobs, Python {platform.python_version()}, {os.cpu_count()} processors")
    print(f"\na server that throttles above {THROTTLED_ABOVE} a second")
    print(f"{'asked for':>10}{'latency':>10}{'accepted/s':>12}{'of 50':>8}{'throttled':>11}")
    for rate, latency in ((100, 0.0), (500, 0.0), (500, 0.06), (5000, 0.0)):
        calls = measured(arguments.jobs, rate=rate, latency=latency, throttled=True)
        ratio = calls.rate / THROTTLED_ABOVE
        print(f"{rate:10}{latency * 1000:7.0f} ms{calls.rate:12.1f}{ratio:8.2f}{calls.in_vain:11.1%}")
    print("\na server that throttles nothing, 8 calls at once")
    print(f"{'asked for':>10}{'latency':>10}{'accepted/s':>12}{'of it':>8}{'busiest s':>11}")
    for rate, latency in ((10, 0.0), (50, 0.0), (50, 0.06)):
        calls = measured(min(arguments.jobs, rate * 20), rate=rate, latency=latency, throttled=False)
        ratio = calls.rate / rate
        print(f"{rate:10}{latency * 1000:7.0f} ms{calls.rate:12.1f}{ratio:8.2f}{calls.busiest_second:11}")


def measured(jobs: int, *, rate: int, latency: float, throttled: bool) -> Calls:
    """Start so many jobs in a process of its own; return the calls as the server saw them."""
    with Sandbox(improvise=True, seed=1) as sandbox, tempfile.TemporaryDirectory() as folder:
        sandbox.create_vault("photos")
        if throttled:
            sandbox.faults.add("InitiateJob", "throttle-above", per_second=THROTTLED_ABOVE)
        if latency:
            sandbox.faults.add("InitiateJob", "latency", every=1, seconds=latency)
        (Path(folder) / "ids.txt").write_text("\n".join(archive_ids(jobs)), encoding="ascii")
        text = MANIFEST.format(rate=rate, concurrency=8)
        (Path(folder) / "jobs.yaml").write_text(text, encoding="ascii")
        command = [sys.executable, "-m", "glacier_manifest", "apply", "--yes", "-q", "jobs.yaml"]
        environment = {**os.environ, **CREDENTIALS}
        subprocess.run(
            [*command, "--endpoint-url", sandbox.url],
            cwd=folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )
        return _calls(sandbox)


def archive_ids(count: int) -> list[str]:
    """Make up archive IDs of the real shape; none begins with a dash."""
    random = Random(1)  # noqa: S311 - archive IDs for a sandbox
    return ["A" + "".join(random.choices(ARCHIVE_ID_CHARACTERS, k=137)) for _ in range(count)]


def _calls(sandbox: Sandbox) -> Calls:
    calls = sorted(sandbox.calls("InitiateJob"), key=lambda call: call.at)
    return Calls(
        [_second(call.at) for call in calls], [_second(call.at) for call in calls if call.job_id is not None]
    )


def _second(moment: datetime) -> float:
    return moment.timestamp()


if __name__ == "__main__":
    main()
