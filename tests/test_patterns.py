import subprocess
import sys
import time
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from glacier_manifest.patterns import (
    check_path_glob,
    check_regex,
    check_text_glob,
    path_matcher,
    regex_matcher,
    text_matcher,
)

LONGEST_DESCRIPTION = 1024
LOOKING_AROUND = (
    "'a(?=b)' is not a regex of RE2: it knows no looking around, no atomic groups, no possessive repeats"
)


@pytest.mark.parametrize(
    ("glob", "path", "fits"),
    [
        ("2015/a.jpg", "2015/a.jpg", True),
        ("2015/a.jpg", "2015/A.jpg", False),
        ("2015/*.jpg", "2015/a.jpg", True),
        ("2015/*.jpg", "2015/may/a.jpg", False),
        ("*.jpg", "2015/a.jpg", False),
        ("2015", "2015/a.jpg", False),
        ("2015/**", "2015/a.jpg", True),
        ("2015/**", "2015/may/1/a.jpg", True),
        ("2015/**", "2015/", True),
        ("2015/**", "2015", False),
        ("2015/**", "old/2015/a.jpg", False),
        ("**/*.tmp", "a.tmp", True),
        ("**/*.tmp", "2015/may/a.tmp", True),
        ("**/*.tmp", "2015/may.tmp/a", False),
        ("**/may/**", "may/a", True),
        ("**/may/**", "2015/may/a/b", True),
        ("**/may/**", "2015/mayor/a", False),
        ("2015/**/a.jpg", "2015/a.jpg", True),
        ("2015/**/a.jpg", "2015/may/1/a.jpg", True),
        ("2015/**/a.jpg", "2015/aa.jpg", False),
        ("**", "", True),
        ("**", "any/thing", True),
        ("img_????.jpg", "img_0001.jpg", True),
        ("img_????.jpg", "img_1.jpg", False),
        ("a?b", "a/b", False),
        ("img_[0-4]*", "img_42", True),
        ("img_[0-4]*", "img_7", False),
        ("img_[!0-4]*", "img_7", True),
        ("img_[^0-4]*", "img_7", True),
        ("a[!x]b", "a/b", False),
        ("a[--0]b", "a/b", False),
        ("[]x]", "]", True),
        ("[*]", "*", True),
        ("[*]", "a", False),
        ("[[]a]", "[a]", True),
        ("[a&&b]", "&", True),
        ("[\\d]", "\\", True),
        ("[\\d]", "1", False),
        (r"c:\photos\*", r"c:\photos\a.jpg", True),
        ("a.b", "axb", False),
        ("{a,b}", "a", False),
        ("*", "two\nlines", True),
        ("/2015/*", "2015/a", True),
        ("2015/*", "/2015/a", True),
        ("2015/*", "//2015/a", True),
    ],
)
def test_a_path_glob_fits_all_of_a_path_and_stars_stay_within_a_folder(
    glob: str, path: str, *, fits: bool
) -> None:
    assert bool(path_matcher([glob])(path)) is fits


def test_one_of_several_globs_is_enough() -> None:
    fits = path_matcher(["2015/**", "**/*.tmp", "readme.txt", "img_?/*"])

    assert all(map(fits, ["2015/a", "x/y.tmp", "readme.txt", "img_1/a"]))
    assert not any(map(fits, ["2016/a", "x/readme.txt", "img_10/a"]))


@pytest.mark.parametrize(
    ("glob", "text", "fits"),
    [
        ("backup-*", "backup-2015/a.jpg", True),
        ("backup-*", "my backup-2015", False),
        ("*2015*", "backup/2015/a.jpg", True),
        ("*.jpg", "2015/a.jpg", True),
        ("backup", "backup", True),
        ("backup", "backup-1", False),
        ("a?c", "a/c", True),
        ("a**c", "a/b/c", True),
        ("[a-c]*", "bus", True),
    ],
)
def test_a_text_glob_fits_all_of_a_text_and_stars_cross_everything(
    glob: str, text: str, *, fits: bool
) -> None:
    assert bool(text_matcher(glob)(text)) is fits


@pytest.mark.parametrize(
    ("glob", "why"),
    [
        ("", "it is empty: '**' fits everything"),
        (
            "2015/**.jpg",
            "'**' stands alone between slashes, and '**.jpg' has more: write '**/*.jpg'",
        ),
        ("photos**", "'**' stands alone between slashes, and 'photos**' has more: write '**/photos*'"),
        ("a[b", "'[' is never closed: write '[[]' for a bracket"),
        ("a[b/c]d", "'[' is never closed: write '[[]' for a bracket"),
        ("[z-a]", "'[z-a]' has a range that ends before it begins"),
        ("2015/**/[a-z]?*.jpg", None),
        ("/", None),
    ],
)
def test_a_path_glob_that_would_surprise_is_refused_with_what_to_write(glob: str, why: str | None) -> None:
    assert check_path_glob(glob) == why


def test_a_matcher_refuses_what_the_check_refuses() -> None:
    with pytest.raises(ValueError, match=r"'\*\*\.jpg' is not a glob: '\*\*' stands alone"):
        path_matcher(["**.jpg"])
    with pytest.raises(ValueError, match=r"'\[' is not a glob: '\[' is never closed"):
        text_matcher("[")


# Globs against a matcher that is slow and simple.


def characters(glob: str) -> Iterator[str]:
    while glob:
        end = glob.find("]", 3 if glob[1:2] in {"!", "^"} else 2) + 1 if glob[0] == "[" else 1
        yield glob[:end]
        glob = glob[end:]


