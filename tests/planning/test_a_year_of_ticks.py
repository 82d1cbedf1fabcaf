"""A crontab for a year, over both changes of the clocks: each slot starts once, and no other does."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from glacier_manifest.jobs.instant import slot_name
from glacier_manifest.jobs.request import InventoryRetrieval
from glacier_manifest.jobs.schedule import EVERY, Schedule
from glacier_manifest.planning.expand import expand
from glacier_manifest.planning.place import Place
from tests.planning.examples import ACCOUNT
from tests.planning.test_expand import Lists, job, no_list

#: The clocks go forward and back in it wherever they do; it is a leap year.
BEGIN, END = datetime(2028, 1, 1, 12, tzinfo=UTC), datetime(2029, 1, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]


def asked_at(schedule: Schedule, moments: Iterable[datetime]) -> Iterator[tuple[datetime, str]]:
    """Yield what a run of cron at each moment asks for."""
    weekly = job("weekly", schedule=schedule, ask=InventoryRetrieval())
    places = {"weekly": Place(ACCOUNT, "us-west-2")}
    for now in moments:
        (portion,) = expand((weekly,), places=places, now=now, sources=Lists(no_list))
        yield now, portion.lot.slot or ""


def hourly(minute: int) -> Iterator[datetime]:
    now = BEGIN.replace(minute=minute)
    while now < END:
        yield now
        now += HOUR


def days(zone: ZoneInfo) -> Iterator[date]:
    first, last = BEGIN.astimezone(zone).date(), END.astimezone(zone).date()
    return (first + number * DAY for number in range((last - first).days + 1))


def at(day: date, hour: int, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(hour), zone).astimezone(UTC)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    ("cron", "hour", "weekday", "monthday"),
    [
        pytest.param("0 4 * * MON", 4, 0, None, id="Mondays at four"),
        pytest.param("0 22 * * SAT", 22, 5, None, id="the eves of the days on which clocks change"),
        pytest.param("0 5 * * SUN", 5, 6, None, id="on the days on which clocks change"),
        pytest.param(EVERY["daily"], 0, None, None, id="daily"),
        pytest.param(EVERY["weekly"], 0, 0, None, id="weekly"),
        pytest.param(EVERY["monthly"], 0, None, 1, id="monthly"),
    ],
)
def test_hourly_runs_start_every_slot_once_and_within_the_hour(
    cron: str, hour: int, weekday: int | None, monthday: int | None, zone: str
) -> None:
    there = ZoneInfo(zone)
    wanted = [
        at(day, hour, there)
        for day in days(there)
        if weekday in {None, day.weekday()} and monthday in {None, day.day}
    ]

    started: dict[str, datetime] = {}
    for now, slot in asked_at(Schedule(cron, zone), hourly(minute=17)):
        started.setdefault(slot, now)

    _, *later = started.items()
    ticks = [tick for tick in wanted if BEGIN.replace(minute=17) < tick < END - HOUR]
    assert [slot for slot, _ in later] == [slot_name(tick) for tick in ticks]
    assert all(timedelta(0) <= moment - tick < HOUR for (_, moment), tick in zip(later, ticks, strict=True))


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("cron", ["0 4 * * MON", "30 2 * * *", "30 1,2 * * *", "*/30 * * * *"])
def test_a_machine_that_is_off_now_and_then_never_goes_back_to_a_slot_that_is_over(
    cron: str, zone: str
) -> None:
    dice, moments = Random(11), [BEGIN]  # noqa: S311 - outages
    while moments[-1] < END:
        moments.append(moments[-1] + timedelta(minutes=dice.choice([1, 29, 61, 600, 5000, 40_000])))

    asked = list(asked_at(Schedule(cron, zone), moments))

    assert [slot for _, slot in asked] == sorted(slot for _, slot in asked)
    assert all(slot <= slot_name(now) for now, slot in asked)
