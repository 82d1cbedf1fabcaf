"""Reading an export: all of it or nothing, and every line that is wrong with its number."""

import json
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glacier_manifest.diagnostics import InvalidInput
from glacier_manifest.jobs.status import Status
from glacier_manifest.state.changes import Accept, Intend
from glacier_manifest.state.export import export_state, header_line, request_line, with_end
from glacier_manifest.state.exported import LONGEST_LINE, MOST_TOLD, check_export, read_export
from glacier_manifest.state.knowledge import Entry
from glacier_manifest.state.protocol import Approval, Identity
from tests.state.conftest import Open
from tests.state.examples import LATER, NOON, STATE_ID, intended, key

IDENTITY = Identity(STATE_ID, frozenset({"012345678901"}), "aws")
REQUEST = request_line(replace(intended(), approval=1))


@pytest.fixture
def export(tmp_path: Path, open_state: Open) -> Path:
    """An export of a state with an approval, an entry and one started job."""
    with closing(open_state()) as state:
        state.bind(account_id="012345678901", endpoint="aws")
        approval = state.approve(digest="sha256:a", entries=["one"], how="plan", at=NOON)
        state.write(Intend(intended(approval=approval.id), NOON))
        state.write(Accept(key("wedding"), 0, LATER, "job-1"))
        text = "".join(f"{line}\n" for line in export_state(state))
    path = tmp_path / "export.ndjson"
    path.write_text(text, encoding="utf-8")
    return path


def saved(folder: Path, *lines: str) -> Path:
    path = folder / "hand-made.ndjson"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def refusal_of(path: Path) -> InvalidInput:
    with pytest.raises(InvalidInput) as refusal:
        check_export(path)
    return refusal.value


def places(refusal: InvalidInput) -> list[tuple[str, int]]:
    return [(found.code, found.span.line) for found in refusal.diagnostics if found.span is not None]


def changed(**values: Any) -> str:  # noqa: ANN401 - JSON values
    return json.dumps(json.loads(REQUEST) | values)


def test_an_export_tells_what_the_state_knows_and_no_events(export: Path) -> None:
    identity, approval, entry, record = read_export(export)

    assert identity == IDENTITY
    assert approval == Approval(1, "sha256:a", "plan", NOON)
    assert entry == Entry(1, "one")
    assert record == replace(
        intended(approval=1),
        status=Status.IN_PROGRESS,
        job_id="job-1",
        attempts=1,
        intended_at=NOON,
        accepted_at=LATER,
        changed_at=LATER,
    )


def test_a_later_version_may_tell_more(tmp_path: Path) -> None:
    header = json.dumps(json.loads(header_line(IDENTITY)) | {"format_version": "1.7", "mood": "good"})
    path = saved(tmp_path, *with_end([header, changed(colour="blue")]))

    assert list(read_export(path)) == [IDENTITY, replace(intended(), approval=1)]


def test_an_export_of_before_outputs_were_hashed_is_read(tmp_path: Path) -> None:
    new = {"output_tree_hash", "output_size", "verified_by", "next_marker"}
    line = json.dumps({name: value for name, value in json.loads(REQUEST).items() if name not in new})

    assert list(read_export(saved(tmp_path, *with_end([header_line(IDENTITY), line]))))[1:] == [
        replace(intended(), approval=1)
    ]


def test_what_was_stored_is_read_back(tmp_path: Path) -> None:
    stored = replace(
        intended(),
        status=Status.FETCHED,
        job_id="job-1",
        output="a.json",
        output_tree_hash="ab" * 32,
        output_size=7,
        verified_by="read-twice",
        next_marker="page-2",
    )

    assert list(read_export(saved(tmp_path, *with_end([header_line(IDENTITY), request_line(stored)]))))[
        1:
    ] == [stored]


def test_a_later_format_is_not_guessed_at(tmp_path: Path) -> None:
    header = json.dumps(json.loads(header_line(IDENTITY)) | {"format_version": "2.0"})
    refusal = refusal_of(saved(tmp_path, *with_end([header, REQUEST])))

    assert places(refusal) == [("export-too-new", 1)]
    assert "newer" in refusal.next_step


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "version: 1\njobs: {}\n",
        '{"kind": "glacier-manifest-plan", "format_version": "1.0"}\n',
        '{"address": "inventory/photos", "key": "aa"}\n',
        "[1, 2]\n",
        "null\n",
        '{"kind": "end", "lines": 0}\n',
        '{"kind": "header"}\n',
        "SQLite format 3\x00\n",
        "{" * (2 * LONGEST_LINE),
    ],
    ids=range(11),
)
def test_a_foreign_file_is_told_at_its_first_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "foreign"
    path.write_text(text, encoding="utf-8")
    refusal = refusal_of(path)

    assert len(refusal.diagnostics) == 1
    assert places(refusal)[0][1] == 1
    assert "state export" in refusal.next_step or "newer" in refusal.next_step


