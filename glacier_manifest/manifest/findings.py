"""What is wrong with a value, told by its path; and how a path becomes a place in the file."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from glacier_manifest.diagnostics import Diagnostic, Severity
from glacier_manifest.manifest.yaml_nodes import Member, Node
from glacier_manifest.manifest.yaml_source import Place, Source

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong or odd in a file.

    Attributes:
        code: The diagnostic's stable word.
        path: Keys and indexes from the root to the value; segments that do not exist are passed over.
        message: What is wrong.
        advice: What to do.
        label: A few words beside the caret.
        at_key: Whether the key is to blame, not its value.
        subject: What tells findings of one code at one place apart.
        severity: Whether it stops the command.
    """

    code: str
    path: Path
    message: str
    advice: str | None = None
    label: str | None = None
    at_key: bool = False
    subject: str = ""
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True)
class Document:
    """A file's text and its values, each with its place."""

    source: Source
    root: Node

    def member(self, path: Path) -> Member:
        """Return the key and node that a path leads to, passing over segments that do not exist."""
        key, node = self.root.place, self.root
        for segment in path:
            if node.members is not None and segment in node.members:
                found = node.members[str(segment)]
                key, node = found.key, found.node
            elif node.items is not None and isinstance(segment, int) and segment < len(node.items):
                node = node.items[segment]
                key = node.place
        return Member(key, node)

    def place(self, path: Path) -> Place:
        """Return the place of the value that a path leads to; an empty value stands at its key."""
        found = self.member(path)
        return found.key if found.node.value is None else found.node.place


def locate(document: Document, findings: Iterable[Finding]) -> Iterator[Diagnostic]:
    """Turn findings into diagnostics; one mistake that several jobs share by an anchor is told once."""
    told: set[tuple[str, int, str]] = set()
    for finding in findings:
        blamed = document.member(finding.path)
        identity = (finding.code, id(blamed.node), finding.subject)
        if identity not in told:
            told.add(identity)
            yield _diagnostic(document, finding, blamed)


def _diagnostic(document: Document, finding: Finding, blamed: Member) -> Diagnostic:
    place = blamed.key if finding.at_key else document.place(finding.path)
    return Diagnostic(
        severity=finding.severity,
        code=finding.code,
        message=finding.message,
        span=document.source.span(place),
        label=finding.label,
        help=finding.advice,
        source_line=document.source.line(place.line),
    )
