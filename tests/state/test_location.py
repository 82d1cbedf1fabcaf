"""Where the state is, and where it may not be."""

from pathlib import Path

import pytest

from glacier_manifest.errors import Exit, StateError, UsageError
from glacier_manifest.state.location import (
    Location,
    check_readable,
    file_system_of,
    locate,
    prepare,
    read_mounts,
)

MOUNTS = r"""
21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 21 0:40 / /mnt/office rw,relatime shared:2 - nfs4 files:/export rw
31 30 8:2 / /mnt/office/local rw,relatime - xfs /dev/sdb1 rw
32 21 0:41 / /mnt/with\040space rw,relatime - cifs //files/share rw
33 21 0:42 / /mnt/bucket rw,relatime - fuse.s3fs s3fs rw
34 21 0:43 / /mnt/host rw,relatime - 9p drvfs rw
35 21 0:44 / /mnt/fuse rw,relatime - fuse.ntfs-3g /dev/sdc1 rw
36 21 0:45 / /mnt/hidden rw,relatime - nfs files:/old rw
37 21 0:46 / /mnt/hidden rw,relatime - tmpfs tmpfs rw
a line that is none
"""


def test_a_place_that_is_named_wins(tmp_path: Path) -> None:
    manifest = tmp_path / "jobs.yaml"

    named = locate("/a/state.db", environment="/b/state.db", manifests=[manifest])
    from_environment = locate(None, environment="/b/state.db", manifests=[manifest])

    assert named == Location(Path("/a/state.db"), ours=False)
    assert from_environment == Location(Path("/b/state.db"), ours=False)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///var/lib/state.db", "/var/lib/state.db"),
        ("sqlite:////var/lib/state.db", "/var/lib/state.db"),
        ("sqlite:///var/lib/my%20state.db", "/var/lib/my state.db"),
        ("/var/lib/../lib/state.db", "/var/lib/state.db"),
        ("/var/lib/a:b.db", "/var/lib/a:b.db"),
    ],
)
def test_a_place_is_a_path_or_a_url(url: str, path: str) -> None:
    assert locate(url, environment=None, manifests=()).path == Path(path)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "s3://bucket/state.db",
        "postgres://host/db",
        "sqlite://host/state.db",
        "sqlite://",
        "sqlite:///",
        "sqlite:///a.db?mode=ro",
        "sqlite:///a.db#b",
    ],
)
def test_a_url_that_names_no_state_is_a_wrong_command_line(url: str) -> None:
    with pytest.raises(UsageError) as refusal:
        locate(url, environment=None, manifests=())

    assert refusal.value.code == "unknown-state-url"
    assert refusal.value.exit_code is Exit.USAGE
    assert f"'{url}'" in refusal.value.message


@pytest.mark.parametrize("environment", [None, ""])
def test_the_default_is_beside_the_manifests(tmp_path: Path, environment: str | None) -> None:
    manifests = [tmp_path, tmp_path / "a.yaml", tmp_path / "b.yaml"]

    assert locate(None, environment=environment, manifests=manifests) == Location(
        tmp_path / ".glacier-manifest" / "state.db", ours=True
    )


def test_manifests_in_several_folders_need_a_place_that_is_named(tmp_path: Path) -> None:
    manifests = [tmp_path / "a" / "jobs.yaml", tmp_path / "b" / "jobs.yaml"]

    with pytest.raises(UsageError) as refusal:
        locate(None, environment=None, manifests=manifests)

    assert refusal.value.code == "several-folders"
    assert f"{tmp_path / 'a'}, {tmp_path / 'b'}" in refusal.value.message
    assert locate("/s.db", environment=None, manifests=manifests).path == Path("/s.db")


def test_two_names_of_one_state_are_one_place_with_one_lock(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "real" / "link.db").symlink_to("state.db")

    by_link = locate(str(tmp_path / "link" / "link.db"), environment=None, manifests=())

    assert by_link.path == tmp_path / "real" / "state.db"


def test_our_own_folder_is_made_private_and_hidden_from_git(tmp_path: Path) -> None:
    location = locate(None, environment=None, manifests=[tmp_path])
    prepare(location, mounts="")
    prepare(location, mounts="")

    folder = tmp_path / ".glacier-manifest"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / ".gitignore").read_text() == "*\n"
    assert not location.exists


def test_a_folder_that_somebody_named_is_not_made(tmp_path: Path) -> None:
    location = Location(tmp_path / "not-mounted" / "state.db", ours=False)

    with pytest.raises(StateError) as refusal:
        prepare(location, mounts="")

    assert refusal.value.code == "state-folder-missing"
    assert "not mounted" in refusal.value.next_step
    assert list(tmp_path.iterdir()) == []


def test_a_folder_cannot_be_a_state(tmp_path: Path) -> None:
    with pytest.raises(StateError) as refusal:
        prepare(Location(tmp_path, ours=False), mounts="")

    assert refusal.value.code == "state-is-folder"
    assert str(tmp_path / "state.db") in refusal.value.next_step


def test_a_file_where_our_folder_should_be_is_told(tmp_path: Path) -> None:
    (tmp_path / ".glacier-manifest").write_text("")

    with pytest.raises(StateError) as refusal:
        prepare(locate(None, environment=None, manifests=[tmp_path]), mounts="")

    assert refusal.value.code == "state-unusable"
    assert str(tmp_path / ".glacier-manifest") in refusal.value.message


@pytest.mark.parametrize(
    ("path", "file_system"),
    [
        ("/home/me/state.db", "ext4"),
        ("/mnt/office/state.db", "nfs4"),
        ("/mnt/office/local/state.db", "xfs"),
        ("/mnt/officer/state.db", "ext4"),
        ("/mnt/with space/state.db", "cifs"),
        ("/mnt/hidden/state.db", "tmpfs"),
    ],
)
def test_the_deepest_and_latest_mount_tells_the_file_system(path: str, file_system: str) -> None:
    assert file_system_of(Path(path), MOUNTS) == file_system


def test_without_a_mount_table_nothing_is_known() -> None:
    assert file_system_of(Path("/home/me/state.db"), "") is None


@pytest.mark.parametrize(
    "path", ["/mnt/office/s.db", "/mnt/with space/s.db", "/mnt/bucket/s.db", "/mnt/host/s.db"]
)
def test_network_file_systems_are_refused(path: str) -> None:
    with pytest.raises(StateError) as refusal:
        check_readable(Location(Path(path), ours=False), mounts=MOUNTS)

    assert refusal.value.code == "state-on-network"
    assert path in refusal.value.message


@pytest.mark.parametrize(
    "path", ["/home/me/s.db", "/mnt/office/local/s.db", "/mnt/fuse/s.db", "/mnt/hidden/s.db"]
)
def test_local_file_systems_are_not(path: str) -> None:
    check_readable(Location(Path(path), ours=False), mounts=MOUNTS)


def test_this_system_can_be_asked(tmp_path: Path) -> None:
    prepare(Location(tmp_path / "state.db", ours=False), mounts=read_mounts())
