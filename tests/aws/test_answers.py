from glacier_manifest.aws.answers import Answer, Verdict
from glacier_manifest.errors import Exit, ServiceError


def test_an_answer_that_stops_the_run_becomes_its_error() -> None:
    answer = Answer(Verdict.STOP, code="clock-skew", message="Signature expired", next_step="set the clock")

    error = answer.as_error()

    assert isinstance(error, ServiceError)
    assert (error.code, error.message, error.next_step) == (
        "clock-skew",
        "Signature expired",
        "set the clock",
    )
    assert error.exit_code is Exit.ERROR


def test_an_answer_without_advice_still_ends_with_a_next_step() -> None:
    assert Answer(Verdict.UNKNOWN, code="no-answer", message="timed out").as_error().next_step
