"""InitiateJob from the SDK's own parts, without what a client does around them for every call.

Half of a start's CPU was the client's pipeline: events, endpoint rules, retries, user agents. So the client
is asked once for each vault what it would send, and stopped before it sends: that tells URL, headers, how to
sign, and which HTTP session it uses, with every proxy, certificate and timeout that is configured. Every
call is then made with those. The client itself never sends anything, so nothing of it can send twice.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

from glacier_manifest.aws.causes import Cause, next_step_for
from glacier_manifest.errors import ServiceError
from glacier_manifest.jobs.request import Vault

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest, AWSRequest
    from botocore.endpoint import Endpoint
    from botocore.model import Shape
    from botocore.signers import RequestSigner
    from mypy_boto3_glacier.client import GlacierClient

_OPERATION = "InitiateJob"
#: Headers that are each call's own: what signing and preparing put in, and the SDK's name for the call.
_INVOCATION = "amz-sdk-invocation-id"
_OWN = frozenset(
    {"authorization", "content-length", "date", "x-amz-date", "x-amz-security-token", _INVOCATION}
)


@dataclass(frozen=True, slots=True)
class _Signature:
    """How the client signs: its signer, and the words that go into the scope."""

    signer: "RequestSigner"
    signing_name: str
    region_name: str
    signature_version: str

    def sign(self, request: "_Unsigned") -> None:
        """Sign with the credentials that count now; the SDK renews those that are about to expire."""
        auth = self.signer.get_auth_instance(self.signing_name, self.region_name, self.signature_version)
        auth.add_auth(request)


@dataclass(frozen=True, slots=True)
class _Unsigned:
    """What the SDK's signers read of a request and write into it; the SDK's own class costs far more."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes
    params: dict[str, str] = field(default_factory=dict)
    context: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Draft:
    """What the client would send to one vault, but for the body and what signing adds."""

    method: str
    url: str
    signed: Mapping[str, str]
    unsigned: Mapping[str, str]
    signature: _Signature
    endpoint: "Endpoint"

    def request(self, body: bytes) -> "AWSPreparedRequest":
        """Return a request with this body, signed now."""
        from botocore.awsrequest import AWSPreparedRequest  # noqa: PLC0415 - imported when first needed

        request = _Unsigned(self.method, self.url, {**self.signed}, body)
        self.signature.sign(request)
        beside = {_INVOCATION: str(uuid4()), "Content-Length": str(len(body))}
        headers: Any = {**request.headers, **self.unsigned, **beside}
        return AWSPreparedRequest(self.method, self.url, headers, body, stream_output=False)


class InitiateJob:
    """Makes InitiateJob calls as one client would; many threads may use one.

    Args:
        client: What would be sent is what this client would send. It is never let send again.
        sending: Told just before a request goes to the network, in the calling thread.
    """

    def __init__(self, client: "GlacierClient", sending: Callable[[], None]) -> None:
        from botocore.parsers import create_parser  # noqa: PLC0415 - the SDK is imported when first needed

        model = client.meta.service_model
        self._operation = model.operation_model(_OPERATION)
        self._parser = create_parser(model.resolved_protocol)
        self._rehearsal = _Rehearsal(client)
        self._sending = sending
        self._drafts: dict[Vault, _Draft] = {}

    def __call__(self, vault: Vault, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Send one request, once, and return what the SDK reads from the answer.

        Args:
            vault: Where the job is to run.
            body: The job parameters in the API's spelling.

        Raises:
            Exception: Whatever the SDK's own client would raise.
        """
        draft = self._drafts.get(vault)
        if draft is None:
            draft = self._drafts[vault] = self._rehearsal(vault, body)
        request = draft.request(json.dumps(body).encode())
        self._sending()
        return self._read(draft.endpoint.http_session.send(request))

    def _read(self, response: Any) -> Mapping[str, Any]:  # noqa: ANN401 - the SDK's own
        from botocore.endpoint import convert_to_response_dict  # noqa: PLC0415
        from botocore.exceptions import ClientError  # noqa: PLC0415

        raw = convert_to_response_dict(response, self._operation)
        parsed = self._parser.parse(raw, cast("Shape", self._operation.output_shape))
        if response.status_code >= 300:  # noqa: PLR2004 - what the SDK's client takes for an error
            raise ClientError(parsed, _OPERATION)
        return cast("Mapping[str, Any]", parsed)


class _StoppedError(Exception):
    """Carries a request that the client was about to send."""

    def __init__(self, request: "AWSPreparedRequest") -> None:
        super().__init__("stopped before it was sent")
        self.request = request


class _Rehearsal:
    """Has a client make a call, and stops it just before it would send."""

    def __init__(self, client: "GlacierClient") -> None:
        self._client = client
        self._lock = Lock()
        self._signed: dict[str, str] = {}
        self._signature: _Signature | None = None
        self._endpoint: Endpoint | None = None
        for event, hook in (
            ("before-sign", self._before_sign),
            ("before-send", self._before_send),
            ("needs-retry", self._after_send),
        ):
            client.meta.events.register_last(f"{event}.glacier.{_OPERATION}", hook)

    def __call__(self, vault: Vault, body: Mapping[str, Any]) -> _Draft:
        """Return what the client would send; raises what the client raises before it sends."""
        with self._lock:
            try:
                self._client.initiate_job(**_parameters(vault, body))
            except _StoppedError as stopped:
                return self._draft(stopped.request)
        raise _unforeseen("it answered the call by itself")

    def _draft(self, request: "AWSPreparedRequest") -> _Draft:
        if self._signature is None or self._endpoint is None or not (request.method and request.url):
            raise _unforeseen("it neither signs nor sends as this program knows it")
        beside = {name: _text(text) for name, text in request.headers.items() if name not in self._signed}
        unsigned = {name: text for name, text in beside.items() if name.lower() not in _OWN}
        return _Draft(request.method, request.url, self._signed, unsigned, self._signature, self._endpoint)

    def _before_sign(
        self,
        *,
        request: "AWSRequest",
        request_signer: "RequestSigner",
        signing_name: str,
        region_name: str,
        signature_version: str,
        **_event: object,
    ) -> None:
        self._signed = {name: _text(text) for name, text in request.headers.items()}
        self._signature = _Signature(request_signer, signing_name, region_name, signature_version)

    def _before_send(self, *, request: "AWSPreparedRequest", **_event: object) -> None:
        raise _StoppedError(request)

    def _after_send(self, *, endpoint: "Endpoint", **_event: object) -> None:
        self._endpoint = endpoint


def _parameters(vault: Vault, body: Mapping[str, Any]) -> dict[str, Any]:
    return {"accountId": vault.account_id, "vaultName": vault.name, "jobParameters": dict(body)}


def _text(text: str | bytes) -> str:
    return text.decode() if isinstance(text, bytes) else text


def _unforeseen(what: str) -> ServiceError:
    cause = Cause.CANNOT_SEND
    message = f"the installed botocore, or a plugin of it, is not to be relied on: {what}; nothing was sent"
    return ServiceError(str(cause), message, next_step=next_step_for(cause))
