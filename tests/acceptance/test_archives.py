"""Archives picked from inventories, from the manifest to the jobs that Glacier has."""

import re
from collections.abc import Iterable, Sequence
from threading import Event

import pytest

from glacier_manifest.inventory.archive import Archive
from tests.acceptance.manifests import inventory, retrievals
from tests.acceptance.test_under_fire import clock_set
from tests.acceptance.user import ACCOUNT, User, ended
from tests.inventory.inventories import ARN, archive, csv_of, json_of, packed

MIB = 1 << 20
WEEK = 7 * 24

#: In no order of theirs: by date 1..6, by size 4, 2, 6, 1, 3, 5.
ROWS = [
    archive(3, "2015/c.jpg", 3 * MIB),
    archive(1, "2015/a.jpg", 2 * MIB),
    archive(6, "2016/f.jpg", 1500),
    archive(2, "2015/b.tmp", 1000),
    archive(5, "2016/e.jpg", 4 * MIB),
    archive(4, "2014/d.jpg", 10),
]
ONE_A_TIME = "pace: {requests_per_second: 100000, concurrency: 1}\n"


def json_for(rows: Iterable[Archive], vault: str = "my-vault", account: str = ACCOUNT) -> bytes:
    """Write the inventory of a vault as JSON."""
    arn = f"arn:aws:glacier:us-west-2:{account}:vaults/{vault}"
    return json_of(rows).replace(ARN.encode(), arn.encode())


def stocked(user: User, *sizes: int) -> list[Archive]:
    """Put archives of these sizes into ``my-vault``, and their inventory beside the manifest."""
    batches = [user.sandbox.generate("my-vault", 1, size, seed=number) for number, size in enumerate(sizes)]
    ids = [batch.archive_id(0) for batch in batches]
    rows = [
        archive(number, f"{number}", size)._replace(archive_id=archive_id)
        for number, (archive_id, size) in enumerate(zip(ids, sizes, strict=True))
    ]
    hold(user, rows)
    return rows


def picked(more: str = "", *, job: str = "photos", source: str = "photos.json", tier: str = "Bulk") -> str:
    """Return a job that picks archives from an inventory; `more` is indented by six below ``archives:``."""
    return (
        f"  {job}:\n    type: archive-retrieval\n    vault: my-vault\n    tier: {tier}\n"
        f"    archives:\n      inventory: {source}\n{more}"
    )


def hold(user: User, rows: Iterable[Archive] = ROWS, name: str = "photos.json") -> None:
    """Put the inventory of ``my-vault`` beside the manifest."""
    (user.folder / name).write_bytes(json_for(rows))


def sent_paths(user: User, rows: Sequence[Archive] = ROWS) -> list[str]:
    """Return the names of the archives that were asked for, in the order of the calls."""
    names = {one.archive_id: one.description for one in rows}
    return [names[body["ArchiveId"]] for body in user.bodies()]


def saved(user: User, *words: str) -> None:
    """Approve what the manifest asks for by saving its plan."""
    planned = user.run("plan", "jobs.yaml", "--out", "saved.plan", *words)
    assert planned.code == 0, planned.err


def digest(user: User, *words: str) -> str:
    """Return the digest of what the manifest asks for."""
    planned = user.run("plan", "jobs.yaml", "--format", "json", *words)
    assert planned.code == 0, planned.err
    return str(planned.json["digest"])


