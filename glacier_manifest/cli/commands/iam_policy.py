"""`glacier-manifest iam-policy MANIFEST...`."""

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import click

from glacier_manifest.aws.partitions import partition_of
from glacier_manifest.aws.session import Clients, Connection
from glacier_manifest.cli.console import Console
from glacier_manifest.cli.options import console_options, manifests_argument, setting, state_option
from glacier_manifest.cli.wiring import state_to_read, warn
from glacier_manifest.errors import UsageError
from glacier_manifest.manifest import Manifest, read_manifest
from glacier_manifest.planning.permissions import Purpose, policy_of
from glacier_manifest.planning.place import Place, places, region_of

#: The most characters of a managed policy, white space left out (docs: "reference_iam-quotas").
_LONGEST = 6144


def _account(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    if value is not None and re.fullmatch(r"[0-9]{12}", value) is None:
        raise click.BadParameter(f"'{value}' is not the 12 digits of an account.")
    return value


@click.command("iam-policy", short_help="Print the IAM policy that manifests need, and no more.")
@manifests_argument()
@click.option(
    "--for",
    "purposes",
    type=click.Choice([str(purpose) for purpose in Purpose]),
    multiple=True,
    help="What to allow; may be given several times. All three where it is not given.",
)
@click.option(
    "--account-id",
    metavar="DIGITS",
    callback=_account,
    help="The account that '-' stands for in the manifests.",
)
@state_option
@setting("--region", help="The region, where the manifest names none.")
@console_options
@click.pass_obj
def command(
    console: Console,
    *,
    paths: tuple[Path, ...],
    purposes: tuple[str, ...],
    account_id: str | None,
    state: str | None,
    region: str | None,
) -> None:
    """Print the IAM policy that manifests need, as JSON: their vaults, and the calls that are made.

    Asks AWS nothing. It is for a user or role of the vaults' own account.
    """
    manifest = read_manifest(paths)
    warn(console, manifest.warnings)
    placed = _placed(manifest, account_id=account_id, region=region, state=state)
    wanted = map(Purpose, purposes or Purpose)
    policy = policy_of(manifest.jobs, placed, wanted, partition=cache(partition_of))
    console.json(policy)
    _check_length(console, policy)


def _placed(
    manifest: Manifest, *, account_id: str | None, region: str | None, state: str | None
) -> Mapping[str, Place]:
    with Clients(Connection(region=region)) as clients:
        return places(
            manifest.jobs,
            region=lambda job: region_of(job, flag=region, default=clients.region),
            caller_account=_caller(manifest, account_id, state),
        )


def _caller(manifest: Manifest, account_id: str | None, state: str | None) -> Callable[[str, str], str]:
    """Return what tells the account behind ``-``: as said, else the only one that the state has seen."""

    def look_up(_region: str, _vault: str) -> str:
        """Return the account; which vault it is asked for makes no difference.

        Raises:
            UsageError: ``account-unsaid``.
        """
        if account_id is not None:
            return account_id
        with state_to_read(state, manifest.files) as opened:
            accounts = opened.identity.accounts
        if len(accounts) == 1:
            return next(iter(accounts))
        raise UsageError(
            "account-unsaid",
            "the manifest says account '-', and a policy must name the account of the vaults "
            f"(accounts that the state has seen: {', '.join(sorted(accounts)) or 'none'})",
            next_step="say --account-id and its 12 digits; 'aws sts get-caller-identity' tells yours",
        )

    return look_up


def _check_length(console: Console, policy: Mapping[str, Any]) -> None:
    length = len("".join(json.dumps(policy).split()))
    if length > _LONGEST:
        console.note(
            f"This policy has {length:,} characters, and a managed policy may have {_LONGEST:,}: name the "
            "vaults by a pattern (photos-*), or make a policy of each of several manifests."
        )
