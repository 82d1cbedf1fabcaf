"""A sandbox whose clock stands still until a test moves it, and somebody who speaks HTTP to it."""

import http.client
import io
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.utils import calculate_tree_hash

from glacier_manifest.sandbox import Sandbox, SandboxClock

if TYPE_CHECKING:
    from mypy_boto3_glacier import GlacierClient

NOON = 1_700_049_600.0
ACCOUNTS = {"AKIAOTHER": "999999999999"}
CREDENTIAL = (
    "AWS4-HMAC-SHA256 Credential={}/20231115/{}/glacier/aws4_request, SignedHeaders=host, Signature=0"
)


@dataclass(frozen=True)
class Reply:
    """An answer, read to its end."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - a test knows what it asked for
        return json.loads(self.body)

    @property
    def error(self) -> tuple[int, str]:
        return self.status, self.json["code"]


class Speaker:
    """Somebody with an access key who speaks HTTP to the sandbox, on one connection."""

    def __init__(self, url: str, access_key: str = "AKIAEXAMPLE", region: str = "us-west-2") -> None:
        self._address = urlsplit(url)
        self._connection = self._connect()
        self.signed = {
            "Authorization": CREDENTIAL.format(access_key, region),
            "x-amz-glacier-version": "2012-06-01",
        }

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(str(self._address.hostname), self._address.port, timeout=5)

    def say(
        self,
        method: str,
        path: str,
        body: bytes | dict[str, Any] = b"",
        headers: dict[str, str] | None = None,
    ) -> Reply:
        """Send exactly this."""
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        try:
            self._connection.request(method, path, sent, headers or {})
            response = self._connection.getresponse()
            return Reply(response.status, response.headers, response.read())
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | dict[str, Any] = b"",
        headers: dict[str, str] | None = None,
    ) -> Reply:
        """Send a signed request below the caller's own account."""
        return self.say(method, f"/-{path}", body, {**self.signed, **(headers or {})})

    def initiate(self, vault: str, **parameters: object) -> Reply:
        return self.ask("POST", f"/vaults/{vault}/jobs", parameters)

    def start(self, vault: str, **parameters: object) -> str:
        """Start a job that is accepted, and return its ID."""
        reply = self.initiate(vault, **parameters)
        assert reply.status == 202, reply.body
        return str(reply.headers["x-amz-job-id"])

    def retrieve(self, vault: str, archive_id: str, **parameters: object) -> str:
        return self.start(vault, Type="archive-retrieval", ArchiveId=archive_id, **parameters)

    def describe(self, vault: str, job_id: str) -> Any:  # noqa: ANN401 - a job as JSON
        return self.ask("GET", f"/vaults/{vault}/jobs/{job_id}").json

    def output(self, vault: str, job_id: str, asked: str | None = None) -> Reply:
        headers = {} if asked is None else {"Range": asked}
        return self.ask("GET", f"/vaults/{vault}/jobs/{job_id}/output", headers=headers)

    def pages(self, vault: str, **query: str) -> list[list[dict[str, Any]]]:
        """List all jobs, page by page."""
        pages: list[list[dict[str, Any]]] = []
        marker: dict[str, str] = {}
        while True:
            reply = self.ask("GET", f"/vaults/{vault}/jobs?{urlencode({**query, **marker})}")
            assert reply.status == 200, reply.body
            pages.append(reply.json["JobList"])
            if reply.json["Marker"] is None:
                return pages
            marker = {"marker": reply.json["Marker"]}

    def close(self) -> None:
        self._connection.close()


Opened = Callable[..., tuple[Sandbox, Speaker]]


@pytest.fixture(scope="session")
def tree_hash() -> Callable[[bytes], str]:
    """botocore's tree hash: an independent one."""

    def of(body: bytes) -> str:
        return str(calculate_tree_hash(io.BytesIO(body)))  # type: ignore[arg-type]  # the stub wants a str

    return of


@pytest.fixture(scope="session")
def speak_to() -> type[Speaker]:
    """Speak to a sandbox that a test opened by itself."""
    return Speaker


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def sandbox(stack: ExitStack) -> Sandbox:
    """Jobs take 5 seconds and stay a day; it is noon until a test says otherwise."""
    return stack.enter_context(Sandbox(clock=SandboxClock(lambda: NOON), seed=1, accounts=ACCOUNTS))


@pytest.fixture
def speak(sandbox: Sandbox, stack: ExitStack) -> Speaker:
    speaker = Speaker(sandbox.url)
    stack.callback(speaker.close)
    return speaker


@pytest.fixture
def opened(stack: ExitStack) -> Opened:
    """Open a sandbox of another kind, with a speaker to it."""

    def open_sandbox(**options: Any) -> tuple[Sandbox, Speaker]:  # noqa: ANN401 - Sandbox's own options
        sandbox = stack.enter_context(Sandbox(**{"clock": SandboxClock(lambda: NOON), **options}))
        speaker = Speaker(sandbox.url)
        stack.callback(speaker.close)
        return sandbox, speaker

    return open_sandbox


@pytest.fixture
def speak_as(sandbox: Sandbox, stack: ExitStack) -> Callable[..., Speaker]:
    """Speak to the sandbox with another access key or from another region."""

    def speak(access_key: str, region: str = "us-west-2") -> Speaker:
        speaker = Speaker(sandbox.url, access_key, region)
        stack.callback(speaker.close)
        return speaker

    return speak


@pytest.fixture
def glacier(sandbox: Sandbox, stack: ExitStack) -> "GlacierClient":
    config = Config(retries={"total_max_attempts": 1, "mode": "standard"}, read_timeout=5)
    client = boto3.client("glacier", endpoint_url=sandbox.url, config=config)
    stack.callback(client.close)
    return client
