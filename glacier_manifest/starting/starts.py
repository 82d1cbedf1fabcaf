"""What a run and those who start its actions say to each other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from glacier_manifest.aws.answers import Answer
from glacier_manifest.planning.plan import Action
from glacier_manifest.starting.events import Outcome
from glacier_manifest.state.changes import Intend
from glacier_manifest.state.record import Record
from glacier_manifest.state.written import Written


class StopRunError(Exception):
    """An answer that no other request would escape: the whole run must end."""

    def __init__(self, answer: Answer, outcome: Outcome) -> None:
        super().__init__(answer.message)
        self.answer = answer
        self.outcome = outcome


class HoldError(Exception):
    """There is no room for a start, and what is unknown may leave some: that is settled first.

    Nothing was sent, nor taken for it: the action goes back to those that are to be started.
    """


class LeftOpenError(Exception):
    """A call was intended, and how it ended could not be written down.

    The next run will find an intent without an answer and take it for unknown, so the outcome is unknown in
    this run too. It carries the record that the state should have taken, with the job ID where Glacier
    accepted the job: that must not be lost.
    """

    def __init__(self, error: Exception, outcome: Outcome, record: Record) -> None:
        super().__init__(str(error))
        self.error = error
        self.outcome = outcome
        self.record = record


@dataclass(frozen=True, slots=True)
class Intended:
    """An action whose intent is on its way to the disk, ahead of its call."""

    action: Action
    intent: Intend
    written: Written[None]


@dataclass(frozen=True, slots=True)
class Recording:
    """How a start ended, on its way to the disk.

    Attributes:
        outcome: How it ended, if that can be written down.
        written: Done when it is; None where it is already, or there is nothing to write.
        left_open: Says what it comes to where it cannot be written.
    """

    outcome: Outcome
    written: Written[None] | None = None
    left_open: Callable[[Exception], LeftOpenError] | None = None


class Starts(Protocol):
    """Starts one action at a time; many threads may use one."""

    def looks_ahead(self) -> bool:
        """Say whether the next intents are to be written now, because a call would not wait for its turn."""

    def intend(self, actions: Sequence[Action], approval: int) -> Sequence[Intended]:
        """Hand over the intents of the next actions, in their order."""

    def start(self, action: Action, approval: int, ahead: Intended | None = None) -> Recording:
        """Start one action, whose intent may have been handed over before.

        Raises:
            StopRunError: The service's answer ends the whole run; the action is back where it was.
            LeftOpenError: Something failed after the intent was written; the action counts as unknown.
            StateError: The intent could not be written; nothing was sent.
        """

    def withdraw(self, ahead: Intended) -> Recording:
        """Take back an intent that was handed over and is not to be sent now.

        Raises:
            StateError: The intent could not be written; there is nothing to take back.
        """
