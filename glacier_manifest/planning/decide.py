"""The one place that decides what is done about a request: a table over its record's status."""

from collections.abc import Callable, Collection, Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple

from glacier_manifest.jobs.address import address_of
from glacier_manifest.jobs.marker import is_described, marker_of, with_marker
from glacier_manifest.jobs.status import Status
from glacier_manifest.jobs.tier import SERVICE_DEFAULT
from glacier_manifest.manifest import NEVER, Repurchases
from glacier_manifest.planning.approval import body_sha256
from glacier_manifest.planning.expand import Asked
from glacier_manifest.planning.plan import Action, Drift, Reason, Verb
from glacier_manifest.planning.selection import Meaning
from glacier_manifest.planning.sighting import Sighting
from glacier_manifest.state.record import Record, Standing

#: What is done where a record stands in a status and nobody asked for a restart.
_AS_IT_STANDS: dict[Status, tuple[Verb, Reason]] = {
    Status.READY: (Verb.START, Reason.NOT_STARTED),
    Status.INTENDED: (Verb.RESOLVE, Reason.UNKNOWN),
    Status.UNKNOWN: (Verb.RESOLVE, Reason.UNKNOWN),
    Status.IN_PROGRESS: (Verb.WAIT, Reason.IN_PROGRESS),
    Status.SUCCEEDED: (Verb.KEEP, Reason.DONE),
    Status.FETCHED: (Verb.KEEP, Reason.DONE),
    Status.FAILED: (Verb.KEEP, Reason.FAILED),
    Status.EXPIRED: (Verb.KEEP, Reason.EXPIRED),
    Status.REJECTED: (Verb.KEEP, Reason.REJECTED),
}

_new = tuple.__new__  # a NamedTuple's own constructor takes twice as long, and there are millions

_ENDED_BADLY = {"expired": Status.EXPIRED, "failed": Status.FAILED}
#: A tuple, whose members are found by what they are: the hash of a member of an enumeration takes longer.
_MAY_BE_BOUGHT_AGAIN = (Status.SUCCEEDED, Status.FETCHED, Status.FAILED, Status.EXPIRED)


@dataclass(frozen=True, slots=True)
class Restarts:
    """What is asked to be bought again.

    Attributes:
        words: What `--restart` says: addresses, or every ``expired`` or ``failed`` request.
        generations: The purchases that a saved plan holds, by key: a restart in it is done once.
        repurchases: How often the manifest lets a request be bought again by itself.
    """

    words: Collection[str] = ()
    generations: Mapping[str, int] = field(default_factory=dict)
    repurchases: Repurchases = NEVER

    @property
    def may_mean_any(self) -> bool:
        """Whether anything at all may be bought again."""
        return bool(self.words or self.generations or self.repurchases.failed)

    def may_mean(self, key: str, generation: int) -> bool:
        """Say whether a purchase whose job is in progress would be made again, had it failed."""
        return (
            bool(self.words)
            or generation < self.repurchases.failed
            or self.generations.get(key) == generation + 1
        )

    def among(self, addresses: Iterable[tuple[str, str | None]]) -> "BuyAgain":
        """Return what the words mean where these are the requests' addresses, each with its archive ID.

        Raises:
            UsageError: A word names nothing, or is ambiguous: it would pass for a restart that was made.
        """
        meant = Meaning((word for word in self.words if word not in _ENDED_BADLY), addresses)
        statuses = frozenset(_ENDED_BADLY[word] for word in self.words if word in _ENDED_BADLY)
        return BuyAgain(statuses, meant, self.generations or {}, self.repurchases)


@dataclass(frozen=True, slots=True)
class BuyAgain:
    """What is to be bought again.

    Attributes:
        statuses: Whatever stands in one of these.
        addresses: These requests.
        generations: These purchases, by key.
        repurchases: What has ended badly, so many times.
    """

    statuses: frozenset[Status] = frozenset()
    addresses: Container[str] = frozenset()
    generations: Mapping[str, int] = field(default_factory=dict)
    repurchases: Repurchases = NEVER

    def covers(self, asked: Asked, record: Record) -> bool:
        """Say whether a request that stands as `record` says is meant."""
        return (
            record.status in self.statuses
            or self._by_itself(record)
            or self.singles_out(record.key, record.generation, partial(address_of, asked.request))
        )

    def singles_out(self, key: str, generation: int, address: Callable[[], str]) -> bool:
        """Say whether a purchase is meant by its own name: its key, or its request's address."""
        if self.generations and self.generations.get(key) == generation + 1:
            return True
        return bool(self.addresses) and address() in self.addresses

    def _by_itself(self, record: Record) -> bool:
        allowed = {Status.EXPIRED: self.repurchases.expired, Status.FAILED: self.repurchases.failed}
        return record.generation < allowed.get(record.status, 0)


