"""What a command line says, as plain values; a field is named as click names its option."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from glacier_manifest.aws.session import Connection
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
    goal: Goal
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
