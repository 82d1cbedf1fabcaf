"""Which inventory jobs a retrieval may wait for; the refusals with their places are in ``broken/``."""

from pathlib import Path

import pytest

from glacier_manifest.diagnostics import InvalidInput
from glacier_manifest.manifest import Archives, read_manifest


def codes(folder: Path, *files: str) -> list[str]:
    paths = [folder / f"{number}.yaml" for number in range(len(files))]
    for path, text in zip(paths, files, strict=True):
        path.write_text(f"version: 1\n{text}", encoding="utf-8")
    try:
        return [one.code for one in read_manifest(paths).warnings]
    except InvalidInput as error:
        return [one.code for one in error.diagnostics]


def retrieval(vault: str, more: str = "") -> str:
    return (
        f"  a: {{type: archive-retrieval, vault: {vault}, archives: {{inventory: {{job: i}}}}, "
        f"limits: {{jobs: 5}}{more}}}\n"
    )


def inventory(vault: str, more: str = "") -> str:
    return f'  i: {{type: inventory-retrieval, vault: {vault}, save_to: "{{vault}}.json"{more}}}\n'


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [
        ("v", "v"),
        ("v", "[w, v]"),
        ("photos-eu", '"photos-*"'),
        ('"photos-*"', '"photos-*"'),
        ('"photos-2015-*"', '"photos-*"'),
        ('"photos-?"', '"photos-*"'),
        ('"photos-?"', '"photos-?"'),
        ("[a, b]", '"*"'),
    ],
)
def test_vaults_whose_inventory_is_surely_taken(tmp_path: Path, wanted: str, taken: str) -> None:
    assert codes(tmp_path, f"jobs:\n{retrieval(wanted)}{inventory(taken)}") == []


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [
        ("v", "w"),
        ("[v, w]", "v"),
        ('"photos-*"', "photos-eu"),
        ('"photos-*"', '"photos-?"'),
        ('"*"', '"?*"'),
        ("Photos", "photos"),
    ],
)
def test_vaults_whose_inventory_is_not_surely_taken(tmp_path: Path, wanted: str, taken: str) -> None:
    assert codes(tmp_path, f"jobs:\n{retrieval(wanted)}{inventory(taken)}") == ["inventory-job"]


def test_the_other_job_may_stand_in_another_file(tmp_path: Path) -> None:
    assert codes(tmp_path, f"jobs:\n{retrieval('v')}", f"jobs:\n{inventory('v')}") == []


def test_a_job_that_is_wrong_itself_is_not_called_missing(tmp_path: Path) -> None:
    text = f"jobs:\n{retrieval('v')}{inventory('v', ', every: hourly')}"

    assert codes(tmp_path, text) == ["unknown-value"]


@pytest.mark.parametrize("own", [", account_id: '-'", ", account_id: '012345678901'", ", region: us-west-2"])
def test_an_account_or_region_that_is_told_nowhere_may_be_the_same(tmp_path: Path, own: str) -> None:
    assert codes(tmp_path, f"jobs:\n{retrieval('v')}{inventory('v', own)}") == []


def test_the_sizes_may_come_from_another_job_without_limits(tmp_path: Path) -> None:
    """The archives are named, and so approved, whatever that inventory says."""
    path = tmp_path / "jobs.yaml"
    path.write_text(
        f"version: 1\njobs:\n  a: {{type: archive-retrieval, vault: v, archive_id: {'x' * 138}, "
        f"sizes_from: {{job: i}}}}\n{inventory('v')}"
    )

    first = read_manifest([path]).jobs[0]

    assert isinstance(first.ask, Archives)
    assert first.ask.sizes_from is not None
    assert (first.ask.sizes_from.job, first.ask.sizes_from.span.line) == ("i", 3)


def test_an_inventory_that_is_never_saved_keeps_others_waiting(tmp_path: Path) -> None:
    never_saved = inventory("v").replace(', save_to: "{vault}.json"', "")

    assert codes(tmp_path, f"jobs:\n{retrieval('v')}{never_saved}") == ["inventory-not-saved"]
