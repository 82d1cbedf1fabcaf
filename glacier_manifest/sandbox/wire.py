"""HTTP/1.1 as bytes: requests read from a connection, answers written to it."""

import socket
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from io import BufferedIOBase
from urllib.parse import parse_qsl, unquote

_LONGEST_LINE = 65_536
_MOST_HEADERS = 200
_NO_BODY = frozenset({204, 304})


class MalformedRequestError(Exception):
    """Raised when the bytes on a connection are no HTTP request that the sandbox reads."""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request.

    Attributes:
        method: `GET`, `PUT`, `POST` or `DELETE`.
        path: the path as sent, without the query.
        query: the decoded query parameters, the last of each name.
        headers: by lower-case name.
        body: as long as Content-Length said.
        keep_alive: whether the client will send more on this connection.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    keep_alive: bool

    @property
    def segments(self) -> list[str]:
        """The decoded parts of the path between slashes."""
        return [unquote(part) for part in self.path.strip("/").split("/")]


@dataclass(frozen=True, slots=True)
class Stream:
    """A body made while it is sent.

    Attributes:
        length: bytes in all.
        chunks: starts the body from its first byte.
    """

    length: int
    chunks: Callable[[], Iterator[bytes]]


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer, and how much of it reaches the client.

    Attributes:
        status: the HTTP status.
        headers: names and values in the order they are sent; Content-Length is added.
        body: bytes or a stream.
        delay: seconds to wait before the first byte.
        wire_limit: bytes of head and body that are sent before the connection is closed;
            None sends everything and keeps the connection.
        reset: close with a TCP RST in place of a FIN.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | Stream = b""
    delay: float = 0.0
    wire_limit: int | None = None
    reset: bool = False

    @property
    def length(self) -> int:
        """Bytes of the body."""
        return self.body.length if isinstance(self.body, Stream) else len(self.body)

    @property
    def silent(self) -> bool:
        """Whether the client sees nothing of it."""
        return self.wire_limit == 0


SILENCE = Answer(0, wire_limit=0)


def read_request(rfile: BufferedIOBase, invite: Callable[[], None] = lambda: None) -> Request | None:
    """Read the next request of a connection; None when the client has closed it.

    Args:
        rfile: the connection's buffered input.
        invite: called when the client waits for `100 Continue` before it sends its body.

    Raises:
        MalformedRequestError: not HTTP, too long, or a body without Content-Length.
    """
    line = rfile.readline(_LONGEST_LINE + 1)
    if not line.strip():
        return None
    method, target, version = _request_line(line)
    headers = _read_headers(rfile)
    if "100-continue" in headers.get("expect", "").lower():
        invite()
    path, _, query = target.partition("?")
    return Request(
        method,
        path,
        dict(parse_qsl(query, keep_blank_values=True)) if query else {},
        headers,
        _read_body(rfile, headers),
        version == "HTTP/1.1" and headers.get("connection", "").lower() != "close",
    )


def _request_line(line: bytes) -> list[str]:
    words = line.decode("latin-1").split()
    if len(line) > _LONGEST_LINE or len(words) != 3 or not words[2].startswith("HTTP/1."):  # noqa: PLR2004 - method, target, version
        raise MalformedRequestError(f"no HTTP request: {line[:80]!r}")
    return words


def _read_headers(rfile: BufferedIOBase) -> dict[str, str]:
    headers: dict[str, str] = {}
    for _ in range(_MOST_HEADERS):
        line = rfile.readline(_LONGEST_LINE + 1)
        if line in (b"\r\n", b"\n", b""):
            return headers
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    raise MalformedRequestError("too many headers")


def _read_body(rfile: BufferedIOBase, headers: Mapping[str, str]) -> bytes:
    if "transfer-encoding" in headers:
        raise MalformedRequestError("send a Content-Length: bodies in chunks are not read")
    try:
        length = int(headers.get("content-length") or 0)
    except ValueError as error:
        raise MalformedRequestError(f"no Content-Length: {error}") from error
    if length < 0:
        raise MalformedRequestError(f"no Content-Length: {length}")
    body = rfile.read(length) if length else b""
    if len(body) < length:
        raise MalformedRequestError("the body ended before its Content-Length")
    return body


@lru_cache(maxsize=64)
def _status_line(status: int) -> str:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unknown"
    return f"HTTP/1.1 {status} {phrase}\r\n"


def head_bytes(answer: Answer) -> bytes:
    """Return the status line and headers of an answer as they are sent."""
    lines = [_status_line(answer.status)]
    lines += [f"{name}: {value}\r\n" for name, value in answer.headers]
    if answer.status not in _NO_BODY:
        lines.append(f"Content-Length: {answer.length}\r\n")
    lines.append("\r\n")
    return "".join(lines).encode("latin-1", "replace")


@dataclass(slots=True)
class _Budget:
    """How many bytes may still be sent; None is as many as there are."""

    left: int | None

    def cut(self, piece: bytes) -> bytes:
        if self.left is None:
            return piece
        piece = piece[: self.left]
        self.left -= len(piece)
        return piece


def send_answer(connection: socket.socket, answer: Answer) -> None:
    """Write an answer, or the part of it that its `wire_limit` lets through.

    Raises:
        OSError: the client has gone.
    """
    budget = _Budget(answer.wire_limit)
    head = head_bytes(answer)
    if isinstance(answer.body, bytes):
        connection.sendall(budget.cut(head + answer.body))
        return
    connection.sendall(budget.cut(head))
    for chunk in answer.body.chunks():
        if budget.left == 0:
            return
        connection.sendall(budget.cut(chunk))


def arm_reset(connection: socket.socket) -> None:
    """Make the next close of this connection a RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
