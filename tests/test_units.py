from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glacier_manifest.units import (
    GIB,
    KIB,
    MIB,
    TIB,
    format_duration,
    format_size,
    parse_duration,
    parse_size,
)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("1024", 1024),
        ("900 B", 900),
        ("1KiB", KIB),
        ("1 MiB", MIB),
        (" 40 GiB ", 40 * GIB),
        ("10 TiB", 10 * TIB),
        ("1 KB", 1000),
        ("500MB", 500_000_000),
        ("2 GB", 2_000_000_000),
        ("1 TB", 1_000_000_000_000),
        ("1.5 GiB", 3 * GIB // 2),
        ("0.1 KB", 100),
    ],
)
def test_sizes_as_people_write_them(text: str, size: int) -> None:
    assert parse_size(text) == size


@given(st.integers(0, 10**30))
def test_a_number_of_bytes_is_read_to_the_last_byte(size: int) -> None:
    assert parse_size(str(size)) == parse_size(f"{size} B") == size


@pytest.mark.parametrize(
    "text", ["", "GiB", "-1", "1 gib", "1 GiBs", "1  GiB", "1,5 GiB", "1e9", "٣ MiB", "0x10", "ten", ".5 GiB"]
)
def test_what_is_no_size_is_refused_with_the_words_that_are(text: str) -> None:
    with pytest.raises(ValueError, match="is not a size: write a number and KiB, MiB"):
        parse_size(text)


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("30s", timedelta(seconds=30)),
        ("5m", timedelta(minutes=5)),
        ("6h", timedelta(hours=6)),
        ("2d", timedelta(days=2)),
        ("0s", timedelta()),
        ("1.5h", timedelta(minutes=90)),
        (" 10 m ", timedelta(minutes=10)),
    ],
)
def test_durations_as_people_write_them(text: str, duration: timedelta) -> None:
    assert parse_duration(text) == duration


@pytest.mark.parametrize("text", ["", "5", "m", "-5m", "5M", "5 min", "1h30m", "1w", "12:30"])
def test_what_is_no_duration_is_refused_with_the_words_that_are(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration: write a number and s, m, h or d"):
        parse_duration(text)


def test_a_duration_beyond_all_time_is_refused() -> None:
    with pytest.raises(ValueError, match="'99999999999999d' is longer than"):
        parse_duration("99999999999999d")


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (KIB, "1.0 KiB"),
        (1536 * MIB, "1.5 GiB"),
        (MIB - 1, "1.0 MiB"),
        (GIB - 1, "1.0 GiB"),
        (1000 * KIB, "1000.0 KiB"),
        (5000 * TIB, "5000.0 TiB"),
    ],
)
def test_sizes_for_people(size: int, text: str) -> None:
    assert format_size(size) == text


@given(st.integers(0, 10**18))
def test_a_size_for_people_is_within_a_twentieth_of_the_truth(size: int) -> None:
    assert abs(parse_size(format_size(size)) - size) <= size / 20


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.4, "0s"),
        (12, "12s"),
        (59.6, "1m"),
        (300, "5m"),
        (3661, "1h 1m"),
        (2 * 86400 + 3 * 3600 + 59, "2d 3h"),
        (86400 + 5, "1d 5s"),
    ],
)
def test_durations_for_people(seconds: float, text: str) -> None:
    assert format_duration(timedelta(seconds=seconds)) == text
