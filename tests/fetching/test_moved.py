"""Where outputs are that were moved."""

from pathlib import Path

import pytest

from glacier_manifest.fetching.moved import Move, location_now

HERE = Path("/srv")


@pytest.mark.parametrize(
    ("move", "location", "now"),
    [
        ("/srv/restored=/mnt/archive", "/srv/restored/a/b.jpg", "/mnt/archive/a/b.jpg"),
        ("restored/=archive/", "/srv/restored/b.jpg", "/srv/archive/b.jpg"),
        ("/srv/b.jpg=/mnt/c.jpg", "/srv/b.jpg", "/mnt/c.jpg"),
        ("/srv/restored=/mnt", "/srv/restored-2/b.jpg", "/srv/restored-2/b.jpg"),
        ("/=/mnt", "/srv/b.jpg", "/mnt/srv/b.jpg"),
        ("/srv=/", "/srv/b.jpg", "/b.jpg"),
        ("/srv=s3://kept/v/", "/srv/b.jpg", "s3://kept/v/b.jpg"),
        ("s3://kept/v=/srv", "s3://kept/v/b.jpg", "/srv/b.jpg"),
        ("/srv=/mnt/a=b", "/srv/b.jpg", "/mnt/a=b/b.jpg"),
    ],
)
def test_what_was_below_one_place_is_below_another(move: str, location: str, now: str) -> None:
    assert location_now([Move.parse(move, HERE)], location) == now


def test_the_first_move_that_fits_counts() -> None:
    moves = [Move("/srv/a", "/mnt/1"), Move("/srv", "/mnt/2")]

    assert [location_now(moves, one) for one in ("/srv/a/x", "/srv/b/x", "/home/x")] == [
        "/mnt/1/x",
        "/mnt/2/b/x",
        "/home/x",
    ]


@pytest.mark.parametrize("text", ["", "=", "a=", "=b", "folder"])
def test_what_is_no_move_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write WAS=NOW"):
        Move.parse(text, HERE)
