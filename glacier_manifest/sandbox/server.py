"""The socket side: a thread for each connection, requests in a row on each."""

import contextlib
import socket
import threading
from socketserver import StreamRequestHandler, TCPServer, ThreadingMixIn
from typing import Protocol

from glacier_manifest.sandbox.wire import (
    Answer,
    MalformedRequestError,
    Request,
    arm_reset,
    read_request,
    send_answer,
)

_GOODBYE_SECONDS = 5.0
_POLL_SECONDS = 0.02


class Answering(Protocol):
    """Whoever knows the answers."""

    def answer(self, request: Request) -> Answer:
        """Return the answer to one request."""
        ...


class SandboxServer(ThreadingMixIn, TCPServer):
    """A TCP server on loopback that knows its connections, so that it can end them.

    Args:
        port: 0 lets the system choose one.
        service: answers the requests.

    Raises:
        OSError: the port is taken.
    """

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 512

    def __init__(self, port: int, service: Answering) -> None:
        self.service = service
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._changed = threading.Condition()
        super().__init__(("127.0.0.1", port), _Conversation)

    def run(self) -> None:
        """Accept connections until `stop`."""
        self.serve_forever(_POLL_SECONDS)

    def get_request(self) -> tuple[socket.socket, object]:
        """Accept a connection and remember it."""
        connection, address = super().get_request()
        with self._changed:
            self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        """Close a connection and forget it."""
        super().shutdown_request(request)
        if isinstance(request, socket.socket):
            with self._changed:
                self._open.discard(request)
                self._changed.notify_all()

    def stop(self, *, served: bool) -> None:
        """Accept nothing more, end every connection, and wait for their threads.

        Args:
            served: whether `run` was ever called; waiting for its end would last for ever else.
        """
        self.stopping.set()
        if served:
            self.shutdown()
        with self._changed:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            self._changed.wait_for(lambda: not self._open, _GOODBYE_SECONDS)
        self.server_close()


class _Conversation(StreamRequestHandler):
    """One connection."""

    disable_nagle_algorithm = True
    server: SandboxServer

    def handle(self) -> None:
        """Answer one request after the other until either side has enough."""
        with contextlib.suppress(ConnectionError):
            while self._answer_next():
                pass

    def finish(self) -> None:
        """Close what the connection holds; a client that has gone is no error."""
        with contextlib.suppress(OSError):
            super().finish()

    def _answer_next(self) -> bool:
        try:
            request = read_request(self.rfile, self._invite)
        except MalformedRequestError as error:
            send_answer(self.connection, Answer(400, body=str(error).encode()))
            return False
        if request is None:
            return False
        answer = self.server.service.answer(request)
        return self._deliver(answer) and request.keep_alive

    def _invite(self) -> None:
        self.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _deliver(self, answer: Answer) -> bool:
        """Send an answer; say whether the connection is still of use."""
        if answer.delay and self.server.stopping.wait(answer.delay):
            return False
        if answer.reset:
            arm_reset(self.connection)
            # close() sends the RST only when nobody reads the socket any more, and shutdown()
            # would send a FIN before it.
            self.rfile.close()
            self.connection.close()
            return False
        send_answer(self.connection, answer)
        return answer.wire_limit is None