class TestPicking:
    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("photos.json", json_for(ROWS)),
            ("photos.json.gz", packed(json_for(ROWS))),
            ("photos.csv", csv_of(ROWS)),
            ("photos.csv", csv_of(ROWS, end="\r\n", columns=("Size", "ArchiveId", "ArchiveDescription",
                                                             "SHA256TreeHash", "CreationDate"))),
            ("photos.csv.gz", packed(csv_of(ROWS))),
        ],
        ids=["json", "json, packed", "csv", "csv with other columns and line ends", "csv, packed"],
    )  # fmt: skip
    def test_an_inventory_of_any_form_is_planned_and_started_oldest_first(
        self, user: User, name: str, content: bytes
    ) -> None:
        (user.folder / name).write_bytes(content)
        user.manifest(picked(source=name), head=ONE_A_TIME)

        planned = user.run("plan", "jobs.yaml", "--format", "json")
        applied = user.run("apply", "jobs.yaml", "--expect", planned.json["digest"])
        again = user.run("apply", "jobs.yaml")

        assert planned.json["summary"]["start"] == 6
        assert planned.json["totals"]["bytes"] == sum(one.size for one in ROWS)
        assert (applied.code, applied.out) == (0, "Apply: 6 started.\n"), applied.err
        assert sent_paths(user) == [
            one.description for one in sorted(ROWS, key=lambda one: one.creation_date)
        ]
        assert (again.code, user.sent()) == (0, 6), again.err

    @pytest.mark.parametrize(
        ("more", "paths"),
        [
            ('      where: {path: "2015/**"}\n', "abc"),
            ('      where: {path: "2015/**"}\n      exclude: [{path: "**/*.tmp"}]\n', "ac"),
            ("      where: {description: {regex: '^201[46]/'}}\n", "def"),
            ("      where: {size: {min: 1 MiB, max: 3 MiB}}\n", "ac"),
            ("      where: {creation_date: {from: 2012-05-15T17:21:00Z, to: 2012-05-15T17:23:00Z}}\n", "bc"),
            (f"      where: {{tree_hash: ['{ROWS[4].tree_hash}']}}\n", "e"),
            (f"      where: {{archive_id: ['{ROWS[5].archive_id}']}}\n", "d"),
            ("      limit: 2\n", "ab"),
            ("      order: size\n      limit: 2\n", "bd"),
            ("      order: size\n      descending: true\n      limit: 2\n", "ce"),
            ("      order: path\n      limit: 2\n", "da"),
            ("      order: inventory\n      limit: 2\n", "ac"),
            ('      where: {path: "1999/**"}\n', ""),
        ],
    )
    def test_what_is_picked_is_what_starts(self, user: User, more: str, paths: str) -> None:
        hold(user)
        user.manifest(picked(more))

        applied = user.run("apply", "jobs.yaml", "--yes")

        assert applied.code == 0, applied.err
        assert sorted(path[5] for path in sent_paths(user)) == sorted(paths)

    def test_a_large_archive_is_split_into_aligned_ranges_the_last_to_its_end(self, user: User) -> None:
        large, small = stocked(user, 5 * MIB + 1, 2 * MIB)
        user.manifest(picked() + "    split: 2 MiB\n")

        assert user.run("apply", "jobs.yaml", "--yes").code == 0

        ranges = sorted((body["ArchiveId"], body.get("RetrievalByteRange", "")) for body in user.bodies())
        parts = ["0-2097151", "2097152-4194303", "4194304-5242880"]
        wanted = [*((large.archive_id, part) for part in parts), (small.archive_id, "")]
        assert ranges == sorted(wanted)
        sizes = sorted(record["size"] for record in user.records())
        assert sizes == [MIB + 1, 2 * MIB, 2 * MIB, 2 * MIB]

    def test_a_pattern_means_every_vault_that_it_fits(self, user: User) -> None:
        for name in ("photos-eu", "photos-us", "papers"):
            user.sandbox.create_vault(name)
        user.manifest(inventory(vault='"photos-*"'))

        applied = user.run("apply", "jobs.yaml", "--yes")

        assert (applied.code, applied.out) == (0, "Apply: 2 started.\n"), applied.err
        assert {record["vault"] for record in user.records()} == {"photos-eu", "photos-us"}

    def test_a_pattern_that_fits_no_vault_is_a_slip_of_the_pen(self, user: User) -> None:
        user.sandbox.create_vault("papers")
        user.manifest(inventory(vault='"photos-*"'))

        user.run("apply", "jobs.yaml", "--yes").refused_with(4, "no-such-vault")


