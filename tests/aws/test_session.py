import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from glacier_manifest.aws.glacier import GlacierStarter
from glacier_manifest.aws.session import (
    Clients,
    Connection,
    SendWatch,
    check_sends_once,
    endpoint_name,
)
from glacier_manifest.aws.verdicts import Stage
from glacier_manifest.errors import Exit, GlacierManifestError, ServiceError
from glacier_manifest.jobs.request import Vault
from tests.aws.conftest import Open, Play
from tests.aws.scripted import Step

REGION = "us-west-2"
MODULES = (
    "answers",
    "causes",
    "descriptions",
    "evidence",
    "glacier",
    "initiate_job",
    "s3",
    "session",
    "verdicts",
)


@pytest.mark.parametrize("module", MODULES)
def test_no_module_of_the_room_imports_the_sdk(module: str) -> None:
    program = (
        f"import sys, glacier_manifest.aws.{module};"
        "print([name for name in ('boto3', 'botocore', 'urllib3') if name in sys.modules])"
    )

    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert loaded.stdout.strip() == "[]"


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
def test_the_start_client_sends_once_whatever_the_environment_says(
    mode: str, door: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "7")
    monkeypatch.setenv("AWS_RETRY_MODE", mode)

    config = door("http://127.0.0.1:1").starting(REGION).meta.config

    assert getattr(config, "retries", None) == {"total_max_attempts": 1, "mode": "standard"}


@pytest.mark.parametrize("retries", [None, {}, {"total_max_attempts": 2}, {"mode": "standard"}])
def test_a_client_that_could_send_twice_is_refused(retries: dict[str, object] | None) -> None:
    with pytest.raises(ServiceError) as caught:
        check_sends_once(retries)

    assert caught.value.code == "sdk-retries"


def test_a_client_is_made_once_for_each_region_from_any_thread(door: Open) -> None:
    clients = door("http://127.0.0.1:1")
    together = threading.Barrier(4)

    def make(number: int) -> int:
        together.wait(10)
        return id(clients.starting(f"us-west-{1 + number % 2}"))

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(make, range(4)))

    assert len(set(made)) == 2


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://glacier.us-west-2.amazonaws.com", "aws"),
        ("https://glacier.us-west-2.amazonaws.com/", "aws"),
        ("https://GLACIER.us-west-2.amazonaws.com:443", "aws"),
        ("https://glacier.cn-north-1.amazonaws.com.cn", "aws"),
        ("https://glacier-fips.us-east-1.amazonaws.com", "aws"),
        ("https://glacier.us-gov-west-1.amazonaws.com", "aws"),
        ("https://glacier.us-east-1.api.aws", "aws"),
        ("https://vpce-0a-b.glacier.us-east-1.vpce.amazonaws.com", "aws"),
        ("http://glacier.us-west-2.amazonaws.com", "http://glacier.us-west-2.amazonaws.com"),
        ("https://glacier.us-west-2.amazonaws.com.evil.example", None),
        ("https://s3.us-west-2.amazonaws.com", None),
        ("http://127.0.0.1:9000", None),
        ("http://[::1]:9000", None),
        ("http://Localhost:9000/", "http://localhost:9000"),
        ("http://user:secret@localhost:9000/base/", "http://localhost:9000/base"),
    ],
)
def test_an_endpoint_is_aws_or_its_own_url(url: str, name: str | None) -> None:
    assert endpoint_name(url) == (name or url)


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_GLACIER"])
def test_an_endpoint_of_the_environment_names_the_state(
    variable: str, door: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "http://127.0.0.1:9000")

    assert door(None).endpoint(REGION) == "http://127.0.0.1:9000"


