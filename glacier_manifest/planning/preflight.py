"""What would fail when a plan is applied, as far as reading alone can tell.

Whether a job may be started is known only by starting one, so nothing here says that it may.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from glacier_manifest.diagnostics import Diagnostic, Severity, Span, in_file_order
from glacier_manifest.jobs.request import InventoryRetrieval, Vault
from glacier_manifest.jobs.retrieval_policy import BYTES_PER_HOUR, FREE_TIER, RetrievalPolicy
from glacier_manifest.jobs.tier import SERVICE_DEFAULT, Tier
from glacier_manifest.manifest import Job, is_glob
from glacier_manifest.planning.place import CALLER, Place
from glacier_manifest.units import format_size

_SHOWN = 5
_ACCESS_DENIED = "access-denied"
_VAULT_NOT_FOUND = "vault-not-found"
_LISTING = "ListJobs"


@dataclass(frozen=True, slots=True)
class Need:
    """One vault that one job of the manifest is sent to, and what that asks of the account.

    Attributes:
        job: The job's name.
        vault: The vault; its account is ``-`` where that is not known yet.
        is_inventory: Whether the vault must have an inventory.
        tiers: The tiers that may be paid for, in order; empty for an inventory.
        span: Where the manifest names the job.
    """

    job: str
    vault: Vault
    is_inventory: bool
    tiers: tuple[Tier, ...]
    span: Span

    @property
    def place(self) -> Place:
        """The account and region, which have a policy and a capacity."""
        return Place(self.vault.account_id, self.vault.region)

    @property
    def ends_with(self) -> Tier | None:
        """The tier after which there is no other to fall back to."""
        return self.tiers[-1] if self.tiers else None


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A call that was made to look, and what came instead of an answer.

    Attributes:
        operation: Such as ``DescribeVault``.
        code: The word for the cause.
        message: What was asked, and what was said.
        next_step: What to do about it.
    """

    operation: str
    code: str
    message: str
    next_step: str


@dataclass(frozen=True, slots=True)
class Premises:
    """What looking around showed, each thing as it is or why it is not known.

    Attributes:
        regions: The regions that cannot be reached at all, by name.
        vaults: Whether each vault has an inventory.
        listings: The vaults whose jobs cannot be listed.
        policies: The data retrieval policy of each place where it matters.
        capacity: How many units of provisioned capacity there are in each place where it matters.
    """

    regions: Mapping[str, Unanswered] = field(default_factory=dict)
    vaults: Mapping[Vault, bool | Unanswered] = field(default_factory=dict)
    listings: Mapping[Vault, Unanswered] = field(default_factory=dict)
    policies: Mapping[Place, RetrievalPolicy | Unanswered] = field(default_factory=dict)
    capacity: Mapping[Place, int | Unanswered] = field(default_factory=dict)


def needs_of(job: Job, *, account_id: str, region: str) -> Iterator[Need]:
    """Yield what a job needs of each vault that it names; a pattern is none.

    Args:
        job: The job.
        account_id: The vaults' owner, ``-`` where that is not known yet.
        region: The vaults' region.
    """
    is_inventory = isinstance(job.ask, InventoryRetrieval)
    for name in job.vaults:
        if not is_glob(name):
            yield Need(job.name, Vault(account_id, region, name), is_inventory, tiers_of(job), job.span)


def tiers_of(job: Job) -> tuple[Tier, ...]:
    """Return the tiers that may be paid for, in order; an inventory has none."""
    return () if isinstance(job.ask, InventoryRetrieval) else job.tiers or (SERVICE_DEFAULT,)


def findings(needs: Iterable[Need], premises: Premises) -> tuple[Diagnostic, ...]:
    """Return what would fail or be put off, in the order of the manifest, each thing once.

    A finding is an error where the next apply would do nothing useful about it, else a warning.
    """
    needed = tuple(needs)
    return in_file_order(
        [
            *_regions(needed, premises),
            *_vaults(needed, premises),
            *_policies(needed, premises),
            *_capacity(needed, premises),
            *_denied(needed, premises),
        ]
    )


def _regions(needs: Iterable[Need], premises: Premises) -> Iterator[Diagnostic]:
    for need in needs:
        failed = premises.regions.get(need.vault.region)
        if failed is not None:
            yield Diagnostic(Severity.ERROR, failed.code, failed.message, need.span, help=failed.next_step)


def _vaults(needs: Iterable[Need], premises: Premises) -> Iterator[Diagnostic]:
    for need in needs:
        for looked in (premises.vaults.get(need.vault), premises.listings.get(need.vault)):
            if isinstance(looked, Unanswered) and looked.code != _ACCESS_DENIED:
                severity = Severity.ERROR if _ends_apply(looked) else Severity.WARNING
                yield Diagnostic(severity, looked.code, looked.message, need.span, help=looked.next_step)
        if need.is_inventory and premises.vaults.get(need.vault) is False:
            yield _no_inventory(need)


