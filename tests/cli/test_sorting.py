from collections.abc import Iterator

import pytest

from glacier_manifest.cli.sorting import by_archive_id
from glacier_manifest.inventory.archive import Archive


def archives(count: int) -> Iterator[Archive]:
    for number in range(count):
        yield Archive(
            f"{number * 7919 % count:0138d}", "caf\u00e9 'x'", "2012-05-15T17:19:46.700Z", 2**62, "ab" * 32
        )


def test_archives_come_back_as_they_are_in_the_order_of_their_ids() -> None:
    with by_archive_id(archives(1000)) as found:
        assert list(found) == sorted(archives(1000))


def test_what_goes_wrong_while_archives_are_read_is_told_as_it_is() -> None:
    def broken() -> Iterator[Archive]:
        yield from archives(3)
        raise ValueError("the source broke")

    with pytest.raises(ValueError, match="the source broke"), by_archive_id(broken()):
        pass
