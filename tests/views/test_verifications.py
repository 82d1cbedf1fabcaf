"""What `verify` prints: what a person must look at, where, and how far it is."""

import io
import json

import pytest

from glacier_manifest.fetching.stored import Claim
from glacier_manifest.fetching.verifying import Found, Result, Verification
from glacier_manifest.state.record import Mishap
from glacier_manifest.units import MIB
from glacier_manifest.views.verification_bar import Bar
from glacier_manifest.views.verifications import MinuteLine, Progress, as_json, human, notable

HERE = "/kept/photo"
CLAIM = Claim("wedding/photos/a", "k" * 64, 0, 10, "a" * 64, "tree-hash", is_held=False)


def verification(*found: Found) -> Verification:
    made = Verification({})
    for number, one in enumerate(found):
        made.found[str(number)] = one
        made.counts[one.result] += 1
    return made


def test_what_is_right_is_a_count() -> None:
    told = verification(Found(Result.VERIFIED, CLAIM, HERE, 10, "a" * 64))
    told.bytes_read = 10

    assert human(told) == "Verify: 1 verified, 10 B read.\n"


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (Found(Result.MISSING, CLAIM, HERE), f"{HERE}\n"),
        (Found(Result.CHANGED, CLAIM, HERE), f"{HERE}: it is no file any more\n"),
        (Found(Result.CHANGED, CLAIM, HERE, 12), f"{HERE}: it has 12 bytes, and had 10\n"),
        (
            Found(Result.CHANGED, CLAIM, HERE, 10, "b" * 64),
            f"{HERE}: its tree hash is {'b' * 64}, and was {'a' * 64}\n",
        ),
        (
            Found(Result.UNREADABLE, CLAIM, HERE, mishap=Mishap("unreadable-file", "Permission denied")),
            f"{HERE}: Permission denied\n",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_address_and_place(found: Found, line: str) -> None:
    told = human(verification(found))

    assert f"  wedding/photos/a\n      {line}" in told
    assert told.endswith(f"\nVerify: 1 {found.result}.\n")


def test_more_than_a_screenful_is_counted() -> None:
    told = human(verification(*[Found(Result.MISSING, CLAIM, HERE)] * 50))

    assert told.count(HERE) == 40
    assert "  and 10 more (--report FILE has all)\n" in told


def test_json_tells_what_is_not_verified() -> None:
    right, gone = Found(Result.VERIFIED, CLAIM, HERE), Found(Result.MISSING, CLAIM, HERE)
    told = verification(right, gone)

    document = json.loads("".join(as_json(told, notable(told))))

    assert document["summary"] == {
        "verified": 1,
        "unverified": 0,
        "missing": 1,
        "changed": 0,
        "unreadable": 0,
        "replaced": 0,
        "held": 0,
        "not_checked": 0,
        "not_read": 0,
        "bytes_read": 0,
    }
    assert [one["result"] for one in document["outputs"]] == ["missing"]


def test_a_line_a_minute_tells_how_far_it_is() -> None:
    said: list[str] = []
    at = iter([0.0, 30.0, 61.0, 61.0, 62.0])
    with MinuteLine(said.append, now=lambda: next(at)) as progress:
        progress.begin(12, 5 * MIB)
        progress.read(MIB)
        progress.ended()
        progress.read(MIB)
        progress.read(MIB)

    assert said == ["1 of 12 outputs, 2.0 MiB of 5.0 MiB"]


@pytest.mark.parametrize("kind", [Progress, lambda: Bar(io.StringIO(), color=False)])
def test_progress_counts_what_was_read(kind: type[Progress]) -> None:
    with kind() as progress:
        progress.begin(1, 10)
        progress.read(4)
        progress.read(6)
        progress.ended()

    assert (progress.bytes_read, progress.outputs_ended) == (10, 1)
