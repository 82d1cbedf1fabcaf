"""From what ``aws glacier initiate-job`` takes to a manifest.

Understood are the documents of ``--cli-input-json`` and ``--job-parameters``, and skeletons that were filled
in: there an empty text means that a member is not set.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from glacier_manifest.diagnostics import Diagnostic, InvalidInput, Severity
from glacier_manifest.manifest.aws_cli import MISSING_VAULT, job_node, mapping_node
from glacier_manifest.manifest.file_checking import check_file
from glacier_manifest.manifest.findings import Document, locate
from glacier_manifest.manifest.json_nodes import compose_json
from glacier_manifest.manifest.values import JOB_NAME, fits
from glacier_manifest.manifest.writing import Value, write_mapping
from glacier_manifest.manifest.yaml_nodes import Member, Node, compose
from glacier_manifest.manifest.yaml_source import Source

_ORDER = (
    *("type", "vault", "account_id", "archive_id", "retrieval_byte_range", "format"),
    *("inventory_retrieval_parameters", "select_parameters", "output_location"),
    *("description", "sns_topic", "tier"),
)
_Job = Mapping[str, Value]


def document_path(name: str) -> Path:
    """Return the file that a name means, with or without the AWS CLI's ``file://`` before it."""
    return Path(re.sub(r"^fileb?://", "", name))


def convert(documents: Sequence[Source], *, vault: str | None = None, region: str | None = None) -> str:
    """Return a manifest that asks for exactly what the documents ask for.

    Args:
        documents: JSON (or YAML, which version 2 of the AWS CLI takes), each with its name.
        vault: The vault of documents that name none, such as bare job parameters.
        region: The region to write down; None leaves it to the environment.

    Returns:
        YAML text: one job for each document, named after the document.

    Raises:
        InvalidInput: A document is not what initiate-job takes, or asks for what Glacier refuses; it
            carries all errors of all documents.
    """
    reading = _Reading(vault)
    for document in documents:
        reading.read(document)
    if reading.found:
        raise InvalidInput(reading.found, next_step="correct the places shown above, then convert again")
    paths = [document.path for document in documents]
    return "".join(f"{line}\n" for line in _lines(paths, reading.jobs, region))


@dataclass(slots=True)
class _Reading:
    """The jobs of the documents read so far by their names, and what is wrong with the documents."""

    vault: str | None
    jobs: dict[str, _Job] = field(default_factory=dict)
    found: list[Diagnostic] = field(default_factory=list)

    def read(self, source: Source) -> None:
        """Take the job of one document, and what is wrong with it."""
        try:
            root, repeated = _compose(source)
        except InvalidInput as error:
            self.found += error.diagnostics
            return
        self.found += repeated
        unread: list[Diagnostic] = []
        job = job_node(source, root, vault=self.vault, found=unread)
        self.found += unread
        if isinstance(job.value, dict):
            name = self._free_name(source.path, job.value)
            self.jobs[name] = job.value
            self.found += (one for one in _refusals(source, name, job) if not _may_follow(one, unread))

    def _free_name(self, path: Path, job: _Job) -> str:
        stem = re.sub(r"[^A-Za-z0-9_.-]+", "-", path.stem).strip("-._")
        name = stem if fits(JOB_NAME, stem) else str(job.get("type", "job"))
        numbered = (f"{name}-{number}" for number in range(2, len(self.jobs) + 3))
        return next(one for one in (name, *numbered) if one not in self.jobs)


def _compose(source: Source) -> tuple[Node, tuple[Diagnostic, ...]]:
    return compose_json(source) if source.text.lstrip().startswith(("{", "[")) else compose(source)


def _refusals(source: Source, name: str, job: Node) -> Iterator[Diagnostic]:
    """Yield the errors that a manifest with this one job would have, at their places in the document."""
    jobs = mapping_node({name: Member(job.place, job)}, job)
    parts = {"version": Node(1, job.place), "jobs": jobs}
    manifest = mapping_node({key: Member(job.place, part) for key, part in parts.items()}, job)
    document = Document(source, manifest)
    for found in locate(document, check_file(document).findings):
        if found.severity is Severity.ERROR:
            yield found


def _may_follow(found: Diagnostic, unread: Sequence[Diagnostic]) -> bool:
    """Say whether a key may only be missing because its member could not be read."""
    return found.code == "missing-key" and any(one.code != MISSING_VAULT for one in unread)


def _lines(paths: Sequence[Path], jobs: Mapping[str, _Job], region: str | None) -> Iterator[str]:
    accounts = {_account(job) for job in jobs.values()}
    shared = accounts.pop() if len(accounts) == 1 else None
    yield "# yaml-language-server: $schema=manifest-v1.json"
    yield "# For editors: glacier-manifest schema > manifest-v1.json"
    yield "version: 1"
    if shared is not None:
        yield from write_mapping({"account_id": shared})
    if region is not None:
        yield from write_mapping({"region": region})
    yield ""
    yield "jobs:"
    for path, (name, job) in zip(paths, jobs.items(), strict=True):
        yield f"  # from {path.name if path.name.isprintable() else repr(path.name)}"
        own = {**job, "account_id": None if shared is not None else _account(job)}
        fields: _Job = {key: own[key] for key in _ORDER if own.get(key) is not None}
        yield from write_mapping({name: fields}, indent=2)


def _account(job: _Job) -> str:
    return str(job.get("account_id", "-"))
