"""A file that is touched while a run is alive."""

import json
from datetime import UTC, datetime
from pathlib import Path

from glacier_manifest.running.heartbeat import INTERVAL, Heartbeat

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def test_it_tells_when_and_who_and_how_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "alive"

    Heartbeat(path, now=lambda: NOON, monotonic=lambda: 0.0).beat(lambda: {"stored": 3})

    (line,) = path.read_text().splitlines()
    assert json.loads(line).items() >= {"at": "2026-11-23T12:00:00Z", "stored": 3}.items()
    assert [*tmp_path.iterdir()] == [path]


def test_it_is_touched_at_least_four_times_a_minute_and_not_all_the_while(tmp_path: Path) -> None:
    now = [0.0]
    asked: list[float] = []
    heartbeat = Heartbeat(tmp_path / "alive", now=lambda: NOON, monotonic=lambda: now[0])

    def stands() -> dict[str, int]:
        asked.append(now[0])
        return {}

    for second in range(61):
        now[0] = float(second)
        heartbeat.beat(stands)

    assert asked == [0, INTERVAL, 2 * INTERVAL, 3 * INTERVAL, 4 * INTERVAL]


def test_a_file_that_cannot_be_written_ends_nothing(tmp_path: Path) -> None:
    Heartbeat(tmp_path / "gone" / "alive", now=lambda: NOON, monotonic=lambda: 0.0).beat(dict)
