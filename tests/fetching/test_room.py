"""Room is promised once, and asked for before it is needed."""

import pytest

from glacier_manifest.errors import Exit, Failed
from glacier_manifest.fetching.room import Room
from glacier_manifest.units import GIB, MIB


def test_what_is_promised_to_one_output_is_not_promised_to_another() -> None:
    room = Room(lambda: GIB, spare=0)
    room.claim(GIB - MIB)

    with pytest.raises(Failed, match=r"room for 1\.0 MiB more.* and 2\.0 MiB are wanted") as caught:
        room.claim(2 * MIB)

    assert (caught.value.code, caught.value.exit_code) == ("no-room", Exit.ERROR)


def test_what_an_output_does_not_need_any_more_is_free_again() -> None:
    room = Room(lambda: GIB, spare=0)
    claim = room.claim(GIB)
    claim.release()
    claim.release()

    room.claim(GIB)
    with pytest.raises(Failed):
        room.claim(1)


def test_what_was_written_is_counted_once() -> None:
    free = GIB
    room = Room(lambda: free, spare=0)
    claim = room.claim(GIB // 2)
    claim.used(GIB // 4)
    free -= GIB // 4

    room.claim(GIB // 2)
    with pytest.raises(Failed):
        room.claim(1)


def test_something_is_left_to_everybody_else() -> None:
    room = Room(lambda: 65 * MIB)

    room.claim(MIB)
    with pytest.raises(Failed):
        room.claim(1)


def test_a_place_without_an_end_has_room_for_everything() -> None:
    room = Room(lambda: None)

    room.claim(1 << 60)
    room.claim(1 << 60)