class TestInventoriesThatAreWrong:
    """Every one is refused before the first call that would start something."""

    @pytest.mark.parametrize("command", [("plan",), ("apply", "--yes")])
    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (json_for(ROWS)[:-30], "truncated-inventory"),
            (packed(json_for(ROWS))[:-12], "truncated-inventory"),
            (csv_of(ROWS)[:-10], "truncated-inventory"),
            (json_for(ROWS, vault="other-vault"), "wrong-vault"),
            (json_for(ROWS, account="999999999999"), "wrong-vault"),
            (json_for([*ROWS, archive(7)._replace(archive_id="?")]), "bad-inventory-row"),
            (b"<html>Bad gateway</html>", "not-an-inventory"),
            (b"", "not-an-inventory"),
        ],
        ids=["cut", "cut and packed", "cut csv", "vault", "account", "row", "html", "empty"],
    )
    def test_nothing_starts(self, user: User, command: tuple[str, ...], content: bytes, code: str) -> None:
        (user.folder / "photos.json").write_bytes(content)
        user.manifest(picked())

        user.run(command[0], "jobs.yaml", *command[1:]).refused_with(4, code)

        assert user.sent() == 0

    def test_one_wrong_inventory_stops_the_jobs_before_it_too(self, user: User) -> None:
        hold(user)
        (user.folder / "other.json").write_bytes(json_for(ROWS, vault="other-vault"))
        user.manifest(picked() + picked(job="others", source="other.json"))

        refused = user.run("apply", "jobs.yaml", "--yes").refused_with(4, "wrong-vault")

        assert f"vaults/other-vault, not of vault 'my-vault' in us-west-2, account {ACCOUNT}" in refused.err
        assert user.sent() == 0

    def test_bad_rows_are_left_out_where_that_is_said_and_told(self, user: User) -> None:
        hold(user, [*ROWS, archive(7)._replace(archive_id="?"), archive(8, "2016/h.jpg")])
        user.manifest(picked())

        applied = user.run("apply", "jobs.yaml", "--yes", "--skip-bad-rows")

        assert (applied.code, applied.out) == (0, "Apply: 7 started.\n"), applied.err
        assert "row 7 of '" in applied.err

    def test_an_inventory_that_is_not_there_is_named_with_its_place(self, user: User) -> None:
        user.manifest(picked())

        refused = user.run("apply", "jobs.yaml", "--yes").refused_with(4, "unreadable-file")

        assert re.search(r"--> .*jobs\.yaml:11:", refused.err)


