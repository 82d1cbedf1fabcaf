"""An inventory, checked while it passes by: there is no hash of it, only what it must look like."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext

from glacier_manifest.diagnostics import Diagnostic, InvalidInput
from glacier_manifest.errors import Failed
from glacier_manifest.fetching.output import JobOutput
from glacier_manifest.inventory.bad_rows import SkipBadRows
from glacier_manifest.inventory.json_text import Readable
from glacier_manifest.inventory.origin import Origin
from glacier_manifest.inventory.reading import Inventory, Walked


class _Joined:
    """Bodies one after the other, to be read as one."""

    def __init__(self, bodies: Iterator[memoryview]) -> None:
        self._bodies = bodies
        self._rest = memoryview(b"")

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, none only at the end."""
        while not self._rest:
            body = next(self._bodies, None)
            if body is None:
                return b""
            self._rest = body
        piece, self._rest = bytes(self._rest[:size]), self._rest[size:]
        return piece


def walked(output: JobOutput, bodies: Callable[[], Iterator[memoryview]]) -> Walked:
    """Read an inventory to its end, in order, and return what is known of it there.

    Rows that nobody can read are as Glacier wrote them: they are counted, and refuse nothing.

    Args:
        output: Whose it is.
        bodies: Yields its bytes, part by part; what it raises is raised as it is.

    Raises:
        Failed: ``inventory-damaged``: it ends early, or is something else.
    """
    inventory = Inventory(
        Origin(f"output of job {output.job_id}"),
        lambda: _opened(bodies()),
        bad_rows=lambda: SkipBadRows(_counted),
    )
    try:
        for _archive in inventory:
            pass
    except InvalidInput as error:
        raise Failed(
            "inventory-damaged",
            f"{error.message}; two readings agree, so that it is Glacier that has it so",
            next_step="start the inventory anew with --restart, and tell AWS Support the job's ID",
        ) from error
    assert inventory.walked is not None  # noqa: S101 - the walk has ended
    return inventory.walked


def _opened(bodies: Iterator[memoryview]) -> AbstractContextManager[Readable]:
    return nullcontext(_Joined(bodies))


def _counted(_finding: Diagnostic) -> None:
    """Walked tells their number."""
