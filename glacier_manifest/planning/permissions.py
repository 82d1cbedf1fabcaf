"""The least that IAM must allow so that a manifest can be planned, applied and fetched.

Which actions can be bound to a vault, and which are of the account and take no resource, stands in AWS's
Service Authorization Reference (docs: "list_amazons3glacier").
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any

from glacier_manifest.jobs.request import InventoryRetrieval
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.manifest import Archives, InventorySource, Job, SelectQuery, is_glob
from glacier_manifest.planning.place import Place
from glacier_manifest.planning.preflight import tiers_of


class Purpose(StrEnum):
    """What is to be allowed."""

    PLAN = "plan"
    APPLY = "apply"
    FETCH = "fetch"


_EVERY = frozenset(Purpose)
_PLAN, _APPLY, _FETCH = (frozenset({purpose}) for purpose in Purpose)

#: The calls that are made to a vault, and for what.
VAULT_ACTIONS: Mapping[str, frozenset[Purpose]] = {
    "DescribeVault": _EVERY,
    "ListJobs": _EVERY,
    "DescribeJob": _FETCH,
    "GetJobOutput": _FETCH,
    "InitiateJob": _APPLY,
}
#: The calls that are made to the account, and for what; each only where a job of the manifest gives cause.
ACCOUNT_ACTIONS: Mapping[str, frozenset[Purpose]] = {
    "GetDataRetrievalPolicy": _PLAN,
    "ListProvisionedCapacity": _PLAN,
    "ListVaults": _EVERY,
}
#: The purposes that statements on buckets serve.
_READ_INVENTORY, _WRITE_SELECTED, _SAVE = _EVERY, _APPLY, _FETCH

_SIDS = {
    _EVERY: "SeeVaultsAndJobs",
    _FETCH: "FetchOutputs",
    _APPLY: "StartJobs",
}
#: To write, to go on with what an interrupted run uploaded, and to see whose a key is.
_WRITE_OBJECTS = ("AbortMultipartUpload", "GetObject", "ListMultipartUploadParts", "PutObject")
#: What a policy reads as a variable or a wildcard; the key of an object may hold it as it is.
_SPECIAL = re.compile(r"[$*?]")
#: A longer one is none, and the suffix stands behind it.
_LONGEST_EXTENSION = 20
_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{[^{}]*\}")

Statement = dict[str, Any]


def policy_of(
    jobs: Iterable[Job],
    places: Mapping[str, Place],
    purposes: Iterable[Purpose],
    *,
    partition: Callable[[str], str],
) -> dict[str, Any]:
    """Return the policy document that allows exactly what the jobs need.

    Args:
        jobs: The jobs; a pattern of vaults becomes the same pattern of ARNs.
        places: The account and region of each job, by name.
        purposes: What is to be allowed.
        partition: Tells a region's partition.
    """
    wanted, placed = frozenset(purposes), [(job, places[job.name]) for job in jobs]
    statements = [
        *_on_vaults(placed, wanted, partition),
        *_on_account(placed, wanted),
        *_on_buckets(placed, wanted, partition),
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def _on_vaults(
    placed: list[tuple[Job, Place]], wanted: frozenset[Purpose], partition: Callable[[str], str]
) -> Iterator[Statement]:
    vaults = {
        f"arn:{partition(place.region)}:glacier:{place.region}:{place.account_id}:vaults/{name}"
        for job, place in placed
        for name in job.vaults
    }
    grouped: dict[frozenset[Purpose], list[str]] = defaultdict(list)
    for action, purposes in VAULT_ACTIONS.items():
        if purposes & wanted:
            grouped[purposes].append(action)
    for purposes, actions in grouped.items():
        yield _statement(_SIDS[purposes], "glacier", actions, sorted(vaults))


def _on_account(placed: list[tuple[Job, Place]], wanted: frozenset[Purpose]) -> Iterator[Statement]:
    """These actions know no resource, so all that can narrow them is the region."""
    causes: dict[str, set[str]] = defaultdict(set)
    for job, place in placed:
        for action in _account_actions(job):
            if ACCOUNT_ACTIONS[action] & wanted:
                causes[action].add(place.region)
    if causes:
        statement = _statement("SeeAccount", "glacier", sorted(causes), "*")
        regions = sorted(set[str]().union(*causes.values()))
        yield {**statement, "Condition": {"StringEquals": {"aws:RequestedRegion": regions}}}


def _account_actions(job: Job) -> Iterator[str]:
    if any(map(is_glob, job.vaults)):
        yield "ListVaults"
    match tiers_of(job):
        case (*_, Tier.STANDARD):
            yield "GetDataRetrievalPolicy"
        case (*_, Tier.EXPEDITED):
            yield "ListProvisionedCapacity"


def _on_buckets(
    placed: list[tuple[Job, Place]], wanted: frozenset[Purpose], partition: Callable[[str], str]
) -> Iterator[Statement]:
    read: set[str] = set()
    written: set[str] = set()
    saved = {job.name: tuple(_saved(job)) for job, _place in placed}
    for job, place in placed:
        buckets = f"arn:{partition(place.region)}:s3:::"
        if _READ_INVENTORY & wanted:
            read |= {buckets + key for key in _inventories(job, saved)}
        if _WRITE_SELECTED & wanted:
            written |= {buckets + key for key in _select_outputs(job)}
        if _SAVE & wanted:
            written |= {buckets + key for key in saved[job.name]}
    if read:
        yield _statement("ReadInventories", "s3", ["GetObject"], sorted(read))
    if _SAVE & wanted:
        yield from _on_results(placed, partition)
    if written:
        yield _statement("WriteOutputs", "s3", _WRITE_OBJECTS, sorted(written))


def _on_results(placed: list[tuple[Job, Place]], partition: Callable[[str], str]) -> Iterator[Statement]:
    """The results of selects are listed, then read: only a listing tells that no query has failed."""
    found = {
        (f"arn:{partition(place.region)}:s3:::", key)
        for job, place in placed
        if job.save_to is not None
        for key in _select_outputs(job)
    }
    if not found:
        return
    buckets = {f"{arn}{key.partition('/')[0]}" for arn, key in found}
    prefixes = sorted({key.partition("/")[2] for _arn, key in found})
    listing = _statement("ListResults", "s3", ["ListBucket"], sorted(buckets))
    yield {**listing, "Condition": {"StringLike": {"s3:prefix": prefixes}}}
    yield _statement("ReadResults", "s3", ["GetObject"], sorted(f"{arn}{key}" for arn, key in found))


def _inventories(job: Job, saved: Mapping[str, Iterable[str]]) -> Iterator[str]:
    """Yield the objects that a job reads: those it names, and what the jobs that it waits for have saved."""
    if isinstance(job.ask, Archives):
        chosen = None if job.ask.from_inventory is None else job.ask.from_inventory.source
        for source in (chosen, job.ask.sizes_from):
            if isinstance(source, InventorySource) and source.s3 is not None:
                yield _literal(source.s3.removeprefix("s3://"))
            if isinstance(source, InventorySource) and source.job is not None:
                yield from saved.get(source.job, ())


def _select_outputs(job: Job) -> Iterator[str]:
    if isinstance(job.ask, SelectQuery):
        target = job.ask.output_location.get("S3", {})
        yield _literal(f"{target.get('BucketName')}/{target.get('Prefix', '')}") + "*"


def _saved(job: Job) -> Iterator[str]:
    if job.save_to is not None and job.save_to.startswith("s3://"):
        pattern = _pattern(job.save_to.removeprefix("s3://"))
        if isinstance(job.ask, SelectQuery):  # a folder
            yield f"{pattern.removesuffix('*')}*"
            return
        endings = () if pattern.endswith("*") else _endings(job)
        for one in (pattern, *(pattern + ending for ending in endings)):
            yield one
            yield from _renamed(one)


def _renamed(pattern: str) -> Iterator[str]:
    """Yield how an output is called whose name was taken: with a suffix before what may be its extension."""
    folder, slash, leaf = pattern.rpartition("/")
    stem, dot, extension = leaf.rpartition(".")
    if not dot or not stem or len(extension) >= _LONGEST_EXTENSION:
        stem, dot, extension = leaf, "", ""
    if not stem.endswith("*"):
        yield f"{folder}{slash}{stem}~*{dot}{extension}"


def _endings(job: Job) -> Iterator[str]:
    """Yield what is put behind the name where an output is not the whole: a page of a list, or a range."""
    if isinstance(job.ask, InventoryRetrieval) and job.ask.limit is not None:
        yield ".page-*"
    if isinstance(job.ask, Archives) and job.ask.retrieval_byte_range is not None:
        yield f".{job.ask.retrieval_byte_range}"


def _pattern(template: str) -> str:
    """Return a template of a key as a pattern: a placeholder is any text, a doubled brace is a brace."""
    pattern, end = "", 0
    for match in _PLACEHOLDER.finditer(template):
        found = match[0]
        pattern += _literal(template[end : match.start()]) + (found[0] if found in {"{{", "}}"} else "*")
        end = match.end()
    return re.sub(r"\*+", "*", pattern + _literal(template[end:]))


def _literal(text: str) -> str:
    """Return text so that a policy means the text itself (docs: "reference_policies_variables")."""
    return _SPECIAL.sub(lambda match: f"${{{match[0]}}}", text)


def _statement(sid: str, service: str, actions: Iterable[str], resource: str | list[str]) -> Statement:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Action": sorted(f"{service}:{action}" for action in actions),
        "Resource": resource,
    }
