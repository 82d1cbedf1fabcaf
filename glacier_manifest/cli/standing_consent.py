"""Consent that holds for a whole run: what is approved at its beginning is not asked for again."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from glacier_manifest.cli.arguments import RunArguments
from glacier_manifest.cli.consent import consented
from glacier_manifest.cli.console import Console
from glacier_manifest.cli.sources import FromManifests
from glacier_manifest.errors import NotApproved
from glacier_manifest.planning.consent import nobody_to_ask
from glacier_manifest.planning.plan import Plan
from glacier_manifest.state.protocol import Approval, State

_UNUSED = timedelta(0)


@dataclass(slots=True)
class StandingConsent:
    """Approves the first plan of a run as `apply` does, and later ones as far as the first one covers them.

    What comes later is covered where it belongs to a schedule, waits for an inventory within its limits, or
    may be bought again by itself; limits count over the whole run. Anything else is refused, unless `--yes`
    has approved whatever comes.
    """

    console: Console
    source: FromManifests
    arguments: RunArguments
    _digest: str | None = field(default=None, init=False)

    def first(self, plan: Plan, *, state: State, now: datetime) -> Approval | None:
        """Return the approval of a run's first plan; None where nothing is to be started yet.

        Raises:
            NotApproved, OverLimit: As `consented` does.
        """
        if plan.start_count:
            return self._kept(self._consented(plan, self._expected, state=state, now=now))
        known = state.approval(self.arguments.expect or plan.digest)
        self._digest = None if known is None else known.digest
        return None

    def later(self, plan: Plan, *, state: State, now: datetime) -> Approval:
        """Return the approval of what is to be started by now; nobody is asked in the middle of a run.

        Raises:
            NotApproved, OverLimit: As `consented` does.
        """
        expected = self._digest or self._expected
        if expected is None and not self.arguments.yes:
            raise nobody_to_ask(plan)
        try:
            return self._kept(self._consented(plan, expected, state=state, now=now))
        except NotApproved:
            if not self.arguments.yes or expected is None:
                raise
            return self._kept(self._consented(plan, None, state=state, now=now))

    @property
    def _expected(self) -> str | None:
        return self.arguments.expect

    def _consented(self, plan: Plan, expected: str | None, *, state: State, now: datetime) -> Approval:
        given = replace(self.arguments.applying(deadline=_UNUSED), expect=expected)
        return consented(self.console, self.source, plan, arguments=given, state=state, now=now)

    def _kept(self, approval: Approval) -> Approval:
        self._digest = approval.digest
        return approval
