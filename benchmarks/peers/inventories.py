"""Write the inventory of a vault as JSON and as CSV: COUNT archives, about 400 bytes a row, into FOLDER.

The same count gives the same files. Half of the paths begin with ``2015/``, and half of the descriptions,
whatever their paths, are those of mt-aws-glacier, which must be decoded.
"""

import base64
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

ARN = "arn:aws:glacier:us-west-2:012345678901:vaults/photos-{count}"
COLUMNS = ("ArchiveId", "ArchiveDescription", "CreationDate", "Size", "SHA256TreeHash")


def main(count: int, folder: Path) -> None:
    """Write ``COUNT.json`` and ``COUNT.csv``."""
    with (
        (folder / f"{count}.json").open("w", encoding="ascii") as as_json,
        (folder / f"{count}.csv").open("w", encoding="ascii") as as_csv,
    ):
        arn = ARN.format(count=count)
        as_json.write(f'{{"VaultARN":"{arn}","InventoryDate":"2026-11-22T03:00:00Z","ArchiveList":[')
        as_csv.write(",".join(COLUMNS) + "\n")
        for number, row in enumerate(rows(count)):
            as_json.write("," * (number > 0) + json.dumps(row, separators=(",", ":")))
            as_csv.write(",".join(map(str, row.values())) + "\n")
        as_json.write("]}")


def rows(count: int) -> Iterator[dict[str, str | int]]:
    """Stream the rows; none of their texts needs a quote in CSV."""
    random = Random(1)  # noqa: S311 - names for a benchmark
    for number in range(count):
        noise = random.randbytes(137)
        month, day, hour, minute = 1 + noise[0] % 12, 1 + noise[1] % 28, noise[2] % 24, noise[3] % 60
        year = 2015 + number % 2
        path = f"{year}/{month:02}/{day:02}/holidays in the mountains/IMG_{number:07}.jpg"
        values = (
            "A" + base64.urlsafe_b64encode(noise[:104]).decode("ascii")[:137],
            path if number // 2 % 2 else mt2(path),
            f"{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{noise[4] % 60:02}.{number % 1000:03}Z",
            int.from_bytes(noise[101:105], "big"),
            noise[105:].hex(),
        )
        yield dict(zip(COLUMNS, values, strict=True))


def mt2(path: str) -> str:
    """Write a description as mt-aws-glacier does."""
    told = json.dumps({"filename": path, "mtime": "20150314T092653Z"}, separators=(",", ":"))
    return "mt2 " + base64.urlsafe_b64encode(told.encode("ascii")).decode("ascii").rstrip("=")


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
