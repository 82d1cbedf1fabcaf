"""From what was seen to what would fail, without asking anybody."""

from dataclasses import replace

import pytest

from glacier_manifest.diagnostics import Severity
from glacier_manifest.jobs.request import InventoryRetrieval, Vault
from glacier_manifest.jobs.retrieval_policy import RetrievalPolicy
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.manifest import Archives
from glacier_manifest.planning.place import Place
from glacier_manifest.planning.preflight import Need, Premises, Unanswered, findings, needs_of
from tests.planning.test_vaults import job

ACCOUNT, REGION = "012345678901", "eu-west-1"
HERE = Place(ACCOUNT, REGION)


def vault(name: str) -> Vault:
    return Vault(ACCOUNT, REGION, name)


def needs(*vaults: str, tiers: tuple[Tier, ...] | None = None) -> list[Need]:
    ask = InventoryRetrieval() if tiers is None else Archives((), None, None)
    one = replace(job(*vaults), ask=ask, tiers=tiers or ())
    return list(needs_of(one, account_id=ACCOUNT, region=REGION))


def denied(operation: str, what: str) -> Unanswered:
    return Unanswered(operation, "access-denied", f"{operation} of {what}: no", f"allow glacier:{operation}")


def test_a_job_needs_each_vault_that_it_names_and_no_pattern() -> None:
    found = needs("photos", "documents-*", "uploads")

    assert [one.vault for one in found] == [vault("photos"), vault("uploads")]
    assert all(one.is_inventory and not one.tiers for one in found)


@pytest.mark.parametrize(
    ("written", "last"),
    [((), Tier.STANDARD), ((Tier.BULK,), Tier.BULK), ((Tier.EXPEDITED, Tier.STANDARD), Tier.STANDARD)],
)
def test_what_a_retrieval_ends_with_is_the_last_tier_or_the_services_own(
    written: tuple[Tier, ...], last: Tier
) -> None:
    (need,) = needs("photos", tiers=written)

    assert need.ends_with is last
    assert not need.is_inventory


def test_an_archive_needs_no_inventory() -> None:
    assert findings(needs("photos", tiers=(Tier.BULK,)), Premises(vaults={vault("photos"): False})) == ()


def test_a_refusal_that_many_vaults_meet_is_one_finding_that_names_them() -> None:
    names = [f"v{number}" for number in range(9)]
    premises = Premises(vaults={vault(name): denied("DescribeVault", name) for name in names})

    (found,) = findings(needs(*names), premises)

    assert found.severity is Severity.WARNING
    assert found.message.startswith("DescribeVault of v0: no (the same for vault 'v1' in eu-west-1, ")
    assert found.message.endswith(" and 3 more)")
    assert found.help == "allow glacier:DescribeVault"


def test_a_vault_whose_jobs_cannot_be_listed_is_an_error_since_nothing_starts_without_the_list() -> None:
    listings = {vault("photos"): Unanswered("ListJobs", "no-answer", "ListJobs: silence", "wait")}

    (found,) = findings(needs("photos"), Premises(vaults={vault("photos"): True}, listings=listings))

    assert (found.severity, found.code) == (Severity.ERROR, "no-answer")


@pytest.mark.parametrize(
    "policy", [RetrievalPolicy(), RetrievalPolicy("BytesPerHour", None), RetrievalPolicy("Newer")]
)
def test_a_policy_that_refuses_nothing_known_is_not_told(policy: RetrievalPolicy) -> None:
    assert findings(needs("photos", tiers=(Tier.STANDARD,)), Premises(policies={HERE: policy})) == ()
