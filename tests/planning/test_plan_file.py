"""A plan as a file: exactly what was reviewed comes back, or nothing."""

import json
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glacier_manifest.diagnostics import InvalidInput
from glacier_manifest.drafting.drafted import Drafted
from glacier_manifest.drafting.saved import SavedPlan, read_saved
from glacier_manifest.jobs.key import request_key
from glacier_manifest.jobs.request import ByteRange, Request
from glacier_manifest.jobs.status import Status
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.manifest import Limits, Pace
from glacier_manifest.planning.approval import entry
from glacier_manifest.planning.decide import Restarts
from glacier_manifest.planning.plan_file import (
    SavedAction,
    check_digest,
    plan_lines,
    read_actions,
    read_header,
    write_plan,
)
from glacier_manifest.planning.plan_header import header_of
from glacier_manifest.planning.plan_kind import is_plan_file
from tests.planning.examples import (
    INVENTORY,
    QUERY,
    SLOT,
    TOPIC,
    WEEKLY,
    archive,
    bounds,
    latest_of,
    planned,
    record,
    request,
    scratch,
)
from tests.planning.requests import requests

FILE = Path("plan.ndjson")
NEW = request(archive("new"), tiers=(Tier.BULK,), description="for the wedding", sns_topic=TOPIC)
FAILED = request(replace(archive("-failed"), retrieval_byte_range=ByteRange(0, 1048575)))
SERIES = request(INVENTORY, job="weekly", slot=SLOT, schedule=WEEKLY)
REQUESTS = (NEW, FAILED, SERIES, request(QUERY, job="errors"), replace(request(archive("s")), size=1 << 40))


def plan_of(requests: Sequence[Request] = REQUESTS, *words: str) -> Drafted:
    known = latest_of([record(FAILED, Status.FAILED)])
    return planned(requests, known, Restarts(words))


def lines_of(plan: Drafted, **header: object) -> list[str]:
    made = {
        "state_id": "5f0c9a3e",
        "manifests": [Path("jobs.yaml"), Path("more/jobs.yaml")],
        "pace": Pace(2.5, 3),
        "bounds": bounds(Limits(1000, 7), {"jobs": 2000}),
        **header,
    }
    return list(plan_lines(plan, header_of(plan, **made)))  # type: ignore[arg-type]  # any field


def read(lines: Sequence[str], ending: str = "\n") -> SavedPlan:
    """Read a plan file to its end, as a run does."""
    text = "".join(f"{line}{ending}" for line in lines)
    return read_saved(FILE, lambda: StringIO(text, newline=""), scratch())


def actions_in(lines: Sequence[str]) -> list[SavedAction]:
    """Read the actions of a plan file."""
    header, *rest = lines
    return list(read_actions(rest, read_header(header, file=FILE), file=FILE))


def damaged(lines: Sequence[str], line: int = 1) -> str:
    with pytest.raises(InvalidInput) as caught:
        read(lines)
    (found,) = caught.value.diagnostics
    assert found.code == "plan-file-damaged"
    assert found.span is not None
    assert (found.span.file, found.span.line) == (FILE, line)
    assert "plan --out" in caught.value.next_step
    return found.message


class OneWay(StringIO):
    """A file that goes forward only, as a pipe does."""

    def seekable(self) -> bool:
        return False

    def seek(self, _offset: int, _whence: int = 0) -> int:
        raise OSError("a pipe does not go back")


@pytest.mark.parametrize("kind", [StringIO, OneWay])
def test_a_file_is_written_as_its_lines_are_told(kind: type[StringIO]) -> None:
    plan, file = plan_of(REQUESTS, "failed"), kind()
    header = header_of(plan, state_id=None, manifests=[Path("jöbs.yaml")], pace=Pace(), bounds=bounds())

    write_plan(plan, header, file)

    assert file.getvalue() == "".join(f"{line}\n" for line in plan_lines(plan, header))


class Cut(StringIO):
    """A file whose writer dies before it goes back to the first line."""

    def seek(self, _offset: int, _whence: int = 0) -> int:
        raise KeyboardInterrupt


def test_a_file_whose_writing_was_cut_short_at_the_very_end_is_refused() -> None:
    plan, file = plan_of(), Cut()
    header = header_of(plan, state_id=None, manifests=[Path("jobs.yaml")], pace=Pace(), bounds=bounds())

    with pytest.raises(KeyboardInterrupt):
        write_plan(plan, header, file)

    assert "cut or edited" in damaged(file.getvalue().splitlines())


