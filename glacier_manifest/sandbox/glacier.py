"""All accounts' vaults, and the one door through which they change.

Every change is an event: written to the journal, then applied. A sandbox that starts again on its
folder applies the same events, and is the same.
"""

import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, TypedDict

from glacier_manifest.sandbox.archives import Archive, Batch, Single
from glacier_manifest.sandbox.clock import SandboxClock
from glacier_manifest.sandbox.content import Cellar, GeneratedContent
from glacier_manifest.sandbox.events import (
    ArchiveAdded,
    ArchiveDeleted,
    BatchAdded,
    ClockMoved,
    Event,
    InventoryQuery,
    InventoryTaken,
    Job,
    NotificationsSet,
    PolicySet,
    TagsSet,
    VaultCreated,
    VaultDeleted,
    VaultKey,
)
from glacier_manifest.sandbox.identity import dice, uploaded_archive_id
from glacier_manifest.sandbox.inventory import InventoryDocument
from glacier_manifest.sandbox.journal import FileJournal, Journal, NoJournal
from glacier_manifest.sandbox.refusals import vault_not_found
from glacier_manifest.sandbox.uploads import Upload
from glacier_manifest.sandbox.vaults import Inventory, Vault

NO_POLICY: Mapping[str, Any] = {"Rules": [{"Strategy": "None"}]}
_BATCH_FIELDS = tuple(field.name for field in fields(Batch))


@dataclass(frozen=True, slots=True)
class Settings:
    """How the sandbox's Glacier behaves.

    Attributes:
        account_id: whose vaults `-` are, for access keys that `accounts` does not name.
        accounts: account IDs by access key ID.
        region: where vaults are made that nobody gives a region.
        job_time: seconds from a job's acceptance to its completion.
        retention: seconds from a job's completion to its end.
        inventory_delay: seconds from the first upload to the first inventory and between
            inventories; 0 makes every change part of the inventory at once.
        improvise: whether a vault or archive that a request names comes into being.
        improvised_size: bytes of an archive that comes into being so.
        seed: makes IDs repeatable; None makes them new each time.
    """

    account_id: str = "012345678901"
    accounts: Mapping[str, str] | None = None
    region: str = "us-west-2"
    job_time: float = 5.0
    retention: float = 86_400.0
    inventory_delay: float = 0.0
    improvise: bool = False
    improvised_size: int = 1 << 20
    seed: int | None = None


class Behaviour(TypedDict, total=False):
    """The fields of `Settings` as keyword arguments."""

    account_id: str
    accounts: Mapping[str, str] | None
    region: str
    job_time: float
    retention: float
    inventory_delay: float
    improvise: bool
    improvised_size: int
    seed: int | None


