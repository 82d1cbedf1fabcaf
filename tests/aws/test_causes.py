import pytest

from glacier_manifest.aws.causes import Cause, next_step_for


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_says_what_to_do(cause: Cause) -> None:
    step = next_step_for(cause, action="glacier:ListJobs")

    assert step
    assert "{" not in step
    assert not step.endswith(".")


def test_a_denied_action_is_named() -> None:
    assert "glacier:ListJobs" in next_step_for(Cause.ACCESS_DENIED, action="glacier:ListJobs")
