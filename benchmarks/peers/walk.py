"""A bare walk over a JSON inventory with ijson, which makes nothing of it: the yardstick."""

import sys
from pathlib import Path

import ijson


def main(inventory: Path) -> None:
    """Walk to its end; print how many archives there are."""
    with inventory.open("rb") as file:
        print(sum(1 for _ in ijson.items(file, "ArchiveList.item")))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
