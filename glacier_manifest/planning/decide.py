"""The one place that decides what is done about a request: a table over its record's status."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from glacier_manifest.errors import UsageError
from glacier_manifest.jobs.address import AddressPattern, address_of
from glacier_manifest.jobs.marker import marker_of, with_marker
from glacier_manifest.jobs.status import Status
from glacier_manifest.jobs.tier import SERVICE_DEFAULT
from glacier_manifest.planning.approval import body_sha256
from glacier_manifest.planning.expand import Asked
from glacier_manifest.planning.plan import Action, Drift, Reason, Verb
from glacier_manifest.state.record import Record

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

_ENDED_BADLY = {"expired": Status.EXPIRED, "failed": Status.FAILED}
_MAY_BE_BOUGHT_AGAIN = frozenset({Status.SUCCEEDED, Status.FETCHED, Status.FAILED, Status.EXPIRED})


@dataclass(frozen=True, slots=True)
class Restarts:
    """What is asked to be bought again.

    Attributes:
        words: What `--restart` says: addresses, or every ``expired`` or ``failed`` request.
        generations: The purchases that a saved plan holds, by key: a restart in it is done once.
    """

    words: Collection[str] = ()
    generations: Mapping[str, int] = field(default_factory=dict)

    def cover(self, address: str, record: Record) -> bool:
        """Say whether a request that stands as `record` says is to be bought again."""
        if self.generations.get(record.key) == record.generation + 1:
            return True
        return any(_covers(word, address, record.status) for word in self.words)


def _covers(word: str, address: str, status: Status) -> bool:
    if word in _ENDED_BADLY:
        return status is _ENDED_BADLY[word]
    return AddressPattern(word).matches(address)


def decide(asked: Asked, record: Record | None, restarts: Restarts) -> Action:
    """Return what is done about one request, given what the state knows of its latest purchase."""
    if record is None:
        return Action(Verb.START, Reason.NOT_STARTED, asked.request, asked.key, generation=0)
    if _is_restarted(asked, record, restarts):
        return _restart(asked, record)
    verb, reason = _AS_IT_STANDS[record.status]
    if record.status is Status.REJECTED and _may_be_sent_again(asked, record, restarts):
        verb, reason = Verb.START, Reason.NOT_STARTED
    drift = () if verb is Verb.START else drift_of(asked, record)
    return Action(verb, reason, asked.request, asked.key, record.generation, record, drift)


def decide_all(
    asked: Iterable[Asked], latest: Callable[[Iterable[str]], Mapping[str, Record]], restarts: Restarts
) -> tuple[Action, ...]:
    """Return what is done about each request; `latest` gives the records of the keys that have one."""
    requests = tuple(asked)
    _check_words(restarts, requests)
    records = latest(one.key for one in requests)
    return tuple(decide(one, records.get(one.key), restarts) for one in requests)


def _check_words(restarts: Restarts, requests: Iterable[Asked]) -> None:
    """Refuse a `--restart` that names nothing: it would pass for a restart that was made."""
    addresses = [address_of(one.request) for one in requests]
    for word in restarts.words:
        if word not in _ENDED_BADLY and not any(map(AddressPattern(word).matches, addresses)):
            raise UsageError(
                "no-such-address",
                f"--restart {word} names no request of the manifest",
                next_step="run 'glacier-manifest plan' to see every address; wildcards are * and ?",
            )


def _is_restarted(asked: Asked, record: Record, restarts: Restarts) -> bool:
    if record.status not in _MAY_BE_BOUGHT_AGAIN:
        return False
    return restarts.cover(address_of(asked.request), record)


def _restart(asked: Asked, record: Record) -> Action:
    reasons = {Status.EXPIRED: Reason.EXPIRED, Status.FAILED: Reason.FAILED}
    reason = reasons.get(record.status, Reason.REQUESTED)
    return Action(Verb.RESTART, reason, asked.request, asked.key, record.generation + 1, record)


def _may_be_sent_again(asked: Asked, record: Record, restarts: Restarts) -> bool:
    """A rejection is final while the body is the same; nothing was bought, so the generation stays."""
    changed = record.body_sha256 != body_sha256(asked.request)
    return changed or restarts.cover(address_of(asked.request), record)


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
