"""The addresses of a plan as rows of tables, the worst first, made when they are asked for."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from heapq import nlargest
from itertools import islice

from glacier_manifest.planning.cost import Cost, cost_of
from glacier_manifest.planning.plan import Action, Blocked, Drift, Plan, Verb, tally_of
from glacier_manifest.planning.prices import PriceTable
from glacier_manifest.units import format_size
from glacier_manifest.views.markup import Cell, Value
from glacier_manifest.views.records import moment, words

#: How many of the dearest starts stand before the others.
DEAREST = 20
#: A row takes no fewer bytes, so that no more of them need be looked at than this tells.
SHORTEST_ROW = 8

_BOUGHT = ("address", "tier", "bytes", "cost")
_SUMS = 2
_CENT = Decimal("0.01")
_LONGEST_ADDRESS = 2000


#: Lines of a table that are shown all or not at all: one, but where an address has several.
Rows = Sequence[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Section:
    """Rows of one kind.

    Attributes:
        title: What they are.
        short: The same, behind a number.
        count: How many there are.
        columns: Their names.
        rows: Streams them.
        numbers: How many of the last columns hold numbers.
    """

    title: str
    short: str
    count: int
    columns: tuple[str, ...]
    rows: Iterable[Rows]
    numbers: int = 0


def sections(plan: Plan, prices: PriceTable, *, most: int) -> Iterator[Section]:
    """Yield the sections that have rows, the worst first; no request stands in two of them.

    Args:
        plan: The plan.
        prices: What Glacier charges.
        most: How many rows may be asked for at all.
    """
    every: tuple[Callable[[], Section], ...] = (
        lambda: _restarts(plan, prices, most),
        lambda: _expedited(plan, prices),
        *_by_cost(plan, prices, most),
        lambda: _adopted(plan, most),
        lambda: _drifted(plan, most),
    )
    return (section for section in (made() for made in every) if section.count)


def _by_cost(plan: Plan, prices: PriceTable, most: int) -> tuple[Callable[[], Section], ...]:
    """Make the sections between the dearest starts and the other ones, which leave those out."""
    dearest = _dearest_of(plan, prices)
    return (
        lambda: _dearest(dearest, prices),
        lambda: _blocked(plan),
        lambda: _unknown(plan, most),
        lambda: _others(plan, prices, dearest, most),
    )


def _restarts(plan: Plan, prices: PriceTable, most: int) -> Section:
    columns = ("address", "reason", "purchase", *_BOUGHT[1:])
    actions = plan.actions(verbs={Verb.RESTART}, limit=most)
    rows = (_restart(one, prices) for one in actions)
    return Section("To restart", "to restart", plan.summary[Verb.RESTART], columns, rows, _SUMS)


def _restart(one: Action, prices: PriceTable) -> Rows:
    return [[_address(one), words(one.reason), str(one.generation + 1), *_price(one, prices)]]


def _expedited(plan: Plan, prices: PriceTable) -> Section:
    count, rows = plan.expedited_start_count(), _starts(plan.expedited_starts(), prices)
    return Section("To start at Expedited", "to start at Expedited", count, _BOUGHT, rows, _SUMS)


def _dearest_of(plan: Plan, prices: PriceTable) -> list[Action]:
    """Return the dearest first purchases: those of one job at one vault cost more the larger they are."""
    candidates = (one for one in plan.largest_starts(of_each=DEAREST) if not one.expedited)
    return nlargest(DEAREST, candidates, key=lambda one: cost_of(tally_of(one), prices).known)


def _dearest(dearest: list[Action], prices: PriceTable) -> Section:
    title = "To start, the dearest first"
    return Section(title, "of the dearest to start", len(dearest), _BOUGHT, _starts(dearest, prices), _SUMS)


def _others(plan: Plan, prices: PriceTable, dearest: list[Action], most: int) -> Section:
    expedited = plan.expedited_start_count()
    count = plan.summary[Verb.START] - expedited - len(dearest)
    shown = {one.key for one in dearest}
    actions = plan.actions(verbs={Verb.START}, limit=most + expedited + len(shown))
    others = (one for one in actions if not one.expedited and one.key not in shown)
    rows = islice(_starts(others, prices), most)
    return Section("To start, the others", "others to start", count, _BOUGHT, rows, _SUMS)


def _starts(actions: Iterable[Action], prices: PriceTable) -> Iterator[Rows]:
    return ([[_address(one), *_price(one, prices)]] for one in actions)


def _price(action: Action, prices: PriceTable) -> tuple[str, str, str]:
    request = action.request
    size = "-" if request.archive_id is None else "unknown"
    return (
        ", ".join(request.effective_tiers) or "-",
        size if request.size is None else format_size(request.size),
        _cost(cost_of(tally_of(action), prices)),
    )


def _cost(cost: Cost) -> str:
    """Return a cost in few words: the totals say what it is that nobody knows."""
    if not cost.is_known:
        return "unknown"
    return "under 1 cent" if 0 < cost.known < _CENT else str(cost)


def _address(one: Action | Blocked) -> Value:
    """Return an address, whole: a reader may want to copy it."""
    return Value(one.address, _LONGEST_ADDRESS)


def _blocked(plan: Plan) -> Section:
    title = "To start later, within the limits of each job, once an inventory is there"
    rows = map(_waiting, plan.blocked)
    return Section(title, "jobs to start later", len(plan.blocked), ("address", "tier", "waits for"), rows)


def _waiting(one: Blocked) -> Rows:
    return [[_address(one), ", ".join(one.tiers), Value(one.waits_for)]]


def _unknown(plan: Plan, most: int) -> Section:
    title = "Outcome unknown; apply finds out by listing before it sends again"
    rows = ([[_address(one)]] for one in plan.actions(verbs={Verb.RESOLVE}, limit=most))
    return Section(title, "of unknown outcome", plan.summary[Verb.RESOLVE], ("address",), rows)


def _adopted(plan: Plan, most: int) -> Section:
    columns = ("address", "status", "whose", "started")
    rows = map(_adoption, plan.actions(verbs={Verb.ADOPT}, limit=most))
    title = "To adopt; Glacier lists a job that serves, and nothing is bought"
    return Section(title, "to adopt", plan.summary[Verb.ADOPT], columns, rows)


def _adoption(action: Action) -> Rows:
    sighting = action.sighting
    if sighting is None:
        return [[_address(action), "", "", ""]]
    whose = "ours" if sighting.generation is not None else "somebody else's"
    return [[_address(action), words(sighting.status), whose, moment(sighting.created_at) or ""]]


def _drifted(plan: Plan, most: int) -> Section:
    columns = ("address", "what", "as it runs", "as the manifest says now")
    rows = map(_drifts, plan.drifted(limit=most))
    title = "Different from the manifest, which cannot be changed any more"
    return Section(title, "different from the manifest", plan.drifted_count(), columns, rows)


def _drifts(action: Action) -> Rows:
    """All rows of one address, so that it is shown whole or not at all."""
    return [_drift(action, drift) for drift in action.drift]


def _drift(action: Action, drift: Drift) -> Sequence[Cell]:
    running, wanted = ("none" if value is None else Value(value) for value in (drift.running, drift.wanted))
    return [_address(action), Value(drift.field), running, wanted]