class TestTheSameArchiveTwice:
    def test_two_jobs_that_agree_buy_it_once(self, user: User) -> None:
        hold(user)
        user.manifest(picked('      where: {path: "2015/**"}\n') + picked(job="all"))

        applied = user.run("apply", "jobs.yaml", "--yes")

        assert (applied.code, applied.out) == (0, "Apply: 6 started.\n"), applied.err
        assert len({body["ArchiveId"] for body in user.bodies()}) == user.sent() == 6

    @pytest.mark.parametrize(
        ("second", "difference"),
        [
            (
                picked('      where: {path: "2015/c*"}\n', job="soon", tier="Standard"),
                "at another tier (Standard instead of Bulk)",
            ),
            (
                picked('      where: {path: "2015/c*"}\n', job="soon") + "    save_to: out/{path}\n",
                "to be saved elsewhere (out/{path} instead of nowhere)",
            ),
        ],
        ids=["tier", "save_to"],
    )
    def test_two_jobs_that_disagree_are_told_with_both_places(
        self, user: User, second: str, difference: str
    ) -> None:
        hold(user)
        user.manifest(picked() + second)

        refused = user.run("apply", "jobs.yaml", "--yes").refused_with(4, "conflicting-requests")

        archive_id = ROWS[0].archive_id
        assert f"soon/my-vault/{archive_id} asks for what photos/my-vault/{archive_id} asks" in refused.err
        assert difference in refused.err
        text = (user.folder / "jobs.yaml").read_text().splitlines()
        first, later = (text.index(f"  {job}:") + 1 for job in ("photos", "soon"))
        assert re.search(rf"--> .*jobs\.yaml:{later}:", refused.err)
        assert re.search(rf"first asked for at .*jobs\.yaml:{first}\b", refused.err)
        assert user.sent() == 0

    @pytest.mark.parametrize(
        "second",
        [
            picked(job="whole"),
            picked(job="larger") + "    split: 4 MiB\n",
            picked(job="part") + "    retrieval_byte_range: 1048576-2097151\n",
        ],
        ids=["the whole", "larger pieces", "a range"],
    )
    def test_ranges_that_share_bytes_are_refused_unless_it_is_meant(self, user: User, second: str) -> None:
        stocked(user, 5 * MIB)
        user.manifest(picked() + "    split: 2 MiB\n" + second)
        refused = user.run("apply", "jobs.yaml", "--yes")
        assert (refused.code, {one[:26] for one in refused.errors}) == (4, {"error[overlapping-ranges]:"})
        assert user.sent() == 0

        user.manifest(picked() + "    split: 2 MiB\n" + second + "    allow_overlap: true\n")

        applied = user.run("apply", "jobs.yaml", "--yes")
        assert applied.code == 0, applied.err
        assert user.sent() > 3

    def test_pieces_of_two_jobs_that_are_the_same_pieces_are_bought_once(self, user: User) -> None:
        stocked(user, 5 * MIB)
        user.manifest("".join(picked(job=job) + "    split: 2 MiB\n" for job in ("a", "b")))

        assert user.run("apply", "jobs.yaml", "--yes").out == "Apply: 3 started.\n"


class TestSizes:
    def test_a_list_of_ids_takes_its_sizes_from_an_inventory(self, user: User) -> None:
        hold(user)
        ids = [ROWS[0].archive_id, ROWS[1].archive_id]
        more = "    sizes_from: photos.json\n"

        user.manifest(retrievals(ids, more=more), head="limits: {bytes: 5 MiB}\n")
        planned = user.run("plan", "jobs.yaml", "--format", "json")

        assert (planned.code, planned.json["totals"]["bytes"]) == (0, 5 * MIB), planned.err
        assert planned.json["totals"]["bytes_known"] is True

    def test_without_them_a_limit_of_bytes_refuses(self, user: User) -> None:
        user.manifest(retrievals([ROWS[0].archive_id]), head="limits: {bytes: 5 TiB}\n")

        refused = user.run("apply", "jobs.yaml", "--yes").refused_with(5, "unknown-size")
        allowed = user.run("apply", "jobs.yaml", "--yes", "--allow", "unknown-size")

        assert "sizes_from" in refused.last
        assert (allowed.code, user.sent()) == (0, 1), allowed.err

    def test_an_archive_of_unknown_size_cannot_be_split(self, user: User) -> None:
        hold(user)
        user.manifest(
            retrievals(
                [ROWS[0].archive_id, "X" * 138], more="    sizes_from: photos.json\n    split: 1 MiB\n"
            )
        )

        refused = user.run("apply", "jobs.yaml", "--yes").refused_with(4, "size-unknown")

        assert "X" * 138 in refused.err
        assert user.sent() == 0

    def test_a_range_behind_the_end_of_an_archive_is_refused(self, user: User) -> None:
        hold(user)
        user.manifest(picked() + "    retrieval_byte_range: 2097152-4194303\n")

        refused = user.run("apply", "jobs.yaml", "--yes").refused_with(4, "range-outside")

        assert "where: size" in refused.err
        assert user.sent() == 0

    def test_a_range_ends_where_the_archive_does(self, user: User) -> None:
        rows = stocked(user, 3 * MIB + 5, 2 * MIB, 4 * MIB + 1)
        user.manifest(picked() + "    retrieval_byte_range: 0-4194303\n")

        assert user.run("apply", "jobs.yaml", "--yes").code == 0

        ranges = {body["ArchiveId"]: body.get("RetrievalByteRange") for body in user.bodies()}
        assert [ranges[row.archive_id] for row in rows] == [None, None, "0-4194303"]


