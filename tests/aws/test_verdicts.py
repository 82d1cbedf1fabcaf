"""Why a call failed, by exception alone: what is claimed, and what is never claimed."""

import ssl
from typing import Any

import botocore.exceptions
import pytest
from hypothesis import given
from hypothesis import strategies as st
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import ConnectTimeoutError as Urllib3ConnectTimeout
from urllib3.exceptions import NewConnectionError, ProtocolError, ProxyError
from urllib3.exceptions import SSLError as Urllib3SSLError

from glacier_manifest.aws.answers import Verdict
from glacier_manifest.aws.causes import Cause
from glacier_manifest.aws.verdicts import (
    CODES,
    EXCEPTIONS,
    VERDICTS,
    Stage,
    answer_of_failure,
    answer_of_response,
    cause_of,
)

URL = "https://glacier.us-west-2.amazonaws.com"
NOT_CONNECTED = NewConnectionError(HTTPConnection("127.0.0.1"), "refused")
LOST = ConnectionResetError("Remote end closed connection without response")
UNTRUSTED = Urllib3SSLError(ssl.SSLCertVerificationError("certificate verify failed"))


def proxy_error(inside: Exception) -> Exception:
    return botocore.exceptions.ProxyConnectionError(
        proxy_url="http://proxy", error=ProxyError("Unable to connect to proxy", inside)
    )


def client_error(code: str, status: int, operation: str = "InitiateJob", message: str = "words") -> Exception:
    response: dict[str, Any] = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return botocore.exceptions.ClientError(response, operation)  # type: ignore[arg-type]  # only what is read


SENDING: dict[str, tuple[Exception, Verdict]] = {
    "endpoint": (
        botocore.exceptions.EndpointConnectionError(endpoint_url=URL, error=NOT_CONNECTED),
        Verdict.SEND_AGAIN,
    ),
    "connect timeout": (
        botocore.exceptions.ConnectTimeoutError(endpoint_url=URL, error="timed out"),
        Verdict.SEND_AGAIN,
    ),
    "proxy refused": (proxy_error(NOT_CONNECTED), Verdict.SEND_AGAIN),
    "proxy timeout": (proxy_error(Urllib3ConnectTimeout("timed out")), Verdict.SEND_AGAIN),
    "tunnel refused": (proxy_error(OSError("Tunnel connection failed: 407 no")), Verdict.SEND_AGAIN),
    "lost behind a proxy": (proxy_error(LOST), Verdict.UNKNOWN),
    "proxy, no reason": (
        botocore.exceptions.ProxyConnectionError(proxy_url="http://proxy", error="?"),
        Verdict.UNKNOWN,
    ),
    "certificate": (botocore.exceptions.SSLError(endpoint_url=URL, error=UNTRUSTED), Verdict.STOP),
    "proxy's certificate": (proxy_error(UNTRUSTED), Verdict.STOP),
    "certificate bundle": (
        botocore.exceptions.SSLError(endpoint_url=URL, error=Urllib3SSLError(FileNotFoundError(2, "no"))),
        Verdict.STOP,
    ),
    "tls": (
        botocore.exceptions.SSLError(endpoint_url=URL, error=Urllib3SSLError(ssl.SSLEOFError("EOF"))),
        Verdict.UNKNOWN,
    ),
    "read timeout": (
        botocore.exceptions.ReadTimeoutError(endpoint_url=URL, error="timed out"),
        Verdict.UNKNOWN,
    ),
    "closed": (
        botocore.exceptions.ConnectionClosedError(endpoint_url=URL, error=ProtocolError("aborted")),
        Verdict.UNKNOWN,
    ),
    "any HTTP error": (botocore.exceptions.HTTPClientError(error=ValueError("odd")), Verdict.UNKNOWN),
    "connection": (botocore.exceptions.ConnectionError(error=ValueError("odd")), Verdict.UNKNOWN),
    "streaming": (botocore.exceptions.ResponseStreamingError(error="odd"), Verdict.UNKNOWN),
    "incomplete read": (
        botocore.exceptions.IncompleteReadError(actual_bytes=1, expected_bytes=2),
        Verdict.UNKNOWN,
    ),
    "parameters": (botocore.exceptions.ParamValidationError(report="Type"), Verdict.REJECTED),
    "no credentials": (botocore.exceptions.NoCredentialsError(), Verdict.STOP),
    "no token": (botocore.exceptions.NoAuthTokenError(), Verdict.STOP),
    "half of the credentials": (
        botocore.exceptions.PartialCredentialsError(provider="env", cred_var="secret_key"),
        Verdict.STOP,
    ),
    "credential program": (
        botocore.exceptions.CredentialRetrievalError(provider="process", error_msg="exit 1"),
        Verdict.STOP,
    ),
    "token": (
        botocore.exceptions.TokenRetrievalError(provider="sso", error_msg="expired"),
        Verdict.STOP,
    ),
    "sso": (botocore.exceptions.SSOTokenLoadError(error_msg="no token"), Verdict.STOP),
    "sso expired": (botocore.exceptions.UnauthorizedSSOTokenError(), Verdict.STOP),
    "profile": (botocore.exceptions.ProfileNotFound(profile="absent"), Verdict.STOP),
    "bare": (Exception("boom"), Verdict.UNKNOWN),
    "nothing to say": (ValueError(), Verdict.UNKNOWN),
    "refused, but not by the SDK": (ConnectionRefusedError("refused"), Verdict.UNKNOWN),
    "timed out, but not in the SDK": (TimeoutError("timed out"), Verdict.UNKNOWN),
}

