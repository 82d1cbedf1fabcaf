"""InitiateJob over real HTTP: one request for one call, and every way of having no answer."""

import json
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from glacier_manifest import __version__
from glacier_manifest.aws.answers import Verdict
from glacier_manifest.aws.glacier import GlacierStarter
from glacier_manifest.aws.session import Clients, Connection
from glacier_manifest.jobs.request import Vault
from glacier_manifest.sandbox import Sandbox
from glacier_manifest.sandbox.faults import RuleOptions
from tests.aws.conftest import Certificate, Open, Play
from tests.aws.scripted import HTML, JOB_ID, End, Step, accepted, http, refused

PHOTOS = Vault("012345678901", "us-west-2", "photos")
BODY = {"Type": "inventory-retrieval", "Description": "weekly"}
ARN = "arn:aws:glacier:us-west-2:012345678901:vaults/photos"


def test_an_accepted_job_carries_its_id_the_services_time_and_the_calls_name(play: Play, door: Open) -> None:
    server = play(Step(accepted()))

    answer = GlacierStarter(door(server.url)).initiate(PHOTOS, BODY)

    assert answer.job_id == JOB_ID
    assert answer.service_at == datetime(2026, 11, 23, 3, tzinfo=UTC)
    assert answer.request_id == "AAABZpJrTyioDC_HsOmHae8EZp_uBSJr6cnGOLKp_XJCl-Q"


def test_the_request_is_sent_as_glacier_wants_it(play: Play, door: Open) -> None:
    server = play(Step(accepted()))

    GlacierStarter(door(server.url)).initiate(PHOTOS, BODY)

    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /012345678901/vaults/photos/jobs HTTP/1.1\r\n")
    assert f"User-Agent: glacier-manifest/{__version__}\r\n".encode() in head
    assert json.loads(body) == BODY


def test_a_reply_cut_anywhere_is_never_taken_for_a_whole_one(play: Play, door: Open) -> None:
    cuts = [Step(accepted()[:length], End.CLOSE) for length in range(accepted().index(b"\r\n\r\n"))]
    server = play(*cuts)
    starter = GlacierStarter(door(server.url))

    verdicts = {starter.initiate(PHOTOS, BODY).verdict for _ in cuts}

    assert verdicts == {Verdict.UNKNOWN}
    assert len(server.requests) == len(cuts)


