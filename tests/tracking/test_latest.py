"""The latest purchase of each request."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

from glacier_manifest.jobs.status import Status
from glacier_manifest.state.changes import Intend, Observe
from glacier_manifest.tracking.latest import latest_purchases
from tests.planning.examples import NOON
from tests.tracking.states import all_started, state_in


def test_a_purchase_that_was_followed_by_another_is_left_out(tmp_path: Path) -> None:
    with closing(state_in(tmp_path)) as state:
        first, *_ = all_started(state, [f"a{number}" for number in range(501)])
        state.write(Observe(first.key, 0, NOON, Status.FAILED))
        state.write(Intend(replace(first, generation=1, job_id=None), NOON))

        found = list(latest_purchases(state))

    assert len(found) == 501
    assert [one.generation for one in found if one.key == first.key] == [1]
