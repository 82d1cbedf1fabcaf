"""What `--target` and `--exclude` leave of the requests."""

from collections.abc import Iterable, Sequence

from glacier_manifest.errors import UsageError
from glacier_manifest.jobs.address import AddressPattern, address_of
from glacier_manifest.planning.expand import Asked


def selected(asked: Iterable[Asked], *, targets: Sequence[str], excludes: Sequence[str]) -> tuple[Asked, ...]:
    """Keep the requests that a target names (all, where there is none) and no exclusion does.

    Raises:
        UsageError: A target or an exclusion names nothing: a slip of the pen must not widen a run.
    """
    requests = {address_of(one.request): one for one in asked}
    wanted = _named(targets, requests) if targets else set(requests)
    unwanted = _named(excludes, requests)
    return tuple(one for address, one in requests.items() if address in wanted - unwanted)


def _named(patterns: Sequence[str], addresses: Iterable[str]) -> set[str]:
    known = tuple(addresses)
    named: set[str] = set()
    for text in patterns:
        found = AddressPattern(text).choose(known)
        if not found:
            raise UsageError(
                "no-such-address",
                f"nothing in the manifest has an address that begins with {text!r}",
                next_step="run 'glacier-manifest plan' to see every address; wildcards are * and ?",
            )
        named.update(found)
    return named