def _ends_apply(looked: Unanswered) -> bool:
    """A vault that is not there stays so; apply lists a vault before it starts anything in it."""
    return looked.code == _VAULT_NOT_FOUND or looked.operation == _LISTING


def _no_inventory(need: Need) -> Diagnostic:
    return Diagnostic(
        Severity.WARNING,
        "no-inventory-yet",
        f"vault '{need.vault.name}' in {need.vault.region} has no inventory yet: Glacier would refuse "
        f"'{need.job}', and apply would put it off",
        need.span,
        help="apply again in a day: Glacier makes the first inventory within about a day of the first upload",
    )


def _policies(needs: Iterable[Need], premises: Premises) -> Iterator[Diagnostic]:
    for place, need in _first_by_place(needs, Tier.STANDARD).items():
        policy = premises.policies.get(place)
        said = _bound_by(policy) if isinstance(policy, RetrievalPolicy) else None
        if said is not None:
            yield Diagnostic(
                Severity.WARNING,
                "retrieval-policy",
                f"the data retrieval policy of account {place.account_id} in {place.region} {said} is "
                "refused, uncharged, and put off",
                need.span,
                help="it does not bind Bulk: tier: [Standard, Bulk] falls back to it; 'aws glacier "
                "set-data-retrieval-policy' changes the policy",
            )


def _bound_by(policy: RetrievalPolicy) -> str | None:
    """Return what the policy refuses, as the middle of a sentence; None where it refuses nothing known."""
    if policy.strategy == FREE_TIER:
        return "is FreeTier: a Standard retrieval beyond the free allowance of the day"
    if policy.strategy == BYTES_PER_HOUR and policy.bytes_per_hour is not None:
        rate = format_size(policy.bytes_per_hour)
        return f"is BytesPerHour: a Standard retrieval that takes those in progress beyond {rate} an hour"
    return None


def _capacity(needs: Iterable[Need], premises: Premises) -> Iterator[Diagnostic]:
    for place, need in _first_by_place(needs, Tier.EXPEDITED).items():
        if premises.capacity.get(place) == 0:
            yield Diagnostic(
                Severity.WARNING,
                "no-capacity",
                f"account {place.account_id} has no provisioned capacity in {place.region}: an Expedited "
                "retrieval is refused, and put off, when Glacier has none to spare",
                need.span,
                help="name a tier to fall back to: tier: [Expedited, Standard]",
            )


def _first_by_place(needs: Iterable[Need], tier: Tier) -> dict[Place, Need]:
    """Return the first need of each place that has nothing to fall back to after a tier."""
    first: dict[Place, Need] = {}
    for need in needs:
        if need.ends_with is tier:
            first.setdefault(need.place, need)
    return first


def _denied(needs: Iterable[Need], premises: Premises) -> Iterator[Diagnostic]:
    """Yield one finding for each action that is not allowed, with where, however many calls met it."""
    met: dict[str, list[tuple[Need, Unanswered, str]]] = defaultdict(list)
    for need in needs:
        for looked, where in _looked(need, premises):
            if isinstance(looked, Unanswered) and looked.code == _ACCESS_DENIED:
                met[looked.operation].append((need, looked, where))
    for operation, refusals in met.items():
        need, looked, _where = refusals[0]
        others = list(dict.fromkeys(where for _need, _looked, where in refusals))
        also = f" (the same for {_listed(others[1:])})" if len(others) > 1 else ""
        yield Diagnostic(
            Severity.ERROR if _stops(operation, need) else Severity.WARNING,
            _ACCESS_DENIED,
            f"{looked.message}{also}",
            need.span,
            help=looked.next_step,
        )


def _looked(need: Need, premises: Premises) -> Iterator[tuple[object, str]]:
    account, region = need.vault.account_id, need.vault.region
    place = f"account {account} in {region}"
    yield premises.vaults.get(need.vault), f"vault '{need.vault.name}' in {region}"
    yield premises.listings.get(need.vault), f"vault '{need.vault.name}' in {region}"
    if need.ends_with is Tier.STANDARD:
        yield premises.policies.get(need.place), place
    if need.ends_with is Tier.EXPEDITED:
        yield premises.capacity.get(need.place), place


def _stops(operation: str, need: Need) -> bool:
    """Say whether apply calls it as well: a vault is listed, and described where its account is not known."""
    return operation == _LISTING or (operation == "DescribeVault" and need.vault.account_id == CALLER)


def _listed(places: list[str]) -> str:
    more = f" and {len(places) - _SHOWN} more" if len(places) > _SHOWN else ""
    return ", ".join(places[:_SHOWN]) + more
