import os
from pathlib import Path

import pytest

from glacier_manifest.diagnostics import InvalidInput
from glacier_manifest.manifest import read_manifest

COUNTER = iter(range(10_000))


def manifest_in(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"version: 1\njobs:\n  job-{next(COUNTER)}: {{type: inventory-retrieval, vault: v}}\n")
    return path


def codes(*paths: Path) -> list[str]:
    with pytest.raises(InvalidInput) as raised:
        read_manifest(paths)
    return [one.code for one in raised.value.diagnostics]


def test_a_folder_gives_its_own_suffix_first_then_what_looks_like_a_manifest(tmp_path: Path) -> None:
    expected = [
        manifest_in(tmp_path / name) for name in ("b.glacier.yaml", "z.glacier.yml", "a.yaml", "c.yml")
    ]
    (tmp_path / "compose.yaml").write_text("version: '3'\nservices: {}\n")
    (tmp_path / "workflow.yml").write_text("on: push\njobs: {}\n")
    (tmp_path / "broken-template.yaml").write_text("{{ version }} jobs: [\n")
    (tmp_path / "notes.txt").write_text("version: 1\njobs: {}\n")
    (tmp_path / "folder.yaml").mkdir()
    manifest_in(tmp_path / "below" / "d.glacier.yaml")

    assert list(read_manifest([tmp_path]).files) == expected


@pytest.mark.parametrize(
    "text", ["'version': 1\n\"jobs\": {}\n", "{version: 1, jobs: {}}\n", "jobs:\nversion: 1\n"]
)
def test_a_manifest_is_known_by_its_keys_however_they_are_written(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(text)

    assert read_manifest([tmp_path]).files == (path,)


def test_a_manifest_that_is_not_yaml_is_known_by_its_lines(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("version: 1\njobs:\n\ta: 1\n")

    assert codes(tmp_path) == ["yaml-syntax"]


def test_a_file_with_our_suffix_must_be_a_manifest(tmp_path: Path) -> None:
    (tmp_path / "x.glacier.yaml").write_text("services: {}\n")

    assert set(codes(tmp_path)) == {"unknown-key", "missing-key"}


def test_a_folder_without_a_manifest_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("services: {}\n")

    assert codes(tmp_path) == ["no-manifest"]


def test_a_folder_of_ten_thousand_files_is_searched(tmp_path: Path) -> None:
    for number in range(10_000):
        (tmp_path / f"{number}.txt").touch()
    path = manifest_in(tmp_path / "jobs.yaml")

    assert read_manifest([tmp_path]).files == (path,)


def test_a_broken_link_in_a_folder_is_told(tmp_path: Path) -> None:
    manifest_in(tmp_path / "a.yaml")
    (tmp_path / "b.yaml").symlink_to("gone.yaml")

    assert codes(tmp_path) == ["unreadable-file"]


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    assert codes(tmp_path / "none") == ["unreadable-file"]


def test_names_that_no_file_can_have_are_told(tmp_path: Path) -> None:
    assert codes(tmp_path / "a\0b", tmp_path / ("x" * 5000)) == ["unreadable-file", "unreadable-file"]


def test_two_names_of_one_file_are_read_once(tmp_path: Path) -> None:
    path = manifest_in(tmp_path / "jobs.yaml")
    (tmp_path / "soft.yaml").symlink_to(path)
    os.link(path, tmp_path / "hard.yaml")
    names = [path, tmp_path / "." / "jobs.yaml", tmp_path / "soft.yaml", tmp_path / "hard.yaml", tmp_path]

    assert read_manifest(names).files == (path,)


def test_a_wrong_file_that_is_named_twice_is_told_once(tmp_path: Path) -> None:
    path = tmp_path / "jobs.glacier.yaml"
    path.write_text("a: [\n")

    assert codes(path, tmp_path, path) == ["yaml-syntax"]


def test_a_file_that_a_folder_passes_over_is_read_where_it_is_named(tmp_path: Path) -> None:
    manifest_in(tmp_path / "jobs.yaml")
    other = tmp_path / "other.yaml"
    other.write_text("version: 1\n")

    assert codes(tmp_path, other) == ["missing-key"]
