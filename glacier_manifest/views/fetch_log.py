"""The events of fetching as log lines: a name and fields, bound with the request's address."""

from typing import TYPE_CHECKING

from glacier_manifest.fetching.events import (
    Event,
    FetchingBegan,
    OutputEnded,
    PartsHeld,
    ReadingAgain,
    UploadAborted,
    WholeDamaged,
)
from glacier_manifest.fetching.report import Outcome, Result

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

#: What is logged as a warning.
_WARNED = frozenset({Result.FAILED, Result.EXPIRED})


class FetchLog:
    """Writes events to a logger; what went well is a detail, what went wrong is a warning."""

    def __init__(self, logger: "FilteringBoundLogger") -> None:
        self._logger = logger

    def __call__(self, event: Event) -> None:
        """Log one event."""
        match event:
            case FetchingBegan():
                self._logger.debug("fetching_began", outputs=event.outputs, bytes=event.size)
            case PartsHeld():
                job_id = event.whole.outputs[0].job_id
                self._logger.info("parts_held", job_id=job_id, parts=event.parts, bytes=event.size)
            case ReadingAgain():
                self._logger.info(
                    "reading_again",
                    job_id=event.output.job_id,
                    part=event.part.number,
                    attempt=event.attempt,
                    delay=round(event.delay, 3),
                    code=event.error.code,
                )
            case WholeDamaged():
                job_id = event.whole.outputs[0].job_id
                self._logger.warning("whole_damaged", job_id=job_id, message=event.error.message)
            case UploadAborted(is_gone=True):
                self._logger.info("upload_aborted", location=event.location)
            case UploadAborted():
                self._logger.warning("upload_not_aborted", location=event.location)
            case OutputEnded():
                self._ended(event.outcome)

    def _ended(self, outcome: Outcome) -> None:
        logger = self._logger.bind(address=outcome.address, job_id=outcome.job_id)
        if outcome.result in _WARNED:
            mishap = outcome.mishap
            fields = {} if mishap is None else {"code": mishap.code, "message": mishap.message}
            logger.warning(str(outcome.result), **fields)
        else:
            logger.debug(str(outcome.result), output=outcome.output, renamed=[*map(str, outcome.renamed)])
