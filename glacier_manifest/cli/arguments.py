"""What a command line says, as plain values; a field is named as click names its option."""

from dataclasses import dataclass, fields
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glacier_manifest.aws.session import Connection

if TYPE_CHECKING:
    from glacier_manifest.fetching.moved import Move
    from glacier_manifest.tracking.waiting import Goal


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsArguments:
    """How AWS is reached."""

    profile: str | None
    region: str | None
    endpoint_url: str | None

    def connection(self, *, concurrency: int = 8) -> Connection:
        """Return how to connect, for so many calls at once."""
        return Connection(self.profile, self.region, self.endpoint_url, concurrency=concurrency)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskingArguments(AwsArguments):
    """Which requests of the manifests are meant."""

    targets: tuple[str, ...]
    excludes: tuple[str, ...]
    skip_bad_rows: bool = False
    new_account: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanningArguments(AskingArguments):
    """Which requests are meant, and what may be done about them."""

    paths: tuple[Path, ...]
    form: str
    restarts: tuple[str, ...]
    allowances: tuple[str, ...]
    prices: Path | None
    max_jobs: int | None
    no_adopt: bool
    state: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanArguments(PlanningArguments):
    """The command line of `plan`."""

    out: Path | None
    detailed_exitcode: bool
    refresh: bool
    max_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyArguments(PlanningArguments):
    """The command line of `apply`."""

    report: Path | None
    yes: bool
    expect: str | None
    new_state: bool
    deadline: timedelta
    max_errors: int
    fail_fast: bool
    lock_timeout: timedelta
    settle: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class RunArguments(PlanningArguments):
    """The command line of `run`."""

    report: Path | None
    yes: bool
    expect: str | None
    once: bool
    heartbeat: Path | None
    deadline: timedelta | None
    poll: timedelta | None
    max_errors: int
    fail_fast: bool
    lock_timeout: timedelta
    settle: timedelta
    to: str | None
    overwrite: bool
    storage_class: str | None
    sse: str | None
    sse_kms_key_id: str | None
    part_size: int
    concurrency: int

    def applying(self, *, deadline: timedelta) -> ApplyArguments:
        """Return the command line that `apply` would have."""
        return ApplyArguments(**_shared(self, ApplyArguments), new_state=False, deadline=deadline)

    def fetching(self) -> "FetchArguments":
        """Return the command line that `fetch` would have."""
        return FetchArguments(**_shared(self, FetchArguments))


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusArguments(AwsArguments):
    """The command line of `status`."""

    paths: tuple[Path, ...]
    form: str
    check: bool
    expiring_within: timedelta | None
    refresh: bool
    state: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitArguments(AwsArguments):
    """The command line of `wait`."""

    paths: tuple[Path, ...]
    form: str
    goal: "Goal"
    deadline: timedelta | None
    poll: timedelta | None
    state: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchArguments(AskingArguments):
    """The command line of `fetch`."""

    paths: tuple[Path, ...]
    form: str
    to: str | None
    overwrite: bool
    storage_class: str | None
    sse: str | None
    sse_kms_key_id: str | None
    part_size: int
    concurrency: int
    deadline: timedelta | None
    lock_timeout: timedelta
    report: Path | None
    state: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyArguments(AwsArguments):
    """The command line of `verify`."""

    paths: tuple[Path, ...]
    form: str
    s3: bool
    moves: "tuple[Move, ...]"
    concurrency: int | None
    targets: tuple[str, ...]
    excludes: tuple[str, ...]
    report: Path | None
    state: str | None


def _shared(arguments: RunArguments, kind: type[ApplyArguments | FetchArguments]) -> dict[str, Any]:
    """Return what one command line says of another's fields."""
    mine = {one.name for one in fields(arguments)} - {"deadline"}
    wanted = [one.name for one in fields(kind) if one.name in mine]
    said = {name: getattr(arguments, name) for name in wanted}
    return said | ({"deadline": arguments.deadline} if kind is FetchArguments else {})
