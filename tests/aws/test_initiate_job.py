"""What is sent without the SDK's client around each call is what its client would send."""

import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import ReadOnlyCredentials
from botocore.session import Session

from glacier_manifest import __version__
from glacier_manifest.aws.answers import Verdict
from glacier_manifest.aws.glacier import GlacierStarter
from glacier_manifest.jobs.request import Vault
from tests.aws.conftest import Certificate, Open, Play
from tests.aws.scripted import Step, accepted

REGION = "us-west-2"
PHOTOS = Vault("012345678901", REGION, "photos")
INVENTORY = {"Type": "inventory-retrieval", "Description": "weekly"}

BODIES: dict[str, Mapping[str, Any]] = {
    "archive": {
        "Type": "archive-retrieval",
        "ArchiveId": "kKB7ymWJVpPSwhGP6ycSOAekp9ZYe_--zM_mw6k76ZFGEIWQX-ybtRDvc2VkPSDtfKmQrj0IRQLSGsNuDp",
        "Description": 'a "quoted" \\ back, [gm1:abcdefghijklmnopqrstuvwxyz.0]',
        "SNSTopic": "arn:aws:sns:us-west-2:012345678901:my-topic",
        "RetrievalByteRange": "0-1048575",
        "Tier": "Bulk",
    },
    "inventory": {
        "Type": "inventory-retrieval",
        "Format": "CSV",
        "InventoryRetrievalParameters": {
            "StartDate": "2015-01-01T00:00:00Z",
            "EndDate": "2015-04-01T00:00:00Z",
            "Limit": "10000",
        },
    },
    "select": {
        "Type": "select",
        "ArchiveId": "archive",
        "SelectParameters": {
            "InputSerialization": {"csv": {"FileHeaderInfo": "USE", "QuoteCharacter": '"'}},
            "ExpressionType": "SQL",
            "Expression": "SELECT * FROM archive WHERE s = 'ü'",
            "OutputSerialization": {"csv": {"QuoteFields": "ASNEEDED"}},
        },
        "OutputLocation": {
            "S3": {
                "BucketName": "results",
                "Prefix": "q1",
                "Tagging": {"a": "b"},
                "AccessControlList": [
                    {"Grantee": {"Type": "Group", "URI": "http://example"}, "Permission": "READ"}
                ],
            }
        },
    },
}
VAULTS = {
    "plain": PHOTOS,
    "the caller's account": Vault("-", REGION, "photos"),
    "dots and dashes": Vault("012345678901", REGION, "a.b_c-d"),
    "what no vault is called": Vault("012345678901", REGION, "ü /%?#"),
}
#: Headers that two equal calls do not share.
EACH_CALLS_OWN = {"x-amz-date", "authorization", "amz-sdk-invocation-id"}


def _read(request: bytes) -> tuple[str, dict[str, str], bytes]:
    head, _, body = request.partition(b"\r\n\r\n")
    line, *rest = head.decode().split("\r\n")
    return line, {name.lower(): text for name, _, text in (one.partition(": ") for one in rest)}, body


def _client_sends(url: str, vault: Vault, body: Mapping[str, Any]) -> None:
    settings = Config(
        user_agent=f"glacier-manifest/{__version__}",
        retries={"total_max_attempts": 1, "mode": "standard"},
    )
    client: Any = Session().create_client("glacier", region_name=REGION, endpoint_url=url, config=settings)
    parameters: Any = dict(body)
    client.initiate_job(accountId=vault.account_id, vaultName=vault.name, jobParameters=parameters)
    client.close()


