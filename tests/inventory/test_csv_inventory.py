import csv
import io
import random
import string
from collections.abc import Sequence
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glacier_manifest.diagnostics import Diagnostic
from glacier_manifest.inventory.archive import Archive, InventoryHead
from glacier_manifest.inventory.rows import COLUMNS
from tests.inventory.inventories import (
    HEADER,
    amazons_field,
    archive,
    archives_described,
    csv_of,
    inventory,
    read,
    refused,
)

#: The three examples of the guide ("api-job-output-get"): what was described, and what stands in the CSV.
GUIDE = (
    ("my archive description,1", r'"my archive description,1"'),
    ('my archive description,1"2', r'"my archive description,1\"2"'),
    (r"my archive description,1\"2", r'"my archive description,1\\"2"'),
)

#: Descriptions are printable ASCII ("api-archive-post"); these characters are the ones with a meaning.
printable = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=60)
tricky = st.text('\\",a ', max_size=12)


def row(field: str, one: Archive) -> str:
    return f"{one.archive_id},{field},{one.creation_date},{one.size},{one.tree_hash}"


def read_by_python(content: bytes) -> Sequence[Sequence[str]]:
    """Read a CSV as most programs do that say `escapechar`."""
    text = io.StringIO(content.decode(), newline="")
    return list(csv.reader(text, escapechar="\\", doublequote=False))[1:]


@pytest.mark.parametrize(("description", "field"), GUIDE)
def test_the_examples_of_the_guide_are_read_as_it_says(description: str, field: str) -> None:
    one = archive(description=description)

    assert amazons_field(description) == field
    assert read(f"{HEADER}\n{row(field, one)}\n".encode()) == [one]


def test_ten_thousand_random_rows_come_back_exactly_and_pythons_csv_gets_them_wrong() -> None:
    chance = random.Random(20261123)  # noqa: S311 - a test's examples
    alphabet = '\\\\"",,' + string.ascii_letters + string.digits + string.punctuation + " "
    wanted = [
        archive(number, "".join(chance.choices(alphabet, k=chance.randrange(40)))) for number in range(10_000)
    ]
    wanted += [archive(10_000 + number, described) for number, (described, _) in enumerate(GUIDE)]
    content = csv_of(wanted)

    assert read(content) == wanted
    by_python = read_by_python(content)
    assert [fields[1] for fields in by_python if len(fields) == 5] != [one.description for one in wanted]
    assert len(by_python) < len(wanted)


@given(st.lists(archives_described(printable | tricky), max_size=5), st.sampled_from(["\n", "\r\n"]))
def test_any_description_comes_back(wanted: list[Archive], end: str) -> None:
    assert read(csv_of(wanted, end=end)) == wanted


@given(st.permutations(COLUMNS), st.lists(archives_described(printable | tricky), min_size=1, max_size=3))
def test_columns_come_in_any_order(columns: list[str], wanted: list[Archive]) -> None:
    assert read(csv_of(wanted, columns=columns)) == wanted


@pytest.mark.parametrize("place", range(6))
@pytest.mark.parametrize("extra", ["", "x", '"a,b"', r'"say \"hi\", twice"'])
@pytest.mark.parametrize("description", ["photo.jpg", "a,b", 'say "hi", twice', "C:\\new,x", "", 'ends in "'])
def test_further_columns_are_passed_over(place: int, extra: str, description: str) -> None:
    one = archive(description=description)
    fields = [one.archive_id, amazons_field(description), one.creation_date, str(one.size), one.tree_hash]
    names = list(COLUMNS)
    names.insert(place, "Note")
    fields.insert(place, extra)

    assert read(f"{','.join(names)}\n{','.join(fields)}\n".encode()) == [one]


