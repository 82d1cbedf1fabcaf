"""What `--target` and `--exclude` leave of the requests."""

from collections.abc import Iterable, Mapping, Sequence

from glacier_manifest.errors import UsageError
from glacier_manifest.jobs.address import AddressPattern, address_of
from glacier_manifest.planning.expand import Asked

_SHOWN = 2


def selected(asked: Iterable[Asked], *, targets: Sequence[str], excludes: Sequence[str]) -> tuple[Asked, ...]:
    """Keep the requests that a target names (all, where there is none) and no exclusion does.

    Raises:
        UsageError: A target or an exclusion names nothing: a slip of the pen must not widen a run.
    """
    requests = {address_of(one.request): one for one in asked}
    wanted = named(targets, requests) if targets else frozenset(requests)
    unwanted = named(excludes, requests)
    return tuple(one for address, one in requests.items() if address in wanted - unwanted)


def named(patterns: Iterable[str], requests: Mapping[str, Asked]) -> frozenset[str]:
    """Return the addresses that patterns mean.

    Args:
        patterns: What a user wrote.
        requests: Every request, by its address.

    Raises:
        UsageError: A pattern names nothing, or is a cut archive ID that several archives begin with.
    """
    return frozenset(address for text in patterns for address in _meant(text, requests))


def _meant(text: str, requests: Mapping[str, Asked]) -> tuple[str, ...]:
    pattern = AddressPattern(text)
    found = pattern.choose(requests)
    if not found:
        raise UsageError(
            "no-such-address",
            f"nothing in the manifest has an address that begins with {text!r}",
            next_step="run 'glacier-manifest plan' to see every address; wildcards are * and ?",
        )
    archives = {requests[address].request.archive_id for address in found}
    if len(archives) > 1 and not pattern.matches(found[0]):
        raise UsageError(
            "ambiguous-address",
            f"{text!r} is the beginning of {len(archives)} archive IDs: {found[0]}, {found[1]}"
            f"{', ...' if len(found) > _SHOWN else ''}",
            next_step=f"write more of the archive ID, or {text}* where all of them are meant",
        )
    return found
