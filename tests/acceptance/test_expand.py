"""`expand`: what manifests come to, shown, locked, and checked against the lock."""

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glacier_manifest.inventory.archive import Archive
from tests.acceptance.manifests import ARCHIVE, DASHED, inventory, retrievals
from tests.acceptance.user import User
from tests.inventory.inventories import DATE, archive, archives_described, csv_of, json_of, packed

#: What inventories in tests call their vault is of the same account and region as the manifests.
PICKED = """\
  photos:
    type: archive-retrieval
    vault: examplevault
    tier: Bulk
    archives:
      inventory: photos.json
      where: {path: "2015/**"}
"""
ROWS = [archive(1, "2014/a.jpg", 100), archive(3, "2015/c.jpg", 7), archive(2, "2015/b.jpg", 5)]


@pytest.fixture
def folder(user: User) -> Path:
    """Hold an inventory of three archives, and a manifest that picks two of them."""
    (user.folder / "photos.json").write_bytes(json_of(ROWS))
    user.manifest(PICKED)
    return user.folder


def locked(user: User, *words: str) -> str:
    """Write the lock; return its text."""
    wrote = user.run("expand", "jobs.yaml", "--out", "jobs.lock", *words)
    assert wrote.code == 0, wrote.err
    return (user.folder / "jobs.lock").read_text(encoding="utf-8")


def changes(user: User) -> dict[str, list[str]]:
    """Return what the check tells of each address: its change, and the names of what has changed."""
    checked = user.run("expand", "jobs.yaml", "--check", "jobs.lock", "--format", "json")
    assert checked.code == (0 if checked.json["fresh"] else 4), checked.err
    return {one["address"]: [one["change"], *one["fields"]] for one in checked.json["differences"]}


def test_a_lock_tells_of_each_job_what_a_reviewer_must_know(user: User, folder: Path) -> None:
    locked(user)

    lock = json.loads((folder / "jobs.lock").read_text())

    assert {name: lock[name] for name in ("kind", "format_version", "full")} == {
        "kind": "glacier-manifest-lock",
        "format_version": "1.0",
        "full": False,
    }
    [job] = lock["jobs"]
    digest = job.pop("digest")
    assert job == {
        "job": "photos",
        "vault": "examplevault",
        "account_id": "012345678901",
        "region": "us-west-2",
        "type": "archive-retrieval",
        "tiers": ["Bulk"],
        "waits_for": None,
        "requests": 2,
        "bytes": 12,
        "unknown_sizes": 0,
        "inventory": {
            "source": "photos.json",
            "inventory_date": DATE,
            "sha256": hashlib.sha256(json_of(ROWS)).hexdigest(),
            "archives": 3,
            "skipped_rows": 0,
        },
        "sizes_from": None,
    }
    terms = b'{"body":{"Type":"archive-retrieval"},"save_to":null,"tiers":["Bulk"],"v":1}\n'
    ids = f"{ROWS[2].archive_id}\n{ROWS[1].archive_id}\n".encode()
    assert digest == f"sha256:{hashlib.sha256(terms + ids).hexdigest()}"


@pytest.mark.usefixtures("folder")
def test_people_read_it_as_a_table(user: User) -> None:
    shown = user.run("expand", "jobs.yaml", "--full")

    assert (shown.code, shown.err) == (0, "")
    first, *_rest = shown.out.splitlines()
    assert first == "photos/examplevault"
    assert "  requests    2 requests, 12 B\n" in shown.out
    assert f"  inventory   photos.json, of {DATE}, 3 archives, sha256 " in shown.out
    assert "         5 B  2015/b.jpg\n" in shown.out
    assert shown.out.endswith("\n2 requests, 12 B.\n")


@pytest.mark.usefixtures("folder")
def test_json_on_stdout_is_what_is_written(user: User) -> None:
    for words in ((), ("--full",)):
        assert user.run("expand", "jobs.yaml", "--format", "json", *words).out == locked(user, *words)


def test_the_full_form_has_a_line_for_each_archive_in_the_order_of_their_ids(
    user: User, folder: Path
) -> None:
    rows = [archive(4, "2015/größe\u202e.jpg", 2 << 20), *ROWS]
    (folder / "photos.json").write_bytes(json_of(rows))
    user.manifest(PICKED + "    split: 1 MiB\n")

    lines = [line.strip() for line in locked(user, "--full").splitlines() if '"archive_id"' in line]

    assert [json.loads(line.rstrip(",")) for line in lines] == [
        {"archive_id": rows[3].archive_id, "size": 5, "path": "2015/b.jpg"},
        {"archive_id": rows[2].archive_id, "size": 7, "path": "2015/c.jpg"},
        *(
            {"archive_id": rows[0].archive_id, "range": part, "size": 1 << 20, "path": "2015/größe\u202e.jpg"}
            for part in ("0-1048575", "1048576-2097151")
        ),
    ]
    assert "\\u202e" in lines[-1]  # a mark that turns the writing round is not left to the reviewer's editor