def test_what_was_reviewed_comes_back() -> None:
    plan = plan_of(REQUESTS, "failed")

    saved = actions_in(lines_of(plan))

    assert [one.request for one in saved] == list(REQUESTS)
    assert [one.entry for one in saved] == [action.entry for action in plan.actions()]
    assert [one.restarts for one in saved] == [None, 1, None, None, None]
    assert [one.line for one in saved] == [2, 3, 4, 5, 6]


def test_the_entries_of_a_plan_give_its_digest_and_no_others_do() -> None:
    header = read_header(lines_of(plan_of())[0], file=FILE)
    entries = list(plan_of().entries())

    check_digest(header, entries, file=FILE)
    with pytest.raises(InvalidInput, match="cut or edited"):
        check_digest(header, entries[:-1], file=FILE)


def test_the_header_says_what_the_plan_was_made_for() -> None:
    header = json.loads(lines_of(plan_of())[0])

    assert header["kind"] == "glacier-manifest-plan"
    assert header["format_version"] == "1.0"
    assert header["state_id"] == "5f0c9a3e"
    assert header["digest"] == plan_of().digest
    assert header["made_at"] == "2026-11-23T12:00:00Z"
    assert header["actions"] == 5
    assert header["manifests"] == ["jobs.yaml", "more/jobs.yaml"]


def test_an_action_a_line_says_what_was_reviewed() -> None:
    line = json.loads(lines_of(plan_of())[1])

    assert (line["action"], line["reason"], line["generation"]) == ("start", "not_started", 0)
    assert line["address"] == f"wedding/photos/{archive('new').archive_id}"
    assert line["body"]["Description"] == "for the wedding"


def test_limits_pace_and_lifted_limits_come_back() -> None:
    saved = read(lines_of(plan_of()))

    assert (saved.header.pace_read, saved.header.limits_read) == (Pace(2.5, 3), Limits(1000, 7))
    assert saved.header.allow == {"jobs": 2000}


def test_a_lifted_cost_comes_back_exactly() -> None:
    lifted: dict[str, int | Decimal] = {
        "cost": Decimal("12.50"),
        "photos.cost": Decimal(20),
        "bytes": 1 << 44,
        "unknown-price": 1,
    }

    assert read(lines_of(plan_of(), bounds=bounds(allow=lifted))).header.allow == lifted


def test_limits_that_do_not_limit_come_back() -> None:
    assert read(lines_of(plan_of(), bounds=bounds(Limits(None, 0)))).header.limits_read == Limits(None, 0)


def test_a_plan_made_before_there_was_a_state_says_so() -> None:
    assert read(lines_of(plan_of(), state_id=None)).header.state_id is None


def test_an_empty_plan_is_a_plan() -> None:
    saved = read(lines_of(plan_of(())))

    assert (saved.header.actions, list(saved.entries)) == (0, [])
    assert actions_in(lines_of(plan_of(()))) == []


@given(st.lists(requests, max_size=6, unique_by=request_key))
def test_every_request_comes_back_exactly(wanted: list[Request]) -> None:
    plan = plan_of(wanted)

    saved = actions_in(lines_of(plan))

    assert [one.request for one in saved] == wanted
    assert [one.entry for one in saved] == [entry(one, 0) for one in wanted]
    assert lines_of(plan_of([one.request for one in saved])) == lines_of(plan)


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_line_ends_that_a_checkout_changed_do_no_harm(ending: str) -> None:
    assert len(list(read(lines_of(plan_of()), ending).entries)) == 5


@pytest.mark.parametrize("ending", ["\n", "\r\n", ""])
def test_lines_are_read_with_and_without_their_ends(ending: str) -> None:
    assert len(actions_in([f"{line}{ending}" for line in lines_of(plan_of())])) == 5


@pytest.mark.parametrize("kept", range(1, 6))
def test_a_cut_plan_is_refused(kept: int) -> None:
    assert "cut or edited" in damaged(lines_of(plan_of())[:kept])


def test_a_plan_that_was_cut_inside_a_line_is_refused_at_that_line() -> None:
    lines = lines_of(plan_of())

    damaged([*lines[:5], lines[5][:-30]], line=6)


