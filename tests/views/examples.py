"""Requests, records and actions that the views' tests share."""

from datetime import UTC, datetime, timedelta
from typing import Any

from glacier_manifest.drafting.drafted import Drafted
from glacier_manifest.jobs.key import request_key
from glacier_manifest.jobs.request import ArchiveRetrieval, InventoryRetrieval, Request, Vault
from glacier_manifest.jobs.status import Status
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.planning.plan import Action, Drift, Reason, Verb
from glacier_manifest.planning.sighting import Sighting
from glacier_manifest.starting.events import Outcome, Result
from glacier_manifest.state.record import Mishap, Record
from tests.planning.examples import plan_of

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
VAULT = Vault("012345678901", "us-west-2", "photos")
REFUSED = Mishap("InvalidParameterValueException", "Invalid tier")
LOST = Mishap("no-answer", "Read timeout on endpoint URL")


def retrieval(archive_id: str = "kKB7", **fields: Any) -> Request:  # noqa: ANN401 - Request's own fields
    """Return a retrieval of one archive."""
    given = {"job": "wedding", "vault": VAULT, "tiers": (Tier.BULK,), **fields}
    return Request(what=ArchiveRetrieval(archive_id), **given)


def inventory(**fields: Any) -> Request:  # noqa: ANN401 - the same
    """Return a request for the vault's inventory."""
    return Request(**{"job": "list", "vault": VAULT, "what": InventoryRetrieval(), "tiers": (), **fields})


def action(
    verb: Verb,
    reason: Reason,
    request: Request | None = None,
    *,
    generation: int = 0,
    record: Record | None = None,
    drift: tuple[Drift, ...] = (),
    sighting: Sighting | None = None,
) -> Action:
    """Return what is done about a request."""
    meant = request or retrieval()
    return Action(verb, reason, meant, request_key(meant), generation, record, drift, sighting)


def adoption(archive_id: str = "kKB7", **fields: Any) -> Action:  # noqa: ANN401 - Sighting's own fields
    """Return the adoption of a retrieval that Glacier lists; ours, unless `generation` is None."""
    drift = fields.pop("drift", ())
    given: dict[str, Any] = {
        "job_id": f"Job-{archive_id}",
        "generation": 0,
        "status": Status.IN_PROGRESS,
        "tier": "Bulk",
        "sns_topic": None,
        "description": None,
        "created_at": NOON,
        **fields,
    }
    found = Sighting(**given)
    request = retrieval(archive_id)
    return action(Verb.ADOPT, Reason.FOUND_IN_GLACIER, request, drift=drift, sighting=found)


def plan(*actions: Action) -> Drafted:
    """Return a plan that was made at noon."""
    return plan_of(*actions, made_at=NOON)


def record(status: Status, address: str = "wedding/photos/kKB7", **fields: Any) -> Record:  # noqa: ANN401 - Record's own fields
    """Return what the state knows of a retrieval."""
    given: dict[str, Any] = {
        "key": "0" * 64,
        "generation": 0,
        "address": address,
        "account_id": VAULT.account_id,
        "region": VAULT.region,
        "vault": VAULT.name,
        "type": "archive-retrieval",
        "archive_id": "kKB7",
        "retrieval_byte_range": None,
        "slot": None,
        "tier": "Bulk",
        "sns_topic": None,
        "description": "for the lawyers [gm1:abcdefghijklmnopqrstuvwxyz.0]",
        "body_sha256": "1" * 64,
        "status": status,
        "attempts": 1,
        "intended_at": NOON,
    }
    return Record(**{**given, **fields})


def outcome(result: Result, mishap: Mishap | None = None, archive_id: str = "kKB7") -> Outcome:
    """Return how a start ended."""
    started = result in {Result.STARTED, Result.RESTARTED}
    meant = action(Verb.START, Reason.NOT_STARTED, retrieval(archive_id))
    return Outcome(meant, result, Tier.BULK, "HkF9" if started else None, mishap)
