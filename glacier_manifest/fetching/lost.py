"""What is told of outputs that are not where they must be, or cannot be there yet."""

from glacier_manifest.errors import Failed
from glacier_manifest.state.record import Record


def output_lost(record: Record) -> Failed:
    """Return the error of an output that should be there for a while yet, and whose job nobody knows."""
    until = ""
    if record.expires_at is not None:
        until = f", which should be there until {record.expires_at:%Y-%m-%d %H:%M} UTC"
    return Failed(
        "output-lost",
        f"Glacier does not know job {record.job_id} of {record.address} any more{until}",
        next_step="check that --endpoint-url and the state belong together; buy it again with"
        f" --restart '{record.address}'",
    )


def piece_lost(record: Record, base: str) -> Failed:
    """Return the error of a piece that was held in a place until the others came, and is gone from there."""
    return Failed(
        "piece-lost",
        f"what was held of {record.address} in {base} is not there any more",
        next_step="bring back what was removed there, or fetch to the same place as before; else buy it again"
        f" with --restart '{record.address}'",
    )


def piece_not_held(base: str) -> Failed:
    """Return why a piece is left that cannot be kept before the others of its archive are there."""
    return Failed(
        "piece-not-held",
        f"the other pieces of its archive are not there yet, and {base} takes small pieces all at once",
        next_step="run the same command again when the jobs of the other pieces have succeeded, while this"
        " output is there still; or name a folder with --to, which holds pieces",
    )