@pytest.mark.parametrize(
    ("field", "description"),
    [
        ('"photo.jpg"', "photo.jpg"),
        ('""', ""),
        ("", ""),
        (r'"x\"', "x\\"),
        (r'"\"', "\\"),
        (r'"\\""', '\\"'),
        (r'"ZZ,\"\"\", ,\\"', 'ZZ,""", ,\\\\'),
        (r'"{\"Path\":\"dir1/file1\",\"UTCDateModified\":\"20130322T120026Z\"}"',
         '{"Path":"dir1/file1","UTCDateModified":"20130322T120026Z"}'),
        (" leading and trailing ", " leading and trailing "),
        ("b\u00fccher", "b\u00fccher"),
        ("back\\slash", "back\\slash"),
    ],
)  # fmt: skip
def test_fields_as_they_were_seen_in_the_wild(field: str, description: str) -> None:
    one = archive(description=description)

    assert read(f"{HEADER}\n{row(field, one)}\n".encode()) == [one]


def test_a_description_that_looks_like_the_rest_of_a_row_is_a_description() -> None:
    one = archive(description=f"x,2012-05-15T17:19:46.700Z,1,{'a' * 64}")

    assert read(csv_of([one])) == [one]


def test_every_field_may_be_quoted_and_have_spaces_around_it() -> None:
    one = archive(description="a b")
    fields = ",".join(f' "{field}" ' for field in one)

    line = fields.replace(' "a b" ', '"a b"')
    assert read(f"\ufeff{HEADER}\n{line}\n".encode()) == [one]


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("2014-04-07T17:45:45Z", "2014-04-07T17:45:45.000Z"),
        ("2014-04-07T17:45:45.1Z", "2014-04-07T17:45:45.100Z"),
        ("2014-04-07T17:45:45.123456Z", "2014-04-07T17:45:45.123Z"),
        ("2012-02-29T23:59:59.999Z", "2012-02-29T23:59:59.999Z"),
        ("2014-04-07T19:45:45+02:00", "2014-04-07T17:45:45.000Z"),
    ],
)
def test_dates_are_read_with_and_without_milliseconds(written: str, read_as: str) -> None:
    one = archive()
    line = row("photo.jpg", one._replace(creation_date=written))

    assert read(f"{HEADER}\n{line}\n".encode()) == [one._replace(creation_date=read_as)]


def test_a_hash_in_capitals_is_the_same_hash() -> None:
    one = archive(0xABCDEF)

    assert read(f"{HEADER}\n{row('', one._replace(tree_hash=one.tree_hash.upper()))}\n".encode()) == [
        one._replace(description="")
    ]


def test_a_csv_says_nothing_of_itself() -> None:
    walk = inventory(csv_of([archive()]))

    assert list(walk)
    assert walk.head == InventoryHead(None, None)


def test_an_empty_vault_has_a_header_alone() -> None:
    assert read(f"{HEADER}\r\n".encode()) == []


def test_blank_lines_are_no_rows() -> None:
    one, two = archive(1), archive(2)
    walk = inventory(f"{HEADER}\n\n{row('photo.jpg', one)}\n\r\n{row('photo.jpg', two)}\n\n".encode())

    assert list(walk) == [one, two]
    assert walk.walked is not None
    assert walk.walked.archives == 2


GOOD = archive()


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("not a row", "it has 1 of the 5 columns"),
        (row("a,b", GOOD), "not quoted as Glacier quotes"),
        (row('"say ""hi"""', GOOD), "not quoted as Glacier quotes"),
        (row('say "hi"', GOOD), "not quoted as Glacier quotes"),
        (row('"open', GOOD), "not quoted as Glacier quotes"),
        (row("x", GOOD._replace(archive_id="photos/1.jpg")), "its ArchiveId is 'photos/1.jpg'"),
        (row("x", GOOD._replace(archive_id="")), "its ArchiveId is ''"),
        (row("x", GOOD._replace(creation_date="15/05/2012 17:19")), "its CreationDate is '15/05/2012 17:19'"),
        (row("x", GOOD._replace(creation_date="2013-02-29T00:00:00.000Z")), "its CreationDate is"),
        (row("x", GOOD._replace(creation_date="2013-13-01T00:00:00.000Z")), "its CreationDate is"),
        (row("x", GOOD._replace(tree_hash="abc")), "its SHA256TreeHash is 'abc'"),
        (row("x", GOOD).replace(f",{GOOD.size},", ",-1,"), "its Size is '-1'"),
        (row("x", GOOD).replace(f",{GOOD.size},", ",1.5E+06,"), "its Size is '1.5E+06'"),
        (row("x", GOOD).replace(f",{GOOD.size},", f",{2**63},"), "its Size is 9223372036854775808"),
        (row("x", GOOD).replace(f",{GOOD.size},", f",{'9' * 5000},"), "its Size is"),
    ],
)
def test_a_row_that_cannot_be_read_is_told_with_its_line_and_its_reason(line: str, why: str) -> None:
    content = f"{HEADER}\n{row('x', GOOD)}\n{line}\n{row('x', GOOD)}\n".encode()

    (found,) = refused(content, "bad-inventory-row").diagnostics

    assert found.message.startswith("line 3 of 'photos.inventory' cannot be read: ")
    assert why in found.message
    assert len(found.message) < 250


