"""The one place that decides what an answer of AWS means.

First what happened (a Cause), then what may be done (a Verdict). The code decides before the status does:
Glacier has been documented to answer InsufficientCapacityException with 400 and with 503 (docs:
"api-error-responses", "API_InitiateJob").

Being wrong is not symmetric. Calling a started job unstarted buys it twice; calling an unstarted job
unknown costs a listing. So everything that is not in these tables is UNKNOWN once the request began to
leave this machine.
"""

import re
import ssl
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

from glacier_manifest.aws.answers import Answer, Verdict
from glacier_manifest.aws.causes import Cause, next_step_for
from glacier_manifest.aws.evidence import Reply, class_names, denied_action, handed_over, reply_in, words_of

_ACCEPTED = 202
_TOO_MANY_REQUESTS = 429
_REQUEST_TIMEOUT = 408


class Stage(Enum):
    """How far a call had come when it failed: still being signed, or already handed to the network."""

    PREPARING = "preparing"
    SENDING = "sending"


VERDICTS: Mapping[Cause, Verdict] = {
    Cause.UNREACHABLE: Verdict.SEND_AGAIN,
    Cause.THROTTLED: Verdict.THROTTLED,
    Cause.NO_CAPACITY: Verdict.FALL_BACK,
    Cause.RETRIEVAL_POLICY: Verdict.FALL_BACK,
    Cause.VAULT_NOT_FOUND: Verdict.LATER,
    Cause.NO_INVENTORY_YET: Verdict.LATER,
    Cause.ARCHIVE_NOT_FOUND: Verdict.REJECTED,
    Cause.JOB_NOT_FOUND: Verdict.REJECTED,
    Cause.INVALID_REQUEST: Verdict.REJECTED,
    Cause.ACCESS_DENIED: Verdict.STOP,
    Cause.CANNOT_SEND: Verdict.STOP,
    Cause.CLOCK_SKEW: Verdict.STOP,
    Cause.CREDENTIALS_FAILED: Verdict.STOP,
    Cause.EXPIRED_CREDENTIALS: Verdict.STOP,
    Cause.INVALID_CREDENTIALS: Verdict.STOP,
    Cause.NO_CREDENTIALS: Verdict.STOP,
    Cause.NO_LONGER_SUPPORTED: Verdict.STOP,
    Cause.UNTRUSTED_CERTIFICATE: Verdict.STOP,
    Cause.NO_ANSWER: Verdict.UNKNOWN,
    Cause.SERVICE_FAILED: Verdict.UNKNOWN,
    Cause.UNEXPECTED_ANSWER: Verdict.UNKNOWN,
}


def _each(groups: Mapping[Cause, str]) -> dict[str, Cause]:
    return {name: cause for cause, names in groups.items() for name in names.split()}


#: Error codes, as the body or the x-amzn-ErrorType header spells them. LimitExceededException stands among
#: the throttles: its documented limits (vaults, tags, capacity units) are none of InitiateJob's, so what is
#: left is a limit that time cures, and it is a refusal either way.
CODES: Mapping[str, Cause] = _each(
    {
        Cause.THROTTLED: """
            Throttling ThrottlingException ThrottledException RequestThrottled RequestThrottledException
            TooManyRequestsException SlowDown RequestLimitExceeded BandwidthLimitExceeded
            ProvisionedThroughputExceededException LimitExceededException""",
        Cause.NO_CAPACITY: "InsufficientCapacityException",
        Cause.RETRIEVAL_POLICY: "PolicyEnforcedException",
        Cause.VAULT_NOT_FOUND: "ResourceNotFoundException",
        Cause.INVALID_REQUEST: "InvalidParameterValueException MissingParameterValueException",
        Cause.ACCESS_DENIED: """
            AccessDenied AccessDeniedException UnauthorizedOperation NotAuthorized
            OptInRequired SubscriptionRequiredException""",
        Cause.EXPIRED_CREDENTIALS: "ExpiredToken ExpiredTokenException TokenRefreshRequired",
        Cause.INVALID_CREDENTIALS: """
            AuthFailure IncompleteSignature IncompleteSignatureException InvalidAccessKeyId
            InvalidClientTokenId InvalidSignatureException InvalidToken MissingAuthenticationToken
            MissingAuthenticationTokenException SignatureDoesNotMatch UnrecognizedClientException""",
        Cause.CLOCK_SKEW: "RequestExpired RequestInTheFuture RequestTimeTooSkewed",
        Cause.NO_LONGER_SUPPORTED: "NoLongerSupportedException",
        Cause.SERVICE_FAILED: """
            InternalError InternalFailure InternalServerError InternalServerException
            InternalServiceError RequestTimeout RequestTimeoutException ServiceUnavailable
            ServiceUnavailableException""",
    }
)

