import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glacier_manifest.diagnostics import Diagnostic, InvalidInput
from glacier_manifest.inventory.archive import Archive, InventoryHead
from glacier_manifest.inventory.rows import COLUMNS
from tests.inventory.inventories import (
    ARN,
    DATE,
    archive,
    archives_described,
    inventory,
    json_of,
    read,
    refused,
)

HEAD = InventoryHead(ARN, DATE)
THREE = [archive(1), archive(2, 'say "hi", C:\\new'), archive(3, "")]


def row(one: Archive) -> dict[str, Any]:
    return dict(zip(COLUMNS, one, strict=True))


def document(rows: list[Any], **further: Any) -> bytes:  # noqa: ANN401 - JSON may be anything
    return json.dumps({"VaultARN": ARN, "InventoryDate": DATE, "ArchiveList": rows, **further}).encode()


#: The example of the guide ("api-job-output-get"), as it stands there.
GUIDE = b"""{
 "VaultARN": "arn:aws:glacier:us-west-2:012345678901:vaults/examplevault",
 "InventoryDate": "2011-12-12T14:19:01Z",
 "ArchiveList": [
   {
     "ArchiveId": "DMTmICA2n5Tdqq5BV2z7og-A20xnpAPKt3UXwWxdWsn_D6auTUrW6kwy5Qyj9xd1MCE1mBYvMQ63LWaT8yTMzMaCxB_9VBWrW4Jw4zsvg5kehAPDVKcppUD1X7b24JukOr4mMAq-oA",
     "ArchiveDescription": "my archive1",
     "CreationDate": "2012-05-15T17:19:46.700Z",
     "Size": 2140123,
     "SHA256TreeHash": "6b9d4cf8697bd3af6aa1b590a0b27b337da5b18988dbcc619a3e608a554a1e62"
   }
  ]
}"""  # noqa: E501 - an archive ID is as long as it is


def test_the_example_of_the_guide_is_read() -> None:
    walk = inventory(GUIDE)

    (one,) = walk
    assert one[1:] == (
        "my archive1",
        "2012-05-15T17:19:46.700Z",
        2140123,
        "6b9d4cf8697bd3af6aa1b590a0b27b337da5b18988dbcc619a3e608a554a1e62",
    )
    assert walk.head == HEAD


@pytest.mark.parametrize("indent", [None, 0, 2])
@given(wanted=st.lists(archives_described(st.text(max_size=30)), max_size=5))
def test_any_inventory_comes_back_however_it_is_laid_out(indent: int | None, wanted: list[Archive]) -> None:
    assert read(json_of(wanted, indent=indent)) == wanted


@given(st.permutations(["VaultARN", "InventoryDate", "ArchiveList", "Comment"]), st.permutations(COLUMNS))
def test_keys_come_in_any_order_and_others_among_them(top: list[str], inside: list[str]) -> None:
    rows = [{**{name: row(one)[name] for name in inside}, "Extra": [1, {"a": None}]} for one in THREE]
    known = {"VaultARN": ARN, "InventoryDate": DATE, "ArchiveList": rows, "Comment": {"by": ["us"]}}
    walk = inventory(json.dumps({name: known[name] for name in top}).encode())

    assert list(walk) == THREE
    assert walk.head == HEAD


def test_the_head_is_known_at_the_first_archive_where_it_stands_first() -> None:
    walk = inventory(json_of(THREE))

    next(iter(walk))

    assert walk.head == HEAD


def test_an_empty_vault_has_an_empty_list() -> None:
    assert read(json_of([])) == []


@pytest.mark.parametrize("description", [None, "absent"])
def test_an_archive_without_a_description_has_an_empty_one(description: str | None) -> None:
    one = row(archive())
    if description is None:
        one["ArchiveDescription"] = None
    else:
        del one["ArchiveDescription"]

    assert read(document([one])) == [archive(description="")]


def test_rows_longer_than_what_is_read_at_once_are_read() -> None:
    long = [archive(number, "x" * 300_000) for number in range(3)]

    assert read(json_of(long)) == long


@pytest.mark.parametrize("extra", ["", " ", "\n\n", "\r\n"])
def test_white_space_may_follow(extra: str) -> None:
    assert read(json_of(THREE) + extra.encode()) == THREE


@pytest.mark.parametrize("indent", [None, 1])
def test_an_inventory_that_is_cut_anywhere_is_refused(indent: int | None) -> None:
    whole = json_of(THREE, indent=indent)

    codes = set[str]()
    for end in range(1, len(whole)):
        with pytest.raises(InvalidInput) as caught:
            read(whole[:end])
        codes.add(caught.value.code)
    assert codes == {"truncated-inventory"}


def test_a_cut_is_told_with_the_last_whole_row() -> None:
    whole = json_of(THREE)

    refusal = refused(whole[: whole.rindex(b'"Size"')], "truncated-inventory")

    assert refusal.message == "the inventory 'photos.inventory' is cut: it ends after row 2"
    assert "get it again" in refusal.next_step


