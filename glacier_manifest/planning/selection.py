"""What patterns such as `--target` mean among the addresses of a plan, which are looked at one by one."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from glacier_manifest.errors import UsageError
from glacier_manifest.jobs.address import AddressPattern, Match

_SHOWN = 2
#: How many archive IDs with one beginning are told apart.
_MOST_COUNTED = 1000


@dataclass(slots=True)
class _Meant:
    """One pattern, and the best that it was found to match so far."""

    pattern: AddressPattern
    best: Match = Match.NONE
    first: list[str] = field(default_factory=list)
    archive_ids: set[str] = field(default_factory=set)

    def look(self, address: str, archive_id: str | None) -> None:
        match = self.pattern.match(address)
        if match is Match.NONE or match < self.best:
            return
        if match > self.best:
            self.best, self.first, self.archive_ids = match, [], set()
        if archive_id is not None and archive_id not in self.archive_ids:
            if len(self.first) < _SHOWN:
                self.first.append(address)
            if len(self.archive_ids) < _MOST_COUNTED:
                self.archive_ids.add(archive_id)

    def check(self) -> None:
        """Refuse a pattern that means nothing, or of which nobody can tell what it means.

        Raises:
            UsageError: ``no-such-address``, ``ambiguous-address``.
        """
        text, count = self.pattern.text, len(self.archive_ids)
        if self.best is Match.NONE:
            raise UsageError(
                "no-such-address",
                f"nothing in the manifest has an address that begins with {text!r}",
                next_step="run 'glacier-manifest plan' to see every address; wildcards are * and ?",
            )
        if self.best is Match.CUT and count > 1:
            raise UsageError(
                "ambiguous-address",
                f"{text!r} is the beginning of {_counted(count)} archive IDs: {', '.join(self.first)}"
                f"{', ...' if count > _SHOWN else ''}",
                next_step=f"write more of the archive ID, or {text}* where all of them are meant",
            )

    def means(self, address: str) -> bool:
        return self.pattern.match(address) is self.best


def _counted(count: int) -> str:
    return f"{count} or more" if count == _MOST_COUNTED else str(count)


class Meaning:
    """What a user's patterns mean: each the best of whole addresses, what stands below them, and cut IDs.

    All addresses are looked at once before it can be told which of them are meant.
    """

    def __init__(self, patterns: Iterable[str], addresses: Iterable[tuple[str, str | None]]) -> None:
        """Look at all addresses.

        Args:
            patterns: What a user wrote.
            addresses: Every address, with its archive ID; they are not asked for where there is no pattern.

        Raises:
            UsageError: A pattern names nothing, or is a cut archive ID that several archives begin with.
        """
        self._meant = [_Meant(AddressPattern(text)) for text in patterns]
        if self._meant:
            for address, archive_id in addresses:
                for one in self._meant:
                    one.look(address, archive_id)
        for one in self._meant:
            one.check()

    def __bool__(self) -> bool:
        return bool(self._meant)

    def __contains__(self, address: object) -> bool:
        """Say whether a pattern means this address."""
        if not isinstance(address, str):
            return False
        return any(one.means(address) for one in self._meant)