def in_class(sign: str, character: str) -> bool:
    inside = sign[1:-1].removeprefix("!").removeprefix("^") if sign[1] in "!^" else sign[1:-1]
    members: set[str] = set()
    while inside:
        if inside[1:2] == "-" and len(inside) > 2:
            members |= set(map(chr, range(ord(inside[0]), ord(inside[2]) + 1)))
            inside = inside[3:]
        else:
            members.add(inside[0])
            inside = inside[1:]
    return (character in members) is not (sign[1] in "!^")


def simply_fits(signs: Sequence[str], text: str) -> bool:
    if not signs:
        return not text
    sign, rest = signs[0], signs[1:]
    if sign == "*":
        return simply_fits(rest, text) or (bool(text) and simply_fits(signs, text[1:]))
    if not text:
        return False
    is_it = sign in {"?", text[0]} or (len(sign) > 1 and in_class(sign, text[0]))
    return is_it and simply_fits(rest, text[1:])


def path_simply_fits(globs: Sequence[str], folders: Sequence[str]) -> bool:
    if not globs:
        return not folders
    if globs == ["**"]:
        return bool(folders)
    if globs[0] == "**":
        deeper = bool(folders) and path_simply_fits(globs, folders[1:])
        return path_simply_fits(globs[1:], folders) or deeper
    first_fits = bool(folders) and simply_fits([*characters(globs[0])], folders[0])
    return first_fits and path_simply_fits(globs[1:], folders[1:])


SIGNS = st.sampled_from(["a", "b", "*", "?", "[ab]", "[!a]", "[a-c]", ".", "[]-]", "[^]b]", "[--0]"])
SEGMENTS = st.lists(SIGNS, max_size=5).map("".join) | st.just("**")
GLOBS = st.lists(SEGMENTS, min_size=1, max_size=6).map("/".join)
PATHS = st.lists(st.text("ab.]-", max_size=5), min_size=1, max_size=6).map("/".join)


@given(st.lists(GLOBS, min_size=1, max_size=3), PATHS)
def test_path_globs_fit_what_a_simple_matcher_says(globs: list[str], path: str) -> None:
    assume(not any(map(check_path_glob, globs)))

    expected = any(
        path_simply_fits(glob.lstrip("/").split("/"), path.lstrip("/").split("/")) for glob in globs
    )

    assert bool(path_matcher(globs)(path)) is expected


@given(st.lists(SIGNS | st.just("/"), min_size=1, max_size=8).map("".join), PATHS)
def test_text_globs_fit_what_a_simple_matcher_says(glob: str, text: str) -> None:
    assume(not check_text_glob(glob))

    assert bool(text_matcher(glob)(text)) is simply_fits([*characters(glob)], text)


# What could run away.


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "glob",
    [
        "*a*a*a*a*b",
        "*" + "a*" * 250 + "b",
        "?" * 20 + "*a" * 100 + "b",
        "**/a/" * 60 + "b",
        "**/*a*a/" * 40 + "*b*",
        "**/*a*/*a*/" * 20 + "b",
        "*[a-b]" * 100 + "c",
    ],
)
@pytest.mark.parametrize("unit", ["a", "a/", "aa/", "ab"])
def test_no_glob_runs_away_on_the_longest_description(glob: str, unit: str) -> None:
    text = (unit * LONGEST_DESCRIPTION)[:LONGEST_DESCRIPTION]
    tests = [path_matcher([glob]), text_matcher(glob)]

    assert [bool(fits(f"{text}!")) for fits in tests] == [False, False]


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "regex", ["(a+)+$", "(a|a)*b", "(.*a){20}b", "(a?){50}a{50}b", "(x+x+)+y", "(a|aa)+!", ".*.*.*.*.*[^a]$"]
)
def test_no_regex_runs_away_on_the_longest_description(regex: str) -> None:
    found = regex_matcher(regex)
    started = time.monotonic()

    found("a" * LONGEST_DESCRIPTION + "!")

    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    ("regex", "text", "found"),
    [
        ("^backup-", "backup-1", True),
        ("^backup-", "my backup-1", False),
        (r"\.jpe?g$", "2015/a.jpg", True),
        ("(?i)BACKUP", "my backup", True),
        (r"20\d\d", "in 2015", True),
        ("é", "café", True),
        ("^.$", "é", True),
        ("a", "\udc80a", True),
        ("", "", True),
    ],
)
def test_a_regex_is_looked_for_anywhere_in_the_text(regex: str, text: str, *, found: bool) -> None:
    assert bool(regex_matcher(regex)(text)) is found


@pytest.mark.parametrize(
    ("regex", "why"),
    [
        ("(", "'(' is not a regex of RE2: missing ): ("),
        (r"(a)\1", r"'(a)\1' is not a regex of RE2: it knows no backreferences"),
        (
            "a(?=b)",
            LOOKING_AROUND,
        ),
        (r"x\Z", r"'x\Z' is not a regex of RE2: the end of the text is '\z'"),
        ("\ud800", "'\ud800' is not a regex of RE2: it is not text"),
        (
            ".{0,900}x",
            "'.{0,900}x' is too large, it makes 8,105 instructions of 2,000: lower the numbers in braces",
        ),
        ("^20(1[0-9])-", None),
    ],
)
def test_a_regex_that_cannot_be_used_is_told_why(regex: str, why: str | None) -> None:
    assert check_regex(regex) == why


@given(st.text(max_size=30))
def test_whatever_is_written_as_a_regex_is_judged_in_silence(regex: str) -> None:
    why = check_regex(regex)

    assert why is None or regex in why


def test_re2_is_loaded_only_for_a_regex() -> None:
    program = (
        "import sys; from glacier_manifest.patterns import path_matcher; path_matcher(['a*b']); "
        "raise SystemExit('re2' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
