"""When an output may be gone, and when it is not."""

from dataclasses import replace
from datetime import timedelta

import pytest

from glacier_manifest.jobs.status import Status
from glacier_manifest.tracking.expiry import may_be_gone
from tests.planning.examples import NOON, archive, record, request

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("job_type", "status", "may_be"),
    [
        ("archive-retrieval", Status.SUCCEEDED, True),
        ("inventory-retrieval", Status.SUCCEEDED, True),
        ("select", Status.SUCCEEDED, False),
        ("select", Status.IN_PROGRESS, True),
    ],
)
def test_what_a_select_has_found_is_in_s3_and_not_gone_with_its_job(
    job_type: str, status: Status, *, may_be: bool
) -> None:
    one = replace(record(request(archive("a")), status), type=job_type, completed_at=NOON - 30 * DAY)

    assert may_be_gone(one, at=NOON) is may_be