def test_a_profile_names_region_and_endpoint(
    config: "Write", door: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    config("[profile lab]\nregion = eu-west-1\nendpoint_url = http://127.0.0.1:9000\n")
    clients = door(None, profile="lab")

    assert clients.region() == "eu-west-1"
    assert clients.endpoint("eu-west-1") == "http://127.0.0.1:9000"


def test_without_another_endpoint_the_state_is_bound_to_aws(door: Open) -> None:
    assert door(None).endpoint(REGION) == "aws"


def test_an_explicit_region_counts_before_the_environments(door: Open) -> None:
    assert door(None, region="eu-west-1").region() == "eu-west-1"
    assert door(None).region() == REGION


def no_region(clients: Clients) -> object:
    return clients.region()


def endpoint(clients: Clients) -> object:
    return clients.endpoint(clients.region())


@pytest.mark.parametrize(
    ("connection", "ask", "code", "exit_code", "advice"),
    [
        (Connection(profile="absent"), endpoint, "unknown-profile", Exit.USAGE, "--profile"),
        (Connection(), no_region, "no-region", Exit.USAGE, "--region"),
        (Connection(region="us-west-9"), endpoint, "unknown-region", Exit.USAGE, "--region"),
        (Connection(region="us west"), endpoint, "unknown-region", Exit.USAGE, "--region"),
        (
            Connection(region=REGION, endpoint_url="localhost"),
            endpoint,
            "bad-endpoint-url",
            Exit.USAGE,
            "--endpoint-url",
        ),
    ],
)
def test_what_cannot_be_connected_says_what_to_do(
    connection: Connection,
    ask: Callable[[Clients], object],
    code: str,
    exit_code: Exit,
    advice: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")

    with Clients(connection) as clients, pytest.raises(GlacierManifestError) as caught:
        ask(clients)

    assert (caught.value.code, caught.value.exit_code) == (code, exit_code)
    assert advice in caught.value.next_step


def test_a_region_that_the_sdk_does_not_know_is_taken_at_another_endpoint(door: Open) -> None:
    assert door("http://127.0.0.1:9000").endpoint("moon-base-1") == "http://127.0.0.1:9000"


def test_a_broken_configuration_file_is_named(config: "Write", door: Open) -> None:
    path = config("[default\nregion = us-west-2\n")

    with pytest.raises(ServiceError) as caught:
        door(None).endpoint(REGION)

    assert caught.value.code == "bad-aws-config"
    assert str(path) in caught.value.message


@pytest.mark.parametrize(
    ("profile", "code"),
    [
        ("credential_process = false", "credentials-failed"),
        ("credential_process = echo not-json", "cannot-send"),
        ("role_arn = arn:aws:iam::012345678901:role/r\nsource_profile = absent", "credentials-failed"),
        ("role_arn = arn:aws:iam::012345678901:role/r", "no-credentials"),
        ("sso_session = absent\nsso_account_id = 1\nsso_role_name = r", "credentials-failed"),
    ],
)
def test_a_profile_whose_credentials_cannot_be_had_stops_the_run(
    config: "Write", play: Play, door: Open, profile: str, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    config(f"[profile lab]\n{profile}\n")
    server = play(Step(b"HTTP/1.1 500 Reason\r\nContent-Length: 0\r\n\r\n"))

    answer = GlacierStarter(door(server.url, profile="lab")).initiate(
        Vault("012345678901", REGION, "photos"), {"Type": "inventory-retrieval"}
    )

    assert (answer.verdict, answer.code) == ("stop", code)
    assert server.requests == []


def test_one_client_lives_through_the_renewal_of_its_credentials(
    config: "Write", play: Play, door: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    program = tmp_path / "credentials.py"
    program.write_text(CREDENTIAL_PROGRAM)
    config(f"[profile lab]\ncredential_process = {sys.executable} {program}\n")
    server = play(Step(b"HTTP/1.1 500 Reason\r\nContent-Length: 0\r\n\r\n"))
    starter = GlacierStarter(door(server.url, profile="lab"))

    for _ in range(2):
        starter.initiate(Vault("012345678901", REGION, "photos"), {"Type": "inventory-retrieval"})

    keys = [request.partition(b"Credential=")[2].partition(b"/")[0] for request in server.requests]
    assert len(keys) == 2
    assert keys[0] != keys[1]


#: Hands out another key at each call, each so near its end that the SDK must renew it before the next use.
CREDENTIAL_PROGRAM = """
import json, pathlib, datetime
calls = pathlib.Path(__file__).with_suffix(".calls")
with calls.open("a") as log:
    log.write(".")
end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=2)
print(json.dumps({
    "Version": 1, "AccessKeyId": f"AKIA{calls.stat().st_size}", "SecretAccessKey": "secret",
    "SessionToken": "token", "Expiration": end.isoformat(),
}))
"""


def test_a_watch_knows_each_threads_own_call() -> None:
    watch = SendWatch()

    watch.begin()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(watch.begin).result()
        pool.submit(watch.sending, request="signed").result()
        other = pool.submit(lambda: watch.stage).result()

    assert (watch.stage, other) == (Stage.PREPARING, Stage.SENDING)


def test_a_watch_that_was_told_nothing_claims_nothing() -> None:
    assert SendWatch().stage is Stage.SENDING


Write = Callable[[str], Path]


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    def write(text: str) -> Path:
        path = tmp_path / "config"
        path.write_text(text)
        monkeypatch.setenv("AWS_CONFIG_FILE", str(path))
        return path

    return write
