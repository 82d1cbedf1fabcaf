"""The names of an account's vaults, listed once for each account and region."""

from collections.abc import Callable

from glacier_manifest.aws.glacier import GlacierReader
from glacier_manifest.errors import Failed
from glacier_manifest.manifest import Job
from glacier_manifest.planning.vaults import VaultNames


def listed_names(reader: GlacierReader, region_of: Callable[[Job], str]) -> VaultNames:
    """Return what lists the vaults of a job's account and region, each listing once.

    Args:
        reader: Lists the vaults.
        region_of: Tells a job's region.
    """
    known: dict[tuple[str, str], tuple[str, ...]] = {}

    def names(job: Job) -> tuple[str, ...]:
        place = (job.account_id, region_of(job))
        if place not in known:
            listed = reader.list_vaults(place[1], account_id=place[0])
            known[place] = tuple(one.vault.name for one in listed)
        return known[place]

    return names


def no_names(job: Job) -> tuple[str, ...]:
    """Refuse to tell the vaults that a pattern matches, where AWS is not asked.

    Raises:
        Failed: ``vaults-unlisted``.
    """
    raise Failed(
        "vaults-unlisted",
        f"job '{job.name}' names its vaults by a pattern, and what matches is not known without AWS",
        next_step="leave --refresh=false out, or name the vaults in the manifest",
    )
