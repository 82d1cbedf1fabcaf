"""What is told beside the actions of a plan."""

import json
from datetime import datetime, timedelta

import pytest

from glacier_manifest.jobs.tier import Tier
from glacier_manifest.manifest import Pace
from glacier_manifest.planning.price_table import SHIPPED
from glacier_manifest.views import plans
from glacier_manifest.views.circumstances import Circumstances, inventories
from tests.planning.consultations import ARN, consulted
from tests.planning.examples import INVENTORY, NOON, archive, planned, request


@pytest.mark.parametrize(
    ("made_at", "told"),
    [
        (NOON - timedelta(days=11, hours=2), "Inventory photos.json of 2026-11-12, 11 days old: "),
        (NOON - timedelta(days=1), "Inventory photos.json of 2026-11-22, 1 day old: "),
        (NOON - timedelta(hours=23), "Inventory photos.json of 2026-11-22, less than a day old: "),
        (NOON + timedelta(hours=3), "Inventory photos.json of 2026-11-23, less than a day old: "),
        (None, "Inventory photos.json: "),
    ],
)
def test_an_inventory_tells_its_day_and_its_age(made_at: datetime | None, told: str) -> None:
    (line,) = inventories([consulted("photos.json", made_at)], NOON)

    assert line == f"{told}10 archives, 5 picked by 'photos-2015'"


@pytest.mark.parametrize(
    ("archives", "picked", "skipped", "told"),
    [
        (1_000, 127, 0, "1,000 archives, 127 picked by 'photos-2015'"),
        (1, 1, 1, "1 archive, 1 picked by 'photos-2015', 1 bad row skipped"),
        (1_000, None, 2_000, "1,000 archives, read for their sizes by 'photos-2015', 2,000 bad rows skipped"),
    ],
)
def test_an_inventory_tells_how_much_of_it_is_meant(
    archives: int, picked: int | None, skipped: int, told: str
) -> None:
    one = consulted("photos.json", None, archives=archives, picked=picked, skipped=skipped)

    assert list(inventories([one], NOON)) == [f"Inventory photos.json: {told}"]


def test_of_many_inventories_people_see_twenty() -> None:
    lines = list(inventories([consulted(f"{number}.csv", None) for number in range(25)], NOON))

    assert len(lines) == 21
    assert lines[-1] == "    and 5 inventories more (--format json shows all)"


def test_people_see_inventories_above_and_times_below_what_would_start() -> None:
    plan = planned([request(archive("a"), tiers=(Tier.BULK,)), request(INVENTORY, job="list")])
    circumstances = Circumstances([consulted("photos.json", NOON)], Pace(requests_per_second=0.01))

    text = plans.human(plan, SHIPPED, circumstances)

    assert "Z\nInventory photos.json of 2026-11-23, less than a day old: " in text
    assert (
        "\nStarting takes 3m 20s or more, at 0.01 calls a second.\n"
        "Ready, if Glacier is as fast as usual: "
        "inventories from 2026-11-23T15:00Z to 2026-11-23T19:03Z; "
        "Bulk from 2026-11-23T17:00Z to 2026-11-24T00:03Z.\n"
        "Started jobs cannot be cancelled.\n\nPlan: "
    ) in text
    assert text.splitlines()[-1] == f"Digest: {plan.digest}"


def test_starting_that_takes_no_minute_is_not_worth_a_line() -> None:
    plan = planned([request(archive("a"))])

    assert "Starting takes" not in plans.human(plan, SHIPPED, Circumstances(pace=Pace()))


def test_a_pace_by_the_day_is_told() -> None:
    plan = planned([request(archive(name)) for name in "ab"])
    pace = Pace(requests_per_second=0.01, bytes_per_day=2 << 40)

    text = plans.human(plan, SHIPPED, Circumstances(pace=pace))

    assert "Starting takes 3m 20s or more, at 0.01 calls a second and 2.0 TiB a day." in text


def test_programs_are_told_the_same() -> None:
    plan = planned([request(archive("a"), tiers=(Tier.BULK,))])
    circumstances = Circumstances([consulted("photos.json", NOON)], Pace(bytes_per_day=5))

    document = json.loads("".join(plans.as_json(plan, SHIPPED, circumstances)))
    first, *_actions = plans.ndjson(plan, SHIPPED, circumstances)

    assert document["inventories"] == [
        {
            "name": "photos.json",
            "job": "photos-2015",
            "vault": "photos",
            "vault_arn": ARN,
            "inventory_date": "2026-11-23T12:00:00Z",
            "sha256": "0" * 64,
            "archives": 10,
            "picked": 5,
            "skipped_rows": 0,
        }
    ]
    assert document["pace"] == {"requests_per_second": 10.0, "bytes_per_day": 5, "starting_seconds": 1}
    assert document["ready"] == [
        {
            "type": "archive-retrieval",
            "tiers": ["Bulk"],
            "jobs": 1,
            "earliest": "2026-11-23T17:00:00Z",
            "latest": "2026-11-24T00:00:01Z",
        }
    ]
    assert {key: first[key] for key in ("inventories", "pace", "ready")} == {
        key: document[key] for key in ("inventories", "pace", "ready")
    }
