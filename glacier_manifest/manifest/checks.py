"""What no single field can tell: keys that a job lacks, and what is odd about a whole job."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from glacier_manifest.diagnostics import Severity
from glacier_manifest.jobs.schedule import EVERY, Schedule
from glacier_manifest.manifest.explaining import missing_key
from glacier_manifest.manifest.findings import Finding, Path
from glacier_manifest.manifest.job_models import (
    ArchiveRetrievalJob,
    InventoryRetrievalJob,
    JobModel,
    SelectJob,
)
from glacier_manifest.manifest.merged import MergedJob
from glacier_manifest.manifest.values import REFERENCE, shown
from glacier_manifest.manifest.words import closest
from glacier_manifest.units import MIB

#: The length of every archive ID that AWS documents (docs: "api-archive-post", x-amz-archive-id).
ARCHIVE_ID_CHARACTERS = 138

#: An account ID's digits; the AWS CLI's own reference shows a topic with one more.
ACCOUNT_DIGITS = 12

#: Regions with a vault endpoint (docs: "glacier-service" in the AWS General Reference).
VAULT_REGIONS = frozenset(
    """
    af-south-1 ap-east-1 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-southeast-1
    ap-southeast-2 ap-southeast-3 ca-central-1 cn-north-1 cn-northwest-1 eu-central-1 eu-north-1
    eu-south-1 eu-west-1 eu-west-2 eu-west-3 me-south-1 sa-east-1 us-east-1 us-east-2 us-gov-east-1
    us-gov-west-1 us-west-1 us-west-2
    """.split()  # noqa: SIM905 - a list this long reads best as words
)

#: A day, less the hour that a daily schedule loses when the clocks go forward.
_DAILY = timedelta(hours=23)

_SOURCES = {
    "archive-retrieval": ("archive_ids", "archive_id", "archive_ids_from", "archives"),
    "select": ("archive_id", "archive_ids"),
}
_NEEDED = {"select": ("select_parameters", "output_location")}


def missing_keys(
    name: str, job_type: str, written: Mapping[str, Any], defaults: Mapping[str, Any]
) -> Iterator[Finding]:
    """Yield the keys that a job needs and has neither itself nor by default."""
    given = {key for key, value in {**defaults, **written}.items() if value is not None}
    path = ("jobs", name)
    for key in ("vault", *_NEEDED.get(job_type, ())):
        if key not in given:
            advice = f"add '{key}' to the job, or under 'defaults' for all jobs"
            yield missing_key(key, path, job_type, advice)
    sources = _SOURCES.get(job_type, ())
    if sources and not given & set(sources):
        advice = f"name the archives: {', '.join(sources[:-1])} or {sources[-1]}"
        yield missing_key(sources[0], path, job_type, advice)


def schedule_of(job: JobModel) -> Schedule | None:
    """Return when a job recurs; None for a job that runs once."""
    if not isinstance(job, InventoryRetrievalJob):
        return None
    cron = job.schedule or EVERY.get(job.every or "")
    return None if cron is None else Schedule(cron, job.timezone or "UTC")


def conflicts(job: MergedJob) -> Iterator[Finding]:
    """Yield the errors that only the merged job shows."""
    if job.written.get("timezone") is not None and schedule_of(job.fields) is None:
        message = f"'timezone' in {job.fields.type} job '{job.name}' needs 'schedule' or 'every'"
        advice = "add one of them, or remove 'timezone'"
        yield Finding("conflicting-keys", job.path("timezone"), message, advice, at_key=True)


def oddities(job: MergedJob) -> Iterator[Finding]:
    """Yield warnings: what is probably a mistake, or will probably be refused."""
    yield from _region(job)
    yield from _topic(job)
    if isinstance(job.fields, InventoryRetrievalJob):
        yield from _frequent(job, job.fields)
    else:
        yield from _lengths(job, job.fields)
    if isinstance(job.fields, ArchiveRetrievalJob):
        yield from _range_end(job, job.fields)
    if isinstance(job.fields, SelectJob):
        message = f"select job '{job.name}': AWS no longer documents select jobs and may refuse them"
        yield _warning("legacy-select", ("jobs", job.name, "type"), message, "retrieve the archives instead")


def _warning(code: str, path: Path, message: str, advice: str) -> Finding:
    return Finding(code, path, message, advice, severity=Severity.WARNING)


def _region(job: MergedJob) -> Iterator[Finding]:
    if job.region is not None and job.region not in VAULT_REGIONS:
        path = ("jobs", job.name, "region") if "region" in job.written else ("region",)
        yield _unknown_region(path, job.region)


def price_oddities(regions: Iterable[str]) -> Iterator[Finding]:
    """Yield warnings of the regions that a table of prices has and that no vault is in."""
    for region in regions:
        if region not in VAULT_REGIONS:
            yield replace(_unknown_region(("prices", "regions", region), region), at_key=True)


def _unknown_region(path: Path, region: str) -> Finding:
    meant = closest(region, VAULT_REGIONS)
    advice = "check the name" if meant is None else f"did you mean {meant}?"
    message = f"region '{region}' had no endpoint for vaults when this release was made"
    return _warning("unknown-region", path, message, advice)


def _topic(job: MergedJob) -> Iterator[Finding]:
    topic = job.fields.sns_topic
    if topic is None:
        return
    region, account_id = topic.split(":")[3:5]
    if len(account_id) != ACCOUNT_DIGITS:
        message = f"the topic's account '{account_id}' has {len(account_id)} digits"
        advice = "an account has 12; Glacier takes any topic, and says nothing when it cannot tell it"
        yield _warning("topic-account", job.path("sns_topic"), message, advice)
    if job.region is not None and region != job.region:
        message = f"the topic is in {region}, and job '{job.name}' in {job.region}"
        advice = "name a topic in the vault's region, as all of AWS's examples do"
        yield _warning("topic-region", job.path("sns_topic"), message, advice)


def _lengths(job: MergedJob, fields: ArchiveRetrievalJob | SelectJob) -> Iterator[Finding]:
    listed: list[tuple[Path, str]] = [
        (("archive_ids", index), archive_id) for index, archive_id in enumerate(fields.archive_ids or ())
    ]
    if fields.archive_id is not None:
        listed.insert(0, (("archive_id",), fields.archive_id))
    odd = [(place, one) for place, one in listed if len(one) != ARCHIVE_ID_CHARACTERS]
    if odd:
        place, one = odd[0]
        others = f" (and {len(odd) - 1:,} more in job '{job.name}')" if len(odd) > 1 else ""
        message = f"archive ID '{shown(one)}' has {len(one)} characters{others}"
        advice = f"Glacier's archive IDs have {ARCHIVE_ID_CHARACTERS}: is it whole?"
        yield _warning("archive-id-length", ("jobs", job.name, *place), message, advice)


def _range_end(job: MergedJob, fields: ArchiveRetrievalJob) -> Iterator[Finding]:
    if fields.retrieval_byte_range is None:
        return
    end = int(fields.retrieval_byte_range.split("-")[1])
    if (end + 1) % MIB:
        aligned = end - (end + 1) % MIB
        message = f"byte range '{fields.retrieval_byte_range}' does not end at a whole MiB"
        advice = f"end at {aligned + MIB}, unless {end} is the last byte of every archive of the job"
        yield _warning("range-end", job.path("retrieval_byte_range"), message, advice)


def _frequent(job: MergedJob, fields: InventoryRetrievalJob) -> Iterator[Finding]:
    schedule = schedule_of(fields)
    if schedule is not None and schedule.shortest_interval(REFERENCE) < _DAILY:
        message = f"job '{job.name}' takes the inventory more often than once a day"
        advice = "Glacier makes a new inventory about once a day: daily is enough"
        yield _warning("frequent-schedule", job.path("schedule"), message, advice)
