"""The events of a run as log lines."""

from typing import Any

import pytest
import structlog

from glacier_manifest.jobs.tier import Tier
from glacier_manifest.planning.plan import Reason, Verb
from glacier_manifest.starting.events import (
    Adopted,
    Event,
    FellBack,
    Holding,
    Released,
    Result,
    RunBegan,
    SendingAgain,
    Settling,
    Slowed,
    StageFull,
    Stopping,
    TryingLater,
    VolumeUsedUp,
)
from glacier_manifest.state.record import Mishap
from glacier_manifest.views.run_log import RunLog
from tests.views.examples import NOON, REFUSED, action, outcome

START = action(Verb.START, Reason.NOT_STARTED)
THROTTLED = Mishap("ThrottlingException", "Rate exceeded")
NO_ROOM = Mishap("InsufficientCapacityException", "No capacity")
ADDRESS = "wedding/photos/kKB7"
NOON_TEXT = "2026-11-23T12:00:00Z"


def logged(event: Event) -> dict[str, Any]:
    capture = structlog.testing.LogCapture()
    RunLog(structlog.wrap_logger(None, processors=[capture]))(event)
    (line,) = capture.entries
    return dict(line)


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (RunBegan(3, 10), {"event": "run_began", "log_level": "info", "total": 3, "rate": 10}),
        (
            SendingAgain(START, 2, 0.12345, THROTTLED),
            {
                "event": "sending_again",
                "log_level": "info",
                "address": ADDRESS,
                "attempt": 2,
                "delay": 0.123,
                "code": THROTTLED.code,
                "message": THROTTLED.message,
            },
        ),
        (Slowed(7.123), {"event": "slowed", "log_level": "info", "rate": 7.12}),
        (
            FellBack(START, Tier.EXPEDITED, Tier.BULK, NO_ROOM),
            {
                "event": "fell_back",
                "log_level": "info",
                "address": ADDRESS,
                "refused": "Expedited",
                "next_tier": "Bulk",
                "code": NO_ROOM.code,
                "message": NO_ROOM.message,
            },
        ),
        (
            outcome(Result.STARTED),
            {
                "event": "started",
                "log_level": "debug",
                "address": ADDRESS,
                "job_id": "HkF9",
                "tier": "Bulk",
            },
        ),
        (
            outcome(Result.REJECTED, REFUSED),
            {
                "event": "rejected",
                "log_level": "warning",
                "address": ADDRESS,
                "code": REFUSED.code,
                "message": REFUSED.message,
            },
        ),
        (Holding(20), {"event": "holding", "log_level": "warning", "unknown": 20}),
        (
            Settling(2, 3, NOON),
            {"event": "settling", "log_level": "info", "vaults": 2, "unknown": 3, "until": NOON_TEXT},
        ),
        (
            Adopted(ADDRESS, "HkF9", ours=True, sns_topic=None),
            {"event": "adopted", "log_level": "debug", "address": ADDRESS, "job_id": "HkF9", "ours": True},
        ),
        (
            Adopted(ADDRESS, "HkF9", ours=False, sns_topic="arn:others"),
            {
                "event": "adopted",
                "log_level": "info",
                "address": ADDRESS,
                "job_id": "HkF9",
                "ours": False,
                "sns_topic": "arn:others",
            },
        ),
        (Released(ADDRESS), {"event": "released", "log_level": "debug", "address": ADDRESS}),
        (
            TryingLater(2, NOON),
            {"event": "trying_later", "log_level": "info", "refused": 2, "until": NOON_TEXT},
        ),
        (VolumeUsedUp(NOON), {"event": "volume_used_up", "log_level": "info", "until": NOON_TEXT}),
        (StageFull(5), {"event": "stage_full", "log_level": "info", "most": 5}),
        (Stopping("expired"), {"event": "stopping", "log_level": "warning", "why": "expired"}),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, dict) else "",
)
def test_every_event_has_a_stable_name_and_its_fields(event: Event, line: dict[str, Any]) -> None:
    assert logged(event) == line


def test_a_purchase_that_was_made_twice_is_a_warning_of_its_own() -> None:
    capture = structlog.testing.LogCapture()
    log = RunLog(structlog.wrap_logger(None, processors=[capture]))

    log(Adopted(ADDRESS, "HkF9", ours=True, sns_topic=None, duplicates=("Job8",)))

    assert dict(capture.entries[-1]) == {
        "event": "duplicates",
        "log_level": "warning",
        "address": ADDRESS,
        "job_ids": ["Job8"],
    }
