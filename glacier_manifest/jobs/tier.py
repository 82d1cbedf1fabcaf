"""How fast, and how dear, a retrieval is."""

from enum import StrEnum


class Tier(StrEnum):
    """A retrieval tier, spelled as the API spells it, the fastest first."""

    EXPEDITED = "Expedited"
    STANDARD = "Standard"
    BULK = "Bulk"


#: What InitiateJob takes where no tier is sent (docs: "api-InitiateJob", JobParameters, Tier).
SERVICE_DEFAULT = Tier.STANDARD

_FASTEST_FIRST = tuple(Tier)


def at_least_as_fast(tier: Tier, wanted: Tier) -> bool:
    """Say whether a job at `tier` is ready no later than one at `wanted` would be."""
    return _FASTEST_FIRST.index(tier) <= _FASTEST_FIRST.index(wanted)
