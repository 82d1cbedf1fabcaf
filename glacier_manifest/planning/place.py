"""Where a job's requests are sent: the account behind ``-`` and the region behind an absent one."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from glacier_manifest.errors import Elsewhere, Failed, UsageError
from glacier_manifest.manifest import Job

if TYPE_CHECKING:  # `validate` places jobs and knows no state: importing it would take a tenth of its time
    from glacier_manifest.state.protocol import Identity

#: What a manifest writes for the account of whoever signs the request.
CALLER = "-"


@dataclass(frozen=True, slots=True)
class Place:
    """An account (12 digits) and a region."""

    account_id: str
    region: str


#: Tells the caller's account: takes a region and the name of a vault that should be there.
AccountLookup = Callable[[str, str], str]


def region_of(job: Job, *, flag: str | None, default: Callable[[], str]) -> str:
    """Return the region that a job's requests are sent to.

    Args:
        job: The job, whose own region wins.
        flag: What `--region` says.
        default: Asked for the region of the AWS configuration where neither says one.

    Raises:
        UsageError: The flag contradicts the manifest.
    """
    if flag is not None and job.region is not None and job.region != flag:
        raise UsageError(
            "region-contradicts",
            f"--region {flag} contradicts the manifest: job '{job.name}' "
            f"({job.span.file}:{job.span.line}) is in {job.region}",
            next_step="leave --region out, or change 'region' in the manifest",
        )
    return job.region or flag or default()


def places(
    jobs: Iterable[Job], *, region: Callable[[Job], str], caller_account: AccountLookup
) -> Mapping[str, Place]:
    """Return the place of each job by the job's name; the caller's account is looked up once a region.

    Args:
        jobs: The jobs.
        region: Tells a job's region.
        caller_account: Asked only where a job's account is ``-``.
    """
    known: dict[str, str] = {}
    found: dict[str, Place] = {}
    for job in jobs:
        where = region(job)
        account_id = job.account_id
        if account_id == CALLER:
            if where not in known:
                known[where] = caller_account(where, job.vaults[0])
            account_id = known[where]
        found[job.name] = Place(account_id, where)
    return found


def only_account(identity: "Identity") -> str:
    """Return the account that ``-`` stands for where AWS is not asked: the only one the state has seen.

    Raises:
        Failed: The state has seen none, or several.
    """
    if len(identity.accounts) == 1:
        return next(iter(identity.accounts))
    seen = ", ".join(sorted(identity.accounts)) or "none"
    raise Failed(
        "account-unknown",
        f"the manifest says account '-', and without asking AWS it is not known which that is "
        f"(accounts that the state has seen: {seen})",
        next_step="leave --refresh=false out, or write the 12-digit account_id into the manifest",
    )


def check_account(identity: "Identity", account_id: str, *, state_is_empty: bool, new_account: bool) -> None:
    """Refuse to take an account that the state has never seen for the one behind ``-``.

    A wrong profile would otherwise start everything a second time, elsewhere.

    Raises:
        Elsewhere: The account is new to a state that has records, and `new_account` was not said.
    """
    if state_is_empty or new_account or account_id in identity.accounts:
        return
    raise Elsewhere(
        "new-account",
        f"account '-' is {account_id} with these credentials, and the state knows only "
        f"{', '.join(sorted(identity.accounts))}",
        next_step="use the profile of the account that the state knows, or say --new-account if it is meant",
    )


def check_endpoint(identity: "Identity", endpoint: str) -> None:
    """Refuse to use a state that was made against a sandbox for AWS, or the other way round.

    Raises:
        Elsewhere: One of the two is AWS and the other is not.
    """
    if identity.endpoint is None or (identity.endpoint == "aws") == (endpoint == "aws"):
        return
    raise Elsewhere(
        "other-endpoint",
        f"this state was made against {_endpoint_name(identity.endpoint)} and cannot be used against "
        f"{_endpoint_name(endpoint)}",
        next_step="name another state with --state, or the endpoint that this one belongs to",
    )


def _endpoint_name(endpoint: str) -> str:
    return "AWS" if endpoint == "aws" else endpoint