def test_a_repeated_line_is_refused() -> None:
    lines = lines_of(plan_of())

    damaged([*lines, lines[1]])
    damaged([*lines[:-1], lines[1]])


def test_lines_in_another_order_are_refused_for_the_order_is_that_of_starting() -> None:
    header, first, second, *rest = lines_of(plan_of())

    damaged([header, second, first, *rest])


EDITS = [
    ("action", "keep"),
    ("reason", "requested"),
    ("address", "wedding/photos"),
    ("generation", 1),
    ("job", "renamed"),
    ("account_id", "999999999999"),
    ("region", "eu-west-1"),
    ("vault", "videos"),
    ("tiers", ["Expedited"]),
    ("size", 1),
    ("slot", SLOT),
    ("schedule", {"cron": "* * * * *", "timezone": "UTC"}),
    ("body", {"Type": "archive-retrieval", "ArchiveId": "other"}),
]


@pytest.mark.parametrize(("member", "value"), EDITS)
def test_an_edited_line_is_refused(member: str, value: object) -> None:
    header, line, *rest = lines_of(plan_of())

    damaged([header, json.dumps({**json.loads(line), member: value}), *rest])


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("digest", "sha256:" + "0" * 64),
        ("actions", 4),
        ("state_id", None),
        ("state_id", "another"),
        ("manifests", ["elsewhere/jobs.yaml"]),
        ("made_at", "2026-11-24T12:00:00Z"),
        ("limits", {"jobs": None, "expedited_jobs": 1000}),
        ("pace", {"requests_per_second": 1000, "concurrency": 256}),
        ("pace", {}),
        ("allow", {"jobs": 1000000}),
        ("seal", None),
        ("seal", "sha256:" + "0" * 64),
    ],
)
def test_an_edited_header_is_refused(member: str, value: object) -> None:
    header, *rest = lines_of(plan_of())

    damaged([json.dumps({**json.loads(header), member: value}), *rest])


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"Type": "archive-retrieva", "ArchiveId": "a"},
        {"Type": "archive-retrieval"},
        {"Type": "archive-retrieval", "ArchiveId": "\u00e4" * 138},
        {"Type": "archive-retrieval", "ArchiveId": 'a","Tier":"Expedited'},
        {"Type": "archive-retrieval", "ArchiveId": 5},
        {"Type": "archive-retrieval", "ArchiveId": ""},
        {"Type": "select", "ArchiveId": "\u0661", "SelectParameters": {}, "OutputLocation": {}},
        {"Type": "archive-retrieval", "ArchiveId": "a", "RetrievalByteRange": "from the start"},
        {"Type": "archive-retrieval", "ArchiveId": "a", "RetrievalByteRange": 5},
        {"Type": "inventory-retrieval", "InventoryRetrievalParameters": "all"},
        {"Type": "select", "ArchiveId": "a"},
        {"Type": "select", "ArchiveId": "a", "SelectParameters": 1, "OutputLocation": 2},
        {"Type": ["select"]},
    ],
    ids=json.dumps,
)
def test_a_body_that_is_none_is_told_at_its_line_without_a_traceback(body: dict[str, object]) -> None:
    header, line, *rest = lines_of(plan_of())

    damaged([header, json.dumps({**json.loads(line), "body": body}), *rest], line=2)


@pytest.mark.parametrize(
    "first",
    ["", "{}", "[]", "version: 1", '{"kind": "glacier-manifest-plan"}', '{"kind": "other"}', "\x00", "null"],
)
def test_a_foreign_file_is_no_plan(first: str) -> None:
    damaged([first])


def test_a_later_format_is_refused_rather_than_half_understood() -> None:
    header, *rest = lines_of(plan_of())

    damaged([json.dumps({**json.loads(header), "format_version": "2.0"}), *rest])


@pytest.mark.parametrize(
    ("first", "is_plan"),
    [
        ("", False),
        ("version: 1\n", False),
        ('{"version": 1, "jobs": {}}', False),
        ('{"kind": "glacier-manifest-plan"}', True),
        ("[]", False),
        ("3", False),
        ("null", False),
    ],
)
def test_a_plan_is_told_from_a_manifest_by_its_first_line(first: str, *, is_plan: bool) -> None:
    assert is_plan_file(first) is is_plan
    assert is_plan_file(lines_of(plan_of())[0])
