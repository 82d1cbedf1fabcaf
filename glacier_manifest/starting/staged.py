"""How many bytes are started and not yet fetched: no more than are wanted, or can be fetched in time.

What is staged, the state tells: jobs that may be in progress, and outputs that nobody has fetched yet. What
this run has started since it was last asked counts as well.
"""

from collections.abc import Callable
from threading import Lock

from glacier_manifest.jobs.request import JobType
from glacier_manifest.jobs.status import UNDER_WAY, Status
from glacier_manifest.starting.events import Event, Result, StageFull
from glacier_manifest.starting.pacer import NoTimeLeftError
from glacier_manifest.starting.surroundings import Surroundings
from glacier_manifest.starting.volume import MAY_HAVE_STARTED, Purchase
from glacier_manifest.state.protocol import State

#: Seconds between two looks into the state, and so many times what a look takes: it may hold millions.
_LOOK_AGAIN = 1.0
_REST = 10
#: Seconds between two remarks that there is no room.
_TELL_AGAIN = 900.0


def staged_bytes(state: State, *, given_up: int = 0) -> int:
    """Return the bytes of archives that are started and not yet fetched; unknown sizes are not counted.

    Args:
        state: Tells them.
        given_up: Bytes of outputs that are there and could not be stored: they keep their room from nobody,
            or one damaged output could hold up all others until it has expired.
    """
    groups = [group for group in state.standing_groups() if group.type == JobType.ARCHIVE_RETRIEVAL]
    to_come = sum(group.bytes for group in groups if group.status in UNDER_WAY)
    there = sum(group.bytes for group in groups if group.status is Status.SUCCEEDED)
    return to_come + max(there - given_up, 0)


class Staged:
    """Lets bytes be started where those that wait to be fetched leave room for them.

    What has more bytes than all the room there is starts when nothing else is staged.

    Args:
        most: Returns the most bytes that may be staged now; None where nothing limits them.
        staged: Returns the bytes that are staged, as the state tells.
        surroundings: Time, and the wish to end.
        waits: Waits so many seconds for room; raises NoTimeLeftError where nobody makes any.

    Attributes:
        was_full: Whether something found no room and was not waited for.
    """

    def __init__(
        self,
        *,
        most: Callable[[], int | None],
        staged: Callable[[], int],
        surroundings: Surroundings,
        waits: Callable[[float], None],
    ) -> None:
        self.was_full = False
        self._most = most
        self._staged = staged
        self._surroundings = surroundings
        self._waits = waits
        self._counted = 0
        self._under_way = 0
        self._look_at = self._tell_at = float("-inf")
        self._turn = Lock()
        self._counts = Lock()

    def take(
        self,
        purchase: Purchase,  # noqa: ARG002 - as a volume is asked
        size: int,
        *,
        tell: Callable[[Event], None],
        before_waiting: Callable[[], None],
    ) -> None:
        """Wait until so many bytes may be started; they count from now on.

        Args:
            purchase: What they are started for.
            size: How many.
            tell: Told that the run waits, where it does.
            before_waiting: Called before each wait; what it raises is raised.

        Raises:
            NoTimeLeftError: There is no room, and it is not waited for (any longer).
        """
        with self._turn:
            while not self._took(size):
                before_waiting()
                self._tell(tell)
                self._wait()

    def _tell(self, tell: Callable[[Event], None]) -> None:
        """Tell now and then: every start may have to wait."""
        now = self._surroundings.monotonic()
        if now >= self._tell_at:
            self._tell_at = now + _TELL_AGAIN
            tell(StageFull(self._most() or 0))

    def _wait(self) -> None:
        try:
            self._waits(max(self._look_at - self._surroundings.monotonic(), _LOOK_AGAIN))
        except NoTimeLeftError:
            self.was_full = True
            raise

    def _took(self, size: int) -> bool:
        with self._counts:
            most = self._most()
            if most is not None and not self._fits(size, most):
                self._look()
                if not self._fits(size, most):
                    return False
            self._under_way += size
            return True

    def _fits(self, size: int, most: int) -> bool:
        if self._look_at == float("-inf"):
            return False  # nobody has looked yet
        staged = self._counted + self._under_way
        return staged + size <= most or not staged

    def _look(self) -> None:
        """Ask the state; what has an intent there and is under way counts twice until it has ended."""
        began = self._surroundings.monotonic()
        if began < self._look_at:
            return
        self._counted = self._staged()
        ended = self._surroundings.monotonic()
        self._look_at = ended + max(_LOOK_AGAIN, (ended - began) * _REST)

    def ended(self, purchase: Purchase, size: int, result: Result) -> None:  # noqa: ARG002 - as a volume is told
        """Count the bytes of a call that has ended, if it may have started something."""
        with self._counts:
            self._under_way -= size
            if result in MAY_HAVE_STARTED:
                self._counted += size