@pytest.mark.usefixtures("folder")
def test_a_lock_that_was_just_written_is_fresh(user: User) -> None:
    for words in ((), ("--full",)):
        locked(user, *words)

        checked = user.run("expand", "jobs.yaml", "--check", "jobs.lock")

        assert (checked.code, checked.out, checked.err) == (0, "The lock is fresh: 2 requests.\n", "")
        assert changes(user) == {}


def test_line_ends_of_another_system_make_no_lock_stale(user: User, folder: Path) -> None:
    (folder / "jobs.lock").write_bytes(locked(user, "--full").replace("\n", "\r\n").encode())

    assert changes(user) == {}


class TestStale:
    def test_one_archive_more_is_told_with_both_numbers(self, user: User, folder: Path) -> None:
        locked(user)
        (folder / "photos.json").write_bytes(json_of([*ROWS, archive(9, "2015/d.jpg", 1000)]))

        refused = user.run("expand", "jobs.yaml", "--check", "jobs.lock").refused_with(4, "stale-lock")

        assert "photos/examplevault is not as in the lock 'jobs.lock': " in refused.err
        assert "requests 2 -> 3, bytes 12 -> 1,012, digest sha256:" in refused.err
        assert "expand MANIFEST... --out jobs.lock" in refused.last
        assert refused.out == ""

    @pytest.mark.parametrize(
        ("before", "after", "fields"),
        [
            ("tier: Bulk", "tier: Standard", ["tiers", "digest"]),
            ("tier: Bulk", "tier: Bulk\n    save_to: out/{path}", ["digest"]),
            ("tier: Bulk", "tier: Bulk\n    description: Holidays", ["digest"]),
            ("2015/**", "2015/b*", ["requests", "bytes", "digest"]),
        ],
    )
    @pytest.mark.usefixtures("folder")
    def test_what_the_manifest_says_otherwise_is_told_by_name(
        self, user: User, before: str, after: str, fields: list[str]
    ) -> None:
        locked(user)

        user.manifest(PICKED.replace(before, after))

        assert changes(user) == {"photos/examplevault": ["changed", *fields]}

    def test_a_newer_inventory_with_the_same_archives_is_another_one(self, user: User, folder: Path) -> None:
        locked(user)
        (folder / "photos.json").write_bytes(json_of(ROWS).replace(DATE.encode(), b"2012-01-01T00:00:00Z"))

        changed = ["changed", "inventory.inventory_date", "inventory.sha256"]
        assert changes(user) == {"photos/examplevault": changed}

    @pytest.mark.usefixtures("folder")
    def test_jobs_that_are_new_or_gone_are_told(self, user: User) -> None:
        locked(user)

        user.manifest(retrievals([ARCHIVE], job="wedding"))

        assert changes(user) == {"photos/examplevault": ["gone"], "wedding/my-vault": ["new"]}
        told = user.run("expand", "jobs.yaml", "--check", "jobs.lock")
        assert "wedding/my-vault is not in the lock 'jobs.lock'" in told.err
        assert (
            "photos/examplevault is in the lock 'jobs.lock', and the manifests do not ask for it" in told.err
        )

    def test_an_archive_that_was_edited_out_of_the_list_by_hand_is_missed(
        self, user: User, folder: Path
    ) -> None:
        text = locked(user, "--full")
        line = next(line for line in text.splitlines(keepends=True) if "2015/b.jpg" in line)
        (folder / "jobs.lock").write_text(text.replace(line, ""))

        refused = user.run("expand", "jobs.yaml", "--check", "jobs.lock").refused_with(4, "stale-lock")

        number = text.splitlines(keepends=True).index(line) + 1
        told = user.run("expand", "jobs.yaml", "--check", "jobs.lock", "--format", "json")
        assert f"--> jobs.lock:{number}:1" in refused.err
        assert (told.code, told.json["fresh"], told.json["edited_line"]) == (4, False, number)

    @pytest.mark.parametrize(
        "text",
        ["", "[]", "jobs: []\n", '{"kind": "glacier-manifest-lock"}', "<<<<<<< HEAD\n{}\n", "\x00\xff"],
    )
    def test_what_is_no_lock_is_said_to_be_none(self, user: User, folder: Path, text: str) -> None:
        (folder / "jobs.lock").write_text(text, encoding="latin-1")

        user.run("expand", "jobs.yaml", "--check", "jobs.lock").refused_with(4, "lock-damaged")

    def test_a_lock_of_a_later_format_is_not_guessed_at(self, user: User, folder: Path) -> None:
        (folder / "jobs.lock").write_text(
            locked(user).replace('"format_version": "1.0"', '"format_version": "2.0"')
        )

        refused = user.run("expand", "jobs.yaml", "--check", "jobs.lock").refused_with(4, "lock-damaged")

        assert "'format_version'" in refused.err

    @pytest.mark.usefixtures("folder")
    def test_a_lock_that_was_never_written_is_asked_for(self, user: User) -> None:
        refused = user.run("expand", "jobs.yaml", "--check", "jobs.lock").refused_with(4, "unreadable-file")

        assert "--out jobs.lock" in refused.last


