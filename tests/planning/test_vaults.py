"""Vaults by name and by pattern."""

from pathlib import Path

import pytest

from glacier_manifest.diagnostics import InvalidInput, Span
from glacier_manifest.jobs.request import InventoryRetrieval
from glacier_manifest.manifest import Job
from glacier_manifest.planning.vaults import with_vaults_named

KNOWN = ("photos-us", "photos-eu", "documents", "photo", "Photos-x", "p.1", "pa1")


def job(*vaults: str, name: str = "weekly", line: int = 5) -> Job:
    return Job(
        name=name,
        span=Span(Path("jobs.yaml"), line, 3, 9),
        vaults=vaults,
        account_id="-",
        region="eu-west-1",
        description=None,
        sns_topic=None,
        tiers=(),
        schedule=None,
        ask=InventoryRetrieval(),
    )


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (("photos-*",), ("photos-eu", "photos-us")),
        (("photo*",), ("photo", "photos-eu", "photos-us")),
        (("*",), tuple(sorted(KNOWN))),
        (("photos-??",), ("photos-eu", "photos-us")),
        (("p.?",), ("p.1",)),
        (("*-us", "documents"), ("photos-us", "documents")),
        (("photos-us", "photos-*"), ("photos-us", "photos-eu")),
        (("gone", "photo?-eu"), ("gone", "photos-eu")),
        (("gone",), ("gone",)),
    ],
)
def test_a_pattern_means_the_vaults_that_match_sorted_in_its_place(
    written: tuple[str, ...], meant: tuple[str, ...]
) -> None:
    (named,) = with_vaults_named([job(*written)], lambda _job: KNOWN)

    assert named.vaults == meant


def test_nothing_is_listed_for_a_job_that_names_its_vaults() -> None:
    asked: list[str] = []

    def names(one: Job) -> tuple[str, ...]:
        asked.append(one.name)
        return KNOWN

    with_vaults_named([job("photo"), job("*", name="all")], names)

    assert asked == ["all"]


def test_every_pattern_that_matches_nothing_is_told_at_once_with_what_there_is() -> None:
    jobs = [job("fotos-*", "photo*", line=5), job("x?", name="other", line=9)]

    with pytest.raises(InvalidInput) as raised:
        with_vaults_named(jobs, lambda _job: KNOWN)

    first, second = raised.value.diagnostics
    assert (first.code, second.code) == ("no-such-vault", "no-such-vault")
    assert first.message == "no vault in eu-west-1 matches 'fotos-*', which job 'weekly' is to be sent to"
    assert first.span == jobs[0].span
    assert {"photos-eu", "photos-us"} <= set((first.help or "").replace(",", "").split())
    assert (first.help or "").endswith(" and 2 more")


def test_an_account_without_vaults_is_said_to_have_none() -> None:
    with pytest.raises(InvalidInput) as raised:
        with_vaults_named([job("*")], lambda _job: ())

    assert raised.value.diagnostics[0].help == (
        "the account has no vaults there: check the region and the profile"
    )