@pytest.mark.parametrize("token", [None, "a-session-token"])
@pytest.mark.parametrize("vault", VAULTS.values(), ids=VAULTS)
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_request_is_byte_by_byte_what_the_sdks_client_sends(
    play: Play,
    door: Open,
    body: Mapping[str, Any],
    vault: Vault,
    token: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if token:
        monkeypatch.setenv("AWS_SESSION_TOKEN", token)
    server = play(Step(accepted()))
    starter = GlacierStarter(door(server.url))

    _client_sends(server.url, vault, body)
    for _ in range(2):
        starter.initiate(vault, body)

    expected, *sent = map(_read, server.requests)
    assert expected[1].get("x-amz-security-token") == token
    for line, headers, content in sent:
        assert (line, content) == (expected[0], expected[2])
        assert set(headers) == set(expected[1])
        assert _without(headers, EACH_CALLS_OWN) == _without(expected[1], EACH_CALLS_OWN)
        assert headers["authorization"].split(",")[:2] == expected[1]["authorization"].split(",")[:2]


def _without(headers: Mapping[str, str], names: set[str]) -> dict[str, str]:
    return {name: text for name, text in headers.items() if name not in names}


def test_the_signature_is_the_sdks_own_for_what_was_sent(
    play: Play, door: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI")
    server = play(Step(accepted()))
    starter = GlacierStarter(door(server.url))

    for body in BODIES.values():
        starter.initiate(PHOTOS, body)

    for line, headers, content in map(_read, server.requests):
        scope, signed, signature = headers["authorization"].split(", ")
        names = signed.removeprefix("SignedHeaders=").split(";")
        request = AWSRequest(
            "POST", server.url + line.split()[1], {name: headers[name] for name in names}, content
        )
        request.context["timestamp"] = headers["x-amz-date"]
        auth = SigV4Auth(ReadOnlyCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI", None), "glacier", REGION)
        to_sign = auth.string_to_sign(request, auth.canonical_request(request))
        assert signature == f"Signature={auth.signature(to_sign, request)}"
        assert scope.endswith(f"Credential=AKIDEXAMPLE/{auth.credential_scope(request)}")


def test_each_vault_is_sent_to_its_own_place_from_any_thread(play: Play, door: Open) -> None:
    server = play(Step(accepted()))
    starter = GlacierStarter(door(server.url))
    vaults = [Vault("012345678901", REGION, f"vault-{number}") for number in range(5)] * 6

    with ThreadPoolExecutor(8) as pool:
        verdicts = set(pool.map(lambda vault: starter.initiate(vault, INVENTORY).verdict, vaults))

    assert verdicts == {Verdict.ACCEPTED}
    lines = sorted(_read(request)[0] for request in server.requests)
    assert lines == sorted(f"POST /012345678901/vaults/{vault.name}/jobs HTTP/1.1" for vault in vaults)


def test_each_call_has_a_name_of_its_own(play: Play, door: Open) -> None:
    server = play(Step(accepted()))
    starter = GlacierStarter(door(server.url))

    for _ in range(3):
        starter.initiate(PHOTOS, INVENTORY)

    assert len({_read(request)[1]["amz-sdk-invocation-id"] for request in server.requests}) == 3


def test_the_client_that_knows_the_call_sends_none_itself(play: Play, door: Open) -> None:
    server = play(Step(accepted()))
    clients = door(server.url)
    clients.initiating(REGION)

    with pytest.raises(Exception, match="stopped before it was sent"):
        clients.starting(REGION).initiate_job(
            accountId=PHOTOS.account_id, vaultName=PHOTOS.name, jobParameters={"Type": "inventory-retrieval"}
        )

    assert server.requests == []


def test_an_sdk_that_answers_by_itself_is_not_relied_on(play: Play, door: Open) -> None:
    server = play(Step(accepted()))
    clients = door(server.url)
    answered = type("Answered", (), {"status_code": 202})()
    by_itself: Any = lambda **_event: (answered, {"jobId": "made-up"})  # noqa: E731 - an event's answer
    clients.starting(REGION).meta.events.register("before-call.glacier", by_itself)

    answer = GlacierStarter(clients).initiate(PHOTOS, INVENTORY)

    assert (answer.verdict, answer.code) == (Verdict.STOP, "cannot-send")
    assert server.requests == []


def test_credentials_are_renewed_as_often_as_they_end(
    play: Play, door: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    program = tmp_path / "credentials.py"
    program.write_text(CREDENTIAL_PROGRAM)
    _use_config(f"[profile lab]\ncredential_process = {sys.executable} {program}\n", tmp_path, monkeypatch)
    server = play(Step(accepted()))
    starter = GlacierStarter(door(server.url, profile="lab"))

    verdicts = {starter.initiate(PHOTOS, INVENTORY).verdict for _ in range(4)}

    assert verdicts == {Verdict.ACCEPTED}
    sent = [_read(request)[1] for request in server.requests]
    tokens = [headers["x-amz-security-token"] for headers in sent]
    keys = [headers["authorization"].partition("Credential=")[2].partition("/")[0] for headers in sent]
    assert len(set(tokens)) == len(tokens) == 4
    assert [key.removeprefix("AKIA") for key in keys] == [token.removeprefix("token-") for token in tokens]


#: Hands out another key and token at each call, so near their end that the next use needs new ones.
CREDENTIAL_PROGRAM = """
import json, pathlib, datetime
calls = pathlib.Path(__file__).with_suffix(".calls")
with calls.open("a") as log:
    log.write(".")
count = calls.stat().st_size
end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=2)
print(json.dumps({
    "Version": 1, "AccessKeyId": f"AKIA{count}", "SecretAccessKey": "secret",
    "SessionToken": f"token-{count}", "Expiration": end.isoformat(),
}))
"""


def test_a_forwarding_proxy_is_given_the_whole_url_and_its_password(
    play: Play, door: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = play(Step(accepted()))
    _use_proxy(proxy.url.replace("http://", "http://user:pass@"), monkeypatch)

    answer = GlacierStarter(door("http://glacier.example")).initiate(PHOTOS, INVENTORY)

    line, headers, _ = _read(proxy.requests[0])
    assert answer.verdict is Verdict.ACCEPTED
    assert line == "POST http://glacier.example/012345678901/vaults/photos/jobs HTTP/1.1"
    assert headers["host"] == "glacier.example"
    assert headers["proxy-authorization"].startswith("Basic ")


def test_a_proxys_tunnel_is_used_for_https_and_the_bundle_of_a_profile_trusted(
    play: Play, door: Open, certificate: Certificate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _use_config(f"[default]\nca_bundle = {certificate.path}\n", tmp_path, monkeypatch)
    proxy = play(Step(accepted()), tls=certificate.context, is_proxy=True)
    _use_proxy(proxy.url, monkeypatch)
    starter = GlacierStarter(door("https://glacier.example"))

    verdicts = {starter.initiate(PHOTOS, INVENTORY).verdict for _ in range(3)}

    assert verdicts == {Verdict.ACCEPTED}
    assert len(proxy.tunnels) == 1
    assert {_read(request)[0] for request in proxy.requests} == {
        "POST /012345678901/vaults/photos/jobs HTTP/1.1"
    }


def test_an_endpoint_that_needs_no_proxy_is_reached_without(
    play: Play, door: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy, server = play(Step(accepted())), play(Step(accepted()))
    _use_proxy(proxy.url, monkeypatch)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    GlacierStarter(door(server.url)).initiate(PHOTOS, INVENTORY)

    assert (len(proxy.requests), len(server.requests)) == (0, 1)


def _use_proxy(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, url)


def _use_config(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder / "config"
    path.write_text(text)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(path))
