import pytest

from glacier_manifest.diagnostics import InvalidInput
from glacier_manifest.errors import (
    PRECEDENCE,
    Elsewhere,
    Exit,
    Failed,
    GlacierManifestError,
    Interrupted,
    Locked,
    NotApproved,
    OverLimit,
    Refused,
    ServiceError,
    StateError,
    UsageError,
    strongest,
)


@pytest.mark.parametrize(
    ("kind", "exit_code"),
    [
        (UsageError, 64),
        (InvalidInput, 4),
        (Refused, 5),
        (NotApproved, 5),
        (OverLimit, 5),
        (Elsewhere, 5),
        (Locked, 6),
        (Failed, 1),
        (ServiceError, 1),
        (StateError, 1),
    ],
)
def test_every_error_ends_the_program_with_its_contracted_code(
    kind: type[GlacierManifestError], exit_code: int
) -> None:
    assert kind.exit_code == exit_code


@pytest.mark.parametrize(("signal_number", "exit_code"), [(2, Exit.SIGINT), (15, Exit.SIGTERM)])
def test_an_interruption_ends_as_its_signal_does(signal_number: int, exit_code: Exit) -> None:
    interrupted = Interrupted(signal_number, next_step="run it again")

    assert interrupted.exit_code is exit_code
    assert str(interrupted) == f"interrupted by signal {signal_number}"


def test_an_error_says_what_happened_and_what_to_do() -> None:
    error = Locked("locked", "host-a holds the lock since 03:00", next_step="wait, or stop process 4711")

    assert str(error) == error.message == "host-a holds the lock since 03:00"
    assert error.code == "locked"
    assert error.next_step == "wait, or stop process 4711"


def test_every_exit_code_has_a_place_in_the_order() -> None:
    assert sorted(PRECEDENCE) == sorted(Exit)


@pytest.mark.parametrize(
    ("exits", "winner"),
    [
        ((), Exit.DONE),
        ((Exit.DONE,), Exit.DONE),
        ((Exit.SOMETHING_TO_START,), Exit.SOMETHING_TO_START),
        ((Exit.SOMETHING_TO_START, Exit.PENDING), Exit.PENDING),
        ((Exit.PENDING, Exit.REQUESTS_FAILED), Exit.REQUESTS_FAILED),
        ((Exit.REQUESTS_FAILED, Exit.ERROR), Exit.ERROR),
        ((Exit.ERROR, Exit.REFUSED), Exit.REFUSED),
        ((Exit.REFUSED, Exit.INVALID), Exit.INVALID),
        ((Exit.INVALID, Exit.USAGE), Exit.USAGE),
        ((Exit.USAGE, Exit.LOCKED), Exit.LOCKED),
        ((Exit.LOCKED, Exit.SIGTERM), Exit.SIGTERM),
    ],
)
def test_the_strongest_exit_code_wins(exits: tuple[Exit, ...], winner: Exit) -> None:
    assert strongest(*exits) is strongest(*reversed(exits)) is winner
