"""What `apply` was given: manifests, or a saved plan; both say what is wanted, at what pace, within what."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from glacier_manifest.aws.session import Clients
from glacier_manifest.cli.arguments import ApplyArguments
from glacier_manifest.cli.asking import ask, job_limits, known_pages
from glacier_manifest.cli.prices import prices_for
from glacier_manifest.diagnostics import Diagnostic
from glacier_manifest.drafting.draft import Draft
from glacier_manifest.errors import UsageError
from glacier_manifest.manifest import Limits, Manifest, Pace, Repurchases, read_manifest
from glacier_manifest.planning.decide import Restarts
from glacier_manifest.planning.place import check_endpoint
from glacier_manifest.planning.plan_kind import is_plan_file
from glacier_manifest.planning.prices import PriceTable
from glacier_manifest.scratch.scratch import Scratch
from glacier_manifest.state.protocol import State

if TYPE_CHECKING:
    from glacier_manifest.drafting.saved import SavedPlan


@dataclass(frozen=True, slots=True)
class FromManifests:
    """Manifests, as they are now."""

    manifest: Manifest
    prices: PriceTable
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

    @property
    def job_limits(self) -> Mapping[str, Limits]:
        """What one approval may start of the jobs that have limits of their own."""
        return job_limits(self.manifest)

    def ask(
        self, arguments: ApplyArguments, *, draft: Draft, state: State, clients: Clients, now: datetime
    ) -> Sequence[Diagnostic]:
        """Draft the requests that the manifests ask for now; return what is odd in what they name."""
        heard = ask(
            self.manifest,
            arguments,
            draft=draft,
            state=state,
            clients=clients,
            refresh=True,
            now=now,
        )
        return heard.warnings

    @property
    def repurchases(self) -> Repurchases:
        """How often a request may be bought again by itself."""
        return self.manifest.restarts

    def restarts(self, words: Sequence[str]) -> Restarts:
        """Return what `--restart` says, and what the manifests let be bought again by itself."""
        return Restarts(words, repurchases=self.repurchases)


@dataclass(frozen=True, slots=True)
class FromSavedPlan:
    """A saved plan: the requests that were reviewed, whatever the manifests say by now."""

    saved: "SavedPlan"

    @property
    def files(self) -> Sequence[Path]:
        """The manifests that it was made from, beside which the state is."""
        return tuple(map(Path, self.saved.header.manifests))

    @property
    def limits(self) -> Limits:
        """What one approval may start."""
        return self.saved.header.limits_read

    @property
    def job_limits(self) -> Mapping[str, Limits]:
        """What one approval may start of the jobs that have limits of their own."""
        return self.saved.header.job_limits_read

    @property
    def prices(self) -> PriceTable:
        """The prices that the reviewer saw."""
        return self.saved.header.prices_read

    @property
    def allow(self) -> Mapping[str, int | Decimal]:
        """The limits that were lifted when it was saved."""
        return self.saved.header.allow

    @property
    def pace(self) -> Pace:
        """How fast to send."""
        return self.saved.header.pace_read

    def ask(
        self, arguments: ApplyArguments, *, draft: Draft, state: State, clients: Clients, now: datetime
    ) -> Sequence[Diagnostic]:
        """Draft the requests that were reviewed, scheduled ones at the slot that counts now."""
        self.saved.add_to(draft, now, known_pages(state, self.repurchases))
        draft.merge()
        for region in {lot.vault.region for lot in draft.lots}:
            check_endpoint(state.identity, clients.endpoint(region))
        draft.select(targets=arguments.targets, excludes=arguments.excludes)
        return ()

    @property
    def repurchases(self) -> Repurchases:
        """How often a request may be bought again by itself, as the reviewer saw it."""
        return self.saved.header.repurchases

    def restarts(self, words: Sequence[str]) -> Restarts:
        """Return the restarts that were reviewed, now and by themselves, and what `--restart` says."""
        return Restarts(words, self.saved.restarts, self.repurchases)


def read_source(
    paths: Sequence[Path],
    scratch: Scratch,
    *,
    prices: Path | None,
    warn: Callable[[Sequence[Diagnostic]], None],
) -> FromManifests | FromSavedPlan:
    """Read what `apply` was given.

    Args:
        paths: Manifests, or a saved plan.
        prices: A file of prices, which count before the manifests' own.
        warn: Takes what is odd and does not stop the reading.
        scratch: Takes what was approved with a saved plan.

    Raises:
        InvalidInput: A manifest or the plan is wrong.
        UsageError: A plan was named together with something else.
    """
    plans = [path for path in paths if path.is_file() and is_plan_file(_first_line(path))]
    if not plans:
        manifest = read_manifest(paths)
        warn(manifest.warnings)
        return FromManifests(manifest, prices_for(manifest.prices, prices, warn=warn), {})
    if len(paths) > 1:
        raise UsageError(
            "plan-with-others",
            f"{plans[0]} is a saved plan, which is applied alone",
            next_step=f"run 'glacier-manifest apply {plans[0]}'",
        )
    from glacier_manifest.drafting.saved import read_saved  # noqa: PLC0415 - few runs are given a saved plan

    opens = partial(plans[0].open, encoding="utf-8", errors="replace")
    return FromSavedPlan(read_saved(plans[0], opens, scratch))


def _first_line(path: Path) -> str:
    """A plan's header is one line of JSON; more than its longest is not read to tell."""
    with path.open("rb") as file:
        return b"".join(islice(iter(lambda: file.readline(65536), b""), 1)).decode("utf-8", errors="replace")
