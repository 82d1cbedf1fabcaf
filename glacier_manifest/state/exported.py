"""An export, or a rescue file, read back a line at a time, and believed only when it is whole."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from glacier_manifest.diagnostics import Diagnostic, InvalidInput, Severity, Span
from glacier_manifest.jobs.status import Status
from glacier_manifest.state.knowledge import Entry, Knowledge
from glacier_manifest.state.protocol import Approval, Identity
from glacier_manifest.state.record import Mishap, Record

#: No line of an export is nearly as long; a file without line ends is no reason to read all of it.
LONGEST_LINE = 1 << 20
#: How many faults are told one by one.
MOST_TOLD = 50

_AGAIN = "export it again ('glacier-manifest state export') and import the new file; nothing was imported"


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("it lies outside of the years 1 to 9999") from None


_Text = Annotated[str, Field(min_length=1)]
_Number = Annotated[int, Field(ge=0, lt=1 << 63)]
_Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class _Line(BaseModel):
    """A later version of the same format may tell more; what is known here must be as it is known."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


class _HeaderLine(_Line):
    kind: Literal["header"]
    format_version: Annotated[str, Field(pattern=r"^1\.\d+$")]
    state_id: str
    endpoint: _Text | None
    accounts: list[_Text]

    def told(self) -> Identity:
        return Identity(self.state_id, frozenset(self.accounts), self.endpoint)


class _ApprovalLine(_Line):
    kind: Literal["approval"]
    id: _Number
    digest: _Text
    how: _Text
    approved_at: _Moment

    def told(self) -> Approval:
        return Approval(self.id, self.digest, self.how, self.approved_at)


class _EntryLine(_Line):
    kind: Literal["entry"]
    approval: _Number
    entry: _Text

    def told(self) -> Entry:
        return Entry(self.approval, self.entry)


class _Error(_Line):
    code: str
    message: str


class _RequestLine(_Line):
    kind: Literal["request"]
    address: _Text
    key: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    generation: _Number
    account_id: _Text
    region: _Text
    vault: _Text
    type: _Text
    archive_id: _Text | None
    retrieval_byte_range: _Text | None
    slot: _Text | None
    tier: _Text | None
    sns_topic: str | None
    description: str | None
    body_sha256: str
    status: Status
    job_id: _Text | None
    size: _Number | None
    attempts: _Number
    approval: _Number | None
    intended_at: _Moment | None
    accepted_at: _Moment | None
    completed_at: _Moment | None
    expires_at: _Moment | None
    service_at: _Moment | None
    changed_at: _Moment | None
    output: str | None
    output_tree_hash: str | None = None
    output_size: _Number | None = None
    verified_by: str | None = None
    next_marker: str | None = None
    error: _Error | None

    @model_validator(mode="after")
    def _has_a_job_where_one_was_started(self) -> "_RequestLine":
        """An unknown outcome that was given up is expired, and has no job."""
        if self.status is not Status.EXPIRED and (self.job_id is not None) != (self.status in _WITH_JOB):
            raise ValueError(f"its status is {self.status}, and its job_id is {self.job_id or 'null'}")
        return self

    def told(self) -> Record:
        values = {name: getattr(self, name) for name in _SHARED}
        mishap = None if self.error is None else Mishap(self.error.code, self.error.message)
        return Record(**values, mishap=mishap)


class _EventLine(_Line):
    kind: Literal["event"]

    def told(self) -> None:
        """What was done with another file stays in that file."""


class _EndLine(_Line):
    kind: Literal["end"]
    lines: _Number

    def told(self) -> None:
        """An end tells nothing but that it is the end."""


_WITH_JOB = frozenset({Status.IN_PROGRESS, Status.SUCCEEDED, Status.FETCHED, Status.FAILED})
_SHARED = tuple(name for name in _RequestLine.model_fields if name not in {"kind", "error"})
_AnyLine = _HeaderLine | _ApprovalLine | _EntryLine | _RequestLine | _EventLine | _EndLine
_ANY: TypeAdapter[_AnyLine] = TypeAdapter(Annotated[_AnyLine, Field(discriminator="kind")])


def read_export(path: Path) -> Iterator[Knowledge]:
    """Stream what an export or a rescue file tells: its identity first; events are passed over.

    Raises:
        InvalidInput: ``not-an-export`` at the first line, ``export-too-new``, or, at the end and with every
            line that is wrong, ``export-damaged``. What was yielded before is then not to be believed.
        OSError: The file cannot be read.
    """
    with path.open("rb") as file:
        yield from _Reader(path).read(iter(lambda: file.readline(LONGEST_LINE), b""))


