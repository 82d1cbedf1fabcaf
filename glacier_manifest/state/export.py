"""The whole state as NDJSON, for people, other programs and safe keeping; streamed, in a fixed order.

The first line is a header; every further line has a `kind`: ``approval``, ``entry`` (of an approval),
``request`` or ``event``. The last is the ``end`` and counts them, so that a file that was cut is known.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from glacier_manifest.state.protocol import Identity, State
from glacier_manifest.state.record import Record
from glacier_manifest.state.rows import moment_text, optional_text

FORMAT_VERSION = "1.0"


def record_json(record: Record) -> dict[str, Any]:
    """Return a record as JSON values, under the names that ``state list --format json`` uses, and more."""
    mishap = record.mishap
    return {
        "address": record.address,
        "key": record.key,
        "generation": record.generation,
        "account_id": record.account_id,
        "region": record.region,
        "vault": record.vault,
        "type": record.type,
        "archive_id": record.archive_id,
        "retrieval_byte_range": record.retrieval_byte_range,
        "slot": record.slot,
        "tier": record.tier,
        "sns_topic": record.sns_topic,
        "status": str(record.status),
        "job_id": record.job_id,
        "description": record.description,
        "body_sha256": record.body_sha256,
        "size": record.size,
        "attempts": record.attempts,
        "approval": record.approval,
        "intended_at": optional_text(record.intended_at),
        "accepted_at": optional_text(record.accepted_at),
        "completed_at": optional_text(record.completed_at),
        "expires_at": optional_text(record.expires_at),
        "service_at": optional_text(record.service_at),
        "changed_at": optional_text(record.changed_at),
        "output": record.output,
        "output_tree_hash": record.output_tree_hash,
        "output_size": record.output_size,
        "verified_by": record.verified_by,
        "next_marker": record.next_marker,
        "error": None if mishap is None else {"code": mishap.code, "message": mishap.message},
    }


def export_state(state: State) -> Iterator[str]:
    """Stream a whole export: what is known, the event log, and the end; lines without ends.

    Raises:
        StateError: The state cannot be read.
    """
    return with_end(chain(export_knowledge(state), export_history(state)))


def export_knowledge(state: State) -> Iterator[str]:
    """Stream what is known: the header, approvals with their entries, and requests; lines without ends.

    Raises:
        StateError: The state cannot be read.
    """
    yield header_line(state.identity)
    for approval in state.approvals():
        at = moment_text(approval.approved_at)
        yield _line(kind="approval", id=approval.id, digest=approval.digest, how=approval.how, approved_at=at)
        for entry in state.approved_entries(approval.id):
            yield _line(kind="entry", approval=approval.id, entry=entry)
    for record in state.records():
        yield request_line(record)


def export_history(state: State) -> Iterator[str]:
    """Stream the event log, to stand behind what is known; lines without ends.

    Raises:
        StateError: The state cannot be read.
    """
    for event in state.events():
        yield _json({"kind": "event"} | dict(event))


def header_line(identity: Identity) -> str:
    """Return the line that an export begins with."""
    return _line(
        kind="header",
        format_version=FORMAT_VERSION,
        state_id=identity.id,
        endpoint=identity.endpoint,
        accounts=sorted(identity.accounts),
    )


def request_line(record: Record) -> str:
    """Return the line that tells of a record."""
    return _json({"kind": "request"} | record_json(record))


def with_end(lines: Iterable[str]) -> Iterator[str]:
    """Stream lines, and behind them the one that counts them."""
    counted = 0
    for line in lines:
        yield line
        counted += 1
    yield _line(kind="end", lines=counted)


def _line(**values: Any) -> str:  # noqa: ANN401 - JSON values
    return _json(values)


def _json(values: Mapping[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(", ", ": "))
