"""Looking around before anything starts, over HTTP: everything is asked, whatever else was refused."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from glacier_manifest.aws.session import Clients, Connection
from glacier_manifest.cli.preflight import preflight, preflight_after
from glacier_manifest.diagnostics import Diagnostic, Span
from glacier_manifest.errors import ServiceError
from glacier_manifest.jobs.request import Vault
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.planning.preflight import Need
from glacier_manifest.sandbox import Sandbox

if TYPE_CHECKING:
    from mypy_boto3_glacier.type_defs import DataRetrievalRuleTypeDef

ACCOUNT, REGION = "012345678901", "us-west-2"
GIB = 1 << 30


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(inventory_delay=86400.0) as sandbox:
        for name in ("photos", "documents"):
            sandbox.generate(name, 3, size=GIB)
            sandbox.take_inventory(name)
        sandbox.create_vault("uploads")
        yield sandbox


@pytest.fixture
def clients(sandbox: Sandbox) -> Iterator[Clients]:
    with Clients(Connection(endpoint_url=sandbox.url)) as clients:
        yield clients


def need(vault: str, *tiers: Tier, line: int = 1, account_id: str = ACCOUNT, region: str = REGION) -> Need:
    place = Vault(account_id, region, vault)
    return Need(f"job-{line}", place, not tiers, tiers, Span(Path("jobs.yaml"), line, 3, 9))


def told(found: tuple[Diagnostic, ...]) -> list[tuple[str, str, int]]:
    return [(str(one.severity), one.code, one.span.line if one.span else 0) for one in found]


def set_policy(sandbox: Sandbox, clients: Clients, rule: "DataRetrievalRuleTypeDef") -> None:
    clients.reading(REGION).set_data_retrieval_policy(accountId="-", Policy={"Rules": [rule]})
    sandbox.reset_calls()


def test_where_all_is_well_nothing_is_found_and_only_what_matters_is_asked(
    sandbox: Sandbox, clients: Clients
) -> None:
    assert preflight([need("photos"), need("documents", Tier.BULK)], clients) == ()
    assert sandbox.counts() == {"DescribeVault": 2}


def test_every_vault_that_is_missing_or_without_an_inventory_is_told_in_one_pass(clients: Clients) -> None:
    needs = [
        need("gone", line=1),
        need("uploads", line=2),
        need("photos", line=3),
        need("gone-too", Tier.BULK, line=4),
        need("uploads", Tier.BULK, line=5),
    ]

    found = preflight(needs, clients)

    assert told(found) == [
        ("error", "vault-not-found", 1),
        ("warning", "no-inventory-yet", 2),
        ("error", "vault-not-found", 4),
    ]
    assert "'gone'" in found[0].message
    assert "'uploads'" in found[1].message


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"Strategy": "FreeTier"}, "beyond the free allowance of the day"),
        ({"Strategy": "BytesPerHour", "BytesPerHour": 10 * GIB}, "beyond 10.0 GiB an hour"),
    ],
)
def test_a_policy_is_told_once_where_standard_retrievals_have_nothing_to_fall_back_to(
    sandbox: Sandbox, clients: Clients, rule: "DataRetrievalRuleTypeDef", words: str
) -> None:
    set_policy(sandbox, clients, rule)

    found = preflight([need("photos", Tier.STANDARD), need("documents", Tier.STANDARD, line=2)], clients)

    assert told(found) == [("warning", "retrieval-policy", 1)]
    assert words in found[0].message
    assert sandbox.counts()["GetDataRetrievalPolicy"] == 1


@pytest.mark.parametrize("tiers", [(Tier.BULK,), (Tier.STANDARD, Tier.BULK), ()])
def test_a_policy_is_not_even_asked_for_where_it_refuses_nothing(
    sandbox: Sandbox, clients: Clients, tiers: tuple[Tier, ...]
) -> None:
    set_policy(sandbox, clients, {"Strategy": "FreeTier"})

    assert preflight([need("photos", *tiers)], clients) == ()
    assert "GetDataRetrievalPolicy" not in sandbox.counts()


def test_expedited_alone_without_capacity_is_told_and_with_a_tier_behind_it_is_not(
    sandbox: Sandbox, clients: Clients
) -> None:
    alone = preflight([need("photos", Tier.EXPEDITED)], clients)
    backed = preflight([need("photos", Tier.EXPEDITED, Tier.BULK)], clients)

    assert told(alone) == [("warning", "no-capacity", 1)]
    assert backed == ()
    assert sandbox.counts()["ListProvisionedCapacity"] == 1


def test_a_missing_permission_is_told_for_each_action_and_stops_no_other_question(
    sandbox: Sandbox, clients: Clients
) -> None:
    for operation in ("GetDataRetrievalPolicy", "ListProvisionedCapacity"):
        sandbox.faults.add(operation, "error", code="AccessDeniedException")
    sandbox.faults.add("DescribeVault", "error", code="AccessDeniedException", match="documents")
    sandbox.faults.add("DescribeVault", "error", code="AccessDeniedException", match="photos")
    needs = [
        need("documents", Tier.STANDARD, line=1),
        need("photos", Tier.EXPEDITED, line=2),
        need("gone", line=3),
    ]

    found = preflight(needs, clients)

    assert sorted(told(found)) == [
        ("error", "vault-not-found", 3),
        ("warning", "access-denied", 1),
        ("warning", "access-denied", 1),
        ("warning", "access-denied", 2),
    ]
    described, policy, capacity = (one for one in found if one.code == "access-denied")
    assert "(the same for vault 'photos' in us-west-2)" in described.message
    assert "glacier:DescribeVault" in (described.help or "")
    assert "glacier:GetDataRetrievalPolicy" in (policy.help or "")
    assert "glacier:ListProvisionedCapacity" in (capacity.help or "")


def test_every_region_without_vaults_is_told_and_the_others_are_asked(sandbox: Sandbox) -> None:
    needs = [need("photos", region="me-central-1", line=number) for number in (1, 2)]
    needs += [need("photos", region="il-central-1", line=3)]

    with Clients(Connection()) as aws:
        found = preflight(needs, aws)

    assert told(found) == [("error", "unknown-region", line) for line in (1, 2, 3)]
    assert "'me-central-1'" in found[0].message
    assert "'il-central-1'" in found[2].message
    assert sandbox.counts() == {}


def test_after_a_failure_the_listings_are_tried_and_the_failure_is_not_told_again(
    sandbox: Sandbox, clients: Clients
) -> None:
    sandbox.faults.add("ListJobs", "error", code="AccessDeniedException", match="documents")
    failure = ServiceError("access-denied", "somewhere else", next_step="allow it")

    found = preflight_after(
        failure, [need("documents"), need("photos", line=2), need("gone", line=3)], clients
    )
    again = ServiceError("access-denied", found[0].message, next_step="allow it")

    assert told(found) == [("error", "access-denied", 1), ("error", "vault-not-found", 3)]
    assert "glacier:ListJobs" in (found[0].help or "")
    assert told(preflight_after(again, [need("documents"), need("photos", line=2)], clients)) == []


def test_after_a_failure_that_meets_every_call_nothing_more_is_asked(
    sandbox: Sandbox, clients: Clients
) -> None:
    failure = ServiceError("expired-credentials", "the token has expired", next_step="renew it")

    assert preflight_after(failure, [need("gone")], clients) == ()
    assert sandbox.counts() == {}


def test_a_vault_of_an_unknown_account_that_may_not_be_described_is_an_error(
    sandbox: Sandbox, clients: Clients
) -> None:
    sandbox.faults.add("DescribeVault", "error", code="AccessDeniedException")

    found = preflight([need("photos", account_id="-")], clients)

    assert told(found) == [("error", "access-denied", 1)]


def test_a_service_that_fails_is_a_warning_of_what_is_not_known(sandbox: Sandbox) -> None:
    sandbox.faults.add("DescribeVault", "error", code="ServiceUnavailableException", status=500)

    with Clients(Connection(endpoint_url=sandbox.url, read_attempts=1)) as impatient:
        found = preflight([need("photos")], impatient)

    assert told(found) == [("warning", "service-failed", 1)]
