"""What `apply` was given: manifests, or a saved plan; both say what is wanted, at what pace, within what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path

from glacier_manifest.aws.session import Clients
from glacier_manifest.cli.arguments import ApplyArguments
from glacier_manifest.cli.asking import asked_for
from glacier_manifest.cli.reading import ListFiles
from glacier_manifest.errors import UsageError
from glacier_manifest.manifest import Limits, Manifest, Pace, read_manifest
from glacier_manifest.planning.decide import Restarts
from glacier_manifest.planning.expand import Asked, at_slot
from glacier_manifest.planning.place import check_endpoint
from glacier_manifest.planning.plan_file import SavedPlan, is_plan_file, read_plan
from glacier_manifest.planning.selection import selected
from glacier_manifest.state.protocol import State


@dataclass(frozen=True, slots=True)
class FromManifests:
    """Manifests, as they are now."""

    manifest: Manifest
    lists: ListFiles
    allow: Mapping[str, int | Decimal]

    @property
    def files(self) -> Sequence[Path]:
        """The manifests, beside which the state is."""
        return self.manifest.files

    @property
    def limits(self) -> Limits:
        """What one approval may start."""
        return self.manifest.limits

    @property
    def pace(self) -> Pace:
        """How fast to send."""
        return self.manifest.pace

    def asked(
        self, arguments: ApplyArguments, *, state: State, clients: Clients, now: datetime
    ) -> tuple[Asked, ...]:
        """Return the requests that the manifests ask for now."""
        return asked_for(
            self.manifest,
            arguments,
            lists=self.lists,
            state=state,
            clients=clients,
            refresh=True,
            now=now,
        )

    def restarts(self, words: Sequence[str]) -> Restarts:
        """Return what `--restart` says, and what the manifests let be bought again by itself."""
        return Restarts(words, repurchases=self.manifest.restarts)


@dataclass(frozen=True, slots=True)
class FromSavedPlan:
    """A saved plan: the requests that were reviewed, whatever the manifests say by now."""

    saved: SavedPlan

    @property
    def files(self) -> Sequence[Path]:
        """The manifests that it was made from, beside which the state is."""
        return tuple(map(Path, self.saved.header.manifests))

    @property
    def limits(self) -> Limits:
        """What one approval may start."""
        return self.saved.limits

    @property
    def allow(self) -> Mapping[str, int | Decimal]:
        """The limits that were lifted when it was saved."""
        return self.saved.header.allow

    @property
    def pace(self) -> Pace:
        """How fast to send."""
        return self.saved.pace

    def asked(
        self, arguments: ApplyArguments, *, state: State, clients: Clients, now: datetime
    ) -> tuple[Asked, ...]:
        """Return the requests that were reviewed, scheduled ones at the slot that counts now."""
        asked = tuple(at_slot(one, now) for one in self.saved.asked)
        for region in {one.request.vault.region for one in asked}:
            check_endpoint(state.identity, clients.endpoint(region))
        return selected(asked, targets=arguments.targets, excludes=arguments.excludes)

    def restarts(self, words: Sequence[str]) -> Restarts:
        """Return the restarts that were reviewed, now and by themselves, and what `--restart` says."""
        return Restarts(words, self.saved.restarts, self.saved.repurchases)


def read_source(paths: Sequence[Path]) -> FromManifests | FromSavedPlan:
    """Read what `apply` was given.

    Raises:
        InvalidInput: A manifest or the plan is wrong.
        UsageError: A plan was named together with something else.
    """
    plans = [path for path in paths if path.is_file() and is_plan_file(_first_line(path))]
    if not plans:
        return FromManifests(read_manifest(paths), ListFiles(), {})
    if len(paths) > 1:
        raise UsageError(
            "plan-with-others",
            f"{plans[0]} is a saved plan, which is applied alone",
            next_step=f"run 'glacier-manifest apply {plans[0]}'",
        )
    with plans[0].open(encoding="utf-8", errors="replace") as lines:
        return FromSavedPlan(read_plan(lines, file=plans[0]))


def _first_line(path: Path) -> str:
    """A plan's header is one line of JSON; more than its longest is not read to tell."""
    with path.open("rb") as file:
        return b"".join(islice(iter(lambda: file.readline(65536), b""), 1)).decode("utf-8", errors="replace")