def decide(asked: Asked, record: Record | None, again: BuyAgain, sighting: Sighting | None = None) -> Action:
    """Return what is done about one request.

    Args:
        asked: The request.
        record: What the state knows of its latest purchase.
        again: What is to be bought again.
        sighting: The job in Glacier's listing that serves it, though the state did not know.
    """
    action = _decided(_sized(asked, record), record, again, sighting)
    return replace(action, restarts=again.repurchases) if again.repurchases.highest else action


class Case(NamedTuple):
    """All that a decision looks at, beside what the requests of a lot have in common.

    Requests of one lot that are in one case are decided alike: the same is done, for the same reason, and
    what was bought differs in the same way.

    Attributes:
        generation, status, tier, sns_topic: How the latest purchase stands.
        is_meant: Whether it is to be bought again, and is named for that.
    """

    generation: int
    status: Status
    tier: str | None
    sns_topic: str | None
    is_meant: bool


def case_of(
    key: str, standing: Standing, again: BuyAgain, *, description: str | None, address: Callable[[], str]
) -> Case | None:
    """Return the case that a request is in; None where it must be looked at by itself.

    That is so where its exact body counts, and where it was bought under another description, which has the
    marker in it.

    Args:
        key: The request's key.
        standing: How its latest purchase stands.
        again: What is to be bought again.
        description: The description that it has now, without the marker.
        address: Gives its address.
    """
    generation, status, tier, sns_topic, described, _size = standing
    if status is Status.REJECTED:
        return None
    if described is not None and not is_described(described, description, key=key, generation=generation):
        return None
    is_meant = status in _MAY_BE_BOUGHT_AGAIN and again.singles_out(key, generation, address)
    return _new(Case, (generation, status, tier, sns_topic, is_meant))


def _sized(asked: Asked, record: Record | None) -> Asked:
    """Fill in a size that an earlier purchase has brought to light."""
    if record is None or record.size is None or asked.request.size is not None:
        return asked
    return replace(asked, request=replace(asked.request, size=record.size))


def _decided(asked: Asked, record: Record | None, again: BuyAgain, sighting: Sighting | None) -> Action:
    if sighting is not None:
        return _adopt(asked, record, sighting)
    if record is None:
        return Action(Verb.START, Reason.NOT_STARTED, asked.request, asked.key, generation=0)
    if record.status in _MAY_BE_BOUGHT_AGAIN and again.covers(asked, record):
        return _restart(asked, record)
    verb, reason = _AS_IT_STANDS[record.status]
    if record.status is Status.REJECTED and _may_be_sent_again(asked, record, again):
        verb, reason = Verb.START, Reason.NOT_STARTED
    drift = () if verb is Verb.START else drift_of(asked, record)
    return Action(verb, reason, asked.request, asked.key, record.generation, record, drift)


def _adopt(asked: Asked, record: Record | None, sighting: Sighting) -> Action:
    known = 0 if record is None else record.generation
    generation = known if sighting.generation is None else sighting.generation
    return Action(
        Verb.ADOPT,
        Reason.FOUND_IN_GLACIER,
        asked.request,
        asked.key,
        generation,
        record,
        _topic_drift(asked, sighting),
        sighting,
    )


def _topic_drift(asked: Asked, sighting: Sighting) -> tuple[Drift, ...]:
    """Somebody who waits for a message at one topic should know that it comes at another."""
    if sighting.sns_topic == asked.request.sns_topic:
        return ()
    return (Drift("sns_topic", sighting.sns_topic, asked.request.sns_topic),)


def _restart(asked: Asked, record: Record) -> Action:
    reasons = {Status.EXPIRED: Reason.EXPIRED, Status.FAILED: Reason.FAILED}
    reason = reasons.get(record.status, Reason.REQUESTED)
    return Action(Verb.RESTART, reason, asked.request, asked.key, record.generation + 1, record)


def _may_be_sent_again(asked: Asked, record: Record, again: BuyAgain) -> bool:
    """A rejection is final while the body is the same; nothing was bought, so the generation stays."""
    changed = record.body_sha256 != body_sha256(asked.request)
    return changed or again.covers(asked, record)


def drift_of(asked: Asked, record: Record) -> tuple[Drift, ...]:
    """Return where what was bought differs from what the manifest says now."""
    request = asked.request
    found: list[Drift] = []
    bought = record.tier or (SERVICE_DEFAULT if request.effective_tiers else None)
    if request.effective_tiers and bought not in request.effective_tiers:
        found.append(Drift("tier", bought, ", ".join(request.effective_tiers)))
    if record.sns_topic != request.sns_topic:
        found.append(Drift("sns_topic", record.sns_topic, request.sns_topic))
    described = with_marker(request.description, marker_of(record.key, record.generation))
    if record.description is not None and record.description != described:
        found.append(Drift("description", record.description, described))
    return tuple(found)
