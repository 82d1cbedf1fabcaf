from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glacier_manifest.jobs.instant import parse_instant, slot_name, wire_instant

offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(
    datetime.fromisoformat("0002-01-01"), datetime.fromisoformat("9998-12-31"), timezones=offsets
)


@pytest.mark.parametrize(
    ("text", "wire"),
    [
        ("2015-01-01", "2015-01-01T00:00:00Z"),
        ("2015-01-01T00:00:00Z", "2015-01-01T00:00:00Z"),
        ("2015-01-01T00:00:00", "2015-01-01T00:00:00Z"),
        ("2015-01-01 12:30", "2015-01-01T12:30:00Z"),
        ("2015-01-01T02:00:00+02:00", "2015-01-01T00:00:00Z"),
        ("2014-12-31T19:00:00-05:00", "2015-01-01T00:00:00Z"),
        ("2015-01-01T00:00:00.999Z", "2015-01-01T00:00:00Z"),
        (" 2015-01-01 ", "2015-01-01T00:00:00Z"),
        ("0999-01-01", "0999-01-01T00:00:00Z"),
    ],
)
def test_dates_and_moments_become_wire_instants(text: str, wire: str) -> None:
    assert wire_instant(parse_instant(text)) == wire


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "2015-13-01", "2015-02-29", "1420070400", "0001-01-01T00:00:00+05:00", "01/02/2015"],
)
def test_what_is_no_moment_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_instant(text)


@given(moments)
def test_one_moment_has_one_spelling_in_every_zone(moment: datetime) -> None:
    assert wire_instant(moment) == wire_instant(moment.astimezone(UTC))
    assert slot_name(moment) == slot_name(moment.astimezone(UTC))


@given(moments)
def test_a_wire_instant_reads_back_to_the_second(moment: datetime) -> None:
    assert parse_instant(wire_instant(moment)) == moment.astimezone(UTC).replace(microsecond=0)


def test_a_date_or_a_moment_without_a_zone_is_utc_wherever_it_is_read() -> None:
    without_zone = datetime.fromisoformat("2015-01-01T12:00:00")

    assert wire_instant(date(2015, 1, 1)) == "2015-01-01T00:00:00Z"
    assert wire_instant(without_zone) == "2015-01-01T12:00:00Z"


def test_a_slot_is_named_to_the_minute() -> None:
    assert slot_name(datetime(2026, 11, 23, 3, 0, 59, tzinfo=UTC)) == "2026-11-23T03:00Z"
