"""The address: a request's name for people and shells.

``JOB/VAULT[/ARCHIVE_ID][:START-END][@SLOT]``, for example ``weekly-inventory/photos-eu@2026-11-23T03:00Z``.
The second page of an inventory that comes in several is at ``JOB/VAULT:page-2[@SLOT]``. No part needs quoting
in a shell. `*` and `?` are the only wildcards; an address may be cut after any part, and an archive ID may
be cut anywhere while it stays the only one.
"""

import re
from collections.abc import Iterable
from enum import IntEnum

from glacier_manifest.jobs.request import InventoryRetrieval, Request

_WILDCARDS = {"*": ".*", "?": "."}
_ENDS_IN_ID = re.compile(r"/.*/[^/:@]*\Z")
_PAGE = ":page-"
_NUMBER_OF_PAGE = re.compile(rf"{_PAGE}([0-9]+)(?=@|\Z)")
_REST_OF_ID = r"[A-Za-z0-9_-]*(?:[:@].*)?"


def address_of(request: Request) -> str:
    """Return the address of a request."""
    parts = [request.job, "/", request.vault.name]
    if request.archive_id is not None:
        parts += ["/", request.archive_id]
    if request.byte_range is not None:
        parts += [":", str(request.byte_range)]
    if isinstance(request.what, InventoryRetrieval) and request.what.page > 1:
        parts += [_PAGE, str(request.what.page)]
    if request.slot is not None:
        parts += ["@", request.slot]
    return "".join(parts)


def whole_address_of(request: Request) -> str:
    """Return the address of a request; for a page of an inventory, that of the inventory."""
    return _NUMBER_OF_PAGE.sub("", address_of(request)) if request.archive_id is None else address_of(request)


def page_in(address: str) -> int | None:
    """Return which page of an inventory has an address; None where it is the first, or no page."""
    found = _NUMBER_OF_PAGE.search(address)
    return None if found is None else int(found[1])


class Match(IntEnum):
    """How well an address fits what a user wrote; where one fits better, the others are not meant."""

    NONE = 0
    CUT = 1
    BELOW = 2
    WHOLE = 3


class AddressPattern:
    """What a user wrote where an address is wanted: a whole one, the beginning of one, or wildcards."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._exact = re.compile(_expression(text))
        self._beginning = re.compile(_expression(text) + r"(?:[/:@].*)?")
        self._cut_archive_id = (
            re.compile(_expression(text) + _REST_OF_ID) if _ENDS_IN_ID.search(text) else None
        )

    def matches(self, address: str) -> bool:
        """Say whether the address is the one written, or stands below it."""
        return self._beginning.fullmatch(address) is not None

    def may_be_cut(self, address: str) -> bool:
        """Say whether the address goes on where the user stopped inside an archive ID."""
        return self._cut_archive_id is not None and self._cut_archive_id.fullmatch(address) is not None

    def match(self, address: str) -> Match:
        """Say how well an address fits."""
        if self._exact.fullmatch(address):
            return Match.WHOLE
        if self.matches(address):
            return Match.BELOW
        return Match.CUT if self.may_be_cut(address) else Match.NONE

    def choose(self, addresses: Iterable[str]) -> tuple[str, ...]:
        """Return the addresses meant, best match only: whole, else below, else by a cut archive ID."""
        known = {address: self.match(address) for address in addresses}
        best = max(known.values(), default=Match.NONE)
        return tuple(address for address, match in known.items() if match is best and match is not Match.NONE)


def _expression(text: str) -> str:
    return "".join(_WILDCARDS.get(character) or re.escape(character) for character in text)