def test_an_export_that_is_cut_anywhere_is_refused(export: Path) -> None:
    whole = export.read_bytes()
    for length in range(len(whole) - 1):
        export.write_bytes(whole[:length])
        refusal = refusal_of(export)
        assert refusal.exit_code == 4
        assert places(refusal)[-1][1] == max(1, whole[:length].rstrip(b"\n").count(b"\n") + 1)


def test_a_cut_is_told_with_what_would_make_the_rest_whole(export: Path) -> None:
    *lines, end = export.read_text().splitlines()
    refusal = refusal_of(saved(export.parent, *lines))

    assert end in refusal.diagnostics[0].message
    assert "correct the count" in str(refusal.diagnostics[0].help)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "this line is no JSON"),
        ("", "this line is no JSON"),
        ("[]", "this is no line of an export"),
        ('{"kind": "request"', "this line is no JSON"),
        ('{"kind": "wish"}', "this is no line of an export"),
        ('{"no": "kind"}', "this is no line of an export"),
        ('{"kind": "request"}', "'address' is missing"),
        (changed(key="abc"), "'key' has a value"),
        (changed(key=key("wedding").upper()), "'key' has a value"),
        (changed(generation=-1), "'generation' has a value"),
        (changed(generation="0"), "'generation' has a value"),
        (changed(attempts=1 << 63), "'attempts' has a value"),
        (changed(size=1.5), "'size' has a value"),
        (changed(status="done"), "'status' has a value"),
        (changed(intended_at="2026-11-23T12:00:00"), "'intended_at' has a value"),
        (changed(intended_at="0001-01-01T00:00:00+14:00"), "'intended_at': it lies outside of the years"),
        (changed(error={"code": "x"}), "'error.message' is missing"),
        (changed(status="in_progress"), "its status is in_progress, and its job_id is null"),
        (changed(status="unknown", job_id="job-1"), "its status is unknown, and its job_id is job-1"),
        (changed(description="\ud800"), "this line is no JSON"),
        (header_line(IDENTITY), "a second export begins here"),
        ('{"kind": "entry", "approval": 9, "entry": "x"}', "approval 9"),
        ('{"kind": "end", "lines": 1}', "the export had 1 lines, and here are 2"),
    ],
)
def test_a_line_that_is_wrong_is_told_with_its_number(tmp_path: Path, line: str, words: str) -> None:
    refusal = refusal_of(saved(tmp_path, *with_end([header_line(IDENTITY), REQUEST, line])))

    assert places(refusal)[0] == ("export-damaged", 3)
    assert words in refusal.diagnostics[0].message


def test_all_lines_that_are_wrong_are_told_and_a_flood_is_counted(tmp_path: Path) -> None:
    lines = [header_line(IDENTITY), *["nonsense"] * (MOST_TOLD + 1000)]
    refusal = refusal_of(saved(tmp_path, *with_end(lines)))

    assert [line for _, line in places(refusal)] == [*range(2, MOST_TOLD + 3)]
    assert refusal.diagnostics[-1].message == "1,000 more lines are wrong"


def test_what_stands_behind_the_end_is_refused(export: Path) -> None:
    lines = export.read_text().splitlines()
    refusal = refusal_of(saved(export.parent, *lines, *lines))

    assert places(refusal)[0] == ("export-damaged", len(lines) + 1)


def test_nothing_is_told_behind_a_line_that_is_wrong(tmp_path: Path) -> None:
    path = saved(tmp_path, *with_end([header_line(IDENTITY), "nonsense", REQUEST]))
    told: list[object] = []
    with pytest.raises(InvalidInput):
        told.extend(read_export(path))

    assert told == [IDENTITY]


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 10**6), insert=st.binary(max_size=4), removed=st.integers(0, 40))
def test_whatever_happens_to_a_file_it_is_read_or_refused(
    export: Path, at: int, insert: bytes, removed: int
) -> None:
    whole = export.read_bytes()
    at %= len(whole)
    hurt = export.with_name("hurt.ndjson")
    hurt.write_bytes(whole[:at] + insert + whole[at + removed :])

    with suppress(InvalidInput):
        first, *rest = read_export(hurt)
        assert isinstance(first, Identity)
        assert not any(isinstance(one, Identity) for one in rest)
