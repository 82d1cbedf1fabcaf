"""The table of vaults."""

from datetime import UTC, datetime

from glacier_manifest.aws.descriptions import VaultDescription
from glacier_manifest.jobs.request import Vault
from glacier_manifest.views.vaults import human

TAKEN = datetime(2026, 11, 20, 3, 0, 0, 123000, tzinfo=UTC)


def described(name: str, archives: int | None, size: int | None, taken: datetime | None) -> VaultDescription:
    return VaultDescription(Vault("012345678901", "eu-west-1", name), archives, size, taken, None, None)


def test_numbers_stand_below_each_other_and_only_counted_vaults_are_added_up() -> None:
    shown = human(
        [
            described("a", 1, 1, TAKEN),
            described("long-name", 1_234_567, 5 << 40, TAKEN),
            described("new", 0, 0, None),
            described("untold", None, None, TAKEN),
        ]
    )

    assert shown.splitlines() == [
        "Account 012345678901, region eu-west-1",
        "",
        "  vault       archives    bytes  last inventory",
        "  a                  1      1 B  2026-11-20T03:00:00Z",
        "  long-name  1,234,567  5.0 TiB  2026-11-20T03:00:00Z",
        "  new                -        -  none yet",
        "  untold             -        -  2026-11-20T03:00:00Z",
        "",
        "4 vaults: 1,234,568 archives, 5.0 TiB, as the last inventories told.",
    ]


def test_one_of_each_is_no_plural() -> None:
    assert human([described("a", 1, 1, TAKEN)]).endswith(
        "1 vault: 1 archive, 1 B, as the last inventories told.\n"
    )