class TestWriting:
    @pytest.mark.parametrize("name", ["jobs.yaml", "photos.json", "../{folder}/photos.json"])
    def test_nothing_that_was_read_is_written_over(self, user: User, folder: Path, name: str) -> None:
        out = name.format(folder=folder.name)
        before = (folder / out).read_bytes()

        user.run("expand", "jobs.yaml", "--out", out).refused_with(64, "output-over-input")

        assert (folder / out).read_bytes() == before

    def test_a_lock_that_cannot_be_made_leaves_the_one_before(self, user: User, folder: Path) -> None:
        before = locked(user)
        (folder / "photos.json").write_bytes(json_of(ROWS)[:-20])

        user.run("expand", "jobs.yaml", "--out", "jobs.lock").refused_with(4, "truncated-inventory")

        assert (folder / "jobs.lock").read_text() == before
        assert sorted(path.name for path in folder.iterdir()) == ["jobs.lock", "jobs.yaml", "photos.json"]

    @pytest.mark.usefixtures("folder")
    def test_flags_that_contradict_each_other_are_refused(self, user: User) -> None:
        for words in (["--out", "b.lock"], ["--full"]):
            user.run("expand", "jobs.yaml", "--check", "a.lock", *words).refused_with(64, "usage")


class TestWithoutAws:
    def test_an_account_and_a_region_that_are_left_open_stay_so(self, user: User) -> None:
        user.write(f"version: 1\njobs:\n{retrievals([ARCHIVE, DASHED])}")

        [job] = json.loads(locked(user))["jobs"]

        assert (job["account_id"], job["region"]) == ("-", "-")
        assert (job["requests"], job["bytes"], job["unknown_sizes"]) == (2, 0, 2)
        assert user.sandbox.counts() == {}

    def test_the_digest_does_not_depend_on_whose_account_it_is(self, user: User) -> None:
        user.write(f"version: 1\njobs:\n{retrievals([ARCHIVE])}")
        locked(user)
        user.manifest(retrievals([ARCHIVE]))

        assert changes(user) == {"photos/my-vault": ["changed", "account_id", "region"]}

    def test_a_slot_is_no_part_of_it(self, user: User) -> None:
        user.manifest(inventory(more="    every: daily\n"))

        [job] = json.loads(locked(user))["jobs"]

        assert (job["type"], job["requests"], job["unknown_sizes"]) == ("inventory-retrieval", 1, 0)
        assert "@" not in (user.folder / "jobs.lock").read_text()

    def test_a_job_that_waits_is_locked_by_its_words_and_limits(self, user: User) -> None:
        waiting = (
            "  all:\n    type: archive-retrieval\n    vault: my-vault\n    tier: Bulk\n"
            "    limits: {jobs: 10}\n    archives: {inventory: {job: inventory}}\n"
        )
        user.manifest(inventory() + waiting)
        lock = json.loads(locked(user))

        user.manifest(inventory() + waiting.replace("10", "11"))

        assert lock["jobs"][0]["waits_for"] == "inventory"
        assert lock["jobs"][0]["requests"] == 0
        assert changes(user) == {"all/my-vault": ["changed", "digest"]}

    def test_a_list_and_ids_of_one_job_are_one_entry(self, user: User) -> None:
        user.write(f"{DASHED}\n", "wanted.txt")
        user.manifest(retrievals([ARCHIVE], more="    archive_ids_from: wanted.txt\n"))
        both = json.loads(locked(user))["jobs"]

        user.manifest(retrievals([DASHED, ARCHIVE]))

        assert [one["requests"] for one in both] == [2]
        assert changes(user) == {}

    def test_what_two_jobs_ask_for_counts_once(self, user: User) -> None:
        user.manifest(retrievals([ARCHIVE], job="b") + retrievals([ARCHIVE, DASHED], job="a"))

        counts = {one["job"]: one["requests"] for one in json.loads(locked(user))["jobs"]}

        assert counts == {"a": 1, "b": 1}

    def test_sizes_from_an_inventory_are_told_with_that_inventory(self, user: User) -> None:
        row = archive(1, "2015/a.jpg", 5)
        (user.folder / "sizes.csv.gz").write_bytes(packed(csv_of([row, archive(2)])))
        user.manifest(retrievals([row.archive_id], more="    sizes_from: sizes.csv.gz\n"))

        [job] = json.loads(locked(user, "--full"))["jobs"]

        assert (job["bytes"], job["unknown_sizes"], job["inventory"]) == (5, 0, None)
        assert (job["sizes_from"]["source"], job["sizes_from"]["archives"]) == ("sizes.csv.gz", 2)
        assert job["archives"] == [{"archive_id": row.archive_id, "size": 5, "path": "2015/a.jpg"}]

    def test_the_folder_that_it_is_run_from_makes_no_difference(self, user: User, folder: Path) -> None:
        before = locked(user)

        wrote = user.run("expand", folder / "jobs.yaml", "--out", "other.lock")

        assert wrote.code == 0, wrote.err
        assert (folder / "other.lock").read_text() == before


