"""A run that a test kills: fetches the outputs of jobs into a folder, part by part of 1 MiB."""

import sys
from pathlib import Path

from glacier_manifest.aws.glacier import GlacierReader
from glacier_manifest.aws.output import GlacierOutput
from glacier_manifest.aws.session import Clients, Connection
from glacier_manifest.fetching.output import Fetched, alone, output_of
from glacier_manifest.units import MIB
from tests.fetching.outputs import VAULT, Run, errand


def main(url: str, folder: str, *job_ids: str) -> int:
    """Return 0 where all are stored."""
    with Clients(Connection(endpoint_url=url, region=VAULT.region)) as clients:
        jobs = [GlacierReader(clients).describe_job(VAULT, job_id) for job_id in job_ids]
        outputs = [output_of(job, VAULT) for job in jobs if job is not None]
        errands = (errand(Path(folder) / one.job_id[:8], alone(one), MIB) for one in outputs)
        endings = list(Run(GlacierOutput(clients), threads=2).fetch(errands))
    return 0 if [type(one) for one in endings] == [Fetched] * len(job_ids) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
