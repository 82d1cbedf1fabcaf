"""The sandbox as Python sees it."""

import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self, TypedDict, Unpack

from glacier_manifest.sandbox.archives import Archive, Batch
from glacier_manifest.sandbox.calls import Call, CallLog
from glacier_manifest.sandbox.clock import SandboxClock
from glacier_manifest.sandbox.control import Control
from glacier_manifest.sandbox.events import Job
from glacier_manifest.sandbox.fault_rules import FaultRules
from glacier_manifest.sandbox.glacier import Behaviour, Glacier, Settings
from glacier_manifest.sandbox.routes import ACTS
from glacier_manifest.sandbox.server import SandboxServer
from glacier_manifest.sandbox.service import Service
from glacier_manifest.sandbox.stock import Stock


class Place(TypedDict, total=False):
    """Whose vault, and where, when it is not the default account's in the default region."""

    account: str
    region: str


class Generation(Place, total=False):
    """What `Sandbox.generate` takes beside count, size and description."""

    seed: int
    created: datetime | None
    interval: float


class Sandbox:
    """A Glacier of one's own on 127.0.0.1, served from a daemon thread.

    Args:
        port: 0 lets the system choose one.
        data: a folder that keeps everything over restarts; None forgets.
        clock: another clock than one that shows the machine's time.
        calls_kept: how many calls `calls` remembers.
        behaviour: the fields of `Settings`: `job_time`, `retention`, `improvise`, `account_id`,
            `accounts`, `region`, `inventory_delay`, `improvised_size`, `seed`.

    Attributes:
        clock: jobs complete and expire by it; a test moves it.
        faults: what goes wrong.
        settings: how it behaves.

    Raises:
        OSError: the port is taken.
        JournalInUseError: another sandbox works in `data`.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        data: Path | str | None = None,
        clock: SandboxClock | None = None,
        calls_kept: int = 200_000,
        **behaviour: Unpack[Behaviour],
    ) -> None:
        self.settings = Settings(**behaviour)
        self.clock = clock or SandboxClock()
        self._glacier = Glacier(self.settings, self.clock, None if data is None else Path(data))
        self._log = CallLog(calls_kept)
        self.faults = FaultRules(frozenset(ACTS))
        self._server = self._bind(port)
        self._thread = threading.Thread(target=self._server.run, name="sandbox", daemon=True)

    def _bind(self, port: int) -> SandboxServer:
        control = Control(self._glacier, self.faults, self._log)
        service = Service(self._glacier, self.faults, self._log, control.answer)
        try:
            return SandboxServer(port, service)
        except OSError:
            self._glacier.close()
            raise

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """What to give as `--endpoint-url`."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def wait(self) -> None:
        """Return when the sandbox has stopped."""
        self._thread.join()

    def stop(self) -> None:
        """End every connection and let go of port and folder; a second time does nothing.

        A signal handler may call it while the main thread is in `wait`.
        """
        if self._server.stopping.is_set():
            return
        self._server.stop(served=self._thread.is_alive())
        self._glacier.close()

    def stock(self, vault: str, **place: Unpack[Place]) -> Stock:
        """Return a vault to fill; the default account's in the default region unless said."""
        account = place.get("account", self.settings.account_id)
        return Stock(self._glacier, vault, account, place.get("region", self.settings.region))

    def create_vault(self, vault: str, **place: Unpack[Place]) -> str:
        """Make a vault, if it is not there, and return its ARN."""
        return self.stock(vault, **place).create()

    def upload(self, vault: str, body: bytes, description: str = "", **place: Unpack[Place]) -> str:
        """Add an archive to a vault (made if need be) and return its ID.

        The description may be one that the API would refuse: real inventories hold such, too.
        """
        return self.stock(vault, **place).upload(body, description)

    def generate(
        self,
        vault: str,
        count: int,
        size: int | tuple[int, int] = 1 << 20,
        description: str = "archive {index}",
        **rest: Unpack[Generation],
    ) -> Batch:
        """Add generated archives to a vault (made if need be); see `Stock.generate`.

        Args:
            vault: the vault's name.
            count: how many.
            size: bytes of each, or the smallest and the largest size.
            description: a template; `{index}` counts from 0, `{{` is a brace.
            rest: `seed`, `created` (a datetime), `interval` (seconds), `account`, `region`.

        Returns:
            The batch: `archive_id(index)`, `archives()`, `count`.
        """
        account = rest.get("account", self.settings.account_id)
        stock = Stock(self._glacier, vault, account, rest.get("region", self.settings.region))
        return stock.generate(
            count,
            size,
            description,
            seed=rest.get("seed", 0),
            created=rest.get("created"),
            interval=rest.get("interval", 0.0),
        )

    def archive(self, vault: str, archive_id: str, **place: Unpack[Place]) -> Archive:
        """Return an archive: `size`, `tree_hash`, `content.chunks(start, end)`.

        Raises:
            KeyError: it is not in the vault.
        """
        return self.stock(vault, **place).archive(archive_id)

    def take_inventory(self, vault: str, **place: Unpack[Place]) -> None:
        """Make an inventory of a vault as it is now, without waiting for the next one.

        Raises:
            KeyError: there is no such vault.
        """
        self.stock(vault, **place).take_inventory()

    @property
    def accepted(self) -> list[Job]:
        """All jobs that were ever accepted, in order; each was one purchase."""
        return self._glacier.accepted.copy()

    def calls(self, operation: str | None = None) -> list[Call]:
        """Return the calls since the last reset, those of one operation when it is named."""
        return self._log.calls(operation)

    def counts(self) -> dict[str, int]:
        """Return how many calls of each operation there were since the last reset."""
        return self._log.counts()

    def reset_calls(self) -> None:
        """Forget all calls."""
        self._log.reset()


def serve(
    listening: Callable[[Sandbox], None],
    *,
    port: int = 0,
    data: Path | str | None = None,
    vaults: Iterable[str] = (),
    **behaviour: Unpack[Behaviour],
) -> None:
    """Serve until somebody calls `stop()` on the sandbox; for a command line.

    Args:
        listening: called once with the sandbox when it answers: print its `url`, and install
            signal handlers that call its `stop`.
        port: 0 lets the system choose one.
        data: a folder that keeps everything over restarts; None forgets.
        vaults: names of vaults to make.
        behaviour: the fields of `Settings`, as for `Sandbox`.

    Raises:
        OSError: the port is taken.
        JournalInUseError: another sandbox works in `data`.
    """
    with Sandbox(port=port, data=data, **behaviour) as sandbox:
        for vault in vaults:
            sandbox.create_vault(vault)
        listening(sandbox)
        sandbox.wait()
