"""A lock for people, and what a check of one tells programs."""

from glacier_manifest.planning.lock import Difference, LockedArchive, LockedInventory, LockedJob
from glacier_manifest.views import locks as view

JOB = LockedJob(
    job="photos",
    vault="my-vault",
    account_id="-",
    region="-",
    type="archive-retrieval",
    tiers=("Bulk",),
    requests=1000,
    bytes=3 << 20,
    unknown_sizes=7,
    digest=f"sha256:{'d' * 64}",
    inventory=LockedInventory(
        source="photos\x1b.csv", inventory_date=None, sha256="5" * 64, archives=123, skipped_rows=2
    ),
)
WAITING = JOB.model_copy(
    update={"waits_for": "weekly", "requests": 0, "bytes": 0, "unknown_sizes": 0, "inventory": None}
)
ARCHIVES = [
    LockedArchive("A" * 138, "0-1048575", 1048576, "2015/a\x1b.jpg"),
    LockedArchive("B" * 138, None, None, None),
]


def test_people_read_what_is_known_and_how_much_is_not() -> None:
    assert "".join(view.human([(JOB, ARCHIVES), (WAITING, None)])) == (
        "photos/my-vault\n"
        "  requests    1,000 requests, ≥ 3.0 MiB (7 of unknown size)\n"
        "  digest      sha256:dddddddddddd…\n"
        "  inventory   photos\\x1b.csv, date not told, 123 archives, 2 rows left out, sha256 555555555555…\n"
        "  AAAAAAAAAAAA…     1.0 MiB  0-1048575  2015/a\\x1b.jpg\n"
        "  BBBBBBBBBBBB…     unknown\n"
        "\n"
        "photos/my-vault\n"
        "  waits for   the output of weekly\n"
        "  digest      sha256:dddddddddddd…\n"
        "\n"
        "1,000 requests, ≥ 3.0 MiB (7 of unknown size).\n"
    )


def test_programs_are_told_whether_it_is_fresh_and_what_differs() -> None:
    changed = Difference("photos/my-vault", {"requests": (1000, 1001)})
    new = Difference("wedding/my-vault", {}, is_new=True)

    assert view.check_json([]) == {
        "format_version": "1.0",
        "fresh": True,
        "differences": [],
        "edited_line": None,
    }
    assert view.check_json([], 7)["fresh"] is False
    assert view.check_json([], 7)["edited_line"] == 7
    assert view.check_json([changed, new]) == {
        "format_version": "1.0",
        "fresh": False,
        "differences": [
            {
                "address": "photos/my-vault",
                "change": "changed",
                "fields": {"requests": {"locked": 1000, "now": 1001}},
            },
            {"address": "wedding/my-vault", "change": "new", "fields": {}},
        ],
        "edited_line": None,
    }
