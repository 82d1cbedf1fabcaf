"""Faults on request: what each does to an answer, and which calls a rule strikes."""

import http.client
import socket
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from glacier_manifest.sandbox import FAULTS, Sandbox
from glacier_manifest.sandbox.fault_rules import FaultRules
from glacier_manifest.sandbox.wire import Request

if TYPE_CHECKING:
    from mypy_boto3_glacier import GlacierClient

    from tests.sandbox.conftest import Speaker

INVENTORY = {"Type": "inventory-retrieval"}


@pytest.fixture(autouse=True)
def _vault(sandbox: Sandbox) -> None:
    sandbox.create_vault("photos")


def start(glacier: "GlacierClient") -> Any:  # noqa: ANN401 - boto3's answer
    return glacier.initiate_job(vaultName="photos", jobParameters={"Type": "inventory-retrieval"})


@pytest.mark.parametrize(
    ("fault", "bought"),
    [("lost-before", 0), ("lost-after", 1), ("reset", 0), ("reset-after", 1)],
)
def test_a_lost_answer_closes_the_connection_before_or_after_the_job(
    sandbox: Sandbox, glacier: "GlacierClient", fault: str, bought: int
) -> None:
    sandbox.faults.add("InitiateJob", fault, count=1)

    with pytest.raises(ConnectionClosedError):
        start(glacier)

    call = sandbox.calls("InitiateJob")[0]
    assert len(sandbox.accepted) == bought
    assert (call.status, call.acted, call.fault) == (None, bool(bought), fault)
    assert call.job_id == (sandbox.accepted[0].job_id if bought else None)
    assert start(glacier)["jobId"]


def test_a_reset_is_a_reset_on_the_wire(sandbox: Sandbox, speak: "Speaker") -> None:
    sandbox.faults.add("InitiateJob", "reset", count=1)

    with pytest.raises(ConnectionResetError):
        speak.initiate("photos", **INVENTORY)


@pytest.mark.parametrize(("fault", "bought"), [("hang-before", 0), ("hang-after", 1)])
def test_a_hanging_answer_outlasts_the_clients_patience(sandbox: Sandbox, fault: str, bought: int) -> None:
    sandbox.faults.add("InitiateJob", fault, count=1, seconds=60)
    config = Config(retries={"total_max_attempts": 1}, read_timeout=0.2)
    client = boto3.client("glacier", endpoint_url=sandbox.url, config=config)

    with pytest.raises(ReadTimeoutError):
        start(client)

    client.close()
    assert len(sandbox.accepted) == bought


def test_stopping_ends_what_hangs(
    sandbox: Sandbox, speak: "Speaker", speak_as: "Callable[..., Speaker]"
) -> None:
    other = speak_as("AKIAEXAMPLE")
    sandbox.faults.add("InitiateJob", "hang-after", seconds=600)
    ended = threading.Event()

    def ask() -> None:
        with pytest.raises((OSError, http.client.HTTPException)):
            speak.initiate("photos", **INVENTORY)
        ended.set()

    asking = threading.Thread(target=ask)
    asking.start()
    while not sandbox.accepted:
        other.ask("GET", "/vaults/photos")
    sandbox.stop()
    asking.join(5)

    assert ended.is_set()


def test_the_sdk_buys_again_behind_ones_back(sandbox: Sandbox) -> None:
    sandbox.faults.add("InitiateJob", "lost-after", count=2)
    client = boto3.client("glacier", endpoint_url=sandbox.url)

    start(client)

    client.close()
    assert len(sandbox.accepted) == 3


def test_headers_cut_inside_the_job_id_look_like_success_to_the_sdk(
    sandbox: Sandbox, glacier: "GlacierClient"
) -> None:
    sandbox.faults.add("InitiateJob", "cut-headers")

    reply = start(glacier)

    assert sandbox.accepted[0].job_id.startswith(reply["jobId"])
    assert len(reply["jobId"]) == 34
    assert "location" not in reply


def test_an_answer_without_a_job_id_or_with_anothers_location(
    sandbox: Sandbox, glacier: "GlacierClient"
) -> None:
    sandbox.faults.add("InitiateJob", "no-job-id", count=1)
    nameless = start(glacier)
    sandbox.faults.add("InitiateJob", "wrong-location", count=1)
    elsewhere = start(glacier)

    first, second = sandbox.accepted
    assert "jobId" not in nameless
    assert nameless["location"].endswith(first.job_id)
    assert elsewhere["jobId"] == second.job_id
    assert not elsewhere["location"].endswith(second.job_id)


@pytest.mark.parametrize(
    ("code", "status", "message"),
    [
        ("ThrottlingException", 400, "Rate exceeded"),
        ("PolicyEnforcedException", 400, "InitiateJob request denied by current data retrieval policy."),
        ("ServiceUnavailableException", 500, "Service is unavailable. Please try again."),
        ("ExpiredTokenException", 403, "The security token included in the request is expired"),
    ],
)
def test_an_error_by_its_code_has_the_services_status_and_text(
    sandbox: Sandbox, speak: "Speaker", code: str, *, status: int, message: str
) -> None:
    sandbox.faults.add("InitiateJob", "error", code=code)

    reply = speak.initiate("photos", **INVENTORY)

    kind = "Server" if status == 500 else "Client"
    assert reply.status == status
    assert reply.json == {"code": code, "message": message, "type": kind}
    assert sandbox.accepted == []


