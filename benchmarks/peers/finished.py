"""Print an export of a state in which all is done that PLAN, from ``plan --format ndjson``, would start."""

import hashlib
import json
import sys
from pathlib import Path

from glacier_manifest.jobs.key import canonical
from glacier_manifest.jobs.marker import marker_of, with_marker

ACCOUNT, REGION = "012345678901", "us-west-2"
MOMENTS = {
    "intended_at": "2026-11-20T12:00:00.000Z",
    "accepted_at": "2026-11-20T12:00:00.500Z",
    "completed_at": "2026-11-20T18:00:00.000Z",
    "expires_at": "2026-11-21T18:00:00.000Z",
    "service_at": "2026-11-20T12:00:00.000Z",
    "changed_at": "2026-11-20T18:00:00.000Z",
}


def main(plan: Path) -> None:
    """Write the header, a request for each line of the plan, and the end."""
    header = {"kind": "header", "format_version": "1.0", "state_id": "0" * 32, "endpoint": "aws"}
    print(json.dumps({**header, "accounts": [ACCOUNT]}))
    count = 1
    with plan.open(encoding="ascii") as lines:
        next(lines)
        for line in lines:
            print(json.dumps(request(json.loads(line))))
            count += 1
    print(json.dumps({"kind": "end", "lines": count}))


def request(action: dict[str, str]) -> dict[str, object]:
    """Return an action's purchase, done."""
    key, archive_id, tier = action["key"], action["archive_id"], action["tier"]
    body = {"Type": action["type"], "ArchiveId": archive_id, "Tier": tier}
    return {
        "kind": "request",
        "address": action["address"],
        "key": key,
        "generation": 0,
        "account_id": ACCOUNT,
        "region": REGION,
        "vault": action["vault"],
        "type": action["type"],
        "archive_id": archive_id,
        "retrieval_byte_range": None,
        "slot": None,
        "tier": tier,
        "sns_topic": None,
        "description": with_marker(None, marker_of(key, 0)),
        "body_sha256": hashlib.sha256(canonical(body)).hexdigest(),
        "status": "succeeded",
        "job_id": key.ljust(92, "_"),
        "size": action["bytes"],
        "attempts": 1,
        "approval": None,
        **MOMENTS,
        "output": None,
        "error": None,
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
