"""The export: everything, a line at a time, in an order that never depends on luck."""

import json
from typing import Any

from glacier_manifest.state.changes import Accept, Intend, LoseTrack
from glacier_manifest.state.export import export_history, export_knowledge, export_state
from glacier_manifest.state.sqlite import SqliteState
from tests.state.examples import LATER, MISHAP, NOON, STATE_ID, intended, key


def knowledge(state: SqliteState) -> list[dict[str, Any]]:
    return [json.loads(line) for line in export_knowledge(state)]


def test_an_empty_state_is_a_header(state: SqliteState) -> None:
    assert knowledge(state) == [
        {"kind": "header", "format_version": "1.0", "state_id": STATE_ID, "endpoint": None, "accounts": []}
    ]


def test_everything_that_is_known_is_told(state: SqliteState) -> None:
    state.bind(account_id="012345678901", endpoint="aws")
    approval = state.approve(digest="sha256:a", entries=["two", "one"], how="plan", at=NOON)
    state.write(Intend(intended("zebra", approval=approval.id), NOON))
    state.write(Intend(intended("aardvark"), NOON))
    state.write(LoseTrack(key("zebra"), 0, LATER, MISHAP))

    header, *lines, zebra, aardvark = knowledge(state)
    assert (header["accounts"], header["endpoint"]) == (["012345678901"], "aws")
    assert lines == [
        {"kind": "approval", "id": 1, "digest": "sha256:a", "how": "plan"}
        | {"approved_at": "2026-11-23T12:00:00.000Z"},
        {"kind": "entry", "approval": 1, "entry": "one"},
        {"kind": "entry", "approval": 1, "entry": "two"},
    ]
    assert (zebra["kind"], zebra["address"], aardvark["address"]) == (
        "request",
        "zebra/photos",
        "aardvark/photos",
    )
    assert (zebra["status"], zebra["approval"], zebra["intended_at"]) == (
        "unknown",
        1,
        "2026-11-23T12:00:00.000Z",
    )
    assert zebra["error"] == {"code": "ThrottlingException", "message": "Rate exceeded"}
    assert aardvark["error"] is None


def test_a_request_has_the_keys_that_programs_read(state: SqliteState) -> None:
    state.write(Intend(intended(), NOON))

    promised = (
        "address key generation account_id region vault type archive_id retrieval_byte_range slot tier "
        "status job_id description size attempts intended_at accepted_at completed_at expires_at output "
        "error output_tree_hash output_size verified_by next_marker"
    )
    assert set(promised.split()) <= set(knowledge(state)[-1])


def test_the_history_is_told_oldest_first(state: SqliteState) -> None:
    state.write(Intend(intended(), NOON))
    state.write(Accept(key("wedding"), 0, LATER, "job-1"))

    events = [json.loads(line) for line in export_history(state)]
    assert [(event["kind"], event["id"], event["event"]) for event in events] == [
        ("event", 1, "intended"),
        ("event", 2, "accepted"),
    ]


def test_two_exports_of_one_state_are_the_same(state: SqliteState) -> None:
    for name in ("one", "two", "three"):
        state.write(Intend(intended(name), NOON))

    assert list(export_knowledge(state)) == list(export_knowledge(state))
    assert not any("\n" in line for line in export_knowledge(state))


def test_the_last_line_counts_the_others(state: SqliteState) -> None:
    state.write(Intend(intended(), NOON))
    *lines, end = [json.loads(line) for line in export_state(state)]

    assert [line["kind"] for line in lines] == ["header", "request", "event"]
    assert end == {"kind": "end", "lines": 3}
