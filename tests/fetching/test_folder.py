"""What a folder does beside the contract of all places: links, foreign files, dates, full disks."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from glacier_manifest.errors import Exit, Failed
from glacier_manifest.fetching.destination import Existing
from glacier_manifest.fetching.folder import PARTS, Folder
from tests.fetching.places import files_in, keep, output_of, write

BODY = b"a photograph"


def test_no_link_below_the_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "restored").mkdir()
    (tmp_path / "restored/photos").symlink_to(tmp_path / "outside")

    name = keep(Folder(tmp_path / "restored"), output_of(BODY), BODY)

    assert name == "photos~folder/a.jpg"
    assert [*(tmp_path / "outside").iterdir()] == []


@pytest.mark.parametrize("existing", Existing)
def test_no_link_is_written_through(tmp_path: Path, existing: Existing) -> None:
    (tmp_path / "outside").write_bytes(b"precious")
    (tmp_path / "restored/photos").mkdir(parents=True)
    (tmp_path / "restored/photos/a.jpg").symlink_to(tmp_path / "outside")

    name = keep(Folder(tmp_path / "restored", existing=existing), output_of(BODY), BODY)

    assert (tmp_path / "outside").read_bytes() == b"precious"
    assert (tmp_path / "restored" / name).read_bytes() == BODY
    assert not (tmp_path / "restored" / name).is_symlink()


def test_the_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "restored").symlink_to(tmp_path / "disk")

    keep(Folder(tmp_path / "restored"), output_of(BODY), BODY)

    assert files_in(tmp_path / "disk") == {"photos/a.jpg": BODY}


@pytest.mark.parametrize("existing", Existing)
def test_files_and_folders_of_others_keep_their_kind(tmp_path: Path, existing: Existing) -> None:
    (tmp_path / "photos").write_bytes(b"a file where a folder is wanted")
    (tmp_path / "b.jpg").mkdir()
    folder = Folder(tmp_path, existing=existing)

    names = {keep(folder, output_of(BODY), BODY), keep(folder, output_of(BODY, "b.jpg"), BODY)}

    assert names == {"photos~folder/a.jpg", "b~o2jmhljvic5y.jpg"}
    assert files_in(tmp_path) == {"photos": b"a file where a folder is wanted", **dict.fromkeys(names, BODY)}


def test_a_name_that_is_taken_at_the_last_moment_is_left_alone(tmp_path: Path) -> None:
    output = output_of(BODY)
    with Folder(tmp_path).draft(output) as draft:
        write(draft, output, BODY)
        (tmp_path / "photos").mkdir()
        (tmp_path / "photos/a.jpg").write_bytes(b"quicker")
        kept = draft.finish()

    assert kept.name == "photos/a~o2jmhljvic5y.jpg"
    assert (tmp_path / "photos/a.jpg").read_bytes() == b"quicker"


def test_a_run_that_dies_between_the_two_names_of_a_file_is_gone_on_with(tmp_path: Path) -> None:
    output = output_of(BODY)
    folder = Folder(tmp_path)
    keep(folder, output, BODY)
    (journal,) = (tmp_path / PARTS).iterdir()
    os.link(tmp_path / "photos/a.jpg", journal.with_name(journal.name.partition(".")[0]))

    kept = folder.kept(output)
    folder.forget(output)
    folder.tidy()

    assert kept is not None
    assert kept.name == "photos/a.jpg"
    assert not (tmp_path / PARTS).exists()
    assert os.stat(tmp_path / "photos/a.jpg").st_nlink == 1  # noqa: PTH116 - the count is the point


def test_nothing_is_left_behind_once_the_state_knows(tmp_path: Path) -> None:
    output = output_of(BODY)
    folder = Folder(tmp_path)
    keep(folder, output, BODY)
    folder.forget(output)
    folder.tidy()

    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a.jpg", "photos"]


def test_a_file_has_the_date_that_its_description_tells(tmp_path: Path) -> None:
    modified = datetime(2015, 7, 17, 10, 30, tzinfo=UTC)
    keep(Folder(tmp_path), output_of(BODY, modified=modified), BODY)

    assert (tmp_path / "photos/a.jpg").stat().st_mtime == modified.timestamp()


def test_a_folder_tells_its_free_room(tmp_path: Path) -> None:
    assert 0 < Folder(tmp_path).free() <= os.statvfs(tmp_path).f_blocks * os.statvfs(tmp_path).f_frsize


def test_a_folder_tells_whether_it_takes_capitals_for_small_letters(tmp_path: Path) -> None:
    (tmp_path / "x").touch()

    assert Folder(tmp_path).rules.folds == (tmp_path / "X").exists()


def test_what_cannot_be_made_is_told_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "restored").write_bytes(b"a file")

    with pytest.raises(Failed) as refused:
        Folder(tmp_path / "restored" / "deep")

    assert (refused.value.code, refused.value.exit_code) == ("cannot-save", Exit.ERROR)
    assert str(tmp_path / "restored" / "deep") in refused.value.message