#: Exceptions that the SDK raises without having sent a byte of the request: while it checks parameters,
#: finds credentials, signs, or opens the connection.
EXCEPTIONS: Mapping[str, Cause] = _each(
    {
        Cause.INVALID_REQUEST: "botocore.ParamValidationError",
        Cause.NO_CREDENTIALS: """
            botocore.NoCredentialsError botocore.NoAuthTokenError botocore.PartialCredentialsError""",
        Cause.CREDENTIALS_FAILED: """
            botocore.CredentialRetrievalError botocore.TokenRetrievalError botocore.SSOError
            botocore.LoginError botocore.MetadataRetrievalError botocore.RefreshWithMFAUnsupportedError
            botocore.ProfileNotFound botocore.ConfigParseError botocore.ConfigNotFound
            botocore.InvalidConfigError botocore.UnknownCredentialError""",
        Cause.EXPIRED_CREDENTIALS: "botocore.UnauthorizedSSOTokenError botocore.LoginRefreshRequired",
        Cause.UNREACHABLE: "botocore.EndpointConnectionError botocore.ConnectTimeoutError",
    }
)

_NEVER_CONNECTED = frozenset({"urllib3.NewConnectionError", "urllib3.ConnectTimeoutError"})
_NETWORK = frozenset({"botocore.ConnectionError", "botocore.HTTPClientError"})
_TUNNEL_REFUSED = "Tunnel connection failed"

#: How Glacier names an error (docs: "api-error-responses"); a gateway's number, sentence or `Forbidden` is
#: none of its answers.
_CODE = re.compile(r"[A-Z][A-Za-z]+Exception|BadRequest")
_JOB_ID = re.compile(r"[A-Za-z0-9_-]+")

_WORDINGS: tuple[tuple[str, re.Pattern[str], Cause], ...] = (
    (
        "ResourceNotFoundException",
        re.compile(r"not yet generated an initial inventory", re.IGNORECASE),
        Cause.NO_INVENTORY_YET,
    ),
    (
        "ResourceNotFoundException",
        re.compile(r"^(?:the )?archive(?: id)?\b.*\bnot found", re.IGNORECASE),
        Cause.ARCHIVE_NOT_FOUND,
    ),
    (
        "ResourceNotFoundException",
        re.compile(r"^(?:the )?job(?: id)?\b.*\bnot found", re.IGNORECASE),
        Cause.JOB_NOT_FOUND,
    ),
    (
        "InvalidSignatureException",
        re.compile(r"signature (?:expired|not yet current)", re.IGNORECASE),
        Cause.CLOCK_SKEW,
    ),
    (
        "SignatureDoesNotMatch",
        re.compile(r"signature (?:expired|not yet current)", re.IGNORECASE),
        Cause.CLOCK_SKEW,
    ),
)


def answer_of_response(response: Mapping[str, Any]) -> Answer:
    """Decide on an answer that the SDK took for a success.

    It takes a cut one for a success too: `http.client` accepts a connection that ends inside the headers,
    and the job ID in them is then cut short. So a job is accepted only where ID and location agree.
    """
    reply = reply_in(response)
    job_id, location = response.get("jobId"), response.get("location")
    if reply.status == _ACCEPTED and _agree(job_id, location):
        return Answer(
            Verdict.ACCEPTED, job_id=job_id, service_at=reply.service_at, request_id=reply.request_id
        )
    message = (
        f"HTTP {reply.status} with job ID {job_id!r} and location {location!r}, which is no whole answer"
    )
    return _answer(Cause.UNEXPECTED_ANSWER, reply, message)