def test_a_pattern_is_expanded_over_the_vaults_of_the_account(user: User) -> None:
    for name in ("photos-eu", "photos-us", "papers"):
        user.sandbox.create_vault(name)
    user.manifest(inventory(vault='"photos-*"'))

    shown = user.run("expand", "jobs.yaml", "--format", "json", "--endpoint-url", user.sandbox.url).json[
        "jobs"
    ]

    assert [one["vault"] for one in shown] == ["photos-eu", "photos-us"]
    assert set(user.sandbox.counts()) == {"ListVaults"}


def test_bad_rows_are_refused_or_counted(user: User, folder: Path) -> None:
    (folder / "photos.json").write_bytes(json_of([*ROWS, archive(9)._replace(archive_id="no good")]))

    user.run("expand", "jobs.yaml").refused_with(4, "bad-inventory-row")
    [job] = json.loads(locked(user, "--skip-bad-rows"))["jobs"]

    assert (job["inventory"]["archives"], job["inventory"]["skipped_rows"]) == (3, 1)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_the_order_of_the_rows_changes_no_byte_of_what_is_locked(user: User, data: st.DataObject) -> None:
    described = archives_described(st.text(st.characters(codec="utf-8"), max_size=20))
    rows: list[Archive] = data.draw(st.lists(described, max_size=12, unique_by=lambda one: one.archive_id))
    extra = data.draw(st.sampled_from(["", "      order: size\n      limit: 3\n"]))
    user.manifest(PICKED.replace('      where: {path: "2015/**"}\n', extra) + "    split: 4 TiB\n")
    texts = []
    for order in (rows, data.draw(st.permutations(rows))):
        (user.folder / "photos.json").write_bytes(json_of(order))
        texts.append([line for line in locked(user, "--full").splitlines() if '"sha256": ' not in line])

    assert texts[0] == texts[1]


#: What `getrusage` tells of a new process holds the memory of the one that made it; this does not.
_TELLS_ITS_PEAK = """
import atexit, pathlib, sys
status = pathlib.Path("/proc/self/status")
def peak():
    print(next(line for line in status.read_text().splitlines() if "VmHWM" in line), file=sys.stderr)
atexit.register(peak)
"""


def test_the_memory_stays_flat_once_the_cache_is_full(user: User) -> None:
    """The scratch file keeps some 32 MB of pages, which 20,000 archives fill; more of them take no more."""
    user.manifest(PICKED)
    rows = [archive(number, f"2015/{'x' * 200}/{number}.jpg", number) for number in range(50_000)]
    rows.sort(key=lambda one: one.tree_hash[::-1])
    peaks = []
    for count in (20_000, 50_000):
        (user.folder / "photos.json").write_bytes(json_of(rows[:count]))
        wrote = user.program("expand", "jobs.yaml", "--full", "--out", "jobs.lock", first=_TELLS_ITS_PEAK)
        checked = user.program("expand", "jobs.yaml", "--check", "jobs.lock", first=_TELLS_ITS_PEAK)
        assert (wrote.code, checked.out) == (0, f"The lock is fresh: {count:,} requests.\n"), checked.err
        peaks.append([int(ran.last.split()[1]) for ran in (wrote, checked)])

    assert all(large - small < 12_000 for small, large in zip(*peaks, strict=True)), peaks  # KiB
