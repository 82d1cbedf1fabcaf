"""What an exception of the SDK carries: codes, headers, the errors inside it; told without secrets.

Exceptions are known by the names of their classes, so that nothing here imports the SDK, and a class that
only newer versions have needs no special case. Only errors that were *handed over* are looked into, never
``__context__``: that may hold an earlier, handled error, which proves nothing about this call.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any

_LONGEST_MESSAGE = 500
_PACKAGES = {"botocore.exceptions": "botocore", "urllib3.exceptions": "urllib3"}
_URL_PASSWORD = re.compile(r"(?<=://)[^/@\s]+@")
#: A refused signature is answered with the request as the service read it, session token included.
_CANONICAL_REQUEST = re.compile(r"\s*The Canonical String for this request.*", re.DOTALL)
_ACTION = re.compile(r"to perform:? ([a-z0-9-]+:[A-Za-z]+)")
_SESSION_TOKEN = re.compile(r"(x-amz-security-token['\"]?\s*[:=]\s*)\S+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reply:
    """What was answered over HTTP, as far as it could be read.

    Attributes:
        status: The HTTP status; 0 where it is not known.
        code: The service's error code; empty where there is none.
        message: Its text, on one line and without secrets.
        service_at: The Date header, UTC.
        request_id: The service's name for the call.
    """

    status: int
    code: str
    message: str
    service_at: datetime | None
    request_id: str | None


def reply_in(response: object) -> Reply:
    """Read a parsed response of the SDK, or the one that a ClientError carries; never raises."""
    parsed = _mapping(response)
    metadata = _mapping(parsed.get("ResponseMetadata"))
    error = _mapping(parsed.get("Error"))
    status, code, request_id = metadata.get("HTTPStatusCode"), error.get("Code"), metadata.get("RequestId")
    return Reply(
        status=status if isinstance(status, int) else 0,
        code=code if isinstance(code, str) else "",
        message=one_line(error["Message"]) if "Message" in error else "",
        service_at=_moment(_mapping(metadata.get("HTTPHeaders")).get("date")),
        request_id=request_id if isinstance(request_id, str) else None,
    )


def class_names(error: BaseException) -> list[str]:
    """Return the names of the error's class and its bases, the nearest first: ``botocore.ReadTimeoutError``.

    Only the package is kept of where the two libraries define their exceptions. Copies of other libraries
    that botocore carries keep their whole path: one of them has a ConnectTimeoutError as well.
    """
    return [f"{_PACKAGES.get(one.__module__, one.__module__)}.{one.__name__}" for one in type(error).__mro__]


def handed_over(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and those inside it, from the outside in."""
    current: object = error
    for _ in range(10):
        if not isinstance(current, BaseException):
            return
        yield current
        current = _inner(current)


def _inner(error: BaseException) -> object:
    details = getattr(error, "kwargs", None)
    if isinstance(details, Mapping) and "error" in details:
        return details["error"]
    inside = [one for one in error.args if isinstance(one, BaseException)]
    return getattr(error, "original_error", None) or (inside[0] if inside else None)


def one_line(text: object) -> str:
    """Return a text on one line, cut to a readable length, without passwords and session tokens."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    line = _CANONICAL_REQUEST.sub("", str(text))
    line = _SESSION_TOKEN.sub(r"\1***", _URL_PASSWORD.sub("***@", line))
    line = " ".join(line.split())
    return line if len(line) <= _LONGEST_MESSAGE else line[: _LONGEST_MESSAGE - 3] + "..."


def words_of(error: BaseException) -> str:
    """Return what an exception says, on one line; its class where it says nothing or cannot say it."""
    try:
        said = one_line(error)
    except Exception:  # noqa: BLE001 - an exception whose text fails must not hide what happened
        said = ""
    return said or type(error).__name__


def denied_action(message: str, operation: str) -> str:
    """Return the IAM action that a refusal names, else the operation's own: ``glacier:ListJobs``."""
    match = _ACTION.search(message)
    return match[1] if match else f"glacier:{operation}"


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _moment(date: object) -> datetime | None:
    return _moment_of(date) if isinstance(date, str) else None


@lru_cache(maxsize=8)
def _moment_of(date: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(date)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
