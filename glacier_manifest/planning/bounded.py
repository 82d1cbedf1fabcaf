"""What is approved of a job whose archives nobody has seen listed yet: its own words, and its limits."""

import hashlib
from dataclasses import asdict, fields
from typing import Any

from glacier_manifest.jobs.key import canonical
from glacier_manifest.jobs.request import Vault
from glacier_manifest.manifest import (
    NEVER,
    Archives,
    FromInventory,
    InventorySource,
    Job,
    Limits,
    Repurchases,
)


def bounded_entry(job: Job, vault: Vault, restarts: Repurchases = NEVER) -> str | None:
    """Return the approval entry of a job that takes its archives from the output of another: 64 digits.

    It stands for every request that the job will come to, so that the review before the inventory is there
    holds afterwards; the job's limits, which it must have, say how many those may be.

    Args:
        job: The job.
        vault: One of its vaults.
        restarts: How often each of the requests may be bought again by itself, within the same limits.

    Returns:
        The entry, or None where the archives are known and are approved one by one.
    """
    ask = job.ask
    if not isinstance(ask, Archives) or _awaited(ask) is None:
        return None
    approved = {
        "v": 1,
        "bounded": job.name,
        "account": vault.account_id,
        "region": vault.region,
        "vault": vault.name,
        "inventory": _awaited(ask),
        "archives": _archives(ask),
        "tiers": [*map(str, job.tiers)],
        "description": job.description,
        "sns_topic": job.sns_topic,
        "limits": _limits(job.limits),
        **_restarts(restarts),
    }
    return hashlib.sha256(canonical(approved)).hexdigest()


def awaited_source(ask: Archives) -> InventorySource | None:
    """Return the output of another job without which it is not known what a job asks for, if there is one.

    Archives that are named can be asked for without their sizes; only pieces cannot be told without.
    """
    of_archives = ask.from_inventory.source if ask.from_inventory is not None else None
    of_pieces = ask.sizes_from if ask.split is not None else None
    return next((one for one in (of_archives, of_pieces) if one is not None and one.job), None)


def _awaited(ask: Archives) -> str | None:
    source = awaited_source(ask)
    return None if source is None else source.job


def _archives(ask: Archives) -> dict[str, Any]:
    """Return what picks the archives, whatever its place in the file."""
    wish = ask.from_inventory
    return {
        "ids": [listed.archive_id for listed in ask.archive_ids],
        "list": None if ask.archive_ids_from is None else ask.archive_ids_from.path.name,
        "range": None if ask.retrieval_byte_range is None else str(ask.retrieval_byte_range),
        "split": ask.split,
        "picked": None if wish is None else _picked(wish),
    }


def _picked(wish: FromInventory) -> dict[str, Any]:
    return {
        "where": asdict(wish.where),
        "exclude": [asdict(one) for one in wish.exclude],
        "order": str(wish.order),
        "descending": wish.descending,
        "limit": wish.limit,
    }


def _restarts(restarts: Repurchases) -> dict[str, Any]:
    return {"restarts": asdict(restarts)} if restarts.highest else {}


def _limits(limits: Limits | None) -> dict[str, Any]:
    if limits is None:
        return {}
    found = {one.name: getattr(limits, one.name) for one in fields(limits)}
    return {name: str(value) for name, value in found.items() if value is not None}
