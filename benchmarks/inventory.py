"""How fast inventories are read, next to a bare walk of `ijson.items` over the same JSON.

An inventory is generated with rows of about 400 bytes, as JSON and as CSV, plain and packed with gzip. Each
round reads every one of them once, and the bare walk too, so that whatever else the machine does meets all
of them alike; what counts is CPU time. Reading means: every column checked, the bytes hashed, every row an
Archive. Exits 1 where reading JSON takes more than two and a half times as long as the bare walk, which
checks nothing, or where ten times the archives take more memory.
"""

import argparse
import gzip
import json
import os
import platform
import random
import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

import ijson

from glacier_manifest.inventory.archive import Archive
from glacier_manifest.inventory.origin import Origin
from glacier_manifest.inventory.reading import Inventory
from glacier_manifest.inventory.rows import COLUMNS

MOST = 2.5
#: MiB that reading ten times the archives may add to the peak.
MOST_MEMORY = 8.0

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_HEAD = (
    '{"VaultARN":"arn:aws:glacier:us-west-2:012345678901:vaults/photos",'
    '"InventoryDate":"2026-11-23T03:12:44Z","ArchiveList":['
)
_BARE = "ijson.items (bare)"


def main() -> int:
    """Measure, print the table, return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--archives", type=int, default=200_000)
    words = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files = written(Path(folder), words.archives)
        grown = growth(Path(folder), files)
        medians = measured(walks(files), words.rounds)
    backend = ijson.backend
    print(
        f"{words.archives:,} archives, {words.rounds} rounds, Python {platform.python_version()}, "
        f"{os.cpu_count()} processors, ijson {backend}"
    )
    return told(medians, words.archives, grown)


def archives(count: int) -> Iterator[Archive]:
    """Make archives up, always the same ones."""
    chance = random.Random(4)  # noqa: S311 - made-up archives keep no secret
    for number in range(count):
        archive_id = "".join(chance.choices(_LETTERS, k=138))
        path = f"photos/{2012 + number % 14}/{number % 997:04d}/holiday in the mountains/IMG_{number:08d}.jpg"
        moment = f"{2012 + number % 14}-{1 + number % 12:02d}-{1 + number % 28:02d}T{number % 24:02d}:17:46"
        size, tree_hash = chance.randrange(10**9), f"{chance.getrandbits(256):064x}"
        yield Archive(archive_id, path, f"{moment}.{number % 1000:03d}Z", size, tree_hash)


def written(folder: Path, count: int) -> Mapping[str, Path]:
    """Write the inventory in every form; return the files by what they are."""
    files = {"JSON": folder / "inventory.json", "CSV": folder / "inventory.csv"}
    with files["JSON"].open("w", encoding="utf-8") as text, files["CSV"].open("w", encoding="utf-8") as table:
        text.write(_HEAD)
        table.write(",".join(COLUMNS) + "\n")
        for number, archive in enumerate(archives(count)):
            row = json.dumps(dict(zip(COLUMNS, archive, strict=True)), separators=(",", ":"))
            text.write(f",{row}" if number else row)
            table.write(",".join(map(str, archive)) + "\n")
        text.write("]}")
    for name, path in list(files.items()):
        packed = path.with_suffix(path.suffix + ".gz")
        with path.open("rb") as source, gzip.open(packed, "wb", compresslevel=6) as target:
            shutil.copyfileobj(source, target)
        files[f"{name}, gzip"] = packed
    return files


def walks(files: Mapping[str, Path]) -> Mapping[str, Callable[[], int]]:
    """Return what is measured, by name."""
    return {
        _BARE: partial(bare, files["JSON"]),
        **{f"inventory, {name}": partial(read, path) for name, path in files.items()},
    }


def bare(path: Path) -> int:
    """Walk over the rows as ijson makes them."""
    with path.open("rb") as file:
        return sum(1 for _ in ijson.items(file, "ArchiveList.item"))


def read(path: Path) -> int:
    """Read an inventory as the program does."""
    return sum(1 for _ in Inventory(Origin(path.name, path), lambda: path.open("rb")))


def measured(walks: Mapping[str, Callable[[], int]], rounds: int) -> Mapping[str, float]:
    """Return the median CPU seconds of each walk."""
    seconds: dict[str, list[float]] = {name: [] for name in walks}
    for _ in range(rounds):
        for name, walk in walks.items():
            begun = time.process_time()
            walk()
            seconds[name].append(time.process_time() - begun)
    return {name: statistics.median(taken) for name, taken in seconds.items()}


def growth(folder: Path, files: Mapping[str, Path]) -> float:
    """Return how many MiB the peak grows from a tenth of the archives to all of them, JSON and CSV."""
    tenth = folder / "tenth"
    tenth.mkdir()
    few = read(files["CSV"]) // 10
    for path in written(tenth, few).values():
        read(path)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for path in files.values():
        read(path)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def told(medians: Mapping[str, float], count: int, grown: float) -> int:
    """Print the table; return 1 where a bound is broken."""
    for name, seconds in medians.items():
        times = seconds / medians[_BARE]
        rate, each = count / seconds, seconds / count * 1e6
        print(f"{name:<22}  {rate:>10,.0f} archives/s  {each:>5.2f} us  {times:.2f} x")
    print(f"peak memory, ten times the archives: +{grown:.1f} MiB")
    ratio = medians["inventory, JSON"] / medians[_BARE]
    if ratio > MOST or grown > MOST_MEMORY:
        print(f"too slow or too large: at most {MOST} x and +{MOST_MEMORY} MiB")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
