"""Sessions and clients of the SDK: made once for each region, when first needed.

Two clients, because retries are a client's own: what the start client would send is sent once (one lost reply
would buy a second job), the read client repeats its requests.
"""

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar, cast
from urllib.parse import urlsplit

from glacier_manifest import __version__
from glacier_manifest.aws.causes import next_step_for
from glacier_manifest.aws.evidence import class_names, words_of
from glacier_manifest.aws.initiate_job import InitiateJob
from glacier_manifest.aws.verdicts import Stage, cause_of
from glacier_manifest.errors import GlacierManifestError, ServiceError, UsageError

if TYPE_CHECKING:
    from botocore.config import Config
    from botocore.session import Session
    from mypy_boto3_glacier.client import GlacierClient

_Made = TypeVar("_Made")

#: What a state is bound to where the endpoint is AWS's own.
AWS = "aws"

_AWS_HOST = re.compile(
    r"(?:[a-z0-9-]+\.)*glacier(?:-fips)?\.[a-z0-9-]+\.(?:vpce\.)?"
    r"(?:amazonaws\.com(?:\.cn)?|api\.aws|api\.amazonwebservices\.com\.cn|amazonaws\.eu|api\.amazonwebservices\.eu"
    r"|c2s\.ic\.gov|sc2s\.sgov\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov)"
)


@dataclass(frozen=True, slots=True)
class Connection:
    """How AWS is reached; what is None is left to boto3's own environment and files.

    Attributes:
        profile: A profile of the AWS configuration file.
        region: The region that counts where none is named.
        endpoint_url: Another Glacier, such as a sandbox.
        concurrency: How many calls are made at once.
        connect_timeout, read_timeout: Seconds. A start that is answered later than `read_timeout` is an
            unknown, so it is long.
        read_attempts: How often a call that only reads is tried in all.
    """

    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    concurrency: int = 8
    connect_timeout: float = 10
    read_timeout: float = 120
    read_attempts: int = 5


class StorageClient(Protocol):
    """What is used of the SDK's client of S3."""

    @property
    def meta(self) -> Any:  # noqa: ANN401 - the SDK's own
        """The client's events."""

    def get_object(self, **parameters: str) -> Mapping[str, Any]:
        """Answer with an object's headers and body (docs: "API_GetObject")."""

    def close(self) -> None:
        """Let go of all connections."""


class SendWatch:
    """Knows how far the calling thread's request has come, told by the SDK just before it sends."""

    def __init__(self) -> None:
        self._calling = threading.local()

    def begin(self) -> None:
        """A call begins in this thread; nothing of it was sent."""
        self._calling.stage = Stage.PREPARING

    def sending(self, **_event: object) -> None:
        """The request is signed and goes to the network now (the SDK's ``before-send`` event)."""
        self._calling.stage = Stage.SENDING

    @property
    def stage(self) -> Stage:
        """How far this thread's call has come; as far as can be where none began."""
        stage: Stage = getattr(self._calling, "stage", Stage.SENDING)
        return stage