def test_an_error_can_be_any(sandbox: Sandbox, speak: "Speaker") -> None:
    sandbox.faults.add("*", "error", code="InsufficientCapacityException", status=400, message="Not now")

    reply = speak.ask("GET", "/vaults/photos")

    assert (reply.status, reply.json["message"]) == (400, "Not now")


def test_an_error_after_the_fact_hides_a_job(sandbox: Sandbox, speak: "Speaker") -> None:
    sandbox.faults.add("InitiateJob", "error-after")

    assert speak.initiate("photos", **INVENTORY).error == (500, "ServiceUnavailableException")
    assert len(sandbox.accepted) == 1


@pytest.mark.parametrize(("fault", "bought"), [("html-before", 0), ("html-after", 1)])
def test_a_proxy_answers_in_html(sandbox: Sandbox, speak: "Speaker", fault: str, bought: int) -> None:
    sandbox.faults.add("InitiateJob", fault, status=503)

    reply = speak.initiate("photos", **INVENTORY)

    assert (reply.status, reply.headers["Content-Type"]) == (503, "text/html")
    assert reply.body.startswith(b"<html>")
    assert len(sandbox.accepted) == bought


def test_headers_are_cut_where_there_is_no_job_id_too(sandbox: Sandbox, speak: "Speaker") -> None:
    sandbox.faults.add("DescribeVault", "cut-headers")

    reply = speak.ask("GET", "/vaults/photos")

    assert (reply.status, reply.body) == (200, b"")
    assert reply.headers["Content-Length"] is None


@pytest.mark.parametrize("fault", ["corrupt-output", "cut-output"])
def test_a_refused_output_is_neither_corrupt_nor_cut(sandbox: Sandbox, speak: "Speaker", fault: str) -> None:
    job_id = speak.start("photos", **INVENTORY)
    sandbox.faults.add("GetJobOutput", fault)

    assert speak.output("photos", job_id).error == (400, "InvalidParameterValueException")


def test_an_unsigned_call_that_a_fault_strikes_has_no_account(sandbox: Sandbox, speak: "Speaker") -> None:
    sandbox.faults.add("ListVaults", "throttle")

    assert speak.say("GET", "/-/vaults").error == (400, "ThrottlingException")
    assert sandbox.calls()[0].account is None


def test_latency_is_waited_for(sandbox: Sandbox, speak: "Speaker") -> None:
    sandbox.faults.add("*", "latency", seconds=0.05)
    before = time.monotonic()

    assert speak.ask("GET", "/vaults/photos").status == 200
    assert time.monotonic() - before >= 0.05


def test_calls_above_a_rate_are_throttled(sandbox: Sandbox, speak: "Speaker") -> None:
    sandbox.faults.add("InitiateJob", "throttle-above", per_second=2)

    replies = [speak.initiate("photos", **INVENTORY) for _ in range(30)]

    refused = [reply for reply in replies if reply.status == 400]
    assert [reply.status for reply in replies[:2]] == [202, 202]
    assert len(refused) >= 20
    assert refused[0].error == (400, "ThrottlingException")
    assert len(sandbox.accepted) == 30 - len(refused)


def test_a_lagging_listing_hides_a_job_that_describe_shows(sandbox: Sandbox, speak: "Speaker") -> None:
    sandbox.faults.add("InitiateJob", "listing-lag", seconds=120, count=1)
    hidden = speak.start("photos", **INVENTORY)
    shown = speak.start("photos", **INVENTORY)

    now = [job["JobId"] for page in speak.pages("photos") for job in page]
    described = speak.describe("photos", hidden)
    sandbox.clock.advance(120)

    assert now == [shown]
    assert described["JobId"] == hidden
    assert [job["JobId"] for page in speak.pages("photos") for job in page] == [hidden, shown]


def test_a_corrupt_output_differs_in_one_bit_and_says_nothing(sandbox: Sandbox, speak: "Speaker") -> None:
    body = b"0123456789" * 300_000
    job_id = speak.retrieve("photos", sandbox.upload("photos", body))
    sandbox.clock.advance(5)
    good = speak.output("photos", job_id)
    sandbox.faults.add("GetJobOutput", "corrupt-output")

    bad = speak.output("photos", job_id)

    difference = int.from_bytes(bad.body, "big") ^ int.from_bytes(good.body, "big")
    assert good.body == body
    assert difference.bit_count() == 1
    assert bad.headers["x-amz-sha256-tree-hash"] == good.headers["x-amz-sha256-tree-hash"]


