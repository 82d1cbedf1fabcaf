"""Where workers take their actions from: in order, the intents of the next few being written meanwhile."""

from collections import deque
from collections.abc import Iterator
from itertools import islice
from threading import Event as Flag
from threading import Lock

from glacier_manifest.planning.plan import Action
from glacier_manifest.starting.starts import Intended, Starts


class Source:
    """Hands each action to one worker, in order, with its intent where that was handed over ahead.

    Intents go to the disk together, a few at a time, so that no worker waits for it. They are few, because an
    intent that a dead run leaves is an unknown of the next one; and none is ahead where calls wait for their
    turn anyway.

    Args:
        actions: What to start.
        sender: Writes the intents, and says when to look ahead.
        approval: The approval under which they start.
        most_ahead: The most intents ahead.
        stop: Set when nothing is to be sent any more, and so nothing to be intended.

    Attributes:
        taken: How many were handed out.
    """

    def __init__(
        self, actions: Iterator[Action], *, sender: Starts, approval: int, most_ahead: int, stop: Flag
    ) -> None:
        self.taken = 0
        self._actions = actions
        self._sender = sender
        self._approval = approval
        self._most_ahead = most_ahead
        self._stop = stop
        self._ahead: deque[Intended] = deque()
        self._returned: list[Action] = []
        self._is_closed = False
        self._lock = Lock()

    def __iter__(self) -> Iterator[tuple[Action, Intended | None]]:
        return self

    def __next__(self) -> tuple[Action, Intended | None]:
        with self._lock:
            if self._is_closed:
                raise StopIteration
            self._look_ahead()
            ahead = self._ahead.popleft() if self._ahead else None
            action = next(self._actions) if ahead is None else ahead.action
            self.taken += 1
            return action, ahead

    def _look_ahead(self) -> None:
        is_enough = len(self._ahead) > self._most_ahead // 2
        if is_enough or self._stop.is_set() or not self._sender.looks_ahead():
            return
        following = tuple(islice(self._actions, self._most_ahead - len(self._ahead)))
        if following:
            self._ahead.extend(self._sender.intend(following, self._approval))

    def close(self) -> bool:
        """Hand out nothing more; say whether this closed it."""
        with self._lock:
            was_open, self._is_closed = not self._is_closed, True
            return was_open

    def put_back(self, action: Action) -> None:
        """Take back what was handed out and not begun, and has no intent; it is among the rest."""
        with self._lock:
            self._returned.append(action)
            self.taken -= 1

    @property
    def ahead(self) -> tuple[Intended, ...]:
        """What was intended ahead and not handed out."""
        return tuple(self._ahead)

    def rest(self) -> Iterator[Action]:
        """Return what was not handed out; ask once, when all workers have ended."""
        yield from self._returned
        yield from (ahead.action for ahead in self._ahead)
        yield from self._actions
