"""The partitions of AWS: what stands second in an ARN, ``aws``, ``aws-cn`` or ``aws-us-gov``."""

from glacier_manifest.aws.session import unknown_region


def partition_of(region: str) -> str:
    """Return the partition of a region, as the SDK knows it; nothing is asked over the network.

    Raises:
        UsageError: ``unknown-region``.
    """
    import botocore.exceptions  # noqa: PLC0415 - the SDK is imported when first needed
    import botocore.session  # noqa: PLC0415 - the same

    try:
        found: str = botocore.session.Session().get_partition_for_region(region)
    except botocore.exceptions.UnknownRegionError as error:
        raise unknown_region(f"there is no region {region!r}") from error
    return found
