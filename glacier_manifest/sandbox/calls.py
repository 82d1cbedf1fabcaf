"""What the sandbox was asked, and what came of it."""

import json
import threading
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_LONGEST_BODY = 65_536


@dataclass(frozen=True, slots=True)
class Call:
    """One request to the API.

    Attributes:
        operation: the API's name of it, such as `InitiateJob`.
        method: `GET`, `PUT`, `POST` or `DELETE`.
        path: as sent.
        query: decoded.
        body: the first 64 KiB.
        at: when, by the sandbox's clock.
        status: of the answer; None where the client saw none.
        acted: whether the service acted, whatever the client saw.
        fault: the faults that struck it, joined by `+`; None: none did.
        account: whose vaults were meant; None where that was not clear.
        access_key: the access key ID; None for an unsigned request.
        job_id: of the job that it started; None: none.
    """

    operation: str
    method: str
    path: str
    query: Mapping[str, str]
    body: bytes
    at: datetime
    status: int | None
    acted: bool
    fault: str | None
    account: str | None
    access_key: str | None
    job_id: str | None

    @property
    def json(self) -> Any:  # noqa: ANN401 - it is whatever the caller sent
        """The body as JSON.

        Raises:
            ValueError: it is none.
        """
        return json.loads(self.body)


class CallLog:
    """The last calls, and how many of each operation there were.

    Args:
        kept: how many calls are kept; the counts count all.
    """

    def __init__(self, kept: int) -> None:
        self._calls: deque[Call] = deque(maxlen=kept)
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def record(self, call: Call) -> None:
        """Keep a call."""
        with self._lock:
            self._calls.append(call)
            self._counts[call.operation] += 1

    def calls(self, operation: str | None = None) -> list[Call]:
        """Return the calls in the order they came; those of one operation when it is named."""
        with self._lock:
            kept = list(self._calls)
        return [call for call in kept if operation in (None, call.operation)]

    def counts(self) -> dict[str, int]:
        """Return how many calls of each operation there were."""
        with self._lock:
            return dict(self._counts)

    def reset(self) -> None:
        """Forget all calls."""
        with self._lock:
            self._calls.clear()
            self._counts.clear()


def kept_body(body: bytes) -> bytes:
    """Return as much of a body as is worth keeping."""
    return body[:_LONGEST_BODY]
