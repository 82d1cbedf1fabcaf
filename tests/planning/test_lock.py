"""The text of a lock, how it is read back, and what is told where it is stale."""

from pathlib import Path

import pytest

from glacier_manifest.planning.lock import (
    LockedArchive,
    LockedInventory,
    LockedJob,
    differences,
    edited_line,
    lock_lines,
    read_lock,
    stale,
)

FILE = Path("jobs.lock")
INVENTORY = LockedInventory(
    source="photos.json", inventory_date="2026-11-16T03:12:44Z", sha256="5" * 64, archives=3, skipped_rows=0
)
PHOTOS = LockedJob(
    job="photos",
    vault="my-vault",
    account_id="-",
    region="us-west-2",
    type="archive-retrieval",
    tiers=("Bulk",),
    requests=2,
    bytes=12,
    digest=f"sha256:{'d' * 64}",
    inventory=INVENTORY,
)
WAITING = PHOTOS.model_copy(update={"job": "later", "waits_for": "weekly", "inventory": None})
ARCHIVES = [LockedArchive("A", "0-1048575", 1048576, "2015/größe.jpg"), LockedArchive("B", None, None, None)]


def test_a_lock_is_json_with_a_fact_a_line_and_an_archive_a_line() -> None:
    assert list(lock_lines([(PHOTOS, ARCHIVES)], full=True)) == [
        "{",
        '  "kind": "glacier-manifest-lock",',
        '  "format_version": "1.0",',
        '  "full": true,',
        '  "jobs": [',
        "    {",
        '      "job": "photos",',
        '      "vault": "my-vault",',
        '      "account_id": "-",',
        '      "region": "us-west-2",',
        '      "type": "archive-retrieval",',
        '      "tiers": [',
        '        "Bulk"',
        "      ],",
        '      "waits_for": null,',
        '      "requests": 2,',
        '      "bytes": 12,',
        '      "unknown_sizes": 0,',
        f'      "digest": "sha256:{"d" * 64}",',
        '      "inventory": {',
        '        "source": "photos.json",',
        '        "inventory_date": "2026-11-16T03:12:44Z",',
        f'        "sha256": "{"5" * 64}",',
        '        "archives": 3,',
        '        "skipped_rows": 0',
        "      },",
        '      "sizes_from": null,',
        '      "archives": [',
        '        {"archive_id": "A", "range": "0-1048575", "size": 1048576, "path": "2015/größe.jpg"},',
        '        {"archive_id": "B", "size": null, "path": null}',
        "      ]",
        "    }",
        "  ]",
        "}",
    ]


@pytest.mark.parametrize(
    "jobs",
    [
        [],
        [(PHOTOS, None)],
        [(WAITING, None), (PHOTOS, None)],
        [(PHOTOS, ARCHIVES)],
        [(WAITING, []), (PHOTOS, ARCHIVES)],
    ],
)
def test_what_is_written_is_read_back(jobs: list[tuple[LockedJob, list[LockedArchive] | None]]) -> None:
    full = any(archives is not None for _job, archives in jobs)

    lock = read_lock((f"{line}\n" for line in lock_lines(jobs, full=full)), FILE)

    assert (lock.full, list(lock.jobs)) == (full, [job for job, _archives in jobs])


@pytest.mark.parametrize("path", ["a\u202eb", "a\x1b[31mb", "a\u2028b", "a\ud800b", "a\u200bb"], ids=ascii)
def test_what_a_reviewer_would_not_see_is_written_out(path: str) -> None:
    text = "\n".join(lock_lines([(PHOTOS, [LockedArchive("A", None, 1, path)])], full=True))

    assert path not in text
    assert text.replace("\n", "").isprintable()


def test_what_has_changed_is_told_by_name_with_both_values() -> None:
    now = PHOTOS.model_copy(
        update={"requests": 3, "tiers": ("Standard", "Bulk"), "inventory": INVENTORY.model_copy(
            update={"sha256": "6" * 64})}
    )  # fmt: skip

    [found] = differences([PHOTOS], [now])
    [told] = stale(FILE, [found]).diagnostics

    assert found.fields == {
        "tiers": (["Bulk"], ["Standard", "Bulk"]),
        "requests": (2, 3),
        "inventory.sha256": ("5" * 64, "6" * 64),
    }
    assert told.message == (
        "photos/my-vault is not as in the lock 'jobs.lock': tiers [Bulk] -> [Standard, Bulk], "
        "requests 2 -> 3, inventory.sha256 555555555555555… -> 666666666666666…"
    )


def test_an_inventory_that_comes_or_goes_is_a_change() -> None:
    [gone] = differences([PHOTOS], [PHOTOS.model_copy(update={"inventory": None})])
    [come] = differences([PHOTOS.model_copy(update={"inventory": None})], [PHOTOS])

    assert gone.fields["inventory.source"] == ("photos.json", None)
    assert come.fields["inventory.source"] == (None, "photos.json")


def test_jobs_that_are_new_or_gone_are_told_in_their_order() -> None:
    found = differences([WAITING], [PHOTOS])

    assert [(one.address, one.change) for one in found] == [
        ("later/my-vault", "gone"),
        ("photos/my-vault", "new"),
    ]
    assert differences([PHOTOS, WAITING], [WAITING, PHOTOS]) == []


@pytest.mark.parametrize(
    ("text", "line"),
    [("a\nb\nX\n", 3), ("a\nb\n", 3), ("a\nb\nc\nd\n", 4), ("", 1), ("a\n\nb\nc\n", 2)],
)
def test_a_text_that_is_not_what_would_be_written_is_told_by_its_line(text: str, line: int) -> None:
    edited = edited_line(text.splitlines(keepends=True), iter("abc"))

    [found] = stale(FILE, [], edited).diagnostics

    assert found.span is not None
    assert (edited, found.code, found.span.line) == (line, "stale-lock", line)


@pytest.mark.parametrize("text", ["a\nb\nc\n", "a\r\nb\r\nc\r\n", "a\nb\nc"])
def test_line_ends_make_no_difference(text: str) -> None:
    assert edited_line(text.splitlines(keepends=True), iter("abc")) is None
