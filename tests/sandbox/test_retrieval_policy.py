"""Data retrieval policies: they bind Standard retrievals, and nothing else."""

from typing import TYPE_CHECKING, Any

import pytest

from glacier_manifest.sandbox import Sandbox

if TYPE_CHECKING:
    from tests.sandbox.conftest import Speaker

GIB = 1 << 30
PATH = "/policies/data-retrieval"


def policy(strategy: str, **rest: object) -> dict[str, Any]:
    return {"Policy": {"Rules": [{"Strategy": strategy, **rest}]}}


def test_there_is_no_policy_until_one_is_set(speak: "Speaker") -> None:
    before = speak.ask("GET", PATH).json
    reply = speak.ask("PUT", PATH, policy("BytesPerHour", BytesPerHour=GIB))

    assert before == policy("None")
    assert reply.status == 204
    assert speak.ask("GET", PATH).json == policy("BytesPerHour", BytesPerHour=GIB)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"Policy": {"Rules": []}},
        {"Policy": {"Rules": [{"Strategy": "None"}, {"Strategy": "None"}]}},
        policy("Sometimes"),
        policy("FreeTier", BytesPerHour=5),
        policy("BytesPerHour"),
        policy("BytesPerHour", BytesPerHour=0),
    ],
)
def test_a_policy_that_is_none_is_refused(speak: "Speaker", wrong: dict[str, Any]) -> None:
    assert speak.ask("PUT", PATH, wrong).status == 400
    assert speak.ask("GET", PATH).json == policy("None")


def test_bytes_per_hour_counts_the_standard_retrievals_in_progress(
    sandbox: Sandbox, speak: "Speaker"
) -> None:
    archive_id = sandbox.generate("photos", 1, 4 * GIB).archive_id(0)
    speak.ask("PUT", PATH, policy("BytesPerHour", BytesPerHour=2 * GIB))
    parameters = {"Type": "archive-retrieval", "ArchiveId": archive_id}

    replies = [speak.initiate("photos", **parameters) for _ in range(3)]
    others = [speak.initiate("photos", **parameters, Tier=tier) for tier in ("Bulk", "Expedited")]
    inventory = speak.initiate("photos", Type="inventory-retrieval")
    sandbox.clock.advance(5)

    assert [reply.status for reply in replies] == [202, 202, 400]
    assert replies[2].error == (400, "PolicyEnforcedException")
    assert replies[2].json["message"] == "InitiateJob request denied by current data retrieval policy."
    assert [reply.status for reply in (*others, inventory)] == [202, 202, 202]
    assert speak.initiate("photos", **parameters).status == 202


def test_the_free_tier_is_used_up_by_the_day(sandbox: Sandbox, speak: "Speaker") -> None:
    archive_id = sandbox.generate("photos", 1, 200 << 20).archive_id(0)
    speak.ask("PUT", PATH, policy("FreeTier"))
    parameters = {"Type": "archive-retrieval", "ArchiveId": archive_id}

    today = [speak.initiate("photos", **parameters).status for _ in range(3)]
    sandbox.clock.advance(86_400)

    assert today == [202, 400, 400]
    assert speak.initiate("photos", **parameters).status == 202


def test_the_policy_none_stops_nobody(sandbox: Sandbox, speak: "Speaker") -> None:
    archive_id = sandbox.generate("photos", 1, 4 * GIB).archive_id(0)
    speak.ask("PUT", PATH, policy("None", BytesPerHour=None))

    assert speak.retrieve("photos", archive_id)


def test_nobody_has_provisioned_capacity(speak: "Speaker") -> None:
    assert speak.ask("GET", "/provisioned-capacity").json == {"ProvisionedCapacityList": []}
