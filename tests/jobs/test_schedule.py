from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from cronsim import CronSimError
from hypothesis import example, given
from hypothesis import strategies as st

from glacier_manifest.jobs.instant import slot_name
from glacier_manifest.jobs.schedule import EVERY, Schedule

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)  # a Monday

ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Apia",
]
CRONS = ["* * * * *", "*/15 * * * *", "0 * * * *", "30 2 * * *", "30 1,2 * * *", "0 3 * * MON", "0 0 1 * *"]

schedules = st.builds(Schedule, st.sampled_from([*CRONS, *EVERY.values()]), st.sampled_from(ZONES))
nows = st.datetimes(
    datetime.fromisoformat("2010-01-01"), datetime.fromisoformat("2035-01-01"), timezones=st.just(UTC)
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("cron", "zone", "now", "tick"),
    [
        (EVERY["daily"], "UTC", "2026-11-23 12:00", "2026-11-23 00:00"),
        (EVERY["daily"], "UTC", "2026-11-23 00:00", "2026-11-23 00:00"),
        (EVERY["daily"], "UTC", "2026-11-22 23:59:59.999999", "2026-11-22 00:00"),
        (EVERY["weekly"], "UTC", "2026-11-22 12:00", "2026-11-16 00:00"),
        (EVERY["monthly"], "UTC", "2026-11-23 12:00", "2026-11-01 00:00"),
        (EVERY["daily"], "Europe/Berlin", "2026-11-23 12:00", "2026-11-22 23:00"),
        (EVERY["daily"], "Europe/Berlin", "2026-07-23 12:00", "2026-07-22 22:00"),
        ("0 3 * * MON", "UTC", "2026-11-23 02:59:59", "2026-11-16 03:00"),
        ("0 0 29 2 *", "UTC", "2026-11-23 12:00", "2024-02-29 00:00"),
        # 02:30 does not exist on 2026-03-29 in Berlin: it comes when the clock has gone forward.
        ("30 2 * * *", "Europe/Berlin", "2026-03-29 00:59", "2026-03-28 01:30"),
        ("30 2 * * *", "Europe/Berlin", "2026-03-29 01:00", "2026-03-29 01:00"),
        # 02:30 is twice on 2026-10-25 in Berlin: only the first counts.
        ("30 2 * * *", "Europe/Berlin", "2026-10-25 00:29", "2026-10-24 00:30"),
        ("30 2 * * *", "Europe/Berlin", "2026-10-25 00:30", "2026-10-25 00:30"),
        ("30 2 * * *", "Europe/Berlin", "2026-10-25 01:45", "2026-10-25 00:30"),
        # Every hour is every hour, also in the one that is repeated.
        ("0 * * * *", "Europe/Berlin", "2026-10-25 00:30", "2026-10-25 00:00"),
        ("0 * * * *", "Europe/Berlin", "2026-10-25 01:30", "2026-10-25 01:00"),
        ("0 * * * *", "America/New_York", "2026-11-01 06:30", "2026-11-01 06:00"),
        # Samoa had no 2011-12-30.
        (EVERY["daily"], "Pacific/Apia", "2011-12-30 09:59", "2011-12-29 10:00"),
        (EVERY["daily"], "Pacific/Apia", "2011-12-30 10:00", "2011-12-30 10:00"),
    ],
)
def test_the_latest_tick_not_after_now(cron: str, zone: str, now: str, tick: str) -> None:
    assert Schedule(cron, zone).latest_tick(utc(now)) == utc(tick)


@given(schedules, nows)
@example(Schedule("*/15 * * * *", "Europe/Berlin"), utc("2026-10-25 01:59"))
@example(Schedule("30 1,2 * * *", "Europe/Berlin"), utc("2026-03-29 01:00"))
def test_a_slot_lasts_until_the_next_begins(schedule: Schedule, now: datetime) -> None:
    tick = schedule.latest_tick(now)
    halfway = tick + (now - tick) / 2

    assert tick <= now
    assert schedule.latest_tick(tick) == tick
    assert schedule.latest_tick(halfway) == tick
    assert schedule.latest_tick(tick - MINUTE / 60) < tick


@pytest.mark.parametrize("zone", ZONES)
def test_a_year_of_days_has_one_slot_each(zone: str) -> None:
    schedule = Schedule("30 2 * * *", zone)
    midday = datetime(2026, 1, 1, 12, tzinfo=ZoneInfo(zone))

    slots = [schedule.latest_tick(midday + day * DAY) for day in range(365)]

    assert [slot.astimezone(ZoneInfo(zone)).date() for slot in slots] == [
        (midday + day * DAY).date() for day in range(365)
    ]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
@pytest.mark.parametrize("cron", ["*/15 * * * *", "0 * * * *", "30 1,2 * * *"])
def test_time_never_runs_backwards_over_the_change_of_clocks(cron: str, zone: str) -> None:
    schedule = Schedule(cron, zone)
    for change in ("2026-03-08", "2026-03-29", "2026-04-04", "2026-10-03", "2026-10-25", "2026-11-01"):
        nows = [utc(change) + quarter * 15 * MINUTE for quarter in range(4 * 24)]

        ticks = [schedule.latest_tick(now) for now in nows]

        assert ticks == sorted(ticks)
        assert all(now - tick < DAY + timedelta(hours=2) for now, tick in zip(nows, ticks, strict=True))


def test_every_quarter_of_an_hour_is_met_while_the_clock_goes_back() -> None:
    schedule = Schedule("*/15 * * * *", "Europe/Berlin")
    nows = [utc("2026-10-24 22:00") + quarter * 15 * MINUTE for quarter in range(32)]

    assert [schedule.latest_tick(now) for now in nows] == nows


def test_now_may_come_in_any_zone() -> None:
    schedule = Schedule(EVERY["daily"], "Asia/Kathmandu")

    assert schedule.latest_tick(NOON) == schedule.latest_tick(NOON.astimezone(ZoneInfo("Pacific/Apia")))


def test_a_slot_is_named_in_utc_whatever_the_schedules_zone() -> None:
    assert slot_name(Schedule("0 4 * * *", "Europe/Berlin").latest_tick(NOON)) == "2026-11-23T03:00Z"


@pytest.mark.parametrize(
    ("cron", "shortest"),
    [
        (EVERY["weekly"], 7 * DAY),
        (EVERY["monthly"], 28 * DAY),
        ("0 0,6 * * *", timedelta(hours=6)),
        ("* * * * *", MINUTE),
    ],
)
def test_the_shortest_interval_between_ticks(cron: str, shortest: timedelta) -> None:
    assert Schedule(cron).shortest_interval(NOON) == shortest


def test_a_day_of_23_hours_is_the_shortest_of_a_daily_schedule() -> None:
    schedule = Schedule(EVERY["daily"], "Europe/Berlin")

    assert schedule.shortest_interval(utc("2026-04-10 00:00")) == timedelta(hours=23)


@pytest.mark.parametrize(
    "cron",
    ["", "0 0 * *", "0 0 0 * * *", "@daily", "61 * * * *", "0 0 30 2 *", "0 0 */5 2 MON#5", "0 0 * * FUN"],
)
def test_a_line_that_is_no_cron_line_or_never_ticks_is_refused(cron: str) -> None:
    with pytest.raises(CronSimError):
        Schedule(cron).latest_tick(NOON)


def test_an_unknown_timezone_is_refused() -> None:
    with pytest.raises(ZoneInfoNotFoundError):
        Schedule(EVERY["daily"], "Europe/Atlantis").latest_tick(NOON)
