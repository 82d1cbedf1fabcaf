"""Which archives of an inventory are wanted, in which order: ``where``, ``exclude``, ``order``, ``limit``.

A filter is compiled once and asked a million times. Its cheap conditions are asked first, and a description
is decoded to a path only for an archive that has passed the others.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, reduce

from glacier_manifest.inventory.archive import Archive
from glacier_manifest.inventory.names.table import path_of
from glacier_manifest.manifest.model import FromInventory, Order, TextMatch, Where
from glacier_manifest.patterns import Matcher, path_matcher, regex_matcher, text_matcher

#: Says whether an archive is wanted: what it returns is true or false, but need not be a `bool`.
Wanted = Callable[[Archive], object]

#: Ranks an archive among others: what was asked for, then the archive ID, so that no two archives are equal.
Rank = Callable[[Archive], tuple[str | int, str]]

#: Greater than every digit, and so than every date.
_END_OF_TIME = "~"


class Selection:
    """What a manifest wants of one inventory, and how many archives it has met so far.

    Attributes:
        seen: How many archives were looked at.
        matched: How many of them pass the filter, whatever the limit.
    """

    __slots__ = ("_limit", "_wanted", "matched", "seen")

    def __init__(self, wish: FromInventory) -> None:
        """Compile the wish.

        Args:
            wish: Its `limit` is applied here only where its order is the inventory's: what is put in another
                order is limited by whoever orders it, afterwards.

        Raises:
            ValueError: One of its globs or regexes is none; `manifest` has refused such a wish before.
        """
        self._wanted = wanted(wish.where, wish.exclude)
        self._limit = wish.limit if wish.order is Order.INVENTORY else None
        self.seen = 0
        self.matched = 0

    @property
    def picked(self) -> int:
        """How many archives were yielded."""
        return self.matched if self._limit is None else min(self.matched, self._limit)

    def of(self, archives: Iterable[Archive]) -> Iterator[Archive]:
        """Yield the archives that are wanted, in the order in which they come.

        All are looked at, even beyond the limit: only at its end is an inventory known to be whole.
        """
        is_wanted, limit = self._wanted, self._limit
        for archive in archives:
            self.seen += 1
            if is_wanted(archive):
                self.matched += 1
                if limit is None or self.matched <= limit:
                    yield archive


def wanted(where: Where, exclude: Iterable[Where] = ()) -> Wanted:
    """Compile a filter: an archive passes that is as `where` says, and as none of `exclude`.

    Raises:
        ValueError: One of the globs or regexes is none; the message says why.
    """
    exclude = tuple(exclude)
    by_path = [one for one in (where, *exclude) if one.path]
    decoded = lru_cache(maxsize=1)(path_of) if len(by_path) > 1 else path_of
    included = _all_of(_conditions(where, decoded))
    if not exclude:
        return included
    excluded = tuple(_all_of(_conditions(one, decoded)) for one in exclude)
    return lambda archive: included(archive) and not _is_one(archive, excluded)


def rank(order: Order) -> Rank | None:
    """Return what archives are sorted by, ascending; None for the inventory's own order."""
    match order:
        case Order.CREATION_DATE:
            return lambda archive: (archive.creation_date, archive.archive_id)
        case Order.SIZE:
            return lambda archive: (archive.size, archive.archive_id)
        case Order.PATH:
            return lambda archive: (path_of(archive.description), archive.archive_id)
        case Order.INVENTORY:
            return None


def _is_one(archive: Archive, kinds: tuple[Wanted, ...]) -> bool:
    for is_of_kind in kinds:  # noqa: SIM110 - any() with a generator takes twice the time, a million times
        if is_of_kind(archive):
            return True
    return False


def _all_of(conditions: Iterable[Wanted]) -> Wanted:
    """Chain conditions: what passes one is shown to the next."""
    last_first = (*conditions,)[::-1]
    return reduce(_before, last_first) if last_first else _anything


def _before(rest: Wanted, first: Wanted) -> Wanted:
    return lambda archive: first(archive) and rest(archive)


def _anything(_: Archive) -> bool:
    return True


def _conditions(where: Where, decoded: Callable[[str], str]) -> Iterator[Wanted]:
    if where.smallest is not None or where.largest is not None:
        yield _sized(where.smallest or 0, where.largest)
    if where.created_from is not None or where.created_to is not None:
        yield _created(where.created_from or "", where.created_to or _END_OF_TIME)
    if where.archive_id:
        yield _identified(frozenset(where.archive_id))
    if where.tree_hash:
        yield _hashed(frozenset(where.tree_hash))
    if where.description is not None:
        yield _described(_text_test(where.description))
    if where.path:
        yield _named(path_matcher(where.path), decoded)


def _sized(smallest: int, largest: int | None) -> Wanted:
    if largest is None:
        return lambda archive: archive.size >= smallest
    return lambda archive: smallest <= archive.size <= largest


def _created(start: str, end: str) -> Wanted:
    return lambda archive: start <= archive.creation_date < end


def _identified(archive_ids: frozenset[str]) -> Wanted:
    return lambda archive: archive.archive_id in archive_ids


def _hashed(tree_hashes: frozenset[str]) -> Wanted:
    return lambda archive: archive.tree_hash in tree_hashes


def _described(fits: Matcher) -> Wanted:
    return lambda archive: fits(archive.description)


def _named(fits: Matcher, decoded: Callable[[str], str]) -> Wanted:
    return lambda archive: fits(decoded(archive.description))


def _text_test(match: TextMatch) -> Matcher:
    if match.regex is not None:
        return regex_matcher(match.regex)
    return text_matcher(match.glob or "*")
