"""The SDK's session, without what this program has no use for; imported when AWS is first needed.

It is botocore's own: what boto3 adds to it (resources, transfers of files) takes long to import, and nothing
of it is used.
"""

from botocore.loaders import Loader
from botocore.session import Session

_SERVICES = ["glacier", "s3"]


class _KnownServices(Loader):
    """Knows which services there are; the SDK's own looks through some thousand folders to tell."""

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 - the SDK's signature
        """Return the services that this program calls; each has models of every type."""
        return _SERVICES


def sdk_session(profile: str | None) -> Session:
    """Return a session of the SDK, with the environment and the files that boto3 reads too.

    Args:
        profile: A profile of the AWS configuration file; None for the one that these name.

    Raises:
        Exception: Whatever the SDK raises where there is no such profile, or its files cannot be read.
    """
    session = Session(profile=profile)
    folders = session.get_component("data_loader").search_paths
    loader = _KnownServices(extra_search_paths=folders, include_default_search_paths=False)
    session.register_component("data_loader", loader)
    return session
