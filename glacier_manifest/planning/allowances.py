"""What `--allow` says: which limits one approval lifts, each by its own name and to a number."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from glacier_manifest.errors import UsageError
from glacier_manifest.units import parse_size

#: The limits that `--allow NAME=VALUE` may lift; before each may stand ``JOB.``, for that job's own limit.
NAMES = ("jobs", "bytes", "cost", "expedited_jobs")

#: What `--allow` lets happen without a number.
UNKNOWN_SIZE = "unknown-size"
UNKNOWN_PRICE = "unknown-price"

_COST = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,6})?) ?(?:USD)?")


@dataclass(frozen=True, slots=True)
class Allowances:
    """Limits that this run lifts.

    Attributes:
        values: To which number, by the name of each limit: jobs, bytes, or USD for a cost. `UNKNOWN_SIZE` and
            `UNKNOWN_PRICE` stand among them with 1.
    """

    values: Mapping[str, int | Decimal]

    @property
    def unknown_size(self) -> bool:
        """Whether what has an unknown size may start although bytes or cost are limited."""
        return UNKNOWN_SIZE in self.values

    @property
    def unknown_price(self) -> bool:
        """Whether what has an unknown price may start although the cost is limited."""
        return UNKNOWN_PRICE in self.values

    @property
    def words(self) -> tuple[str, ...]:
        """What would have to be said to lift the same: ``jobs=2000``, ``unknown-size``; sorted."""
        alone = (UNKNOWN_SIZE, UNKNOWN_PRICE)
        return tuple(
            name if name in alone else f"{name}={value}" for name, value in sorted(self.values.items())
        )

    @classmethod
    def parse(cls, words: tuple[str, ...]) -> "Allowances":
        """Read the words of `--allow`: ``NAME=VALUE``, ``JOB.NAME=VALUE``, or what is unknown.

        Raises:
            UsageError: A word is not of that form, or names no limit.
        """
        return cls(dict(_allowance(word) for word in words))


def _allowance(word: str) -> tuple[str, int | Decimal]:
    if word in {UNKNOWN_SIZE, UNKNOWN_PRICE}:
        return word, 1
    name, _, text = word.partition("=")
    job, dot, limit = name.rpartition(".")
    value = _value(limit, text)
    if value is None or bool(job) != bool(dot):
        raise UsageError(
            "bad-allowance",
            f"--allow {word} is not NAME=NUMBER (or JOB.NAME=NUMBER) with one of the names "
            f"{', '.join(NAMES)}, nor {UNKNOWN_SIZE}, nor {UNKNOWN_PRICE}",
            next_step="write for example --allow jobs=2000, --allow bytes=10TiB or --allow cost=50USD",
        )
    return name, value


def _value(limit: str, text: str) -> int | Decimal | None:
    if limit == "bytes":
        return _bytes(text)
    if limit == "cost":
        amount = _COST.fullmatch(text)
        return None if amount is None else Decimal(amount[1])
    return int(text) if limit in NAMES and text.isascii() and text.isdecimal() else None


def _bytes(text: str) -> int | None:
    try:
        return parse_size(text)
    except ValueError:
        return None
