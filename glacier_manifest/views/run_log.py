"""The events of a run as log lines: a name and fields, bound with the request's address."""

from typing import TYPE_CHECKING, Any

from glacier_manifest.starting.events import (
    Adopted,
    Event,
    FellBack,
    Holding,
    Outcome,
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
from glacier_manifest.views.records import moment

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

#: Outcomes that are logged as warnings.
WARNED = frozenset({Result.REJECTED, Result.UNKNOWN, Result.DEFERRED})


class RunLog:
    """Writes each event to a logger; what went well is a detail, what went wrong is a warning."""

    def __init__(self, logger: "FilteringBoundLogger") -> None:
        self._logger = logger

    def __call__(self, event: Event) -> None:
        """Log one event."""
        match event:
            case RunBegan():
                self._logger.info("run_began", total=event.total, rate=event.rate)
            case SendingAgain():
                self._bound(event).info("sending_again", attempt=event.attempt, delay=round(event.delay, 3))
            case Slowed():
                self._logger.info("slowed", rate=round(event.rate, 2))
            case FellBack():
                self._bound(event).info("fell_back", refused=event.refused, next_tier=event.next_tier)
            case Outcome():
                self._outcome(event)
            case Holding() | Settling() | Adopted() | Released() | TryingLater():
                self._healing(event)
            case VolumeUsedUp():
                self._logger.info("volume_used_up", until=moment(event.until))
            case StageFull():
                self._logger.info("stage_full", most=event.most)
            case Stopping():
                self._logger.warning("stopping", why=event.why)

    def _healing(self, event: Holding | Settling | Adopted | Released | TryingLater) -> None:
        match event:
            case Holding():
                self._logger.warning("holding", unknown=event.unknown)
            case Settling():
                self._logger.info(
                    "settling", vaults=event.vaults, unknown=event.unknown, until=moment(event.until)
                )
            case Adopted():
                self._adopted(event)
            case Released():
                self._logger.debug("released", address=event.address)
            case TryingLater():
                self._logger.info("trying_later", refused=event.refused, until=moment(event.until))

    def _adopted(self, event: Adopted) -> None:
        fields = {"address": event.address, "job_id": event.job_id, "ours": event.ours}
        if event.ours:
            self._logger.debug("adopted", **fields)
        else:
            self._logger.info("adopted", **fields, sns_topic=event.sns_topic)
        if event.duplicates:
            self._logger.warning("duplicates", address=event.address, job_ids=list(event.duplicates))

    def _outcome(self, outcome: Outcome) -> None:
        logger = self._bound(outcome)
        if outcome.result in WARNED:
            logger.warning(str(outcome.result))
        else:
            logger.debug(str(outcome.result), job_id=outcome.job_id, tier=outcome.tier)

    def _bound(self, event: SendingAgain | FellBack | Outcome) -> "FilteringBoundLogger":
        fields: dict[str, Any] = {"address": event.action.address}
        if event.mishap is not None:
            fields |= {"code": event.mishap.code, "message": event.mishap.message}
        return self._logger.bind(**fields)
