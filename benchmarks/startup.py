"""How long `--help` and `validate` take, next to what their libraries alone take to import.

Each round runs every command once, so that whatever else the machine does meets all of them alike; the
medians are compared. Exits 1 where a command takes more than three times as long as the yardstick.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

MOST = 3.0

MANIFEST = """\
version: 1
account_id: "012345678901"
region: us-west-2
jobs:
  inventory:
    type: inventory-retrieval
    vault: my-vault
"""

YARDSTICK = [sys.executable, "-c", "import yaml; from pydantic import BaseModel"]
PROGRAM = [sys.executable, "-m", "glacier_manifest"]


def main() -> int:
    """Measure, print the table, return the exit code."""
    rounds = _rounds()
    with tempfile.TemporaryDirectory() as folder:
        manifest = Path(folder) / "jobs.yaml"
        manifest.write_text(MANIFEST, encoding="utf-8")
        commands = {
            "import yaml, pydantic": YARDSTICK,
            "glacier-manifest --help": [*PROGRAM, "--help"],
            "glacier-manifest validate": [*PROGRAM, "validate", str(manifest)],
        }
        medians = measured(commands, rounds)
    print(f"{rounds} rounds, Python {platform.python_version()}, {os.cpu_count()} processors")
    return told(medians)


def _rounds() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds: int = parser.parse_args().rounds
    return rounds


def measured(commands: Mapping[str, Sequence[str]], rounds: int) -> Mapping[str, float]:
    """Return the median seconds of each command; a first round, which fills the caches, does not count."""
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds + 1):
        for name, command in commands.items():
            began = time.perf_counter()
            subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
            seconds[name].append(time.perf_counter() - began)
    return {name: statistics.median(taken[1:]) for name, taken in seconds.items()}


def told(medians: Mapping[str, float]) -> int:
    """Print each median and its ratio to the first one; return 1 where one is over the most."""
    yardstick = next(iter(medians.values()))
    print(f"{'':28}{'median':>10}{'ratio':>8}")
    for name, seconds in medians.items():
        print(f"{name:28}{seconds * 1000:7.0f} ms{seconds / yardstick:8.2f}")
    over = [name for name, seconds in medians.items() if seconds > MOST * yardstick]
    for name in over:
        print(f"over {MOST:g} times the yardstick: {name}", file=sys.stderr)
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