def _agree(job_id: object, location: object) -> bool:
    return (
        isinstance(job_id, str)
        and isinstance(location, str)
        and _JOB_ID.fullmatch(job_id) is not None
        and location.endswith(f"/jobs/{job_id}")
    )


def answer_of_failure(error: Exception, stage: Stage) -> Answer:
    """Decide on an exception that came out of an InitiateJob call; never raises."""
    reply = reply_in(getattr(error, "response", None))
    return _answer(cause_of(error, stage), reply, reply.message or words_of(error))


def _answer(cause: Cause, reply: Reply, message: str) -> Answer:
    verdict = VERDICTS[cause]
    stop = verdict is Verdict.STOP
    return Answer(
        verdict,
        code=str(cause) if stop or not reply.code else reply.code,
        message=f"{reply.code}: {message}" if stop and reply.code else message,
        service_at=reply.service_at,
        request_id=reply.request_id,
        next_step=next_step_for(cause, action=denied_action(message, "InitiateJob")) if stop else None,
    )


def cause_of(error: BaseException, stage: Stage) -> Cause:
    """Say why a call failed; never raises, and claims "not sent" only where that is proven."""
    if _is_certificate_error(error):
        return Cause.UNTRUSTED_CERTIFICATE
    names = class_names(error)
    for name in names:
        if name in EXCEPTIONS:
            return EXCEPTIONS[name]
    if "botocore.ProxyConnectionError" in names and _never_reached_the_proxy(error):
        return Cause.UNREACHABLE
    if "botocore.PaginationError" in names:
        return Cause.UNEXPECTED_ANSWER  # the next page begins where the last one did
    if stage is Stage.PREPARING:
        return _cause_while_preparing(error, names)
    if "botocore.ClientError" in names:
        return cause_of_reply(reply_in(getattr(error, "response", None)))
    return Cause.NO_ANSWER if _NETWORK.intersection(names) else Cause.UNEXPECTED_ANSWER


def cause_of_reply(reply: Reply) -> Cause:
    """Say what an error answer means: by its code and words, then by its status."""
    for code, wording, cause in _WORDINGS:
        if reply.code == code and wording.search(reply.message):
            return cause
    if reply.code in CODES:
        return CODES[reply.code]
    if reply.status == _TOO_MANY_REQUESTS:
        return Cause.THROTTLED
    if reply.status >= 500 or reply.status == _REQUEST_TIMEOUT:  # noqa: PLR2004 - HTTP's server errors
        return Cause.SERVICE_FAILED
    if reply.status >= 400 and _CODE.fullmatch(reply.code):  # noqa: PLR2004 - HTTP's client errors
        return Cause.INVALID_REQUEST
    return Cause.UNEXPECTED_ANSWER


def _cause_while_preparing(error: BaseException, names: Iterable[str]) -> Cause:
    """Whatever failed was a call for credentials (STS, SSO, metadata), or this machine itself."""
    if _NETWORK.intersection(names):
        return Cause.UNREACHABLE
    if "botocore.ClientError" not in names:
        return Cause.CANNOT_SEND
    cause = cause_of_reply(reply_in(getattr(error, "response", None)))
    if cause in (Cause.THROTTLED, Cause.SERVICE_FAILED):
        return Cause.UNREACHABLE
    return cause if VERDICTS[cause] is Verdict.STOP else Cause.CREDENTIALS_FAILED


def _never_reached_the_proxy(error: BaseException) -> bool:
    """Tell a proxy that was not reached from a reply that was lost behind it.

    urllib3 forgets that it reached the proxy when it closes the connection, so a reply that never came
    through a proxy is raised as "Unable to connect to proxy" as well.
    """
    inside = list(handed_over(error))[1:]
    return any(
        _NEVER_CONNECTED.intersection(class_names(one))
        or (type(one) is OSError and str(one).startswith(_TUNNEL_REFUSED))
        for one in inside
    )


def _is_certificate_error(error: BaseException) -> bool:
    """Say whether the TLS handshake ended because a certificate is not trusted or cannot be read."""
    names = class_names(error)
    if not {"botocore.SSLError", "botocore.ProxyConnectionError"}.intersection(names):
        return False
    return any(
        isinstance(one, ssl.SSLCertVerificationError | FileNotFoundError)
        or type(one).__name__ == "CertificateError"
        for one in handed_over(error)
    )