class Clients:
    """The clients of one connection; they are safe to use from many threads.

    Credentials that expire are renewed by the SDK inside a client, so clients live as long as the run.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.watch = SendWatch()
        self._making = threading.RLock()  # neither sessions nor client creation are thread-safe in boto3
        self._session: Session | None = None
        self._starting: dict[str, GlacierClient] = {}
        self._initiating: dict[str, InitiateJob] = {}
        self._reading: dict[str, GlacierClient] = {}
        self._storage: StorageClient | None = None

    def region(self) -> str:
        """Return the connection's region, else the one of boto3's environment and files.

        Raises:
            UsageError: ``no-region``, or ``unknown-profile``.
            ServiceError: ``bad-aws-config``.
        """
        with self._making, _told_clearly(self.connection):
            region = self.connection.region or self._region_set()
        if region:
            return region
        raise UsageError(
            "no-region",
            "no region is set, neither here nor in the AWS configuration",
            next_step="pass --region, or set AWS_REGION, or write region: into the manifest",
        )

    def starting(self, region: str) -> "GlacierClient":
        """Return the client that knows what an InitiateJob call looks like, and never repeats one.

        Raises:
            UsageError: ``unknown-region``, ``unknown-profile`` or ``bad-endpoint-url``.
            ServiceError: The credentials or the AWS configuration cannot be read.
        """
        return self._made(self._starting, region, self._make_starting)

    def initiating(self, region: str) -> InitiateJob:
        """Return what sends InitiateJob requests, each exactly once; raises what `starting` raises."""
        return self._made(
            self._initiating, region, lambda name: InitiateJob(self.starting(name), self.watch.sending)
        )

    def reading(self, region: str) -> "GlacierClient":
        """Return the client for everything that changes nothing; raises what `starting` raises."""
        return self._made(self._reading, region, self._make_reading)

    def storage(self) -> "StorageClient":
        """Return the client that reads objects of S3, in any region; raises what `starting` raises.

        The connection's endpoint is a Glacier; another S3 is named by AWS_ENDPOINT_URL_S3.
        """
        with self._making, _told_clearly(self.connection):
            if self._storage is None:
                self._storage = self._make_storage()
            return self._storage

    def endpoint(self, region: str) -> str:
        """Return what a state is bound to: ``aws``, or the URL of another endpoint."""
        return endpoint_name(self.reading(region).meta.endpoint_url)

    def close(self) -> None:
        """Let go of all connections."""
        with self._making:
            self._initiating.clear()
            for made in (self._starting, self._reading):
                while made:
                    made.popitem()[1].close()
            if self._storage is not None:
                self._storage.close()
                self._storage = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _made(self, made: dict[str, _Made], region: str, make: Callable[[str], _Made]) -> _Made:
        with self._making:
            if region not in made:
                with _told_clearly(self.connection):
                    made[region] = make(region)
            return made[region]

    def _make_starting(self, region: str) -> "GlacierClient":
        # An explicit total_max_attempts beats AWS_MAX_ATTEMPTS; giving only the mode does not.
        client = self._make(region, attempts=1)
        check_sends_once(getattr(client.meta.config, "retries", None))
        return client

    def _make_reading(self, region: str) -> "GlacierClient":
        client = self._make(region, attempts=self.connection.read_attempts)
        client.meta.events.register("before-send.glacier", self.watch.sending)
        return client

    def _make_storage(self) -> "StorageClient":
        # S3 itself tells which region a bucket is in, so that any will do where none is set.
        region = self.connection.region or self._region_set() or "us-east-1"
        attempts = self.connection.read_attempts
        settings = self._settings(attempts)
        client: Any = self._opened().create_client("s3", region_name=region, config=settings)
        client.meta.events.register("before-send.s3", self.watch.sending)
        return cast("StorageClient", client)

    def _settings(self, attempts: int) -> "Config":
        from botocore.config import Config  # noqa: PLC0415 - the SDK is imported when first needed

        return Config(
            retries={"total_max_attempts": attempts, "mode": "standard"},
            # A fixed text: botocore would build its own twice for every call.
            user_agent=f"glacier-manifest/{__version__}",
            max_pool_connections=self.connection.concurrency,
            tcp_keepalive=True,
            connect_timeout=self.connection.connect_timeout,
            read_timeout=self.connection.read_timeout,
            parameter_validation=True,
        )

    def _make(self, region: str, *, attempts: int) -> "GlacierClient":
        settings = self._settings(attempts)
        client: Any = self._opened().create_client(
            "glacier", region_name=region, endpoint_url=self.connection.endpoint_url, config=settings
        )
        self._check_region(region, client.meta.endpoint_url)
        return cast("GlacierClient", client)

    def _check_region(self, region: str, endpoint_url: str) -> None:
        """Refuse a region without vaults: the SDK would make up a host name that does not exist."""
        if endpoint_name(endpoint_url) != AWS:
            return
        session = self._opened()
        partitions = session.get_available_partitions()
        known = [one for name in partitions for one in session.get_available_regions("glacier", name)]
        if region not in known:
            raise unknown_region(
                f"Amazon Glacier has no vaults in region {region!r}; it has in {', '.join(sorted(known))}"
            )

    def _region_set(self) -> str | None:
        region: str | None = self._opened().get_config_variable("region")
        return region

    def _opened(self) -> "Session":
        if self._session is None:
            from glacier_manifest.aws.sdk import sdk_session  # noqa: PLC0415 - imported when first needed

            self._session = sdk_session(self.connection.profile)
        return self._session


def endpoint_name(url: str) -> str:
    """Return ``aws`` for one of AWS's own Glacier endpoints, else the URL without password and path's end."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if parts.scheme == "https" and _AWS_HOST.fullmatch(host):
        return AWS
    host = f"[{host}]" if ":" in host else host
    port = "" if parts.port is None else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}"


def check_sends_once(retries: Mapping[str, Any] | None) -> None:
    """Refuse a client that could send one request twice, whatever environment or SDK version made it so.

    Raises:
        ServiceError: ``sdk-retries``.
    """
    attempts = (retries or {}).get("total_max_attempts")
    if attempts != 1:
        raise ServiceError(
            "sdk-retries",
            f"this botocore would send InitiateJob up to {attempts} times, and each may be paid for",
            next_step="install another version of boto3 and botocore; nothing was sent",
        )


def unknown_region(message: str) -> UsageError:
    """Return the error for a region that has no Glacier vaults, or that is no region's name."""
    return UsageError(
        "unknown-region",
        message,
        next_step="correct the region in the manifest, --region or AWS_REGION; --endpoint-url takes any",
    )


@contextmanager
def _told_clearly(connection: Connection) -> Iterator[None]:
    try:
        yield
    except GlacierManifestError:
        raise
    except Exception as error:  # what reads profiles and runs credential programs may raise anything
        raise _setup_error(error, connection) from error


def _setup_error(error: Exception, connection: Connection) -> GlacierManifestError:
    names = class_names(error)
    if "botocore.ProfileNotFound" in names:
        return UsageError(
            "unknown-profile",
            words_of(error),
            next_step="correct --profile or AWS_PROFILE ('aws configure list-profiles' lists them)",
        )
    if "botocore.InvalidRegionError" in names:
        return unknown_region(words_of(error))
    if isinstance(error, ValueError) and str(error).startswith("Invalid endpoint"):
        return UsageError(
            "bad-endpoint-url",
            f"{connection.endpoint_url!r} is not a URL",
            next_step="write --endpoint-url as http://HOST:PORT or https://HOST",
        )
    if {"botocore.ConfigParseError", "botocore.ConfigNotFound"}.intersection(names):
        return ServiceError(
            "bad-aws-config",
            words_of(error),
            next_step="correct the file, or name another with AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE",
        )
    cause = cause_of(error, Stage.PREPARING)
    return ServiceError(str(cause), words_of(error), next_step=next_step_for(cause))
