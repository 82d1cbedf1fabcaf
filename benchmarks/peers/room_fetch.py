"""The fetching room alone, without the command."""
import sys
import time
from pathlib import Path
from random import Random
from glacier_manifest.aws.glacier import GlacierReader
from glacier_manifest.aws.output import GlacierOutput
from glacier_manifest.aws.session import Clients, Connection
from glacier_manifest.fetching.destination import Output
from glacier_manifest.fetching.download import Download, Errand
from glacier_manifest.fetching.folder import Folder
from glacier_manifest.fetching.output import alone, output_of
from glacier_manifest.fetching.pool import Bounds, Pool
from glacier_manifest.fetching.reading import PartReader, Patience
from glacier_manifest.fetching.room import Room
from glacier_manifest.jobs.request import Vault

endpoint, vault, job_id, target, part_size, threads = sys.argv[1:]
with Clients(Connection(endpoint_url=endpoint, region="us-west-2", concurrency=int(threads))) as clients:
    where = Vault("012345678901", "us-west-2", vault)
    whole = alone(output_of(GlacierReader(clients).describe_job(where, job_id), where))
    folder = Folder(Path(target).parent)
    errand = Errand(whole, Output("x", Path(target).name, whole.divided(int(part_size))), folder, Room(folder.free))
    parts = PartReader(GlacierOutput(clients), patience=Patience(Random(1), time.sleep), stop=lambda: False, tell=lambda e: None)
    pool = Pool(lambda one: Download(one, parts, lambda e: None), bounds=Bounds(int(threads)), stop=lambda: False)
    for ending in pool.fetch([errand]):
        assert type(ending).__name__ == "Fetched", ending
    folder.forget(errand.kept_as)
