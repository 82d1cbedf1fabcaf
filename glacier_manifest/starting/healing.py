"""All that makes a run whole again: unknowns settled, lost jobs found, other people's jobs taken over."""

from collections.abc import Callable
from datetime import timedelta

from glacier_manifest.aws.glacier import Reader
from glacier_manifest.drafting.draft import Draft
from glacier_manifest.errors import NotYet
from glacier_manifest.planning.decide import Restarts
from glacier_manifest.starting.attempts import Attempts
from glacier_manifest.starting.events import Event
from glacier_manifest.starting.pacer import NoTimeLeftError
from glacier_manifest.starting.reconcile import Reconciler
from glacier_manifest.starting.stocktaking import Stock, Stocktaker
from glacier_manifest.starting.surroundings import Surroundings
from glacier_manifest.state.protocol import State


class Healing:
    """What a run knows of lost replies and lost jobs.

    Args:
        state: Takes what is found out.
        reader: Lists the jobs.
        surroundings: Time.
        settle: How long a listing may lag.
        adopt_strangers: Whether a job without a marker is taken over.
        tell: Takes every event.

    Attributes:
        surroundings: Time.
        attempts: When each attempt of an unknown had ended.
        reconciler: Settles unknowns.
    """

    def __init__(
        self,
        *,
        state: State,
        reader: Reader,
        surroundings: Surroundings,
        settle: timedelta,
        adopt_strangers: bool,
        tell: Callable[[Event], None],
    ) -> None:
        self.surroundings = surroundings
        self.attempts = Attempts(surroundings.monotonic, surroundings.service)
        self.reconciler = Reconciler(
            state=state, reader=reader, attempts=self.attempts, settle=settle, surroundings=surroundings
        )
        self._stocktaker = Stocktaker(
            state=state,
            reader=reader,
            reconciler=self.reconciler,
            settle_seconds=settle.total_seconds(),
            adopt_strangers=adopt_strangers,
            surroundings=surroundings,
            tell=tell,
        )

    def take_stock(self, draft: Draft, *, restarts: Restarts) -> Stock:
        """List the vaults in which something would start, is unknown or is watched; write down what is found.

        Where there is none of these, no vault is listed.

        Args:
            draft: The requests that are meant; every one of them is decided when this returns.
            restarts: What is to be bought again.

        Raises:
            NotYet: A second listing is needed, and it comes after the deadline.
            ServiceError: A listing is not whole.
            StateError: The state cannot be written.
            UsageError: A word of `restarts` names nothing, or is ambiguous.
        """
        try:
            return self._stocktaker.take(draft, restarts)
        except NoTimeLeftError as late:
            raise self._not_yet(late.moment) from None

    def _not_yet(self, moment: float | None) -> NotYet:
        at = "" if moment is None else f", at {self.surroundings.time_of(moment):%Y-%m-%d %H:%M:%S} UTC"
        return NotYet(
            "settling",
            f"Glacier may not list yet all that was started: a vault must be listed again{at}, before "
            "anything is started, and that is after --deadline",
            next_step="run the same command again with a --deadline that is longer than --settle",
        )