class Glacier:
    """The state of the service.

    Args:
        settings: how it behaves.
        clock: the only time it knows.
        folder: where events and uploads are kept; None keeps them in memory.
    """

    def __init__(self, settings: Settings, clock: SandboxClock, folder: Path | None) -> None:
        self.settings = settings
        self.clock = clock
        self.lock = threading.RLock()
        self.vaults: dict[VaultKey, Vault] = {}
        self.accepted: list[Job] = []
        self.uploads: dict[tuple[VaultKey, str], Upload] = {}
        self._documents: dict[tuple[VaultKey, Inventory, InventoryQuery], InventoryDocument] = {}
        self._policies: dict[tuple[str, str], Mapping[str, Any]] = {}
        self._cellar = Cellar(None if folder is None else folder / "archives")
        self._batches = 0
        self._events = 0
        self._journal = self._open(folder)
        # A sandbox that starts again on its folder must not give the same IDs again.
        self.rng: random.Random = dice(None if settings.seed is None else (settings.seed, self._events))
        clock.moved = self._clock_moved

    def _open(self, folder: Path | None) -> Journal:
        if folder is None:
            return NoJournal()
        journal = FileJournal(folder / "journal.ndjson")
        for event in journal.replay():
            self._apply(event)
        return journal

    def close(self) -> None:
        """Let go of the folder."""
        self.clock.moved = lambda _: None
        self._journal.close()

    def commit(self, event: Event) -> None:
        """Make a change, and make it last.

        Raises:
            RefusedError: the vault that it is about has been deleted meanwhile.
        """
        with self.lock:
            self._check(event)
            self._journal.append(event)
            self._apply(event)

    def _check(self, event: Event) -> None:
        """Refuse what could not be applied, and so not be replayed either."""
        if isinstance(event, VaultCreated | PolicySet | ClockMoved):
            return
        if event.vault not in self.vaults:
            raise vault_not_found(event.vault.arn)

    def _clock_moved(self, skew: float) -> None:
        self.commit(ClockMoved(skew))

    def _apply(self, event: Event) -> None:
        self._events += 1
        match event:
            case Job():
                self._accept(event)
            case VaultCreated(vault, at):
                self.vaults[vault] = Vault(vault, at, self.settings.inventory_delay)
            case VaultDeleted(vault):
                del self.vaults[vault]
                self._documents.clear()
            case PolicySet(account, region, policy):
                self._policies[account, region] = policy
            case ClockMoved(skew):
                if self.clock.skew != skew:
                    self.clock.skew = skew
            case _:
                self._apply_to_vault(self.vaults[event.vault], event)

    def _apply_to_vault(
        self,
        vault: Vault,
        event: ArchiveAdded | BatchAdded | ArchiveDeleted | InventoryTaken | NotificationsSet | TagsSet,
    ) -> None:
        match event:
            case ArchiveAdded():
                vault.add(Single(self._archive(event)), event.at)
            case BatchAdded():
                self._batches = max(self._batches, event.number + 1)
                vault.add(_batch(event), event.at)
            case ArchiveDeleted(_, archive_id, at):
                row = vault.find(archive_id)
                if row is not None:
                    vault.delete(row, at)
            case InventoryTaken(_, at):
                vault.take_inventory(at)
            case NotificationsSet(_, configuration):
                vault.notifications = configuration
            case TagsSet(_, tags):
                vault.tags = tags

    def _accept(self, job: Job) -> None:
        self.accepted.append(job)
        vault = self.vaults.get(job.vault)
        if vault is not None:
            vault.jobs.add(job)

    def _archive(self, added: ArchiveAdded) -> Archive:
        content = (
            GeneratedContent(added.archive_id, added.size)
            if added.generated
            else self._cellar.content(added.archive_id, added.size)
        )
        return Archive(added.archive_id, added.description, added.at, content)

    def create_vault(self, key: VaultKey) -> Vault:
        """Return the vault, made when it is not there."""
        with self.lock:
            if key not in self.vaults:
                self.commit(VaultCreated(key, self.clock.seconds()))
            return self.vaults[key]

    def upload(self, key: VaultKey, body: bytes, description: str) -> str:
        """Keep a body as a new archive of a vault and return its ID."""
        archive_id = uploaded_archive_id(self.rng)
        self._cellar.keep(archive_id, body)
        at = self.clock.seconds()
        self.commit(ArchiveAdded(key, archive_id, description, len(body), at, generated=False))
        return archive_id

    def improvise(self, key: VaultKey, archive_id: str) -> None:
        """Let an archive that a request names be there, with generated bytes."""
        size, at = self.settings.improvised_size, self.clock.seconds()
        self.commit(ArchiveAdded(key, archive_id, "", size, at, generated=True))

    def generate(self, key: VaultKey, batch: Batch) -> Batch:
        """Add a batch to a vault; its number is given here."""
        with self.lock:
            numbered = replace(batch, number=self._batches)
            content = {name: getattr(numbered, name) for name in _BATCH_FIELDS}
            self.commit(BatchAdded(vault=key, at=self.clock.seconds(), **content))
            return numbered

    def is_elsewhere(self, key: VaultKey, archive_id: str) -> bool:
        """Say whether another vault of the same account and region holds an archive."""
        beside = [
            vault for other, vault in self.vaults.copy().items() if other[:2] == key[:2] and other != key
        ]
        return any(vault.find(archive_id) is not None for vault in beside)

    def policy(self, account: str, region: str) -> Mapping[str, Any]:
        """Return the retrieval policy of an account in a region."""
        return self._policies.get((account, region), NO_POLICY)

    def document(self, job: Job) -> InventoryDocument:
        """Return the output of an inventory job of a vault that is there.

        Jobs that show the same share one document, so that its rows are measured once.
        """
        inventory = Inventory(job.inventory_version, job.inventory_date)
        query = job.inventory or InventoryQuery()
        key = (job.vault, inventory, query)
        document = self._documents.get(key)
        if document is None:
            document = InventoryDocument(self.vaults[job.vault], inventory, query)
            document = self._documents.setdefault(key, document)
        return document


def _batch(added: BatchAdded) -> Batch:
    return Batch(*(getattr(added, name) for name in _BATCH_FIELDS))
