"""A Glacier that only accepts, quick enough not to be what a benchmark measures; prints its URL.

It answers DescribeVault, ListJobs with nothing, and each InitiateJob, after a latency in seconds, with a
job ID of its own and the headers of a real answer. `GET /counts` tells the number of jobs accepted.
"""

import asyncio
import json
import re
import sys
from email.utils import formatdate
from itertools import count

LATENCY = float(sys.argv[1])
ACCOUNT = "012345678901"
HEAD_END = b"\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
VAULT = re.compile(r"^(POST|GET) /[^/ ]+/vaults/([^/ ]+)(/jobs)?[? ]")

numbers = count(1)
accepted = 0


class Caller(asyncio.Protocol):
    """One connection, whose requests are answered in their order."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a TCP server's
        self.transport = transport
        self.unread = b""

    def data_received(self, received: bytes) -> None:
        """Answer each request that is whole."""
        self.unread += received
        while (end := self.unread.find(HEAD_END)) >= 0:
            head = self.unread[: end + 2]
            length = LENGTH.search(head)
            whole = end + len(HEAD_END) + (int(length[1]) if length else 0)
            if len(self.unread) < whole:
                return
            self.unread = self.unread[whole:]
            self.answer(head[: head.index(b"\r\n")].decode("ascii"))

    def answer(self, request_line: str) -> None:
        """Answer one request."""
        if request_line.startswith("GET /counts"):
            self.say("200 OK", body={"InitiateJob": accepted})
            return
        asked = VAULT.match(request_line)
        if asked is None:
            self.say("404 Not Found", body={"code": "ResourceNotFoundException", "message": request_line})
        elif asked[1] == "POST":
            self.accept(asked[2])
        elif asked[3]:
            self.say("200 OK", body={"JobList": [], "Marker": None})
        else:
            arn = f"arn:aws:glacier:us-west-2:{ACCOUNT}:vaults/{asked[2]}"
            self.say("200 OK", body={"VaultName": asked[2], "VaultARN": arn, "NumberOfArchives": 0})

    def accept(self, vault: str) -> None:
        """Start a job, which nobody will ask for."""
        global accepted  # noqa: PLW0603 - the whole program is this server
        accepted += 1
        job_id = f"{next(numbers):092d}"
        more = f"x-amz-job-id: {job_id}\r\nLocation: /{ACCOUNT}/vaults/{vault}/jobs/{job_id}\r\n"
        if LATENCY:
            asyncio.get_running_loop().call_later(LATENCY, self.say, "202 Accepted", None, more)
        else:
            self.say("202 Accepted", None, more)

    def say(self, status: str, body: object, more: str = "") -> None:
        """Send one answer."""
        content = b"" if body is None else json.dumps(body).encode()
        head = (
            f"HTTP/1.1 {status}\r\nDate: {formatdate(usegmt=True)}\r\n"
            f"x-amzn-RequestId: {next(numbers):056d}\r\n{more}"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        self.transport.write(head.encode("ascii") + content)


async def serve() -> None:
    """Serve on a port of loopback until this process is ended."""
    server = await asyncio.get_running_loop().create_server(Caller, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    print(f"http://127.0.0.1:{port}", flush=True)
    await server.serve_forever()


asyncio.run(serve())
