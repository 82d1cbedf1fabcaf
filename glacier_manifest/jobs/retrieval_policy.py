"""The data retrieval policy of an account in a region (docs: "data-retrieval-policy").

It binds Standard retrievals alone: Expedited and Bulk ones are never refused by it.
"""

from dataclasses import dataclass

NO_LIMIT = "None"
FREE_TIER = "FreeTier"
BYTES_PER_HOUR = "BytesPerHour"


@dataclass(frozen=True, slots=True)
class RetrievalPolicy:
    """The one rule of a policy.

    Attributes:
        strategy: ``None``, ``FreeTier`` or ``BytesPerHour``, as the API spells them, or one that is newer.
        bytes_per_hour: The highest rate of Standard retrievals; None for the other strategies.
    """

    strategy: str = NO_LIMIT
    bytes_per_hour: int | None = None