@pytest.mark.parametrize(
    "step",
    [
        Step(end=End.CLOSE),
        Step(end=End.RESET),
        Step(b"HTTP/1.1 202 Accep", End.RESET),
        Step(b"\x15\x03\x01 this is not HTTP at all\r\n\r\n", End.CLOSE),
        Step(b"SSH-2.0-OpenSSH_9.6\r\n", End.CLOSE),
        Step(http(500, b"half of it")[:-4], End.CLOSE),
        Step(b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", End.CLOSE),
    ],
    ids=["closed", "reset", "reset in the reply", "garbage", "another protocol", "cut body", "cut chunk"],
)
def test_a_lost_reply_is_unknown_and_never_sent_again(play: Play, door: Open, step: Step) -> None:
    server = play(step)

    answer = GlacierStarter(door(server.url)).initiate(PHOTOS, BODY)

    assert answer.verdict is Verdict.UNKNOWN
    assert answer.job_id is None
    assert len(server.requests) == 1


@pytest.mark.parametrize("partial", [b"", accepted()[:120]], ids=["silence", "half of a reply"])
def test_a_read_timeout_sends_exactly_one_post(play: Play, door: Open, partial: bytes) -> None:
    server = play(Step(partial, End.HANG))

    answer = GlacierStarter(door(server.url, read_timeout=0.3)).initiate(PHOTOS, BODY)

    assert answer.verdict is Verdict.UNKNOWN
    assert answer.code == "no-answer"
    assert len(server.requests) == 1


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive", "nonsense"])
@pytest.mark.parametrize(
    "step",
    [Step(end=End.CLOSE), Step(http(503)), Step(refused(400, "ThrottlingException"))],
    ids=["lost reply", "503", "throttled"],
)
def test_no_setting_of_the_environment_makes_the_sdk_repeat_a_start(
    play: Play, door: Open, step: Step, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "7")
    monkeypatch.setenv("AWS_RETRY_MODE", mode)
    server = play(step)

    GlacierStarter(door(server.url)).initiate(PHOTOS, BODY)

    assert len(server.requests) == 1


def test_no_setting_of_a_profile_makes_the_sdk_repeat_a_start(
    play: Play, door: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    config.write_text("[default]\nmax_attempts = 7\nretry_mode = legacy\ndefaults_mode = standard\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    server = play(Step(end=End.CLOSE))

    GlacierStarter(door(server.url)).initiate(PHOTOS, BODY)

    assert len(server.requests) == 1


def test_a_connection_that_the_server_let_go_of_while_idle_is_not_used_again(play: Play, door: Open) -> None:
    server = play(Step(accepted(), End.CLOSE))
    starter = GlacierStarter(door(server.url))

    verdicts = [starter.initiate(PHOTOS, BODY).verdict for _ in range(3)]

    assert set(verdicts) <= {Verdict.ACCEPTED, Verdict.UNKNOWN}
    assert len(server.requests) <= 3


def _closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def test_a_refused_connection_was_never_sent(door: Open) -> None:
    answer = GlacierStarter(door(f"http://127.0.0.1:{_closed_port()}")).initiate(PHOTOS, BODY)

    assert (answer.verdict, answer.code) == (Verdict.SEND_AGAIN, "unreachable")


def test_a_name_that_does_not_resolve_was_never_sent(door: Open) -> None:
    answer = GlacierStarter(door("http://no-such-host.invalid")).initiate(PHOTOS, BODY)

    assert (answer.verdict, answer.code) == (Verdict.SEND_AGAIN, "unreachable")


def test_a_connect_timeout_was_never_sent(door: Open) -> None:
    with ExitStack() as stack:
        full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(3):  # a queue of none that is full leaves the next SYN unanswered
            waiting = stack.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(full.getsockname())
        url = f"http://127.0.0.1:{full.getsockname()[1]}"

        answer = GlacierStarter(door(url, connect_timeout=0.2)).initiate(PHOTOS, BODY)

    assert (answer.verdict, answer.code) == (Verdict.SEND_AGAIN, "unreachable")


@pytest.mark.parametrize("url", ["http://glacier.example", "https://glacier.example"])
def test_a_proxy_that_cannot_be_reached_was_never_sent_to(
    door: Open, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _use_proxy(f"http://127.0.0.1:{_closed_port()}", monkeypatch)

    answer = GlacierStarter(door(url)).initiate(PHOTOS, BODY)

    assert (answer.verdict, answer.code) == (Verdict.SEND_AGAIN, "unreachable")


def test_a_proxy_that_refuses_the_tunnel_was_never_sent_to(
    play: Play, door: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = play(Step(http(407, HTML), End.CLOSE))
    _use_proxy(proxy.url, monkeypatch)

    answer = GlacierStarter(door("https://glacier.example")).initiate(PHOTOS, BODY)

    assert (answer.verdict, answer.code) == (Verdict.SEND_AGAIN, "unreachable")
    assert all(request.startswith(b"CONNECT") for request in proxy.requests)


def test_a_reply_lost_behind_a_forwarding_proxy_is_unknown(
    play: Play, door: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = play(Step(end=End.CLOSE))
    _use_proxy(proxy.url, monkeypatch)

    answer = GlacierStarter(door("http://glacier.example")).initiate(PHOTOS, BODY)

    assert answer.verdict is Verdict.UNKNOWN
    assert len(proxy.requests) == 1


@pytest.mark.parametrize("end", [End.CLOSE, End.RESET, End.HANG])
def test_a_reply_lost_behind_a_proxys_tunnel_is_unknown(
    play: Play, door: Open, certificate: Certificate, end: End, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = play(Step(end=end), tls=certificate.context, is_proxy=True)
    _use_proxy(proxy.url, monkeypatch)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate.path))

    answer = GlacierStarter(door("https://glacier.example", read_timeout=0.5)).initiate(PHOTOS, BODY)

    assert answer.verdict is Verdict.UNKNOWN
    assert (len(proxy.tunnels), len(proxy.requests)) == (1, 1)


def _use_proxy(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, url)


def test_tls_with_a_trusted_certificate_is_just_a_connection(
    play: Play, door: Open, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate.path))
    server = play(Step(accepted()), tls=certificate.context)

    assert GlacierStarter(door(server.url)).initiate(PHOTOS, BODY).verdict is Verdict.ACCEPTED


@pytest.mark.parametrize("bundle", [None, "no-such-file.pem"])
def test_a_certificate_that_is_not_trusted_stops_the_run_before_anything_is_sent(
    play: Play, door: Open, certificate: Certificate, bundle: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if bundle:
        monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate.path.with_name(bundle)))
    server = play(Step(accepted()), tls=certificate.context)

    answer = GlacierStarter(door(server.url)).initiate(PHOTOS, BODY)

    assert (answer.verdict, answer.code) == (Verdict.STOP, "untrusted-certificate")
    assert "AWS_CA_BUNDLE" in (answer.next_step or "")
    assert server.requests == []


def test_a_certificate_for_another_name_stops_the_run(
    play: Play, door: Open, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate.path))
    server = play(Step(accepted()), tls=certificate.context)

    answer = GlacierStarter(door(server.url.replace("127.0.0.1", "localhost"))).initiate(PHOTOS, BODY)

    assert (answer.verdict, answer.code) == (Verdict.STOP, "untrusted-certificate")


@pytest.mark.parametrize("end", [End.CLOSE, End.RESET, End.HANG])
def test_a_tls_connection_that_breaks_after_sending_is_unknown(
    play: Play, door: Open, certificate: Certificate, end: End, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate.path))
    server = play(Step(accepted()[:60], end), tls=certificate.context)

    answer = GlacierStarter(door(server.url, read_timeout=0.5)).initiate(PHOTOS, BODY)

    assert answer.verdict is Verdict.UNKNOWN
    assert len(server.requests) == 1


def test_https_spoken_to_a_plain_server_is_unknown_at_worst(play: Play, door: Open) -> None:
    url = play(Step(http(400), End.CLOSE)).url.replace("http:", "https:")

    answer = GlacierStarter(door(url, connect_timeout=0.3)).initiate(PHOTOS, BODY)

    assert answer.verdict is Verdict.UNKNOWN


def test_missing_credentials_stop_the_run_before_anything_is_sent(
    play: Play, door: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    server = play(Step(accepted()))

    answer = GlacierStarter(door(server.url)).initiate(PHOTOS, BODY)

    assert (answer.verdict, answer.code) == (Verdict.STOP, "no-credentials")
    assert server.requests == []


def test_half_a_pair_of_credentials_stops_the_run(
    play: Play, door: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    server = play(Step(accepted()))

    answer = GlacierStarter(door(server.url)).initiate(PHOTOS, BODY)

    assert (answer.verdict, answer.code) == (Verdict.STOP, "no-credentials")
    assert server.requests == []


def test_an_unknown_profile_stops_the_run(play: Play) -> None:
    server = play(Step(accepted()))
    with Clients(Connection(profile="absent", endpoint_url=server.url)) as clients:
        answer = GlacierStarter(clients).initiate(PHOTOS, BODY)

    assert (answer.verdict, answer.code) == (Verdict.STOP, "unknown-profile")
    assert "absent" in answer.message


def test_a_body_that_cannot_be_spelled_is_rejected_before_it_is_sent(play: Play, door: Open) -> None:
    server = play(Step(accepted()))

    answer = GlacierStarter(door(server.url)).initiate(PHOTOS, {"Type": 7, "Colour": "red"})

    assert (answer.verdict, answer.code) == (Verdict.REJECTED, "invalid-request")
    assert "Colour" in answer.message
    assert server.requests == []


def test_a_refused_signature_does_not_spill_the_session_token(play: Play, door: Open) -> None:
    message = (
        "The request signature we calculated does not match the signature you provided."
        "\n\nThe Canonical String for this request should have been\n'POST\n/\nx-amz-security-token:SECRET'"
    )
    server = play(Step(refused(403, "InvalidSignatureException", message)))

    answer = GlacierStarter(door(server.url)).initiate(PHOTOS, BODY)

    assert "SECRET" not in answer.message
    assert "does not match the signature you provided" in answer.message


def test_access_denied_names_the_action_to_allow(play: Play, door: Open) -> None:
    message = (
        f"User: arn:aws:iam::1:user/x is not authorized to perform: glacier:InitiateJob on resource: {ARN}"
    )
    server = play(Step(refused(403, "AccessDeniedException", message)))

    answer = GlacierStarter(door(server.url)).initiate(PHOTOS, BODY)

    assert "allow glacier:InitiateJob" in (answer.next_step or "")
    error = answer.as_error()
    assert (error.code, error.message, error.next_step) == (answer.code, answer.message, answer.next_step)


def test_one_starter_serves_many_threads_and_each_sees_its_own_answer(play: Play, door: Open) -> None:
    server = play(Step(refused(400, "ThrottlingException")), *[Step(accepted())] * 30)
    starter = GlacierStarter(door(server.url))

    with ThreadPoolExecutor(8) as pool:
        verdicts = Counter(pool.map(lambda _: starter.initiate(PHOTOS, BODY).verdict, range(31)))

    assert verdicts == {Verdict.THROTTLED: 1, Verdict.ACCEPTED: 30}
    assert len(server.requests) == 31


@pytest.mark.parametrize(
    ("fault", "options", "verdict", "bought"),
    [
        ("lost-before", {}, Verdict.UNKNOWN, 0),
        ("lost-after", {}, Verdict.UNKNOWN, 1),
        ("reset", {}, Verdict.UNKNOWN, 0),
        ("reset-after", {}, Verdict.UNKNOWN, 1),
        ("hang-after", {"seconds": 2.0}, Verdict.UNKNOWN, 1),
        ("cut-headers", {}, Verdict.UNKNOWN, 1),
        ("no-job-id", {}, Verdict.UNKNOWN, 1),
        ("wrong-location", {}, Verdict.UNKNOWN, 1),
        ("error-after", {}, Verdict.UNKNOWN, 1),
        ("html-after", {"status": 403}, Verdict.UNKNOWN, 1),
        ("html-before", {"status": 502}, Verdict.UNKNOWN, 0),
        ("throttle", {}, Verdict.THROTTLED, 0),
        ("error", {"code": "InsufficientCapacityException"}, Verdict.FALL_BACK, 0),
        ("error", {"code": "AccessDeniedException"}, Verdict.STOP, 0),
        ("latency", {"seconds": 0.05}, Verdict.ACCEPTED, 1),
    ],
)
def test_whenever_the_sandbox_bought_a_job_the_answer_is_accepted_or_unknown(
    door: Open, fault: str, options: RuleOptions, verdict: Verdict, bought: int
) -> None:
    with Sandbox(account_id=PHOTOS.account_id, region=PHOTOS.region) as sandbox:
        sandbox.generate("photos", 1, size=1000)
        sandbox.take_inventory("photos")
        sandbox.faults.add("InitiateJob", fault, **options)

        answer = GlacierStarter(door(sandbox.url, read_timeout=0.5)).initiate(PHOTOS, BODY)

        assert answer.verdict is verdict
        assert len(sandbox.accepted) == bought
        assert sandbox.counts()["InitiateJob"] == 1
