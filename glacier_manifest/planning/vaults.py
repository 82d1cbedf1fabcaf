"""Which vaults a job is sent to: the ones it names, and those that its patterns match."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from difflib import get_close_matches
from fnmatch import fnmatchcase

from glacier_manifest.diagnostics import Diagnostic, InvalidInput, Severity
from glacier_manifest.manifest import Job, is_glob

#: Tells the names of all vaults of a job's account and region; asked only for a job with a pattern.
VaultNames = Callable[[Job], Iterable[str]]

_NEAREST = 5


def with_vaults_named(jobs: Iterable[Job], names: VaultNames) -> tuple[Job, ...]:
    """Return the jobs with every pattern replaced by the vaults that it matches.

    The vaults that one pattern matches stand in its place, sorted; a vault that is meant twice stands once.

    Args:
        jobs: The jobs.
        names: Tells the names of the vaults that there are.

    Raises:
        InvalidInput: ``no-such-vault``, for each pattern that matches nothing.
    """
    found: list[Diagnostic] = []
    named = tuple(_named(job, names, found) if any(map(is_glob, job.vaults)) else job for job in jobs)
    if found:
        raise InvalidInput(
            found, next_step="correct the patterns shown above, the region or the profile, then run it again"
        )
    return named


def _named(job: Job, names: VaultNames, found: list[Diagnostic]) -> Job:
    known = sorted(set(names(job)))
    vaults: dict[str, None] = {}
    for name in job.vaults:
        matching = _matching(name, known)
        if not matching:
            found.append(_nothing_matches(job, name, known))
        vaults |= dict.fromkeys(matching)
    return replace(job, vaults=tuple(vaults))


def _matching(name: str, known: Iterable[str]) -> list[str]:
    """A name without ``*`` and ``?`` stands for itself: whether it exists is not for a pattern to say."""
    return [one for one in known if fnmatchcase(one, name)] if is_glob(name) else [name]


def _nothing_matches(job: Job, pattern: str, known: list[str]) -> Diagnostic:
    where = "" if job.region is None else f" in {job.region}"
    return Diagnostic(
        Severity.ERROR,
        "no-such-vault",
        f"no vault{where} matches '{pattern}', which job '{job.name}' is to be sent to",
        job.span,
        help=_advice(pattern, known),
    )


def _advice(pattern: str, known: list[str]) -> str:
    if not known:
        return "the account has no vaults there: check the region and the profile"
    nearest = list(_nearest(pattern, known))
    more = f" and {len(known) - len(nearest)} more" if len(known) > len(nearest) else ""
    return f"the vaults there: {', '.join(nearest)}{more}"


def _nearest(pattern: str, known: list[str]) -> Iterator[str]:
    """Yield the names that are most like the pattern, then others until there are enough."""
    words = pattern.replace("*", "").replace("?", "")
    like = get_close_matches(words, known, n=_NEAREST, cutoff=0.5)
    yield from [*like, *(name for name in known if name not in like)][:_NEAREST]
