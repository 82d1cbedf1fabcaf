"""Flags that choose archives of an inventory: the conditions of a manifest's ``where``, on a command line."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import click

from glacier_manifest.cli.options import Decorator, several
from glacier_manifest.errors import UsageError
from glacier_manifest.inventory.archive import Archive
from glacier_manifest.inventory.filters import wanted
from glacier_manifest.inventory.rows import spelled
from glacier_manifest.jobs.instant import parse_instant
from glacier_manifest.manifest.model import Where
from glacier_manifest.units import parse_size

T = TypeVar("T")

filter_options: Decorator = several(
    click.option("--path", "paths", multiple=True, metavar="GLOB", help="Only paths like this: '2015/**'."),
    click.option("--exclude-path", "excluded", multiple=True, metavar="GLOB", help="No paths like this."),
    click.option("--created-from", metavar="DATE", help="Only archives created on that day or later."),
    click.option("--created-to", metavar="DATE", help="Only archives created before that day."),
    click.option("--min-size", metavar="SIZE", help="Only archives of that size or larger: '1 MiB'."),
    click.option("--max-size", metavar="SIZE", help="Only archives of that size or smaller."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What the flags say; a field is named as click names its option."""

    paths: Sequence[str]
    excluded: Sequence[str]
    created_from: str | None
    created_to: str | None
    min_size: str | None
    max_size: str | None

    def of(self, archives: Iterable[Archive]) -> Iterator[Archive]:
        """Return the archives that pass, as they come.

        Raises:
            UsageError: ``invalid-filter``: a flag's value is no glob, date or size.
        """
        where = Where(
            path=tuple(self.paths),
            created_from=_read("--created-from", self.created_from, _moment),
            created_to=_read("--created-to", self.created_to, _moment),
            smallest=_read("--min-size", self.min_size, parse_size),
            largest=_read("--max-size", self.max_size, parse_size),
        )
        return filter(_told("--path", lambda: wanted(where, self._exclusions())), archives)

    def _exclusions(self) -> tuple[Where, ...]:
        return (Where(path=tuple(self.excluded)),) if self.excluded else ()


def _moment(text: str) -> str:
    return spelled(parse_instant(text))


def _read(flag: str, text: str | None, read: Callable[[str], T]) -> T | None:
    return None if text is None else _told(flag, lambda: read(text))


def _told(flag: str, read: Callable[[], T]) -> T:
    try:
        return read()
    except ValueError as error:
        raise UsageError(
            "invalid-filter",
            f"{flag}: {error}",
            next_step="write globs as '2015/**', dates as 2015-01-01, sizes as '1 MiB'",
        ) from error
