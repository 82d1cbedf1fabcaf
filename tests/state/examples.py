"""Records, changes and clocks that the state's tests share."""

import hashlib
from datetime import UTC, datetime, timedelta

from glacier_manifest.jobs.status import Status
from glacier_manifest.state.log import Run
from glacier_manifest.state.record import Mishap, Record

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(hours=4)
RUN = Run(id="run-1", host="restore-1", pid=4242, version="1.2.3")
MISHAP = Mishap("ThrottlingException", "Rate exceeded")
STATE_ID = "5f0c9a3e"


def key(name: str) -> str:
    """Return a key of 64 hexadecimal digits."""
    return hashlib.sha256(name.encode()).hexdigest()


def intended(
    name: str = "wedding",
    generation: int = 0,
    *,
    vault: str = "photos",
    tier: str | None = "Bulk",
    slot: str | None = None,
    approval: int | None = None,
) -> Record:
    """Return a record as the one who sends it hands it over."""
    return Record(
        key=key(name),
        generation=generation,
        address=f"{name}/{vault}",
        account_id="012345678901",
        region="us-west-2",
        vault=vault,
        type="archive-retrieval",
        archive_id="kKB7ymWJVpPSwhGP6ycSOAekp9ZYe",
        retrieval_byte_range="0-1048575",
        slot=slot,
        tier=tier,
        sns_topic="arn:aws:sns:us-west-2:012345678901:my-topic",
        description="Retrieve archive [gm1:abcdefghijklmnopqrstuvwxyz.0]",
        body_sha256="0" * 64,
        status=Status.INTENDED,
        size=1 << 20,
        approval=approval,
    )
