"""Pieces of manifests."""

from collections.abc import Iterable

#: One ordinary archive ID, and one that a careless command line takes for an option.
ARCHIVE = (
    "kKB7ymWJVpPSwhGP6ycSOAekp9ZYe_--zM_mw6k76ZFGEIWQX-ybtRDvc2VkPSDtfKmQrj0I"
    "RQLSGsNuDp-AJVlu2ccmDSyDUmZwKbwbpAdGATGDiB3hHO0bjbGehXTcApVud_wyDw"
)
DASHED = (
    "-lHzwhKhgF2JHyvCS-ZRuF08IQLuyB4265Hs3AXj9MoAIhz7tbXAvcFeHusgU_hViO1WeCBe"
    "0N5lsYYHRyZ7rrmRkNRuYrXUs_sjl2K8ume_7mKO_0i7C-uHE1oHqaW9d37pabXrSA"
)


def archive_ids(count: int) -> list[str]:
    """Return IDs in the shape of Glacier's, all different, every eighth beginning with a hyphen."""
    return [f"{'-' if number % 8 == 7 else 'A'}{number:0137d}" for number in range(count)]


def retrievals(ids: Iterable[str], *, job: str = "photos", tier: str = "Bulk", more: str = "") -> str:
    """Return a job that retrieves archives, indented to stand below ``jobs:``."""
    listed = "".join(f"      - {archive_id}\n" for archive_id in ids)
    written = f"    archive_ids:\n{listed}" if listed else ""
    return f"  {job}:\n    type: archive-retrieval\n    vault: my-vault\n    tier: {tier}\n{more}{written}"


def inventory(*, job: str = "inventory", vault: str = "my-vault", more: str = "") -> str:
    """Return a job that asks for a vault's inventory, indented to stand below ``jobs:``."""
    return f"  {job}:\n    type: inventory-retrieval\n    vault: {vault}\n{more}"
