"""Uploads to S3 that are under way: where they are noted, and the end of those that are wanted no more."""

from pathlib import Path

from glacier_manifest.aws.s3_writing import S3Writer
from glacier_manifest.aws.session import Clients, Connection
from glacier_manifest.cli.console import Console
from glacier_manifest.fetching.abandoned import abort_abandoned
from glacier_manifest.state.sqlite import SqliteState


def uploads_of(state: SqliteState) -> Path:
    """Return the folder in which the uploads of a state's outputs are noted."""
    return state.path.with_name(f"{state.path.name}.uploads")


def abort_forgotten(console: Console, state: SqliteState) -> None:
    """Abort what was on its way to S3 and is wanted no more; what cannot be reached is left to `fetch`."""
    with Clients(Connection()) as clients:
        for aborted in abort_abandoned(state, S3Writer(clients), uploads_of(state)):
            done = "was aborted" if aborted.is_gone else "could not be aborted: the next fetch tries again"
            console.note(f"The unfinished upload to {aborted.location} {done}.")
