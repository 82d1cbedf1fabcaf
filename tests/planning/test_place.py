"""Where requests are sent: the region, the account behind '-', and the endpoint."""

from dataclasses import replace
from pathlib import Path

import pytest

from glacier_manifest.diagnostics import Span
from glacier_manifest.errors import Elsewhere, Failed, UsageError
from glacier_manifest.manifest import Archives, Job
from glacier_manifest.planning.place import (
    Place,
    check_account,
    check_endpoint,
    only_account,
    places,
    region_of,
)
from glacier_manifest.state.protocol import Identity

JOB = Job(
    name="wedding",
    span=Span(Path("jobs.yaml"), 5, 3, 10),
    vaults=("photos", "videos"),
    account_id="-",
    region=None,
    description=None,
    sns_topic=None,
    tiers=(),
    schedule=None,
    ask=Archives((), None, None),
)


def identity(*accounts: str, endpoint: str | None = "aws") -> Identity:
    return Identity("5f0c9a3e", frozenset(accounts), endpoint)


@pytest.mark.parametrize(
    ("own", "flag", "region"),
    [
        ("eu-west-1", None, "eu-west-1"),
        ("eu-west-1", "eu-west-1", "eu-west-1"),
        (None, "us-east-1", "us-east-1"),
        (None, None, "us-west-2"),
    ],
)
def test_a_jobs_region_is_its_own_then_the_flags_then_the_environments(
    own: str | None, flag: str | None, region: str
) -> None:
    assert region_of(replace(JOB, region=own), flag=flag, default=lambda: "us-west-2") == region


def test_the_environment_is_not_asked_where_it_does_not_count() -> None:
    def nobody() -> str:
        raise AssertionError("the environment was asked")

    assert region_of(replace(JOB, region="eu-west-1"), flag=None, default=nobody) == "eu-west-1"


def test_a_region_flag_that_contradicts_the_manifest_is_an_error_that_names_the_place() -> None:
    with pytest.raises(UsageError, match=r"jobs\.yaml:5.*eu-west-1") as caught:
        region_of(replace(JOB, region="eu-west-1"), flag="us-east-1", default=lambda: "us-west-2")

    assert caught.value.code == "region-contradicts"


def test_the_caller_is_looked_up_once_a_region_and_only_where_asked_for() -> None:
    asked: list[tuple[str, str]] = []

    def look_up(region: str, vault: str) -> str:
        asked.append((region, vault))
        return f"1111111111{len(asked):02}"

    jobs = [
        JOB,
        replace(JOB, name="more", vaults=("other",)),
        replace(JOB, name="eu", region="eu-west-1", vaults=("eu-photos",)),
        replace(JOB, name="theirs", account_id="999999999999"),
    ]
    found = places(jobs, region=lambda job: job.region or "us-west-2", caller_account=look_up)

    assert asked == [("us-west-2", "photos"), ("eu-west-1", "eu-photos")]
    assert found == {
        "wedding": Place("111111111101", "us-west-2"),
        "more": Place("111111111101", "us-west-2"),
        "eu": Place("111111111102", "eu-west-1"),
        "theirs": Place("999999999999", "us-west-2"),
    }


def test_nobody_is_asked_where_every_account_is_written_down() -> None:
    def nobody(_region: str, _vault: str) -> str:
        raise AssertionError("AWS was asked")

    job = replace(JOB, account_id="999999999999")

    assert places([job], region=lambda _job: "us-west-2", caller_account=nobody) == {
        "wedding": Place("999999999999", "us-west-2")
    }


def test_offline_the_caller_is_the_only_account_that_the_state_knows() -> None:
    assert only_account(identity("111111111111")) == "111111111111"


@pytest.mark.parametrize(
    ("accounts", "seen"),
    [((), "none"), (("222222222222", "111111111111"), "111111111111, 222222222222")],
)
def test_offline_no_account_or_several_are_an_error(accounts: tuple[str, ...], seen: str) -> None:
    with pytest.raises(Failed, match=seen) as caught:
        only_account(identity(*accounts))

    assert caught.value.code == "account-unknown"


@pytest.mark.parametrize(
    ("known", "is_empty", "new_account"),
    [(("111111111111",), False, True), ((), True, False), (("111111111111", "222222222222"), False, False)],
    ids=["--new-account", "empty state", "known account"],
)
def test_the_callers_account_is_taken_where_it_is_known_or_meant(
    known: tuple[str, ...], *, is_empty: bool, new_account: bool
) -> None:
    check_account(identity(*known), "222222222222", state_is_empty=is_empty, new_account=new_account)


def test_a_wrong_profile_does_not_start_everything_elsewhere() -> None:
    with pytest.raises(Elsewhere, match=r"222222222222.*111111111111") as caught:
        check_account(identity("111111111111"), "222222222222", state_is_empty=False, new_account=False)

    assert caught.value.code == "new-account"
    assert "--new-account" in caught.value.next_step


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (None, "aws"),
        (None, "http://127.0.0.1:1"),
        ("aws", "aws"),
        ("http://127.0.0.1:1", "http://127.0.0.1:2"),
    ],
)
def test_a_state_stays_with_aws_or_with_sandboxes(before: str | None, now: str) -> None:
    check_endpoint(identity(endpoint=before), now)


@pytest.mark.parametrize(("before", "now"), [("aws", "http://127.0.0.1:1"), ("http://127.0.0.1:1", "aws")])
def test_a_state_of_a_sandbox_is_never_used_against_aws_nor_the_other_way_round(
    before: str, now: str
) -> None:
    with pytest.raises(Elsewhere, match=r"AWS") as caught:
        check_endpoint(identity(endpoint=before), now)

    assert caught.value.code == "other-endpoint"
