from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from glacier_manifest.jobs.marker import USER_DESCRIPTION_BYTES
from glacier_manifest.manifest import values
from glacier_manifest.units import MIB


def refusal(rule: Callable[[str], object], text: str) -> tuple[str, str]:
    with pytest.raises(PydanticCustomError) as raised:
        rule(text)
    context = raised.value.context or {}
    return context["message"], context["advice"]


@pytest.mark.parametrize("text", ["v", "v" * 255, "Photos_2015.old-1", "-", "..", "0", "photos-*", "photo?"])
def test_names_that_a_vault_may_have(text: str) -> None:
    assert values.vault_name(text) == text


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("my vault", "1 to 255 letters"),
        ("", "1 to 255 letters"),
        ("v" * 256, "1 to 255 letters"),
        ("fotos-für-später", "1 to 255 letters"),
        ("v\n", "1 to 255 letters"),
        ("{a,b}", "list the vaults"),
        ("photos-[ab]", "only '*' and '?' are wildcards"),
        ("arn:aws:glacier:us-west-2:012345678901:vaults/photos", "write the name alone: photos"),
    ],
)
def test_names_that_no_vault_can_have(text: str, advice: str) -> None:
    assert advice in refusal(values.vault_name, text)[1]


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("12345678901", 'write "012345678901"'),
        ("1111-2222-3333", 'write it without hyphens and spaces: "111122223333"'),
        (" 111122223333 ", 'write it without hyphens and spaces: "111122223333"'),
        ("0123456789012", "12 digits"),
        ("--", "12 digits"),
        ("+11122223333", "12 digits"),
        ("\uff11" * 12, "12 digits"),
    ],
)
def test_what_is_not_an_account(text: str, advice: str) -> None:
    assert advice in refusal(values.account_id, text)[1]


@pytest.mark.parametrize("value", [True, 1.5, None, []])
def test_what_is_neither_digits_nor_text_is_left_to_the_check_of_types(value: object) -> None:
    assert values.account_id(value) is value
    assert values.limit(value) is value


@pytest.mark.parametrize("text", ["a", "-starts-with-a-hyphen", "A_b-9" * 30])
def test_archive_ids(text: str) -> None:
    assert values.archive_id(text) == text


@pytest.mark.parametrize(
    ("text", "strange"), [("a b", "' '"), ('"a"', "'\"'"), ("a\n", "'\\n'"), ("é", "'é'")]
)
def test_the_character_that_no_archive_id_holds_is_shown(text: str, strange: str) -> None:
    assert strange in refusal(values.archive_id, text)[0]


@pytest.mark.parametrize(
    "text",
    [
        "arn:aws:sns:us-west-2:012345678901:my-topic",
        "arn:aws-cn:sns:cn-north-1:111122223333:t",
        "arn:aws-us-gov:sns:us-gov-west-1:111122223333:t_1",
    ],
)
def test_topics(text: str) -> None:
    assert values.sns_topic(text) == text


def test_a_description_leaves_room_for_the_marker() -> None:
    longest = "~" * USER_DESCRIPTION_BYTES

    assert values.description(longest) == longest
    assert "shorten it" in refusal(values.description, longest + " ")[1]


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=100))
def test_printable_ascii_is_a_description(text: str) -> None:
    assert values.description(text) == text


@given(st.characters(exclude_categories=[]).filter(lambda one: not " " <= one <= "~"))
def test_nothing_else_is(character: str) -> None:
    assert repr(character) in refusal(values.description, f"a{character}b")[0]


@given(st.integers(0, 2**20), st.integers(0, 2**44))
def test_a_range_starts_at_a_whole_mebibyte(block: int, length: int) -> None:
    start = block * MIB
    text = f"{start}-{start + length}"

    assert values.byte_range(text) == text
    assert "whole MiB" in refusal(values.byte_range, f"{start + 1}-{start + 1 + length}")[0]


@pytest.mark.parametrize(
    "text", ["", "0", "-5", "0-", "a-b", "0-1 ", "00-5", "0--5", "bytes=0-5", f"0-{10**15}"]
)
def test_what_is_not_a_range(text: str) -> None:
    assert "is not a byte range" in refusal(values.byte_range, text)[0]


def test_the_largest_archive_has_an_end() -> None:
    last = values.LARGEST_ARCHIVE - 1

    assert values.byte_range(f"0-{last}") == f"0-{last}"
    assert "largest archive" in refusal(values.byte_range, f"0-{last + 1}")[0]


@pytest.mark.parametrize(
    ("text", "wire"),
    [
        ("2015-01-01", "2015-01-01T00:00:00Z"),
        ("2015-01-01T12:30", "2015-01-01T12:30:00Z"),
        ("2015-01-01 12:30:01", "2015-01-01T12:30:01Z"),
        ("2015-01-01T00:00:00Z", "2015-01-01T00:00:00Z"),
        ("2015-01-01T00:00:00+02:00", "2014-12-31T22:00:00Z"),
        ("2015-01-01T00:00:00-0800", "2015-01-01T08:00:00Z"),
    ],
)
def test_dates_are_sent_in_utc_to_the_second(text: str, wire: str) -> None:
    assert values.moment(text) == wire


@pytest.mark.parametrize(
    "text",
    [
        "2015",
        "2015-13-01",
        "2015-02-29",
        "20150101",
        "2015-W01-1",
        "2015-01-01T00:00:00.5Z",
        "yesterday",
        "1969-12-31",
        "0001-01-01T00:00:00+10:00",
        "9999-12-31T23:59:59-10:00",
        "2015-01-01T25:00Z",
        "2015-01-01Z",
    ],
)
def test_what_is_not_a_date(text: str) -> None:
    assert "is not a date" in refusal(values.moment, text)[0]


@pytest.mark.parametrize(
    "line", ["0 3 * * MON", "*/5 * * * *", "0 0 L * *", "0 0 29 2 *", "15,45 8-18 * * 1-5"]
)
def test_cron_lines(line: str) -> None:
    assert values.cron(line) == line


@pytest.mark.parametrize(
    "line", ["", "* * * *", "0 0 0 * * *", "@daily", "61 * * * *", "0 0 31 2 *", "x 3 * * *"]
)
def test_what_is_not_a_cron_line(line: str) -> None:
    assert "such as '0 3 * * MON'" in refusal(values.cron, line)[1]


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"])
def test_timezones(name: str) -> None:
    assert values.timezone(name) == name


@pytest.mark.parametrize(
    "name", ["", "Europe", "Berlin", "/etc/passwd", "../UTC", "a\0b", "é", "x" * 5000, "UTC+1"]
)
def test_what_is_not_a_timezone(name: str) -> None:
    assert "is not a timezone" in refusal(values.timezone, name)[0]


def test_a_long_value_is_cut_in_messages() -> None:
    assert len(values.shown("x" * 10_000)) == 60