PREPARING: dict[str, tuple[Exception, Cause]] = {
    "token service does not answer": (
        botocore.exceptions.ReadTimeoutError(endpoint_url="https://sts", error="timed out"),
        Cause.UNREACHABLE,
    ),
    "token service is lost": (
        botocore.exceptions.ConnectionClosedError(endpoint_url="https://sts", error="closed"),
        Cause.UNREACHABLE,
    ),
    "token service behind a lost proxy": (proxy_error(LOST), Cause.UNREACHABLE),
    "token service is throttled": (client_error("Throttling", 400, "AssumeRole"), Cause.UNREACHABLE),
    "token service is down": (client_error("InternalFailure", 500, "AssumeRole"), Cause.UNREACHABLE),
    "role may not be assumed": (client_error("AccessDenied", 403, "AssumeRole"), Cause.ACCESS_DENIED),
    "token expired": (client_error("ExpiredToken", 403, "AssumeRole"), Cause.EXPIRED_CREDENTIALS),
    "token service says no": (
        client_error("MalformedPolicyDocument", 400, "AssumeRole"),
        Cause.CREDENTIALS_FAILED,
    ),
    "no certificate of it": (
        botocore.exceptions.SSLError(endpoint_url="https://sts", error=UNTRUSTED),
        Cause.UNTRUSTED_CERTIFICATE,
    ),
    "credentials": (botocore.exceptions.NoCredentialsError(), Cause.NO_CREDENTIALS),
    "renewed but expired": (
        RuntimeError("Credentials were refreshed, but the refreshed credentials are still expired."),
        Cause.CANNOT_SEND,
    ),
    "anything else": (KeyError("Expiration"), Cause.CANNOT_SEND),
}


@pytest.mark.parametrize(("error", "verdict"), SENDING.values(), ids=SENDING.keys())
def test_an_exception_while_sending_means(error: Exception, verdict: Verdict) -> None:
    assert answer_of_failure(error, Stage.SENDING).verdict is verdict


@pytest.mark.parametrize(("error", "cause"), PREPARING.values(), ids=PREPARING.keys())
def test_an_exception_before_sending_means(error: Exception, cause: Cause) -> None:
    assert cause_of(error, Stage.PREPARING) is cause
    assert answer_of_failure(error, Stage.PREPARING).verdict in {Verdict.SEND_AGAIN, Verdict.STOP}


