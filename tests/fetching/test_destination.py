"""The contract of every place that keeps outputs, held against a folder and a bucket of moto's server."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import shake_128
from itertools import islice
from pathlib import Path

import pytest

from glacier_manifest.aws.s3_writing import S3Writer
from glacier_manifest.aws.session import Clients, Connection
from glacier_manifest.errors import Exit, Locked
from glacier_manifest.fetching.destination import Existing
from glacier_manifest.fetching.folder import Folder
from glacier_manifest.fetching.names import Name, Naming
from glacier_manifest.fetching.s3 import Bucket
from glacier_manifest.units import MIB
from tests.fetching.buckets import moto_server, new_bucket
from tests.fetching.places import PART, Place, files_in, keep, output_of, parts_of, write

SMALL = b"a photograph"
LARGE = shake_128().digest(2 * PART + 3 * MIB + 17)


moto = pytest.fixture(moto_server, scope="module")


@pytest.fixture
def folder(tmp_path: Path) -> Place:
    base = tmp_path / "restored"

    def plant(name: str, body: bytes) -> None:
        (base / name).parent.mkdir(parents=True, exist_ok=True)
        (base / name).write_bytes(body)

    return Place(lambda existing: Folder(base, existing=existing), plant, lambda: files_in(base))


@pytest.fixture
def bucket(moto: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", moto)
    with contextmanager(new_bucket)(moto) as there, Clients(Connection(read_attempts=1)) as clients:
        yield Place(
            lambda existing: Bucket(
                S3Writer(clients), f"s3://{there.name}/vault", tmp_path / "notes", existing=existing
            ),
            lambda key, body: there.put(f"vault/{key}", body),
            lambda: {key.removeprefix("vault/"): body for key, body in there.contents().items()},
        )


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest) -> Place:
    found: Place = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize("body", [b"", SMALL, LARGE[:PART], LARGE], ids=["empty", "small", "a part", "large"])
def test_an_output_appears_whole_under_its_name(place: Place, body: bytes) -> None:
    output = output_of(body)
    here = place.keeping()

    with here.draft(output) as draft:
        write(draft, output, body)
        before = place.contents()
        kept = draft.finish()

    assert before == {}
    assert place.contents() == {"photos/a.jpg": body}
    assert kept.location == f"{here.base}/photos/a.jpg"
    assert kept.roots == tuple(root for _, _, root in parts_of(output, body))


def test_parts_come_in_any_order(place: Place) -> None:
    output = output_of(LARGE)
    with place.keeping().draft(output) as draft:
        for part, piece, root in reversed([*parts_of(output, LARGE)]):
            draft.write(part, memoryview(bytearray(piece)), root)
        draft.finish()

    assert place.contents() == {"photos/a.jpg": LARGE}


def test_a_part_is_held_only_when_its_intake_is_told_to_keep_it(place: Place) -> None:
    output = output_of(LARGE)
    with place.keeping().draft(output) as draft:
        for part, piece, root in parts_of(output, LARGE):
            intake = draft.intake(part)
            intake.put(0, bytes(len(piece)))  # a first reading, which came corrupt
            for at in range(0, len(piece), MIB):
                intake.put(at, piece[at : at + MIB])
            before = draft.held()
            intake.keep(root)
            assert (part.number in before, part.number in draft.held()) == (False, True)
        draft.finish()

    assert place.contents() == {"photos/a.jpg": LARGE}


def test_what_was_put_and_not_kept_is_not_held_by_a_later_run(place: Place) -> None:
    output = output_of(LARGE)
    with place.keeping().draft(output) as draft:
        (part, piece, _root), *_ = parts_of(output, LARGE)
        draft.intake(part).put(0, piece)

    with place.keeping().draft(output) as draft:
        assert draft.held() == {}


def test_what_a_run_left_is_there_for_the_next(place: Place) -> None:
    output = output_of(LARGE)
    with place.keeping().draft(output) as draft:
        write(draft, output, LARGE, (0, 2))

    with place.keeping().draft(output) as draft:
        held = draft.held()
        write(draft, output, LARGE, (1,))
        draft.finish()

    assert held == {part.number: root for part, _, root in parts_of(output, LARGE) if part.number != 1}
    assert place.contents() == {"photos/a.jpg": LARGE}


def test_parts_of_another_output_are_not_taken_for_its_own(place: Place) -> None:
    with place.keeping().draft(output_of(LARGE, identity="one")) as draft:
        write(draft, output_of(LARGE), LARGE, (0,))

    with place.keeping().draft(output_of(LARGE, identity="two")) as draft:
        assert draft.held() == {}


def test_nothing_appears_while_a_part_is_missing(place: Place) -> None:
    output = output_of(LARGE)
    with place.keeping().draft(output) as draft:
        write(draft, output, LARGE, (0, 1))
        with pytest.raises(ValueError, match="not whole"):
            draft.finish()

    assert place.contents() == {}


def test_a_body_of_another_length_is_refused(place: Place) -> None:
    output = output_of(LARGE)
    (part, piece, root), *_ = parts_of(output, LARGE)
    with place.keeping().draft(output) as draft:
        with pytest.raises(ValueError, match="part 0"):
            draft.write(part, piece[:-1], root)
        assert draft.held() == {}


def test_what_is_discarded_is_not_held_and_can_be_written_again(place: Place) -> None:
    output = output_of(LARGE)
    with place.keeping().draft(output) as draft:
        write(draft, output, bytes(len(LARGE)))
        draft.discard()
        held = draft.held()
        write(draft, output, LARGE)
        draft.finish()

    assert held == {}
    assert place.contents() == {"photos/a.jpg": LARGE}


@pytest.mark.parametrize("body", [SMALL, LARGE], ids=["small", "large"])
def test_a_run_that_dies_before_the_state_knows_leaves_what_the_next_finds(place: Place, body: bytes) -> None:
    output = output_of(body)
    keep(place.keeping(), output, body)

    found = place.keeping().kept(output)

    assert found is not None
    assert found.name == "photos/a.jpg"
    assert found.roots == tuple(root for _, _, root in parts_of(output, body))


@pytest.mark.parametrize("body", [SMALL, LARGE], ids=["small", "large"])
def test_what_never_was_finished_or_is_forgotten_is_not_found(place: Place, body: bytes) -> None:
    output = output_of(body)
    here = place.keeping()
    before = here.kept(output)
    with here.draft(output) as draft:
        write(draft, output, body)
    unfinished = here.kept(output)
    keep(here, output, body)
    here.forget(output)

    assert (before, unfinished, here.kept(output)) == (None, None, None)
    assert place.contents() == {"photos/a.jpg": body}


def test_what_was_finished_and_replaced_since_is_not_found(place: Place) -> None:
    output = output_of(SMALL)
    keep(place.keeping(), output, SMALL)
    place.plant("photos/a.jpg", SMALL[::-1])

    assert place.keeping().kept(output) is None


@pytest.mark.parametrize("body", [SMALL, LARGE], ids=["small", "large"])
def test_what_somebody_else_put_there_stays(place: Place, body: bytes) -> None:
    place.plant("photos/a.jpg", b"somebody else's")
    place.plant("photos/a~o2jmhljvic5y.jpg", b"and the suffix too")

    name = keep(place.keeping(), output_of(body), body)

    contents = place.contents()
    assert name == "photos/a~o2jmhljvic5y-2.jpg"
    assert contents == {
        "photos/a.jpg": b"somebody else's",
        "photos/a~o2jmhljvic5y.jpg": b"and the suffix too",
        "photos/a~o2jmhljvic5y-2.jpg": body,
    }


@pytest.mark.parametrize("body", [SMALL, LARGE], ids=["small", "large"])
def test_what_somebody_else_put_there_is_replaced_where_that_was_asked_for(place: Place, body: bytes) -> None:
    place.plant("photos/a.jpg", b"somebody else's")

    keep(place.open(existing=Existing.OVERWRITTEN), output_of(body), body)

    assert place.contents() == {"photos/a.jpg": body}


def test_one_run_at_a_time_writes_an_output(place: Place) -> None:
    output = output_of(LARGE)
    other = place.keeping()
    with place.keeping().draft(output), pytest.raises(Locked) as refused, other.draft(output):
        pass

    assert (refused.value.code, refused.value.exit_code) == ("draft-in-use", Exit.LOCKED)
    with other.draft(output) as draft:
        assert draft.held() == {}


HOSTILE = (
    *("../../etc/passwd", "/etc/passwd", "..", ".", "/", "", " ", "a/../../b", "~", "-rf", "*", "%00"),
    *("C:\\x", "C:x", "\\\\server\\share\\f", "a\\b", "CON", "con.txt", "NUL", "lpt1.tar.gz", "COM\u00b9"),
    *("dir./name.", "dir /name ", "a\x00b", "a\nb", "\x1b[2J", "half \ud83d of a pair", "e\u0301", "\u00e9"),
    *("x" * 5000, "x/" * 2500, "\u0444" * 2500 + ".jpg", "a", "a/b", "a/b/c", "a/", "A"),
    *(".glacier-manifest-parts/x", ".Glacier-Manifest/state.db"),
)


def test_hostile_names_are_all_kept_inside(place: Place, tmp_path: Path) -> None:
    place.plant("..neighbour", b"x")
    here = place.keeping()
    naming = Naming(here.rules, base=here.base, claims={})
    wanted = [*HOSTILE, *["the/same/name.jpg"] * 40]
    outside = outside_of(tmp_path)

    names = {}
    for number, path in enumerate(wanted):
        given = naming.give(str(number), Name(path))
        body = str(number).encode()
        names[keep(here, output_of(body, given.text, str(number)), body)] = body

    assert place.contents() == {"..neighbour": b"x", **names}
    assert len(names) == len(wanted)
    assert outside_of(tmp_path) == outside


def outside_of(tmp_path: Path) -> set[str]:
    return {path.name for path in (*tmp_path.iterdir(), *tmp_path.parent.iterdir())} - {"notes", "restored"}


def test_names_are_the_same_in_the_next_run(place: Place) -> None:
    here = place.keeping()
    given = [
        [naming.give(str(number), Name(path)).text for number, path in enumerate((*HOSTILE, *HOSTILE))]
        for naming in islice(iter(lambda: Naming(here.rules, base=here.base, claims={}), None), 2)
    ]

    assert given[0] == given[1]