def test_a_cut_output_ends_half_way(sandbox: Sandbox, speak: "Speaker") -> None:
    job_id = speak.retrieve("photos", sandbox.generate("photos", 1, 3_000_000).archive_id(0))
    sandbox.clock.advance(5)
    sandbox.faults.add("GetJobOutput", "cut-output")

    with pytest.raises(http.client.IncompleteRead) as cut:
        speak.output("photos", job_id)

    assert len(cut.value.partial) == 1_500_000


@pytest.mark.parametrize(
    ("options", "struck"),
    [
        ({}, [1, 2, 3, 4, 5, 6, 7, 8]),
        ({"count": 2}, [1, 2]),
        ({"after": 5}, [6, 7, 8]),
        ({"every": 3}, [3, 6]),
        ({"after": 2, "every": 2, "count": 2}, [4, 6]),
        ({"rate": 0.0}, []),
        ({"rate": 1.0, "count": 1}, [1]),
    ],
)
def test_which_calls_a_rule_strikes(
    sandbox: Sandbox, speak: "Speaker", options: dict[str, Any], struck: list[int]
) -> None:
    sandbox.faults.add("InitiateJob", "throttle", **options)

    statuses = [speak.initiate("photos", **INVENTORY).status for _ in range(8)]

    assert [number for number, status in enumerate(statuses, 1) if status == 400] == struck


def test_a_rate_strikes_the_same_calls_for_the_same_seed(sandbox: Sandbox, speak: "Speaker") -> None:
    def run(seed: int) -> list[int]:
        sandbox.faults.clear()
        sandbox.faults.add("InitiateJob", "throttle", rate=0.3, seed=seed)
        return [speak.initiate("photos", **INVENTORY).status for _ in range(100)]

    first = run(7)

    assert first == run(7)
    assert first != run(8)
    assert 15 <= first.count(400) <= 45


def test_a_rule_can_be_for_one_archive(sandbox: Sandbox, speak: "Speaker") -> None:
    batch = sandbox.generate("photos", 2)
    sandbox.faults.add("InitiateJob", "error", match=batch.archive_id(1))

    statuses = [
        speak.initiate("photos", Type="archive-retrieval", ArchiveId=batch.archive_id(index)).status
        for index in range(2)
    ]

    assert statuses == [202, 500]


def test_rules_add_up_and_can_be_taken_back(sandbox: Sandbox, speak: "Speaker") -> None:
    failing = sandbox.faults.add("InitiateJob", "job-fails")
    sandbox.faults.add("InitiateJob", "no-job-id")
    nameless = speak.initiate("photos", **INVENTORY)
    sandbox.faults.remove(failing)
    speak.initiate("photos", **INVENTORY)

    assert nameless.headers["x-amz-job-id"] is None
    assert [job.failure is None for job in sandbox.accepted] == [False, True]
    assert sandbox.calls("InitiateJob")[0].fault == "job-fails+no-job-id"
    assert [(rule.fault, struck) for rule, struck in sandbox.faults.rules()] == [("no-job-id", 2)]


@pytest.mark.parametrize(
    ("operation", "fault", "options"),
    [
        ("StartJob", "reset", {}),
        ("InitiateJob", "explode", {}),
        ("ListJobs", "job-fails", {}),
        ("InitiateJob", "throttle", {"every": 0}),
        ("InitiateJob", "throttle-above", {}),
    ],
)
def test_a_rule_that_could_never_strike_is_refused(
    sandbox: Sandbox, operation: str, fault: str, options: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=r"no operation|no fault|alone|counts|per_second"):
        sandbox.faults.add(operation, fault, **options)


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_after_any_fault_the_sandbox_goes_on(sandbox: Sandbox, speak: "Speaker", fault: str) -> None:
    sandbox.faults.add("*", fault, count=1, seconds=0.01, per_second=1)
    for _ in range(3):
        try:
            speak.initiate("photos", **INVENTORY)
        except (OSError, http.client.HTTPException):
            continue
    sandbox.faults.clear()

    assert speak.initiate("photos", **INVENTORY).status == 202
    assert speak.ask("GET", "/vaults/photos").status == 200


def test_a_token_bucket_fills_with_time() -> None:
    now = [0.0]
    rules = FaultRules(frozenset({"ListJobs"}), lambda: now[0])
    rules.add("ListJobs", "throttle-above", per_second=2)
    request = Request("GET", "/-/vaults/v/jobs", {}, {}, b"", keep_alive=True)
    struck = []
    for instant in (0, 0, 0, 0.5, 0.5, 10, 10, 10):
        now[0] = instant
        struck.append(bool(rules.striking("ListJobs", request)))

    assert struck == [False, False, True, False, True, False, False, True]


def test_garbage_on_the_wire_is_answered_and_the_connection_closed(sandbox: Sandbox) -> None:
    port = int(sandbox.url.rpartition(":")[2])
    for garbage in (
        b"hello\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: five\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 201 + b"\r\n",
    ):
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(garbage)
            received = b"".join(iter(lambda: connection.recv(4096), b""))

        assert received.startswith(b"HTTP/1.1 400 ")
