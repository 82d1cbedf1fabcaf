"""Opening what was stored: in a file, or in S3."""

from glacier_manifest.aws.s3 import S3Objects
from glacier_manifest.aws.session import Clients
from glacier_manifest.cli.inventories import S3
from glacier_manifest.fetching.pages import Opens, in_file


def opens_stored(clients: Clients) -> Opens:
    """Return what opens an output that was stored, wherever that is."""
    objects = S3Objects(clients)
    return lambda location: objects.open(location) if location.startswith(S3) else in_file(location)