def test_an_earlier_error_that_was_handled_proves_nothing_about_this_call() -> None:
    lost = proxy_error(LOST)
    lost.__context__ = NOT_CONNECTED
    lost.__cause__ = NOT_CONNECTED

    assert answer_of_failure(lost, Stage.SENDING).verdict is Verdict.UNKNOWN


def test_every_cause_has_a_verdict() -> None:
    assert set(VERDICTS) == set(Cause)


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_every_exception_in_the_table_exists_in_the_sdk(name: str) -> None:
    assert issubclass(getattr(botocore.exceptions, name.removeprefix("botocore.")), Exception)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("status", [400, 403, 429, 500, 503])
def test_the_code_decides_before_the_status_does(code: str, status: int) -> None:
    answer = answer_of_failure(client_error(code, status), Stage.SENDING)

    assert answer.verdict is VERDICTS[CODES[code]]


EXCEPTION_TYPES = [
    one
    for base in (Exception, OSError, ValueError, LookupError, RuntimeError, ArithmeticError)
    for one in [base, *base.__subclasses__()]
    if one.__module__ == "builtins"
]
NEVER_GUESSED = {Verdict.ACCEPTED, Verdict.REJECTED, Verdict.SEND_AGAIN, Verdict.THROTTLED}


@given(
    st.sampled_from(EXCEPTION_TYPES),
    st.lists(st.one_of(st.text(), st.integers(0, 99), st.none(), st.just(NOT_CONNECTED)), max_size=5),
    st.sampled_from(Stage),
)
def test_an_arbitrary_exception_is_never_taken_for_an_outcome(
    kind: type[Exception], arguments: list[Any], stage: Stage
) -> None:
    try:
        error = kind(*arguments)
    except TypeError:
        error = Exception(*arguments)

    answer = answer_of_failure(error, stage)

    assert answer.verdict is (Verdict.UNKNOWN if stage is Stage.SENDING else Verdict.STOP)
    assert answer.verdict not in NEVER_GUESSED
    assert answer.message


class _Speechless(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


def test_an_exception_that_cannot_be_printed_is_still_an_answer() -> None:
    answer = answer_of_failure(_Speechless(), Stage.SENDING)

    assert (answer.verdict, answer.message) == (Verdict.UNKNOWN, "_Speechless")


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
responses = st.dictionaries(
    st.sampled_from(["jobId", "location", "ResponseMetadata", "Error", "odd"]),
    st.one_of(
        json_like,
        st.fixed_dictionaries(
            {"HTTPStatusCode": json_like, "HTTPHeaders": json_like, "RequestId": json_like}
        ),
        st.fixed_dictionaries({"Code": json_like, "Message": json_like}),
    ),
)


@given(responses)
def test_an_arbitrary_response_never_raises_and_is_never_accepted(response: dict[str, Any]) -> None:
    assert answer_of_response(response).verdict is Verdict.UNKNOWN


@given(responses, st.sampled_from(Stage))
def test_an_arbitrary_refusal_never_raises_and_never_promises_too_much(
    response: dict[str, Any], stage: Stage
) -> None:
    error = botocore.exceptions.ClientError({}, "InitiateJob")
    error.response = response  # type: ignore[assignment]  # whatever a broken proxy makes the SDK read

    verdict = answer_of_failure(error, stage).verdict

    if stage is Stage.SENDING:
        assert verdict not in {Verdict.ACCEPTED, Verdict.SEND_AGAIN}
    else:
        assert verdict in {Verdict.SEND_AGAIN, Verdict.STOP}


def test_the_connection_pool_of_the_sdk_still_tells_a_refused_proxy_from_a_lost_reply() -> None:
    """The proof that a proxy was never reached rests on this class of urllib3."""
    with HTTPConnectionPool("127.0.0.1", 1, retries=False) as pool, pytest.raises(NewConnectionError):
        pool.request("GET", "/")
