"""A server that plays scripted bytes, whatever they are, and remembers what it was sent."""

import json
import socket
import ssl
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto

JOB_ID = "HkF9p6o7yjhFx-K3CGl6fuSm6VzW9T7esGQfco8nUXVYwS0jlb5gq1JZ55yHgt5vP54ZShjoQzQVVh7vEXAMPLEjobID"
LOCATION = f"/012345678901/vaults/photos/jobs/{JOB_ID}"
HTML = b"<html><head><title>Proxy</title></head><body>Access to this page is blocked</body></html>"


class End(Enum):
    """What the server does with the connection after its bytes."""

    KEEP = auto()
    CLOSE = auto()
    RESET = auto()
    HANG = auto()


@dataclass(frozen=True)
class Step:
    """What one request is answered with: bytes as they stand, then an end."""

    reply: bytes = b""
    end: End = End.KEEP


class ScriptedServer:
    """Answers requests with scripted bytes, in order, the last one for ever; remembers what it was sent.

    With a TLS context it speaks TLS, or, as a proxy, after a CONNECT that it grants.
    """

    def __init__(self, *steps: Step, tls: ssl.SSLContext | None = None, is_proxy: bool = False) -> None:
        self.requests: list[bytes] = []
        self.tunnels: list[bytes] = []
        self._steps = list(steps)
        self._tls = tls
        self._is_proxy = is_proxy
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        scheme = "https" if self._tls is not None and not self._is_proxy else "http"
        return f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}"

    def stop(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        for one in (self._listener, *self._open):
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                thread = threading.Thread(target=self._converse, args=(connection,), daemon=True)
                self._open.append(connection)
                self._threads.append(thread)
                thread.start()

    def _converse(self, connection: socket.socket) -> None:
        with suppress(OSError):
            if self._tls is not None and not self._is_proxy:
                connection = self._secured(connection)
            while (request := _read_request(connection)) is not None:
                if request.startswith(b"CONNECT") and self._tls is not None:
                    self.tunnels.append(request)
                    connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    connection = self._secured(connection)
                elif not self._play(connection, request):
                    return

    def _secured(self, connection: socket.socket) -> socket.socket:
        assert self._tls is not None
        self._open.remove(connection)
        try:
            secured = self._tls.wrap_socket(connection, server_side=True)
        except OSError:
            connection.close()
            raise
        self._open.append(secured)
        return secured

    def _play(self, connection: socket.socket, request: bytes) -> bool:
        step = self._steps[min(len(self.requests), len(self._steps) - 1)]
        self.requests.append(request)
        connection.sendall(step.reply)
        if step.end is End.HANG:
            connection.recv(1)
        if step.end is End.RESET:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._open.remove(connection)
            connection.close()
        elif step.end is not End.KEEP:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        return step.end is End.KEEP


def _read_request(connection: socket.socket) -> bytes | None:
    head = b""
    while b"\r\n\r\n" not in head:
        piece = connection.recv(65536)
        if not piece:
            return None
        head += piece
    head, _, body = head.partition(b"\r\n\r\n")
    length = next(
        (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
    )
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def http(status: int, body: bytes = b"", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} Reason", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def accepted(job_id: str = JOB_ID, location: str = LOCATION) -> bytes:
    return http(
        202,
        x_amzn_RequestId="AAABZpJrTyioDC_HsOmHae8EZp_uBSJr6cnGOLKp_XJCl-Q",
        Date="Mon, 23 Nov 2026 03:00:00 GMT",
        x_amz_job_id=job_id,
        Location=location,
    )


def refused(status: int, code: str, message: str = "words of the service") -> bytes:
    kind = "Server" if status >= 500 else "Client"
    body = json.dumps({"code": code, "message": message, "type": kind}).encode()
    return http(
        status,
        body,
        Content_Type="application/json",
        x_amzn_RequestId="id-of-the-call",
        Date="Mon, 23 Nov 2026 03:00:00 GMT",
    )
