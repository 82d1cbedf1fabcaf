"""Every format of descriptions that is known, and the names that descriptions tell.

A new format is a module beside this one and a line in `FORMATS`.
"""

from collections.abc import Iterable

from glacier_manifest.inventory.names import cloudberry, fastglacier, git_annex, mt1, mt2, qnap
from glacier_manifest.inventory.names.name import Format, Name

#: What a description is where no format fits: its own path.
PLAIN = "plain"

#: In the order in which they are asked; the first that can read a description tells its name.
FORMATS = (
    mt2.FORMAT,
    mt1.FORMAT,
    fastglacier.FORMAT,
    fastglacier.FORMAT_V1,
    cloudberry.FORMAT,
    qnap.FORMAT,
    git_annex.FORMAT,
)

#: What stands around descriptions that went through careless hands.
_WRAPPING = " \t\r\n\"'"


def decode(description: str) -> Name:
    """Return the name that a description tells; its own text, as ``plain``, where it is of no known format.

    It never raises, whatever the description holds.
    """
    formats = _formats_for(description)
    return _first_name(description, formats) or Name(description, None, PLAIN)


def path_of(description: str) -> str:
    """Return the path that a description tells: that of `decode`, and quick where it is plain."""
    return decode(description).path if _formats_for(description) else description


def _formats_for(description: str) -> tuple[Format, ...]:
    beginnings, formats = _BY_FIRST.get(description[:1], _NONE)
    return formats if description.startswith(beginnings) else ()


def _first_name(description: str, formats: Iterable[Format]) -> Name | None:
    for one in formats:
        if description.startswith(one.begins) and (name := one.decode(description)) is not None:
            return name
    return None


def _unwrapped(description: str) -> Name | None:
    inside = description.strip(_WRAPPING)
    return _first_name(inside, FORMATS)


_ByFirst = dict[str, tuple[tuple[str, ...], tuple[Format, ...]]]


def _by_first_character(formats: tuple[Format, ...]) -> _ByFirst:
    """Sort beginnings and formats by first character, so that a plain text is told by a look or two."""
    table: _ByFirst = {}
    for one in formats:
        for beginning in one.begins:
            beginnings, known = table.get(beginning[0], _NONE)
            table[beginning[0]] = ((*beginnings, beginning), known if one in known else (*known, one))
    return table


_NONE: tuple[tuple[str, ...], tuple[Format, ...]] = ((), ())
_BY_FIRST = _by_first_character((*FORMATS, Format(tuple(_WRAPPING), _unwrapped)))
