"""Looking into inventories, from files and from S3, as a user types it."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.acceptance.user import User
from tests.inventory.inventories import ARN, DATE, archive, csv_of, json_of, packed

OLD = [archive(1, "2014/a.jpg", 1_000_000), archive(2, 'say "hi", twice', 5), archive(3, "2015/b.jpg", 7)]
NEW = [OLD[0], OLD[2]._replace(description="2015/c.jpg"), archive(4, "2016/d.jpg", 2**41)]


@pytest.fixture
def folder(user: User) -> Path:
    (user.folder / "old.json").write_bytes(json_of(OLD))
    (user.folder / "new.csv.gz").write_bytes(packed(csv_of(NEW)))
    return user.folder


@pytest.mark.usefixtures("folder")
def test_archives_are_listed_for_people_with_a_sum(user: User) -> None:
    ran = user.run("inventory", "list", "old.json")

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        "2012-05-15 17:20   976.6 KiB  000000000000…  2014/a.jpg",
        '2012-05-15 17:21         5 B  000000000000…  say "hi", twice',
        "2012-05-15 17:22         7 B  000000000000…  2015/b.jpg",
        "3 archives, 976.6 KiB.",
    ]


@pytest.mark.parametrize("written", [json_of(OLD), json_of(OLD, indent=2), packed(json_of(OLD))])
def test_json_has_the_keys_that_programs_rely_on(user: User, written: bytes) -> None:
    (user.folder / "inventory").write_bytes(written)

    listed = user.run("inventory", "list", "inventory", "--format", "json").json

    assert list(listed) == ["format_version", "inventory_date", "archives"]
    assert (listed["format_version"], listed["inventory_date"]) == ("1.0", DATE)
    assert listed["archives"][1] == {
        "archive_id": OLD[1].archive_id,
        "description": 'say "hi", twice',
        "path": 'say "hi", twice',
        "creation_date": "2012-05-15T17:21:46.700Z",
        "size": 5,
        "tree_hash": OLD[1].tree_hash,
    }
    assert len(listed["archives"]) == 3


@pytest.mark.parametrize(
    ("content", "date"),
    [
        (csv_of(OLD), None),
        (csv_of([]), None),
        (json_of([]), DATE),
        (json.dumps({"ArchiveList": [], "InventoryDate": DATE}).encode(), DATE),
    ],
)
def test_json_is_one_document_whatever_is_known_when(user: User, content: bytes, date: str | None) -> None:
    (user.folder / "inventory").write_bytes(content)

    listed = user.run("inventory", "list", "inventory", "--format", "json").json

    assert set(listed) == {"format_version", "inventory_date", "archives"}
    assert listed["inventory_date"] == date


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("conditions", "numbers"),
    [
        (["--path", "2014/*"], [1]),
        (["--path", "2014/*", "--path", "2015/**"], [1, 3]),
        (["--exclude-path", "201*/*"], [2]),
        (["--path", "**/*.jpg", "--exclude-path", "2014/**"], [3]),
        (["--created-from", "2012-05-15T17:21:46.700Z"], [2, 3]),
        (["--created-from", "2012-05-15T17:21:46.701Z"], [3]),
        (["--created-to", "2012-05-15"], []),
        (["--created-from", "2012-05-15", "--created-to", "2012-05-16"], [1, 2, 3]),
        (["--min-size", "7"], [1, 3]),
        (["--min-size", "6", "--max-size", "1 KiB"], [3]),
    ],
)
def test_only_archives_that_pass_every_condition_are_listed(
    user: User, conditions: list[str], numbers: list[int]
) -> None:
    listed = user.run("inventory", "list", "old.json", "--format", "json", *conditions)

    assert [int(one["archive_id"]) for one in listed.json["archives"]] == numbers, listed.err
    assert listed.json["inventory_date"] == DATE


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("flag", "value"),
    [("--created-from", "last week"), ("--created-to", "2015"), ("--min-size", "big"), ("--max-size", "-1")],
)
def test_a_condition_that_cannot_be_read_is_named(user: User, flag: str, value: str) -> None:
    ran = user.run("inventory", "list", "old.json", flag, value).refused_with(64, "invalid-filter")

    assert flag in ran.err


@pytest.mark.usefixtures("folder")
def test_ndjson_and_csv_have_the_same_columns(user: User) -> None:
    documents = user.run("inventory", "list", "old.json", "--format", "ndjson").out.splitlines()
    table = list(
        csv.DictReader(io.StringIO(user.run("inventory", "list", "old.json", "--format", "csv").out))
    )

    assert [{name: str(value) for name, value in json.loads(one).items()} for one in documents] == table
    assert [one["description"] for one in table] == [one.description for one in OLD]


def test_what_ndjson_lists_is_a_list_of_archive_ids(user: User, folder: Path) -> None:
    listed = user.run("inventory", "list", "old.json", "--format", "ndjson")
    (folder / "wanted.ndjson").write_text(listed.out)
    user.manifest("  a: {type: archive-retrieval, vault: my-vault, archive_ids_from: wanted.ndjson}\n")

    assert user.run("plan", "jobs.yaml", "--format", "json").json["summary"]["start"] == 3


@pytest.mark.usefixtures("folder")
def test_what_is_in_an_inventory_is_shown(user: User) -> None:
    shown = user.run("inventory", "show", "old.json", "--format", "json").json
    for_people = user.run("inventory", "show", "old.json")

    assert (shown["vault_arn"], shown["inventory_date"]) == (ARN, DATE)
    assert (shown["archives"], shown["bytes"], shown["skipped_rows"]) == (3, 1_000_012, 0)
    assert shown["years"] == [{"year": 2012, "archives": 3, "bytes": 1_000_012}]
    assert [one["folder"] for one in shown["folders"]] == ["2014", "2015", ""]
    assert shown["largest"][0]["path"] == "2014/a.jpg"
    assert len(shown["sha256"]) == 64
    assert for_people.code == 0
    for words in (
        f"vault      {ARN}\n",
        f"inventory  {DATE}, ",
        "1,000,012 (976.6 KiB)",
        "2014/\n",
        "(no folder)",
    ):
        assert words in for_people.out


@pytest.mark.usefixtures("folder")
def test_a_csv_says_that_it_tells_neither_vault_nor_date(user: User) -> None:
    shown = user.run("inventory", "show", "new.csv.gz")

    assert "a CSV does not name it" in shown.out
    assert "a CSV has no date" in shown.out


def test_a_date_that_is_none_is_shown_as_it_is(user: User) -> None:
    (user.folder / "odd.json").write_bytes(json_of(OLD).replace(DATE.encode(), b"yesterday"))

    assert "inventory  yesterday\n" in user.run("inventory", "show", "odd.json").out


@pytest.mark.usefixtures("folder")
def test_what_has_changed_is_shown(user: User) -> None:
    ran = user.run("inventory", "diff", "old.json", "new.csv.gz")

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        '- 2012-05-15 17:21         5 B  000000000000…  say "hi", twice',
        "~ 2012-05-15 17:22         7 B  000000000000…  2015/c.jpg  (another description)",
        "+ 2012-05-15 17:23     2.0 TiB  000000000000…  2016/d.jpg",
        "1 added (2.0 TiB), 1 removed (5 B), 1 changed (7 B), 1 unchanged (976.6 KiB).",
    ]


@pytest.mark.usefixtures("folder")
def test_what_has_changed_as_json_and_csv(user: User) -> None:
    document = user.run("inventory", "diff", "old.json", "new.csv.gz", "--format", "json").json
    table = user.run("inventory", "diff", "old.json", "new.csv.gz", "--format", "csv").out
    nothing = user.run("inventory", "diff", "old.json", "old.json", "--format", "json").json

    assert document["summary"]["added"] == {"archives": 1, "bytes": 2**41}
    assert document["old"] == {"vault_arn": ARN, "inventory_date": DATE}
    assert [one["difference"] for one in document["differences"]] == ["removed", "changed", "added"]
    assert document["differences"][1]["was"]["path"] == "2015/b.jpg"
    kinds = [one["difference"] for one in csv.DictReader(io.StringIO(table))]
    assert kinds == ["removed", "changed-from", "changed-to", "added"]
    assert (nothing["differences"], nothing["summary"]["unchanged"]["archives"]) == ([], 3)


def test_inventories_of_two_vaults_are_compared_with_a_remark(user: User, folder: Path) -> None:
    (folder / "other.json").write_bytes(json_of(OLD).replace(b"examplevault", b"othervault"))

    ran = user.run("inventory", "diff", "old.json", "other.json")

    assert ran.code == 0
    assert "inventories of two vaults" in ran.err


@pytest.mark.parametrize("words", [["list"], ["show"], ["diff", "old.json"]], ids=lambda words: words[0])
@pytest.mark.parametrize(
    ("content", "code"),
    [
        (json_of(OLD)[:-100], "truncated-inventory"),
        (json_of(OLD) + b"}", "invalid-inventory"),
        (b"<html>", "not-an-inventory"),
        (csv_of(OLD).replace(b"2012-05-15", b"15.05.2012"), "bad-inventory-row"),
    ],
)
def test_every_command_refuses_what_is_no_whole_inventory(
    user: User, folder: Path, words: list[str], content: bytes, code: str
) -> None:
    (folder / "bad").write_bytes(content)

    ran = user.run("inventory", *words, "bad")

    assert ran.code == 4
    assert f"error[{code}]" in ran.err
    assert ran.last.startswith("next: ")


@pytest.mark.parametrize("name", ["nothing.json", "."])
def test_a_file_that_cannot_be_read_is_named(user: User, name: str) -> None:
    ran = user.run("inventory", "show", name).refused_with(4, "unreadable-file")

    assert f"the inventory '{name}' cannot be read" in ran.err


def test_rows_that_cannot_be_read_are_left_out_when_asked(user: User) -> None:
    (user.folder / "bad.csv").write_bytes(csv_of(OLD).replace(b",5,", b",five,"))

    refused = user.run("inventory", "list", "bad.csv").refused_with(4, "bad-inventory-row")
    ran = user.run("inventory", "list", "bad.csv", "--skip-bad-rows")

    assert "--> bad.csv:3:1" in refused.err
    assert "its Size is 'five', not a number of bytes" in refused.err
    assert ran.code == 0
    assert "warning[skipped-rows]" in ran.err
    assert ran.out.endswith("2 archives, 976.6 KiB.\n")


def test_nothing_of_a_description_reaches_a_terminal_raw(user: User) -> None:
    evil = [archive(1, "a\x1b]0;owned\x07\u202eb/c"), archive(2, "\x1b[2J/x")]
    (user.folder / "evil.json").write_bytes(json_of(evil))
    (user.folder / "none.json").write_bytes(json_of([]))

    told = [
        user.run("inventory", "list", "evil.json"),
        user.run("inventory", "show", "evil.json"),
        user.run("inventory", "diff", "none.json", "evil.json"),
        user.run("inventory", "list", "\x1b[2J"),
    ]

    assert [ran.code for ran in told] == [0, 0, 0, 4]
    assert all(mark not in ran.out + ran.err for ran in told for mark in ("\x1b", "\x07", "\u202e"))


@pytest.fixture
def moto() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def test_an_inventory_is_read_from_s3(user: User, moto: str, monkeypatch: pytest.MonkeyPatch) -> None:
    client = boto3.client("s3", endpoint_url=moto, region_name="us-east-1")
    client.create_bucket(Bucket="inventories")
    client.put_object(Bucket="inventories", Key="2026/photos.json.gz", Body=packed(json_of(OLD)))
    client.close()
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", moto)

    shown = user.run("inventory", "show", "s3://inventories/2026/photos.json.gz", "--format", "json")
    missing = user.run("inventory", "list", "s3://inventories/photos.json")

    assert shown.json["archives"] == 3, shown.err
    missing.refused_with(1, "s3-object-not-found")
    user.run("inventory", "list", "s3://inventories").refused_with(64, "s3-address")


def output(user: User, form: str) -> bytes:
    """Fetch an inventory from the sandbox in a format."""
    client = boto3.client("glacier", endpoint_url=user.sandbox.url)
    wanted: Any = {"Type": "inventory-retrieval", "Format": form}
    job = client.initiate_job(vaultName="photos", jobParameters=wanted)["jobId"]
    user.sandbox.clock.advance(4 * 3600.0)
    content: bytes = client.get_job_output(vaultName="photos", jobId=job)["body"].read()
    client.close()
    return content


def test_what_glacier_writes_in_either_format_is_the_same_inventory(user: User) -> None:
    for description in ("photo.jpg", "", 'a,1\\"2', "C:\\new\\x", '"', 'ends, "\\', "caf\u00e9 \u20ac"):
        user.sandbox.upload("photos", b"x", description)
    user.sandbox.take_inventory("photos")
    (user.folder / "photos.json").write_bytes(output(user, "JSON"))
    (user.folder / "photos.csv").write_bytes(output(user, "CSV"))

    ran = user.run("inventory", "diff", "photos.json", "photos.csv")

    assert (ran.code, ran.out) == (0, "0 added (0 B), 0 removed (0 B), 0 changed (0 B), 7 unchanged (7 B).\n")
