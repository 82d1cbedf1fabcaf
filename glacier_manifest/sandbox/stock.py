"""A vault filled without the API: what a rehearsal needs before it begins."""

from dataclasses import dataclass
from datetime import datetime

from glacier_manifest.sandbox.archives import Archive, Batch
from glacier_manifest.sandbox.events import InventoryTaken, VaultKey
from glacier_manifest.sandbox.glacier import Glacier


@dataclass(frozen=True, slots=True)
class Stock:
    """One vault, made by the first thing that is put into it.

    Attributes:
        glacier: the state.
        vault: the vault's name.
        account: whose it is.
        region: where it is.
    """

    glacier: Glacier
    vault: str
    account: str
    region: str

    @property
    def key(self) -> VaultKey:
        """The vault's key."""
        return VaultKey(self.account, self.region, self.vault)

    def create(self) -> str:
        """Make the vault, if it is not there, and return its ARN."""
        return self.glacier.create_vault(self.key).key.arn

    def upload(self, body: bytes, description: str) -> str:
        """Add an archive and return its ID. The description may be one that the API refuses.

        Raises:
            ValueError: the body is empty; Glacier has no empty archives.
        """
        if not body:
            raise ValueError("Glacier has no empty archives")
        self.create()
        return self.glacier.upload(self.key, body, description)

    def generate(
        self,
        count: int,
        size: int | tuple[int, int] = 1 << 20,
        description: str = "archive {index}",
        *,
        seed: int = 0,
        created: datetime | None = None,
        interval: float = 0.0,
    ) -> Batch:
        """Add archives that need neither disk nor memory.

        Args:
            count: how many, from 1.
            size: bytes of each, or the smallest and the largest size.
            description: a template; `{index}` counts from 0, `{{` is a brace.
            seed: other sizes, IDs and bytes for another seed.
            created: CreationDate of the first; now by default.
            interval: seconds from one CreationDate to the next.

        Raises:
            ValueError: no archives, empty ones, or a template that cannot be filled.
        """
        smallest, largest = (size, size) if isinstance(size, int) else size
        if count < 1 or not 1 <= smallest <= largest:
            raise ValueError("archives are at least one, and of at least one byte")
        first = self.glacier.clock.seconds() if created is None else created.timestamp()
        batch = Batch(0, seed, count, smallest, largest, description, first, interval)
        batch.description_of(0)
        self.create()
        return self.glacier.generate(self.key, batch)

    def archive(self, archive_id: str) -> Archive:
        """Return an archive that is in the vault.

        Raises:
            KeyError: it is not.
        """
        vault = self.glacier.vaults.get(self.key)
        archive = None if vault is None else vault.archive(archive_id)
        if archive is None:
            raise KeyError(archive_id)
        return archive

    def take_inventory(self) -> None:
        """Make an inventory of the vault as it is now.

        Raises:
            KeyError: there is no such vault.
        """
        if self.key not in self.glacier.vaults:
            raise KeyError(self.key.arn)
        self.glacier.commit(InventoryTaken(self.key, self.glacier.clock.seconds()))
