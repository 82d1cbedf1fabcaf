"""Connections: many at once, kept alive, and in the ways that real clients use them."""

import socket
import threading
from typing import TYPE_CHECKING

from glacier_manifest.sandbox import Sandbox

if TYPE_CHECKING:
    from tests.sandbox.conftest import Speaker


def port_of(sandbox: Sandbox) -> int:
    return int(sandbox.url.rpartition(":")[2])


def test_many_callers_at_once_get_a_job_each(sandbox: Sandbox, speak_to: "type[Speaker]") -> None:
    batch = sandbox.generate("photos", 40)
    started: list[list[str]] = [[] for _ in range(16)]

    def start_all(mine: list[str]) -> None:
        speaker = speak_to(sandbox.url)
        mine += [speaker.retrieve("photos", batch.archive_id(index)) for index in range(40)]
        speaker.close()

    callers = [threading.Thread(target=start_all, args=(mine,)) for mine in started]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()

    job_ids = {job_id for mine in started for job_id in mine}
    assert len(job_ids) == 640
    assert job_ids == {job.job_id for job in sandbox.accepted}
    assert sandbox.counts() == {"InitiateJob": 640}


def test_requests_in_a_row_share_a_connection(sandbox: Sandbox) -> None:
    request = b"GET /-/vaults HTTP/1.1\r\nHost: sandbox\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port_of(sandbox)), timeout=5) as connection:
        answers = []
        for _ in range(3):
            connection.sendall(request)
            answers.append(connection.recv(65_536))

    assert [answer[:12] for answer in answers] == [b"HTTP/1.1 400"] * 3


def test_a_client_that_asks_for_it_is_closed_after_one_answer(sandbox: Sandbox) -> None:
    for request in (
        b"GET /-/vaults HTTP/1.0\r\n\r\n",
        b"GET /-/vaults HTTP/1.1\r\nConnection: close\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", port_of(sandbox)), timeout=5) as connection:
            connection.sendall(request)
            received = b"".join(iter(lambda: connection.recv(65_536), b""))

        assert received.startswith(b"HTTP/1.1 400 ")


def test_a_client_that_waits_to_be_invited_is(sandbox: Sandbox) -> None:
    head = (
        b"POST /_sandbox/vaults/photos/archives HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port_of(sandbox)), timeout=5) as connection:
        connection.sendall(head)
        invited = connection.recv(65_536)
        connection.sendall(b"beach")
        answered = connection.recv(65_536)

    assert invited == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert answered.startswith(b"HTTP/1.1 200 ")


def test_a_client_that_leaves_in_the_middle_harms_nobody(sandbox: Sandbox, speak: "Speaker") -> None:
    half = b"POST /-/vaults/photos/jobs HTTP/1.1\r\nContent-Length: 500\r\n\r\nhalf"
    with socket.create_connection(("127.0.0.1", port_of(sandbox)), timeout=5) as connection:
        connection.sendall(half)
    job_id = speak.retrieve("photos", sandbox.generate("photos", 1, 50_000_000).archive_id(0))
    sandbox.clock.advance(5)
    with socket.create_connection(("127.0.0.1", port_of(sandbox)), timeout=5) as connection:
        headers = "".join(f"{name}: {value}\r\n" for name, value in speak.signed.items())
        connection.sendall(f"GET /-/vaults/photos/jobs/{job_id}/output HTTP/1.1\r\n{headers}\r\n".encode())
        connection.recv(10)

    assert len(speak.output("photos", job_id).body) == 50_000_000
    assert sandbox.counts() == {"InitiateJob": 1, "GetJobOutput": 2}
