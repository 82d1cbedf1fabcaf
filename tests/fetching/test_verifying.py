"""Reading again: what is found, whatever stands in the way, and no further than it is asked."""

import os
from contextlib import AbstractContextManager, nullcontext
from io import BytesIO
from pathlib import Path
from random import Random

import pytest

from glacier_manifest.errors import ServiceError
from glacier_manifest.fetching.stored import Claim, Stored
from glacier_manifest.fetching.tree_hash import tree_hash
from glacier_manifest.fetching.verifying import Found, Opens, Result, Verification, Verifier
from glacier_manifest.units import MIB

BODY = Random(1).randbytes(3 * MIB + 7)  # noqa: S311 - any bytes


def claim(
    body: bytes = BODY,
    *,
    name: str = "a",
    known: bool = True,
    verified_by: str = "tree-hash",
    held: bool = False,
) -> Claim:
    root = tree_hash([body]).hex() if known else None
    return Claim(f"{name}/photos", name, 0, len(body), root, verified_by, held)


def stored(location: object, *claims: Claim) -> Stored:
    return Stored(str(location), None if claims[0].is_held else claims[0], claims)


def found(*places: Stored, threads: int = 2, opens: Opens | None = None) -> list[Found]:
    return list(Verifier(threads, opens=opens, stop=lambda: False).verify(places))


def results(*places: Stored, opens: Opens | None = None) -> list[Result]:
    return [one.result for one in found(*places, opens=opens)]


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    path = tmp_path / "photo"
    path.write_bytes(BODY)
    return path


@pytest.mark.parametrize(
    ("expected", "result"),
    [
        (claim(), Result.VERIFIED),
        (claim(verified_by="read-twice"), Result.VERIFIED),
        (claim(verified_by="length"), Result.UNVERIFIED),
        (claim(known=False), Result.UNVERIFIED),
        (claim(BODY[:-1]), Result.CHANGED),
        (claim(BODY[:-1] + b"!"), Result.CHANGED),
        (claim(b""), Result.CHANGED),
        (claim(held=True), Result.HELD),
    ],
)
def test_a_file_is_held_against_what_is_known_of_it(kept: Path, expected: Claim, result: Result) -> None:
    assert results(stored(kept, expected)) == [result]


def test_what_is_found_tells_length_and_hash(kept: Path) -> None:
    (one,) = found(stored(kept, claim(BODY[::-1])))

    assert (one.size, one.tree_hash) == (len(BODY), tree_hash([BODY]).hex())


def test_an_empty_file_is_verified(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()

    assert results(stored(tmp_path / "empty", claim(b""))) == [Result.VERIFIED]


@pytest.mark.parametrize("name", ["nothing", "photo/below", "x" * 300, "nul\0"])
def test_what_is_not_there_or_cannot_be_keeps_nobody_from_being_read(kept: Path, name: str) -> None:
    missing, right = found(stored(kept.parent / name, claim()), stored(kept, claim()))

    assert missing.result in {Result.MISSING, Result.UNREADABLE}
    assert (missing.mishap is not None) == (missing.result is Result.UNREADABLE)
    assert right.result is Result.VERIFIED


def test_a_folder_or_a_pipe_is_no_output(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")

    places = (stored(tmp_path / name, claim()) for name in ("folder", "pipe"))
    assert results(*places) == [Result.CHANGED] * 2


def test_what_was_replaced_is_told_apart_from_what_has_changed(kept: Path) -> None:
    last, older, same = claim(name="new"), claim(b"older", name="old"), claim(name="piece")

    assert results(stored(kept, last, older, same)) == [Result.VERIFIED, Result.REPLACED, Result.VERIFIED]


def test_many_places_are_told_in_their_order_whatever_ends_first(tmp_path: Path) -> None:
    bodies = [bytes([number]) * (1 + (number * 37) % 5 * 300_000) for number in range(40)]
    for number, body in enumerate(bodies):
        (tmp_path / str(number)).write_bytes(body)

    places = [
        stored(tmp_path / str(number), claim(body, name=str(number))) for number, body in enumerate(bodies)
    ]
    told = found(*places, threads=4)

    assert [one.claim.key for one in told] == [str(number) for number in range(40)]
    assert {one.result for one in told} == {Result.VERIFIED}


def test_it_ends_when_it_is_asked_to(kept: Path) -> None:
    places = [stored(kept, claim(name=str(number))) for number in range(20)]
    left = iter([False] * 30)

    told = list(Verifier(1, opens=None, stop=lambda: next(left, True)).verify(places))

    assert len(told) < 20
    assert {one.result for one in told} <= {Result.VERIFIED}


def test_every_byte_that_is_read_is_told(kept: Path) -> None:
    read: list[int] = []

    list(Verifier(1, opens=None, stop=lambda: False, read=read.append).verify([stored(kept, claim())]))

    assert sum(read) == len(BODY)


class Objects:
    """Objects that are there, or fail."""

    def __init__(self, **answers: bytes | str) -> None:
        self._answers = answers

    def __call__(self, url: str) -> AbstractContextManager[BytesIO]:
        answer = self._answers[url.rpartition("/")[2]]
        if isinstance(answer, str):
            raise ServiceError(answer, "S3 says no", next_step="wait")
        return nullcontext(BytesIO(answer))


def test_objects_are_read_only_where_that_is_asked() -> None:
    place = stored("s3://kept/right", claim())

    assert results(place) == [Result.NOT_CHECKED]
    assert results(place, opens=Objects(right=BODY)) == [Result.VERIFIED]
    assert results(place, opens=Objects(right=BODY[1:])) == [Result.CHANGED]


def test_an_object_that_is_gone_or_out_of_reach_is_told() -> None:
    opens = Objects(gone="s3-object-not-found", frozen="s3-object-archived")

    told = found(stored("s3://kept/gone", claim()), stored("s3://kept/frozen", claim()), opens=opens)

    assert [one.result for one in told] == [Result.MISSING, Result.UNREADABLE]
    assert told[1].mishap is not None
    assert told[1].mishap.code == "s3-object-archived"


def test_what_every_object_would_meet_ends_it() -> None:
    with pytest.raises(ServiceError, match="S3 says no"):
        found(stored("s3://kept/a", claim()), opens=Objects(a="no-credentials"))


def test_counts_are_of_outputs(kept: Path) -> None:
    verification = Verification({})
    for one in found(stored(kept, claim(), claim(b"x", name="old"))):
        verification.add(one)

    assert verification.counts == {Result.VERIFIED: 1, Result.REPLACED: 1}
    assert set(verification.found) == {"a.0", "old.0"}


def test_nothing_stored_is_nothing_found() -> None:
    assert found() == []