def test_text_that_is_no_utf_8_is_a_bad_row_and_not_a_guess() -> None:
    content = csv_of([archive(description="caf?")]).replace(b"caf?", b"caf\xe9")

    (found,) = refused(content, "bad-inventory-row").diagnostics

    assert "not a text in UTF-8" in found.message


def test_bad_rows_can_be_left_out_and_are_counted() -> None:
    warnings: list[Diagnostic] = []
    one, two = archive(1), archive(2)
    content = f"{HEADER}\n{row('photo.jpg', one)}\nbad\n{row('photo.jpg', two)}\nworse\n".encode()
    walk = inventory(content, skipped=warnings)

    assert list(walk) == [one, two]
    assert walk.walked is not None
    assert (walk.walked.archives, walk.walked.skipped) == (2, 2)
    assert [found.code for found in warnings] == ["skipped-rows"]
    assert warnings[0].message.startswith("2 rows left out, the first: line 3 of 'photos.inventory'")


@pytest.mark.parametrize("skipped", [None, []])
@pytest.mark.parametrize("kept", [0.2, 0.5, 0.9])
def test_a_cut_last_line_is_an_error_even_where_bad_rows_are_left_out(
    kept: float, skipped: list[Diagnostic] | None
) -> None:
    last = row("photo.jpg", archive(2))
    content = f"{HEADER}\n{row('photo.jpg', archive(1))}\n{last[: int(len(last) * kept)]}".encode()

    with pytest.raises(Exception, match="is cut: it ends inside line 3") as caught:
        list(inventory(content, skipped=skipped))

    assert getattr(caught.value, "code", None) == "truncated-inventory"


def test_a_last_line_without_its_end_is_whole_where_its_last_column_has_one_length() -> None:
    one = archive()

    assert read(csv_of([one]).rstrip(b"\n")) == [one]


@pytest.mark.parametrize("last", ["Size", "ArchiveDescription", "ArchiveId"])
def test_a_last_line_without_its_end_is_cut_where_its_last_column_may_go_on(last: str) -> None:
    columns = [*(name for name in COLUMNS if name != last), last]

    refused(csv_of([archive()], columns=columns).rstrip(b"\n"), "truncated-inventory")


def test_a_header_without_its_end_is_cut() -> None:
    refused(HEADER.encode(), "truncated-inventory")


@pytest.mark.parametrize(
    ("header", "why"),
    [
        ("ArchiveId,Size", "has no column ArchiveDescription and no CreationDate and no SHA256TreeHash"),
        (f"{HEADER},Size", "names a column twice"),
    ],
)
def test_a_header_that_lacks_or_repeats_a_column_is_refused(header: str, why: str) -> None:
    with pytest.raises(Exception, match=why):
        read(f"{header}\n".encode())


def test_a_line_without_an_end_does_not_fill_the_memory() -> None:
    refused(f"{HEADER}\n".encode() + b"x" * 1_000_000, "invalid-inventory")


@pytest.mark.parametrize("columns", list(permutations(["Note", "ArchiveDescription", "Other"])))
def test_a_line_full_of_quotes_is_refused_soon_where_columns_are_unknown(columns: tuple[str, ...]) -> None:
    names = [*columns, "ArchiveId", "CreationDate", "Size", "SHA256TreeHash"]

    refused(",".join(names).encode() + b"\n" + b'"\\",' * 10_000 + b"\n", "bad-inventory-row")
