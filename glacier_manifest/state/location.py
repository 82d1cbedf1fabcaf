"""Where the state is: ``--state``, the environment, or beside the manifests; and whether it may be there.

SQLite's write-ahead log needs memory that all its processes share, and the locks need a kernel that all
share: on a network file system both fail silently, so such places are refused. What a path is mounted from
is known on Linux (``/proc/self/mountinfo``); elsewhere nothing is checked, and the user must know.
"""

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from glacier_manifest.errors import StateError, UsageError
from glacier_manifest.state import faults, opening

#: The folder that is made beside the manifests where no place is named.
FOLDER = ".glacier-manifest"
FILE = "state.db"

_MOUNTS = Path("/proc/self/mountinfo")
_NETWORK_FILE_SYSTEMS = re.compile(
    r"nfs\d?|cifs|smb\w*|ncpfs?|afs|auristorfs|efs|9p|ceph|glusterfs|lustre|beegfs|gpfs|gfs2?|ocfs2|davfs2?"
    r"|fuse\.(?:sshfs|s3fs|s3ql|goofys|gcsfuse|mount-s3|mountpoint-s3|rclone|davfs2?|glusterfs|ceph\S*|blobfuse2?"
    r"|curlftpfs|smbnetfs|juicefs|cephfs|nfs\S*|geesefs|objectivefs)"
)
_ESCAPED = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True, slots=True)
class Location:
    """Where a state is, or will be made.

    Attributes:
        path: The file, absolute and without symbolic links.
        ours: Whether the folder is our own, made with the state and hidden from git.
    """

    path: Path
    ours: bool

    @property
    def exists(self) -> bool:
        """Whether there is a state at the path.

        Raises:
            StateError: That cannot be seen.
        """
        return opening.is_there(self.path)


def locate(state: str | None, *, environment: str | None, manifests: Iterable[Path]) -> Location:
    """Find out where the state is, or would be, and make nothing.

    Args:
        state: What ``--state`` says: a path, or ``sqlite:///`` and an absolute path.
        environment: What ``GLACIER_MANIFEST_STATE`` says; empty is as good as unset.
        manifests: The manifests, files or folders, or the current folder where a command takes none.

    Raises:
        UsageError: ``unknown-state-url``, or ``several-folders`` where no place is named and the manifests
            stand in more than one folder.
    """
    named = environment or None if state is None else state
    if named is not None:
        return Location(Path(os.path.realpath(_path_of(named))), ours=False)
    folders = sorted({_folder_of(manifest) for manifest in manifests})
    if len(folders) != 1:
        raise UsageError(
            "several-folders",
            f"the manifests stand in several folders ({', '.join(map(str, folders))}), "
            "and each would have a state of its own",
            next_step="name one state for all of them with --state or GLACIER_MANIFEST_STATE",
        )
    return Location(Path(os.path.realpath(folders[0] / FOLDER / FILE)), ours=True)


def prepare(location: Location, *, mounts: str) -> None:
    """Make sure that a state can be opened, or made, at a location; make our own folder.

    Args:
        location: Where.
        mounts: The text of ``/proc/self/mountinfo``; empty where there is none.

    Raises:
        StateError: ``state-is-folder``, ``state-folder-missing``, ``state-on-network`` or ``state-unusable``.
    """
    check_readable(location, mounts=mounts)
    folder = location.path.parent
    if location.ours:
        _make_own_folder(folder)
    if not folder.is_dir():
        raise StateError(
            "state-folder-missing",
            f"the folder of the state does not exist: {folder}",
            next_step=f"is a disk not mounted? else make the folder: mkdir -p '{folder}'",
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        raise StateError(
            "state-unusable",
            f"the folder of the state cannot be written by this user: {folder}",
            next_step="run as the user who owns it, or name another place with --state",
        )


def check_readable(location: Location, *, mounts: str) -> None:
    """Make sure that a state, if there is one, can be read at a location.

    Raises:
        StateError: ``state-is-folder`` or ``state-on-network``.
    """
    if location.path.is_dir():
        raise StateError(
            "state-is-folder",
            f"the state is to be a file, and this is a folder: {location.path}",
            next_step=f"name a file in it: --state '{location.path / FILE}'",
        )
    file_system = file_system_of(location.path, mounts)
    if file_system is not None and _NETWORK_FILE_SYSTEMS.fullmatch(file_system):
        raise StateError(
            "state-on-network",
            f"the state would be on a network file system ({file_system}), where no lock can be trusted: "
            f"{location.path}",
            next_step="name a place on a local disk with --state or GLACIER_MANIFEST_STATE",
        )


def read_mounts() -> str:
    """Return the text of ``/proc/self/mountinfo``; empty where the system has none."""
    with suppress(OSError):
        return _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    return ""


def file_system_of(path: Path, mounts: str) -> str | None:
    """Return the type of the file system that an absolute path is on, ``ext4`` or ``nfs4``; None if unknown.

    Args:
        path: An absolute path without symbolic links; it need not exist.
        mounts: The text of ``/proc/self/mountinfo`` (man page proc(5)).
    """
    deepest, found = -1, None
    for line in mounts.splitlines():
        before, separator, after = line.partition(" - ")
        fields = before.split(" ")
        if not separator or len(fields) < 5:  # noqa: PLR2004 - the mount point is the fifth field
            continue
        mount_point = Path(_ESCAPED.sub(lambda match: chr(int(match[1], 8)), fields[4]))
        # Of two mounts on one point, the later hides the earlier.
        if path.is_relative_to(mount_point) and len(mount_point.parts) >= deepest:
            deepest, found = len(mount_point.parts), after.split(" ")[0]
    return found


def _path_of(named: str) -> str:
    if "://" not in named:
        if not named:
            raise _unknown_url(named)
        return named
    url = urlsplit(named)
    if url.scheme != "sqlite" or url.netloc or url.query or url.fragment or url.path in {"", "/"}:
        raise _unknown_url(named)
    return "/" + unquote(url.path).lstrip("/")


def _unknown_url(named: str) -> UsageError:
    return UsageError(
        "unknown-state-url",
        f"'{named}' names no state that this program knows",
        next_step="write a path, such as --state /var/lib/glacier/state.db, or sqlite:///var/lib/glacier/state.db",
    )


def _folder_of(manifest: Path) -> Path:
    return Path(os.path.realpath(manifest if manifest.is_dir() else manifest.parent))


def _make_own_folder(folder: Path) -> None:
    with faults.told_of(folder / FILE):
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        ignore = folder / ".gitignore"
        with suppress(FileExistsError), ignore.open("x", encoding="utf-8") as file:
            file.write("*\n")
