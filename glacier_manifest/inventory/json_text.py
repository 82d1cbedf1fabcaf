"""JSON read as a stream, value by value: what is asked for is held in memory, and nothing else."""

import codecs
import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Protocol

_PIECE = 256 * 1024
#: No row of an inventory comes near it; a text without an end would otherwise fill the memory.
LONGEST_VALUE = 1024 * 1024

# What the scanner stops at may be a fault, or the end of what was read so far.
_STOPS = (ValueError, RecursionError, IndexError)
_scan = json.JSONDecoder(strict=False).raw_decode
_SPACE = re.compile(r"[ \t\r\n]*")
#: What a text may end with that was going on: a word, a number's sign, an escaped character.
_BEGINNINGS = ("true", "false", "null", "-")
_ESCAPE = re.compile(r"\\u?[0-9A-Fa-f]{0,3}")
_SHOWN = 20


class Cut(Exception):
    """The text ends where more must come."""


class Malformed(Exception):
    """The text is no JSON; the message says why."""


class Readable(Protocol):
    """What bytes are read from; fewer than asked for may come, and none only at the end."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes."""


class JsonText:
    """A JSON text and the place up to which it was read.

    The standard library's scanner takes a text and a place in it, and tells where the value there ends, at
    the speed of C. A value that fails to scan may only be half there, so more is read before it is blamed.
    """

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        # What is no UTF-8 becomes halves of characters, which the check of a row finds.
        self._decode = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape").decode
        self._text = ""
        self._at = 0
        self._ended = False

    def peek(self) -> str:
        """Skip white space; return the character that follows, or an empty text at the end."""
        while True:
            self._at = _behind_space(self._text, self._at)
            if self._at < len(self._text):
                return self._text[self._at]
            if self._ended:
                return ""
            self._read_on()

    def take(self, *marks: str) -> str:
        """Skip white space and one of the characters that must follow; return it.

        Raises:
            Cut: Nothing follows.
            Malformed: Something else does.
        """
        found = self.peek()
        if not found:
            raise Cut
        if found not in marks:
            raise Malformed(f"{' or '.join(map(repr, marks))} is expected where {found!r} stands")
        self._at += 1
        return found

    def value(self) -> Any:  # noqa: ANN401 - JSON may be anything
        """Return the whole value that follows, and go behind it.

        Raises:
            Cut: The text ends inside of it.
            Malformed: It is no JSON, or longer than `LONGEST_VALUE` characters.
        """
        if not self.peek():
            raise Cut
        while True:
            fault: Exception | None = None
            try:
                value, end = _scan(self._text, self._at)
            except _STOPS as error:
                fault = error
            else:
                if end < len(self._text) or self._ended:  # a number may go on in what is not read yet
                    self._at = end
                    return value
            if self._ended:
                raise self._why(fault)
            if len(self._text) - self._at > LONGEST_VALUE:
                raise Malformed(f"a value is no JSON, or longer than {LONGEST_VALUE:,} characters")
            self._read_on()

    def elements(self, usual: re.Pattern[str]) -> Iterator[list[Any]]:
        """Yield the values of the list that follows, some at a time, and go behind it.

        Args:
            usual: What values mostly look like, the comma behind them included; one that does is yielded as
                the match, which is found sooner than a value is made.

        Raises:
            Cut: The text ends inside of it.
            Malformed: It is no list, or not JSON.
        """
        self.take("[")
        if self.peek() == "]":
            self.take("]")
            return
        mark = ","
        while mark == ",":
            yield self._whole_elements(usual.match)
            value = self.value()
            mark = self.take(",", "]")
            yield [value]

    def _whole_elements(self, match: Callable[[str, int], re.Match[str] | None]) -> list[Any]:
        """Return the values that stand whole in what was read, each up to its comma."""
        text, at = self._text, self._at
        whole: list[Any] = []
        add = whole.append
        try:
            while True:
                found = match(text, at)
                if found is not None:
                    at = found.end()
                    add(found)
                    continue
                value, end = _scan(text, at)
                if text[end] != ",":
                    break
                at = _behind_space(text, end + 1)
                add(value)
        except _STOPS:
            pass
        self._at = at
        return whole

    def _read_on(self) -> None:
        piece = self._stream.read(_PIECE)
        self._text = self._text[self._at :] + self._decode(piece, not piece)
        self._at = 0
        self._ended = not piece

    def _why(self, fault: Exception | None) -> Cut | Malformed:
        """Tell a text that is cut from one that is wrong, by where the scanner stopped."""
        if isinstance(fault, json.JSONDecodeError):
            rest = self._text[fault.pos :].strip()
            is_cut = fault.msg.startswith("Unterminated") or _may_go_on(rest)
            return Cut() if is_cut else Malformed(f"{fault.msg} at {rest[:_SHOWN]!r}")
        return Malformed("a value is nested too deep, or a number too long")


def _behind_space(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return at if space is None else space.end()


def _may_go_on(rest: str) -> bool:
    return any(word.startswith(rest) for word in _BEGINNINGS) or _ESCAPE.fullmatch(rest) is not None