#: Six requests cost 6 USD, and their 9.0 MiB less than a cent.
PRICES = "prices: {date: 2026-11-01, regions: {us-west-2: {Bulk: {per_gb: 1, per_1000_requests: 1000}}}}\n"


class TestLimits:
    @pytest.mark.parametrize(
        ("name", "over", "exact", "lift"),
        [
            ("jobs", "5", "6", "jobs=6"),
            (
                "bytes",
                f"{sum(one.size for one in ROWS) - 1} B",
                f"{sum(one.size for one in ROWS)} B",
                "bytes=1TiB",
            ),
            ("cost", "6.0087 USD", "6.0088 USD", "cost=7USD"),
        ],
    )
    @pytest.mark.parametrize("place", ["file", "job"])
    def test_one_over_is_refused_and_what_fits_is_not(
        self, user: User, place: str, name: str, over: str, exact: str, lift: str
    ) -> None:
        hold(user)

        def manifest(value: str) -> None:
            limits = f"limits: {{{name}: {value}}}\n"
            head, below = (limits, "") if place == "file" else ("", f"    {limits}")
            user.manifest(picked() + below, head=PRICES + head)

        scope = "" if place == "file" else "photos."
        others = [one for one in ("jobs=100", "bytes=9TiB", "cost=99USD") if not one.startswith(name)]

        manifest(over)
        refused = user.run("apply", "jobs.yaml", "--yes").refused_with(5, "over-limit")
        for other in others:
            still = user.run("apply", "jobs.yaml", "--yes", "--allow", f"{scope}{other}")
            still.refused_with(5, "over-limit")
        elsewhere = f"{'photos.' if place == 'file' else ''}{lift}"
        user.run("apply", "jobs.yaml", "--yes", "--allow", elsewhere).refused_with(5, "over-limit")
        assert f"--allow {scope}{name}=" in refused.last
        assert user.sent() == 0
        assert user.run("plan", "jobs.yaml", "--allow", f"{scope}{lift}").code == 0

        manifest(exact)
        applied = user.run("apply", "jobs.yaml", "--yes")

        assert (applied.code, user.sent()) == (0, 6), applied.err

    def test_what_a_limit_was_lifted_to_is_said_by_the_refusal(self, user: User) -> None:
        hold(user)
        user.manifest(picked(), head="limits: {bytes: 1 MiB}\n")
        refused = user.run("apply", "jobs.yaml", "--yes").refused_with(5, "over-limit")
        lifting = re.search(r"--allow (\S+)", refused.last)
        assert lifting is not None

        applied = user.run("apply", "jobs.yaml", "--yes", "--allow", lifting[1])

        assert (applied.code, user.sent()) == (0, 6), applied.err

    def test_a_limit_counts_over_all_reruns_of_one_approval(self, user: User) -> None:
        """What `--max-jobs` starts now and later is bounded together."""
        hold(user)
        user.manifest(picked(), head="limits: {jobs: 5}\n")
        reviewed = digest(user, "--max-jobs", "3")
        some = ("apply", "jobs.yaml", "--expect", reviewed, "--max-jobs", "3")
        assert user.run(*some).code == 75

        refused = user.run(*some).refused_with(5, "over-limit")

        assert "would start 6 jobs, 3 of them started earlier under the same approval" in refused.err
        assert user.sent() == 3


