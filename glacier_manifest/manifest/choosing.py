"""Which files are read: those that are named, and the manifests of the folders that are named."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from glacier_manifest.diagnostics import Diagnostic, InvalidInput, Severity
from glacier_manifest.manifest.findings import Document
from glacier_manifest.manifest.yaml_nodes import compose
from glacier_manifest.manifest.yaml_source import Source, read_source, unreadable

_SUFFIXES = (".yaml", ".yml")
_OURS = (".glacier.yaml", ".glacier.yml")
_KEYS = tuple(re.compile(rf"^[\"']?{key}[\"']?[ \t]*:", re.MULTILINE) for key in ("version", "jobs"))

_Identity = tuple[int, int]


class Choice:
    """The documents of all files in the order of reading, and what was wrong before their values."""

    def __init__(self) -> None:
        self.documents: list[Document] = []
        self.found: list[Diagnostic] = []
        self._taken: set[_Identity] = set()

    def take_file(self, path: Path) -> None:
        """Read a file that is named; a second name of the same file is passed over."""
        if not self._is_taken(path):
            self._read(path)

    def take_folder(self, path: Path) -> None:
        """Read the manifests in a folder: ``*.glacier.yaml``, then what has ``version:`` and ``jobs:``."""
        try:
            names = _yaml_names(path)
        except OSError as error:
            self.found.append(unreadable(path, error))
            return
        taken = [self._take_from_folder(path / name) for name in names]
        if not any(taken):
            self.found.append(_no_manifest(path))

    def _take_from_folder(self, path: Path) -> bool:
        if self._is_taken(path):
            return True
        if path.name.endswith(_OURS):
            self._read(path)
            return True
        return self._read_if_manifest(path)

    def _is_taken(self, path: Path) -> bool:
        return _identity(path) in self._taken

    def _read(self, path: Path) -> None:
        self._remember(path)
        try:
            self._add(read_source(path))
        except InvalidInput as error:
            self.found += error.diagnostics

    def _read_if_manifest(self, path: Path) -> bool:
        try:
            source = read_source(path)
        except InvalidInput as error:
            self.found += error.diagnostics
            return True
        if not _looks_like_manifest(source):
            return False
        self._remember(path)
        try:
            self._add(source)
        except InvalidInput as error:
            self.found += error.diagnostics
        return True

    def _remember(self, path: Path) -> None:
        identity = _identity(path)
        if identity is not None:
            self._taken.add(identity)

    def _add(self, source: Source) -> None:
        root, found = compose(source)
        self.documents.append(Document(source, root))
        self.found += found


def choose(paths: Sequence[Path]) -> Choice:
    """Read the named files, and the manifests in the named folders, each file once."""
    choice = Choice()
    for path in paths:
        if os.path.isdir(path):  # noqa: PTH112 - before Python 3.12 Path.is_dir raises on some names
            choice.take_folder(path)
        else:
            choice.take_file(path)
    return choice


def _identity(path: Path) -> _Identity | None:
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino


def _yaml_names(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries if entry.name.endswith(_SUFFIXES) and not entry.is_dir()]
    return sorted(names, key=lambda name: (not name.endswith(_OURS), name))


def _looks_like_manifest(source: Source) -> bool:
    """Say whether a YAML file has the top-level keys of a manifest; one that is not YAML, by its lines."""
    if "version" not in source.text or "jobs" not in source.text:
        return False
    try:
        members = compose(source)[0].members or {}
    except InvalidInput:
        return all(key.search(source.text) for key in _KEYS)
    return "version" in members and "jobs" in members


def _no_manifest(folder: Path) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        "no-manifest",
        f"folder '{folder}' holds no manifest",
        help="name a file, or give the folder a file that ends in .glacier.yaml",
    )
