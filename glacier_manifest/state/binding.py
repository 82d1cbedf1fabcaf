"""To which accounts and to which service a state is bound."""

import sqlite3
from datetime import datetime

from glacier_manifest.errors import Elsewhere
from glacier_manifest.state import queries
from glacier_manifest.state.log import Run, log_decision
from glacier_manifest.state.rows import moment_text

#: How AWS's own endpoints are written; anything else is a URL.
AWS = "aws"


def bind(connection: sqlite3.Connection, run: Run, at: datetime, *, account_id: str, endpoint: str) -> None:
    """Remember, inside a transaction, that the state was used for an account at an endpoint.

    Raises:
        Elsewhere: ``other-endpoint``: the state belongs to AWS and this is another service, or the reverse.
    """
    known = queries.identity(connection)
    if are_apart(known.endpoint, endpoint):
        raise Elsewhere(
            "other-endpoint",
            f"this state was made against {known.endpoint} and cannot be used against {endpoint}",
            next_step="name another state with --state, or the endpoint that this one belongs to",
        )
    if known.endpoint is not None and account_id in known.accounts:
        return
    connection.execute(
        "INSERT INTO accounts (account_id, first_used_at) VALUES (?, ?) ON CONFLICT DO NOTHING",
        (account_id, moment_text(at)),
    )
    connection.execute(
        "INSERT INTO meta (name, value) VALUES ('endpoint', ?) ON CONFLICT DO NOTHING", (endpoint,)
    )
    log_decision(connection, run, "bound", at=at, details={"account_id": account_id, "endpoint": endpoint})


def are_apart(one: str | None, other: str | None) -> bool:
    """Say whether of two endpoints one is AWS and the other is not; an unknown one is apart from none."""
    return one is not None and other is not None and (one == AWS) != (other == AWS)
