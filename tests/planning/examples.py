"""Requests, jobs and records that the tests of planning, starting and tracking share."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from weakref import finalize

from glacier_manifest.diagnostics import Span
from glacier_manifest.drafting.deciding import DECIDE, decision
from glacier_manifest.drafting.draft import Draft
from glacier_manifest.drafting.drafted import Drafted
from glacier_manifest.drafting.known import Known
from glacier_manifest.jobs.address import address_of
from glacier_manifest.jobs.key import request_key
from glacier_manifest.jobs.marker import marker_of, with_marker
from glacier_manifest.jobs.request import ArchiveRetrieval, InventoryRetrieval, Request, Select, Vault, What
from glacier_manifest.jobs.schedule import Schedule
from glacier_manifest.jobs.status import Status
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.manifest import NEVER, Limits, Repurchases
from glacier_manifest.planning.allowances import Allowances
from glacier_manifest.planning.approval import body_sha256
from glacier_manifest.planning.decide import Restarts
from glacier_manifest.planning.expand import Asked
from glacier_manifest.planning.limits import Bounds
from glacier_manifest.planning.lot import lot_of
from glacier_manifest.planning.plan import Action, Reason, Verb
from glacier_manifest.planning.price_table import SHIPPED
from glacier_manifest.planning.sighting import Sighting
from glacier_manifest.scratch.scratch import Scratch
from glacier_manifest.state.record import Record

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ACCOUNT = "012345678901"
PHOTOS = Vault(ACCOUNT, "us-west-2", "photos")
TOPIC = "arn:aws:sns:us-west-2:012345678901:my-topic"
WEEKLY = Schedule("0 3 * * MON")
SLOT = "2026-11-23T03:00Z"
QUERY = Select(
    "q" * 138,
    {"Expression": "SELECT * FROM archive", "ExpressionType": "SQL"},
    {"S3": {"BucketName": "results", "Prefix": "q1"}},
)
INVENTORY = InventoryRetrieval(format="CSV", limit="10000")


def archive(name: str) -> ArchiveRetrieval:
    """Return the retrieval of an archive whose ID begins with this name."""
    return ArchiveRetrieval(name.ljust(138, "_"))


def request(
    what: What | None = None,
    *,
    job: str = "wedding",
    vault: Vault = PHOTOS,
    tiers: tuple[Tier, ...] = (),
    description: str | None = None,
    sns_topic: str | None = None,
    slot: str | None = None,
    schedule: Schedule | None = None,
) -> Request:
    """Return a request; by default the retrieval of one archive, once."""
    return Request(
        job=job,
        vault=vault,
        what=archive("kKB7") if what is None else what,
        tiers=tiers,
        description=description,
        sns_topic=sns_topic,
        slot=slot,
        schedule=schedule,
    )


def asked(wanted: Request, line: int = 7) -> Asked:
    """Return a request as a manifest asks for it in this line."""
    return Asked(request_key(wanted), wanted, Span(Path("jobs.yaml"), line, 5, 9))


def record(wanted: Request, status: Status, generation: int = 0, **known: object) -> Record:
    """Return what a state knows of a request that was sent as it stands here."""
    key = request_key(wanted)
    sent = Record(
        key=key,
        generation=generation,
        address=address_of(wanted),
        account_id=wanted.vault.account_id,
        region=wanted.vault.region,
        vault=wanted.vault.name,
        type=str(wanted.type),
        archive_id=wanted.archive_id,
        retrieval_byte_range=None if wanted.byte_range is None else str(wanted.byte_range),
        slot=wanted.slot,
        tier=wanted.tiers[0] if wanted.tiers else None,
        sns_topic=wanted.sns_topic,
        description=with_marker(wanted.description, marker_of(key, generation)),
        body_sha256=body_sha256(wanted),
        status=status,
    )
    return replace(sent, **known)  # type: ignore[arg-type]  # any field


def action(wanted: Request, verb: Verb = Verb.START, generation: int = 0, **rest: Record) -> Action:
    """Return what would be done about a request."""
    reason = Reason.NOT_STARTED if verb is Verb.START else Reason.REQUESTED
    return Action(verb, reason, wanted, request_key(wanted), generation, rest.get("record"))


def latest_of(records: Iterable[Record]) -> Mapping[str, Record]:
    """Return the records by key, as a state's `latest` gives them."""
    return {one.key: one for one in records}


def scratch() -> Scratch:
    """Return a scratch file that is closed as soon as nobody holds it."""
    made = Scratch()
    finalize(made, made._connection.close)
    return made


def drafted(requests: Iterable[Request], restarts: Repurchases = NEVER) -> Draft:
    """Return a draft of these requests, each asked for in a line of its own."""
    draft = Draft(scratch(), restarts=restarts)
    draft.add_all(
        lot_of(wanted, Span(Path("jobs.yaml"), line, 5, 9)) for line, wanted in enumerate(requests, 1)
    )
    draft.merge()
    return draft


def plan_of(*actions: Action, made_at: datetime = NOON) -> Drafted:
    """Return the plan that holds exactly these actions."""
    restarts = actions[0].restarts if actions else NEVER
    draft = drafted((one.request for one in actions), restarts)
    rows = [decision(one, has_record=one.record is not None) for one in actions]
    draft.scratch.run_many(DECIDE, rows)
    records = {one.key: one.record for one in actions if one.record is not None}
    return Drafted(draft, lambda keys: {key: records[key] for key in keys}, made_at)


def planned(
    wanted: Iterable[Request],
    known: Mapping[str, Record] | None = None,
    restarts: Restarts | None = None,
    *,
    found: Mapping[str, Sighting] | None = None,
) -> Drafted:
    """Return the plan that is made of requests where the state knows these records."""
    records, wished = known or {}, restarts or Restarts()
    draft = drafted(wanted, wished.repurchases)

    def latest(keys: Iterable[str]) -> Mapping[str, Record]:
        return {key: records[key] for key in keys if key in records}

    draft.decide(Known(latest, wished.among(draft.addresses()), found or {}))
    return Drafted(draft, latest, NOON)


def bounds(
    limits: Limits | None = None, allow: Mapping[str, int | Decimal] | None = None, **job_limits: Limits
) -> Bounds:
    """Return what bounds an approval: nothing but the limit that stands where a manifest says none."""
    return Bounds(limits or Limits(), job_limits, SHIPPED, Allowances(allow or {}))
