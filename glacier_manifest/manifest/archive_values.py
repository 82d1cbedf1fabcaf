"""Rules for what picks archives from an inventory, and for amounts of money."""

import re
from collections.abc import Callable
from decimal import Decimal

from glacier_manifest import patterns
from glacier_manifest.jobs.instant import parse_instant
from glacier_manifest.manifest.values import LARGEST_ARCHIVE, file_name, fits, shown, size, wrong
from glacier_manifest.units import MIB, format_size

_OBJECT = r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/[^\x00-\x1F]{1,1024}"
S3_OBJECT = rf"^{_OBJECT}$"
#: An object in S3, or anything that has no other scheme.
LOCATION = rf"^({_OBJECT}|(?![sS]3:)(?![A-Za-z][A-Za-z0-9+.-]*://)[^\x00-\x1F]+)$"
ARCHIVE_MOMENT = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,3})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?)?$"
)
TREE_HASH = r"^[0-9A-Fa-f]{64}$"
COST = r"^[0-9]{1,12}(\.[0-9]{1,6})? ?USD$"
AMOUNT = r"^[0-9]{1,9}(\.[0-9]{1,12})?$"
DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"

#: A price beyond which a slip of the pen is likelier, in USD.
HIGHEST_AMOUNT = 1_000_000

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_OTHER_MONEY = re.compile(r"[$€£]|[A-Z]{3}")


def inventory_location(text: str) -> str:
    """Check where an inventory lies: the name of a file, or an object in S3."""
    if fits(S3_OBJECT, text):
        return text
    if text.lower().startswith("s3:"):
        advice = "write it like s3://my-bucket/inventories/photos.json"
        raise wrong("inventory-source", f"'{shown(text)}' is not an object in S3", advice)
    if _SCHEME.match(text):
        advice = "name a file or an object in S3: download what lies elsewhere first"
        raise wrong("inventory-source", f"an inventory is not read from '{shown(text)}'", advice)
    return file_name(text)


def path_glob(text: str) -> str:
    """Check a glob for paths."""
    return _pattern(patterns.check_path_glob, "glob", text)


def text_glob(text: str) -> str:
    """Check a glob for descriptions."""
    return _pattern(patterns.check_text_glob, "glob", text)


def _pattern(check: Callable[[str], str | None], code: str, text: str) -> str:
    why = check(text)
    if why is None:
        return text
    what = "an empty text" if not text else f"'{shown(text)}'"
    raise wrong(code, f"{what} is not a glob", why)


def regex(text: str) -> str:
    """Check a regular expression, which is RE2's: it cannot run away."""
    why = patterns.check_regex(text)
    if why is not None:
        advice = "write it as RE2 reads it, in single quotes, such as '^backup-[0-9]+', or write a glob"
        raise wrong("regex", why, advice)
    return text


def archive_moment(text: str) -> str:
    """Return a date or moment as inventories order them: ``2015-01-01T00:00:00.000Z``."""
    try:
        moment = parse_instant(text) if fits(ARCHIVE_MOMENT, text) else None
    except ValueError:
        moment = None
    if moment is None:
        advice = "write it like 2015-01-01 or 2015-01-01T00:00:00Z"
        raise wrong("date", f"'{shown(text)}' is not a date of an archive", advice)
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def tree_hash(text: str) -> str:
    """Return a SHA-256 tree hash in lower case (docs: "checksum-calculations")."""
    if not fits(TREE_HASH, text):
        advice = "copy it again: 64 hexadecimal digits"
        raise wrong("tree-hash", f"'{shown(text)}' is not a tree hash", advice)
    return text.lower()


def piece_size(value: object) -> object:
    """Return the size of the pieces of an archive: a power of two, in MiB.

    Only such pieces are aligned for tree hashes (docs: "checksum-calculations-range").
    """
    found = size(value)
    if not isinstance(found, int) or isinstance(found, bool):
        return found
    below = max(MIB, 1 << (found.bit_length() - 1))
    if found < MIB or found != below:
        message = f"'{shown(value)}' is not 1 MiB times a power of two"
        above = "" if found < MIB else f" or {_whole(below * 2)}"
        raise wrong("split", message, f"write {_whole(below)}{above}: only such pieces can be verified")
    if found >= LARGEST_ARCHIVE:
        message = f"pieces of '{shown(value)}' are larger than the largest archive there can be"
        raise wrong("split", message, "write a smaller one, or remove 'split'")
    return found


def _whole(pieces: int) -> str:
    return format_size(pieces).replace(".0 ", " ")


def cost(value: object) -> object:
    """Return an amount of money in USD."""
    if isinstance(value, str) and fits(COST, value):
        return Decimal(value.removesuffix("USD").strip())
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return value
    numbers = _NUMBER.findall(str(value).replace(",", ""))
    advice = f"write it like {numbers[0] if len(numbers) == 1 else '50'} USD"
    if isinstance(value, str) and _OTHER_MONEY.search(value.replace("USD", "")):
        advice = f"prices are in USD: {advice}"
    raise wrong("amount", f"'{shown(value)}' is not an amount of money", advice)


def amount(value: object) -> object:
    """Return a price in USD: a number, as it is written in decimal."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return value
    found = Decimal(str(value)) if isinstance(value, int | float) or fits(AMOUNT, value) else None
    if found is None or not 0 <= found <= HIGHEST_AMOUNT:
        raise wrong("amount", f"'{shown(value)}' is not a price", "write USD as a number, such as 0.0025")
    return found


def day(text: str) -> str:
    """Check a day: ``YYYY-MM-DD``."""
    try:
        is_day = fits(DAY, text) and bool(parse_instant(text))
    except ValueError:
        is_day = False
    if not is_day:
        raise wrong("date", f"'{shown(text)}' is not a day", "write it like 2026-11-01")
    return text
