r"""Globs and regular expressions, as people write them: checked, and compiled to tests of a text.

Neither can run away. A glob becomes a regular expression of Python's that never takes back what a star took
(atomic groups), for the shortest that a star can take is always the best: its time grows with the length of
the glob times that of the text. A regular expression is RE2's, whose time grows with the length of the text
alone; what RE2 cannot do that way (backreferences, looking around) is refused.

In a path glob ``*``, ``?`` and ``[..]`` stay within a folder, ``**`` between slashes stands for any number of
folders, and all of the path must fit. In a text glob ``*`` stands for anything. Both tell capitals from small
letters; a backslash is itself; ``[*]`` is a star.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Any

#: Says whether a text fits: what it returns is true or false, but need not be a `bool`.
Matcher = Callable[[str], object]

#: The largest regex, in RE2's instructions: the longest description then costs some 30 ms at the very worst.
LARGEST_REGEX = 2000

_SIGN = re.compile(r"\*+|\?|\[[!^]?\]?[^\]]*\]|.", re.DOTALL)
_EMPTY = "it is empty: '**' fits everything"
_RANGE = re.compile(r"(.)(?:-(.))?", re.DOTALL)
_SPECIAL = re.compile(r"[*?[]")


def check_path_glob(glob: str) -> str | None:
    """Say what is wrong with a glob for paths; None where nothing is."""
    if not glob:
        return _EMPTY
    return next((why for segment in glob.split("/") if (why := _wrong_segment(segment))), None)


def check_text_glob(glob: str) -> str | None:
    """Say what is wrong with a glob for texts; None where nothing is."""
    if not glob:
        return _EMPTY
    return next((why for sign in _SIGN.findall(glob) if (why := _wrong_class(sign))), None)


def check_regex(regex: str) -> str | None:
    """Say what is wrong with a regular expression; None where nothing is."""
    try:
        _compiled(regex)
    except ValueError as error:
        return str(error)
    return None


def path_matcher(globs: Iterable[str]) -> Matcher:
    """Return a test that a path passes if all of it fits one of some globs; leading slashes do not count.

    Raises:
        ValueError: One of them is no glob; the message says why.
    """
    shapes = [_path_shape(_checked(glob, check_path_glob).lstrip("/")) for glob in globs]
    fits = _one_of(shapes)
    return lambda path: fits(path.lstrip("/"))


def text_matcher(glob: str) -> Matcher:
    """Return a test that a text passes if all of it fits a glob, in which ``*`` stands for anything.

    Raises:
        ValueError: It is no glob; the message says why.
    """
    return _one_of([_text_shape(_checked(glob, check_text_glob))])


def regex_matcher(regex: str) -> Matcher:
    """Return a test that a text passes if a regular expression is found in it.

    Raises:
        ValueError: It is not one of RE2's, or too large; the message says why.
    """
    search = _compiled(regex).search
    # Bytes, because RE2 then reckons no character offsets, and because half a surrogate pair cannot stop it.
    return lambda text: search(text.encode("utf-8", "replace"))


# Globs: a shape is what a glob asks of a text, in the cheapest terms.


@dataclass(frozen=True, slots=True)
class _Is:
    text: str


@dataclass(frozen=True, slots=True)
class _Begins:
    text: str


@dataclass(frozen=True, slots=True)
class _Ends:
    text: str


@dataclass(frozen=True, slots=True)
class _Fits:
    expression: str


_Shape = _Is | _Begins | _Ends | _Fits


def _one_of(shapes: Sequence[_Shape]) -> Matcher:
    tests = list(_tests(shapes))
    if len(tests) == 1:
        return tests[0]
    return partial(_any_passed, tuple(tests))


def _any_passed(tests: tuple[Matcher, ...], text: str) -> bool:
    for passes in tests:  # noqa: SIM110 - any() with a generator takes twice the time, a million times
        if passes(text):
            return True
    return False


def _tests(shapes: Sequence[_Shape]) -> Iterator[Matcher]:
    if begins := tuple(shape.text for shape in shapes if isinstance(shape, _Begins)):
        yield lambda text: text.startswith(begins)
    if ends := tuple(shape.text for shape in shapes if isinstance(shape, _Ends)):
        yield lambda text: text.endswith(ends)
    if same := frozenset(shape.text for shape in shapes if isinstance(shape, _Is)):
        yield same.__contains__
    if fits := [shape.expression for shape in shapes if isinstance(shape, _Fits)]:
        yield re.compile("|".join(fits), re.DOTALL).fullmatch


def _path_shape(glob: str) -> _Shape:
    if not _SPECIAL.search(glob):
        return _Is(glob)
    beginning, end = glob.removesuffix("**"), glob.removeprefix("**/*")
    if beginning != glob and not _SPECIAL.search(beginning):
        return _Begins(beginning)
    if end != glob and not _SPECIAL.search(end) and "/" not in end:
        return _Ends(end)
    return _Fits(_path_expression(glob))


def _text_shape(glob: str) -> _Shape:
    if not _SPECIAL.search(glob):
        return _Is(glob)
    if not _SPECIAL.search(glob[:-1]) and glob[-1] == "*":
        return _Begins(glob[:-1])
    if not _SPECIAL.search(glob[1:]) and glob[0] == "*":
        return _Ends(glob[1:])
    return _Fits(_expression(glob, "."))


def _path_expression(glob: str) -> str:
    """Translate a path glob: what stands between its ``**`` is looked for from left to right."""
    spread = groupby(glob.split("/"), key="**".__eq__)
    groups = [[*segments] if not stars else None for stars, segments in spread]
    last = len(groups) - 1
    return "".join(_group_expression(groups, place, last) for place in range(last + 1))


def _group_expression(groups: Sequence[list[str] | None], place: int, last: int) -> str:
    segments = groups[place]
    if segments is None:
        return ".*" if place == last else ""
    expression = "/".join(_expression(segment, "[^/]") for segment in segments)
    if place == 0:
        return expression if place == last else f"{expression}/"
    return f"(?:[^/]*+/)*{expression}" if place == last else f"(?>(?:[^/]*+/)*?{expression}/)"


def _expression(glob: str, wild: str) -> str:
    """Translate what has no slashes to cross; `wild` is what ``?`` stands for."""
    pieces = [""]
    for sign in _SIGN.findall(glob):
        if sign[0] == "*":
            pieces.append("")
        else:
            pieces[-1] += _one_character(sign, wild)
    first, *others = pieces
    if not others:
        return first
    *middle, last = others
    return first + "".join(f"(?>{wild}*?{piece})" for piece in middle if piece) + f"{wild}*{last}"


def _one_character(sign: str, wild: str) -> str:
    if sign == "?":
        return wild
    if len(sign) == 1:
        return re.escape(sign)
    negation = "^" if sign[1] in "!^" else ""
    inside = _RANGE.sub(_escaped, sign[1 + len(negation) : -1])
    return f"(?={wild})[{negation}{inside}]"


def _escaped(characters: re.Match[str]) -> str:
    first, last = characters[1], characters[2]
    return re.escape(first) if last is None else f"{re.escape(first)}-{re.escape(last)}"


def _wrong_segment(segment: str) -> str | None:
    if "**" in segment and segment != "**":
        single = re.sub(r"\*+", "*", segment)
        return f"'**' stands alone between slashes, and '{segment}' has more: write '**/{single}'"
    return check_text_glob(segment) if segment else None


def _wrong_class(sign: str) -> str | None:
    if sign == "[":
        return "'[' is never closed: write '[[]' for a bracket"
    if sign[0] == "[":
        try:
            re.compile(_one_character(sign, "."))
        except re.error:
            return f"'{sign}' has a range that ends before it begins"
    return None


def _checked(glob: str, check: Callable[[str], str | None]) -> str:
    if why := check(glob):
        raise ValueError(f"'{glob}' is not a glob: {why}")
    return glob


# Regular expressions.

#: What RE2 names in a pattern that it does not know, and what to tell of it.
_UNKNOWN_TO_RE2 = (
    (
        re.compile(r"\(\?(?:<?[=!]|>)|[*+?}]\+"),
        "it knows no looking around, no atomic groups, no possessive repeats",
    ),
    (re.compile(r"\\[1-9]|\(\?P="), "it knows no backreferences"),
    (re.compile(r"\\Z"), r"the end of the text is '\z'"),
)


def _compiled(regex: str) -> Any:  # noqa: ANN401 - RE2's own class is not a public name
    import re2  # noqa: PLC0415 - loaded only where a manifest has a regex: commands without one stay quick

    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    try:
        compiled = re2.compile(regex, options)
    except (re2.error, UnicodeEncodeError) as error:
        raise ValueError(f"'{regex}' is not a regex of RE2: {_why(regex, error)}") from None
    if compiled.programsize > LARGEST_REGEX:
        size = f"it makes {compiled.programsize:,} instructions of {LARGEST_REGEX:,}"
        raise ValueError(f"'{regex}' is too large, {size}: lower the numbers in braces")
    return compiled


def _why(regex: str, error: Exception) -> str:
    known = (why for unknown, why in _UNKNOWN_TO_RE2 if unknown.search(regex))
    said = error.args[0]
    return next(known, said.decode("utf-8", "replace") if isinstance(said, bytes) else "it is not text")