@pytest.mark.parametrize("garbage", ["}", "null", "{}", json_of(THREE).decode(), "<html>"])
def test_something_behind_the_end_is_refused(garbage: str) -> None:
    assert "behind its end" in refused(json_of(THREE) + garbage.encode(), "invalid-inventory").message


@pytest.mark.parametrize(
    "damaged",
    [
        json_of(THREE).replace(b'"Size":', b'"Size"', 1),
        json_of(THREE).replace(b'},{"ArchiveId"', b'} {"ArchiveId"', 1),
        json_of(THREE).replace(b"}]}", b"},]}"),
        json_of(THREE).replace(b'"InventoryDate":', b"InventoryDate:"),
        json_of(THREE).replace(b'"ArchiveList":[', b'"ArchiveList":{'),
        json_of(THREE).replace(ARN.encode(), b'",:"'),
        document([], VaultARN=7),
        b'{"ArchiveList":[],"ArchiveList":[]}',
        b"{,}",
        b'{"ArchiveList":[' + b"[" * 100_000 + b"]" * 100_000 + b"]}",
        b'{"ArchiveList":[' + b"9" * 100_000 + b"]}",
        b'{"ArchiveList":["' + b"x" * 3_000_000 + b'"]}',
    ],
    ids=range(12),
)
def test_a_damaged_inventory_is_refused_even_where_bad_rows_are_left_out(damaged: bytes) -> None:
    refused(damaged, "invalid-inventory")
    with pytest.raises(InvalidInput):
        list(inventory(damaged, skipped=[]))


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (["not", "an", "object"], "it is no JSON object"),
        (None, "it is no JSON object"),
        ({}, "it has no ArchiveId"),
        (row(archive()) | {"ArchiveId": 7}, "its ArchiveId is 7"),
        (row(archive()) | {"ArchiveId": "a b"}, "its ArchiveId is 'a b'"),
        (row(archive()) | {"ArchiveDescription": 7}, "its ArchiveDescription is 7"),
        (row(archive()) | {"ArchiveDescription": "\ud800"}, "not a text in UTF-8"),
        (row(archive()) | {"CreationDate": None}, "it has no CreationDate"),
        (row(archive()) | {"CreationDate": 1337}, "its CreationDate is 1337"),
        (row(archive()) | {"CreationDate": "yesterday"}, "its CreationDate is 'yesterday'"),
        (row(archive()) | {"CreationDate": "9999-12-31T23:59:59-09:00"}, "its CreationDate is"),
        (row(archive()) | {"Size": "2140123"}, "its Size is '2140123'"),
        (row(archive()) | {"Size": True}, "its Size is True"),
        (row(archive()) | {"Size": 1.5}, "its Size is 1.5"),
        (row(archive()) | {"Size": -1}, "its Size is -1"),
        (row(archive()) | {"Size": 2**63}, f"its Size is {2**63}"),
        (row(archive()) | {"Size": float("nan")}, "its Size is nan"),
        (row(archive()) | {"SHA256TreeHash": "g" * 64}, "its SHA256TreeHash is 'ggg"),
        (row(archive()) | {"SHA256TreeHash": [1]}, "its SHA256TreeHash is a list"),
        (row(archive()) | {"SHA256TreeHash": {}}, "its SHA256TreeHash is an object"),
    ],
)
def test_a_row_that_cannot_be_read_is_told_with_its_number_and_its_reason(wrong: object, why: str) -> None:
    content = document([row(THREE[0]), wrong, row(THREE[2])])
    warnings: list[Diagnostic] = []

    (found,) = refused(content, "bad-inventory-row").diagnostics

    assert found.message.startswith("row 2 of 'photos.inventory' cannot be read: ")
    assert why in found.message
    assert list(inventory(content, skipped=warnings)) == [THREE[0], THREE[2]]
    assert [found.code for found in warnings] == ["skipped-rows"]


def test_no_archive_is_yielded_after_the_first_bad_row() -> None:
    walk = iter(inventory(document([row(THREE[0]), {}, row(THREE[2])])))

    assert next(walk) == THREE[0]
    with pytest.raises(InvalidInput):
        next(walk)


def test_bad_rows_are_told_in_a_bounded_number_of_words() -> None:
    refusal = refused(document([{}] * 1_284), "bad-inventory-row")

    assert len(refusal.diagnostics) == 51
    assert {found.message for found in refusal.diagnostics} >= {"1,234 more rows cannot be read"}
    assert "--skip-bad-rows" in refusal.next_step


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"{}", "has nothing"),
        (b'{"JobList": [], "Marker": null}', "has 'JobList', 'Marker'"),
        (b'{"code":"ResourceNotFoundException","message":"x","type":"Client"}', "has 'code'"),
    ],
)
def test_another_json_document_is_no_inventory(content: bytes, why: str) -> None:
    refusal = refused(content, "not-an-inventory")

    assert why in refusal.message
    assert "aws glacier get-job-output" in refusal.next_step
