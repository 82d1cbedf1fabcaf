"""What an export or a rescue file tells, one value after the other."""

from dataclasses import dataclass

from glacier_manifest.state.protocol import Approval, Identity
from glacier_manifest.state.record import Record


@dataclass(frozen=True, slots=True)
class Entry:
    """An approved entry, and the file's own number of its approval, which was told before."""

    approval: int
    entry: str


#: A file's identity comes first.
Knowledge = Identity | Approval | Entry | Record