class TestBlocked:
    JOBS = inventory() + (
        "  all:\n    type: archive-retrieval\n    vault: my-vault\n    tier: Bulk\n"
        "    limits: {jobs: 10}\n    archives: {inventory: {job: inventory}}\n"
    )

    def test_a_job_that_waits_for_an_inventory_is_shown_and_does_not_start(self, user: User) -> None:
        user.manifest(self.JOBS)

        planned = user.run("plan", "jobs.yaml", "--format", "json")
        for_people = user.run("plan", "jobs.yaml")
        applied = user.run("apply", "jobs.yaml", "--expect", planned.json["digest"]).left_undone(75)
        again = user.run("apply", "jobs.yaml").left_undone(75)

        assert planned.json["summary"]["blocked"] == 1
        assert planned.json["summary"]["start"] == 1
        assert "all/my-vault" in for_people.out
        for ran, last in ((applied, "Apply: 1 started."), (again, "Nothing to do yet: the only request was")):
            assert "  all/my-vault\n      needs the output of 'inventory'\n" in ran.out
            assert ran.out.splitlines()[-1].startswith(last)
            assert "when the output of 'inventory' was stored" in ran.last
        assert user.sent() == 1

    def test_its_limits_are_part_of_what_is_approved(self, user: User) -> None:
        user.manifest(self.JOBS)
        reviewed = digest(user)

        user.manifest(self.JOBS.replace("jobs: 10", "jobs: 1000"))

        assert digest(user) != reviewed

    def test_without_limits_it_is_no_manifest(self, user: User) -> None:
        user.manifest(self.JOBS.replace("    limits: {jobs: 10}\n", ""))

        assert user.run("plan", "jobs.yaml").code == 4


def thousand(user: User, count: int = 1000, *, tier: str = "Bulk", vault: str = "my-vault") -> None:
    """Pick every archive of an inventory of so many, at a tier."""
    rows = [archive(number, f"{number}.jpg", 1000) for number in range(count)]
    (user.folder / "photos.json").write_bytes(json_for(rows, vault))
    user.manifest(picked(tier=tier))


def approve(user: User, how: str) -> tuple[str, ...]:
    """Approve what the manifest asks for; return the command that applies it without a question."""
    if how == "plan":
        saved(user)
        return ("apply", "saved.plan")
    return ("apply", "jobs.yaml", "--expect", digest(user))