def check_export(path: Path) -> None:
    """Read a file to its end, so that one that is cut or damaged is refused before anything is done.

    Raises:
        InvalidInput: As `read_export`.
        OSError: The file cannot be read.
    """
    for _ in read_export(path):
        pass


class _Reader:
    """Reads one file, and collects what is wrong with it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._faults: list[Diagnostic] = []
        self._untold = 0
        self._approvals: set[int] = set()
        self._ended = False

    def read(self, lines: Iterator[bytes]) -> Iterator[Knowledge]:
        yield self._header(next(lines, b""))
        number = 1
        for number, line in enumerate(lines, start=2):
            told = self._told(line, number)
            if told is not None and not self._faults:
                yield told
        if not self._ended and not self._faults:
            self._fault(number, _cut_after(number))
        if self._faults:
            raise self._damaged()

    def _header(self, line: bytes) -> Identity:
        try:
            header = _ANY.validate_json(line)
        except ValidationError as error:
            raise _no_export(self._file, error) from None
        if not isinstance(header, _HeaderLine):
            raise _foreign(self._file)
        return header.told()

    def _told(self, line: bytes, number: int) -> Knowledge | None:
        """Return what a line tells; None where it tells nothing, or is wrong."""
        if self._ended:
            self._fault(number, "this stands behind the end of the export")
            return None
        try:
            read = _ANY.validate_json(line)
        except ValidationError as error:
            self._fault(number, _why(error, line))
            return None
        why = self._out_of_place(read, number)
        if why is not None:
            self._fault(number, why)
            return None
        return read.told()

    def _out_of_place(self, read: _AnyLine, number: int) -> str | None:
        match read:
            case _HeaderLine():
                return "a second export begins here: import one file after the other"
            case _EntryLine() if read.approval not in self._approvals:
                return f"approval {read.approval}, to which this entry belongs, does not stand above it"
            case _ApprovalLine():
                self._approvals.add(read.id)
            case _EndLine():
                self._ended = True
                if read.lines != number - 1:
                    return f"the export had {read.lines} lines, and here are {number - 1}"
        return None

    def _fault(self, number: int, why: str) -> None:
        if len(self._faults) == MOST_TOLD:
            self._untold += 1
            return
        self._faults.append(_diagnostic("export-damaged", why, self._file, number))

    def _damaged(self) -> InvalidInput:
        faults = self._faults
        if self._untold:
            last = faults[-1].span
            more = f"{self._untold:,} more lines are wrong"
            faults = [*faults, _diagnostic("export-damaged", more, self._file, last.line + 1 if last else 1)]
        return InvalidInput(faults, next_step=_AGAIN)


def _why(error: ValidationError, line: bytes) -> str:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"][1:])
    match first["type"]:
        case "json_invalid" if not line.endswith(b"\n"):
            return "the file is cut in the middle of this line"
        case "json_invalid":
            return "this line is no JSON"
        case "missing":
            return f"'{place}' is missing"
        case "value_error":
            return _told_by(first, place)
        case _ if place:
            return f"'{place}' has a value that no export has there"
    return "this is no line of an export"


def _told_by(first: Any, place: str) -> str:  # noqa: ANN401 - pydantic's own dictionary
    words = str(first["msg"]).removeprefix("Value error, ")
    return f"'{place}': {words}" if place else words


def _cut_after(number: int) -> str:
    return f"the file is cut after this line: the last one would be {_end(number)}"


def _end(lines: int) -> str:
    return f'{{"kind": "end", "lines": {lines}}}'


def _no_export(file: Path, error: ValidationError) -> InvalidInput:
    places: Iterable[Any] = (one["loc"] for one in error.errors(include_url=False, include_input=False))
    if ("header", "format_version") not in {tuple(place) for place in places}:
        return _foreign(file)
    found = _diagnostic("export-too-new", "this export has a format that this program does not know", file, 1)
    return InvalidInput([found], next_step="install the newer glacier-manifest; nothing was imported")


def _foreign(file: Path) -> InvalidInput:
    found = _diagnostic(
        "not-an-export", "this is neither what 'state export' prints nor a rescue file", file, 1
    )
    return InvalidInput(
        [found],
        next_step="name a file made with 'glacier-manifest state export', or a rescue file",
    )


def _diagnostic(code: str, message: str, file: Path, line: int) -> Diagnostic:
    return Diagnostic(Severity.ERROR, code, message, span=Span(file, line, 1, 2), help=_HELP.get(code))


_HELP = {
    "export-damaged": "where no better copy is left: remove the lines that are wrong, and correct the count "
    "of lines in the last one; what is missing is not imported",
}