class TestGoingOnWithAnApproval:
    """What a plan was approved for goes on over any number of runs; what it was not approved for does not."""

    @pytest.mark.parametrize("how", ["plan", "expect"])
    def test_the_next_of_them_start_with_each_run_without_a_question(self, user: User, how: str) -> None:
        thousand(user)
        command = approve(user, how)

        runs = [user.run(*command, "--max-jobs", "300") for _ in range(5)]

        assert [ran.code for ran in runs] == [75, 75, 75, 0, 0], [ran.err for ran in runs]
        assert all(ran.last.startswith("next: ") for ran in runs[:3])
        assert runs[0].out.endswith("Apply: 300 started, 700 not tried.\n")
        assert runs[3].out == "Apply: 100 started, 900 kept.\n"
        assert len({body["ArchiveId"] for body in user.bodies()}) == user.sent() == 1000

    @pytest.mark.parametrize("how", ["plan", "expect"])
    def test_after_a_kill_it_goes_on_without_a_question(self, user: User, how: str) -> None:
        thousand(user)
        command = approve(user, how)
        running = user.start(*command)
        moment = Event()
        while user.sent() < 300 and running.poll() is None:
            moment.wait(0.002)
        running.kill()
        ended(running)
        assert 300 <= len(user.sandbox.accepted) < 1000

        again = user.run(*command)

        assert again.code == 0, again.err
        accepted = [body["ArchiveId"] for body in user.bodies()]
        assert len(set(accepted)) == 1000
        assert len(user.sandbox.accepted) == 1000

    def test_an_archive_that_nobody_reviewed_is_refused_by_its_address(self, user: User) -> None:
        thousand(user)
        command = approve(user, "expect")
        assert user.run(*command, "--max-jobs", "300").code == 75
        thousand(user, 1001)

        refused = user.run(*command).refused_with(5, "not-approved")

        assert "1 of 701 to start are not in what was approved:" in refused.err
        assert f"  photos/my-vault/{1000:0138d} (start: not_started)\n" in refused.err
        assert user.sent() == 300

    def test_another_tier_is_another_purchase_and_refused(self, user: User) -> None:
        thousand(user)
        command = approve(user, "expect")
        assert user.run(*command, "--max-jobs", "300").code == 75
        thousand(user, tier="Standard")

        refused = user.run(*command).refused_with(5, "not-approved")

        assert "700 of 700 to start are not in what was approved:" in refused.err
        assert f"  photos/my-vault/{300:0138d} (start: not_started)\n" in refused.err
        assert user.sent() == 300

    def test_an_archive_that_is_gone_from_the_inventory_takes_nothing_from_the_others(
        self, user: User
    ) -> None:
        thousand(user)
        command = approve(user, "expect")
        assert user.run(*command, "--max-jobs", "300").code == 75
        thousand(user, 999)

        applied = user.run(*command)

        assert (applied.code, applied.out) == (0, "Apply: 699 started, 300 kept.\n"), applied.err

    @pytest.mark.parametrize("how", ["plan", "expect"])
    def test_the_slot_of_the_next_week_is_approved_with_its_series(self, user: User, how: str) -> None:
        user.manifest(inventory(more="    every: weekly\n"))
        command = approve(user, how)
        assert user.run(*command).out == "Apply: 1 started.\n"
        user.sandbox.clock.advance(WEEK * 3600)

        later = user.program(*command, first=clock_set(WEEK))

        assert (later.code, later.out.splitlines()[-1][:17]) == (0, "Apply: 1 started."), later.err
        assert len({record["slot"] for record in user.records()}) == user.sent() == 2

    def test_with_another_state_a_saved_plan_is_refused(self, user: User) -> None:
        thousand(user, 10)
        command = approve(user, "plan")
        assert user.run(*command, "--max-jobs", "3").code == 75
        calls = user.sandbox.counts()

        user.manifest(inventory(vault="elsewhere"), name="others.yaml")
        assert user.run("apply", "others.yaml", "--yes", "--state", "other.db").code == 0
        user.run(*command, "--state", "other.db").refused_with(5, "other-state")

        assert user.sent() == calls["InitiateJob"] + 1

    @pytest.mark.parametrize("form", ["json", "csv"])
    def test_with_another_profile_nothing_starts_in_that_ones_account(
        self, user: User, monkeypatch: pytest.MonkeyPatch, form: str
    ) -> None:
        """A JSON inventory tells its account; with a CSV it is the state that knows another one."""
        (user.folder / "photos").write_bytes(json_for(ROWS) if form == "json" else csv_of(ROWS))
        user.write(f"version: 1\nregion: us-west-2\njobs:\n{picked(source='photos')}")
        command = approve(user, "expect")
        assert user.run(*command, "--max-jobs", "3").code == 75
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOTHER")
        user.sandbox.create_vault("my-vault", account="999999999999")

        refused = user.run(*command)

        assert refused.code == 5, refused.err
        assert "error[new-account]" in refused.err
        assert user.sent() == 3

    def test_a_profile_of_another_account_than_the_inventorys_is_refused_at_the_first_run(
        self, user: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hold(user)
        user.write(f"version: 1\nregion: us-west-2\njobs:\n{picked()}")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOTHER")
        user.sandbox.create_vault("my-vault", account="999999999999")

        refused = user.run("apply", "jobs.yaml", "--yes").refused_with(4, "wrong-vault")

        assert "account 999999999999" in refused.err
        assert user.sent() == 0
