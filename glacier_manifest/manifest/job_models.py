"""The three types of job, with every InitiateJob parameter that each may carry.

(docs: "api-initiate-job-post", "api-jobParameters", "api-InventoryRetrievalJobInput")
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from glacier_manifest.jobs.request import JobType
from glacier_manifest.manifest import fields, values
from glacier_manifest.manifest.limit_models import JobLimits
from glacier_manifest.manifest.select_models import OutputLocation, SelectParameters
from glacier_manifest.manifest.selection_models import ArchivesSection, Inventory

Vault = Annotated[
    fields.Vaults | None,
    Field(description="The vault that the job is sent to, a glob such as 'photos-*', or a list of them."),
]
Description = Annotated[
    fields.Description | None,
    Field(description="Your own text; Glacier shows it in listings and notifications. ASCII only."),
]
SnsTopic = Annotated[
    fields.SnsTopic | None,
    Field(description="The ARN of an SNS topic that is told when the job ends, in the vault's region."),
]
Tier = Annotated[
    fields.Tiers | None,
    Field(description="Expedited, Standard or Bulk; or a list, each tried where the one before is refused."),
]
RetrievalByteRange = Annotated[
    fields.ByteRangeText | None,
    Field(description="The piece of the archive: first and last byte, START at a whole MiB."),
]
Format = Annotated[
    Literal["CSV", "JSON"] | None, Field(description="The inventory's format, JSON by default.")
]
Schedule = Annotated[
    fields.Cron | None, Field(description="When the inventory is taken again: a five-field cron line.")
]
Every = Annotated[
    fields.Every | None,
    Field(description="When the inventory is taken again: at 00:00 daily, on Mondays, or on the first."),
]
Timezone = Annotated[
    fields.Timezone | None, Field(description="The timezone of schedule and every, UTC by default.")
]
SaveTo = Annotated[
    fields.SaveTo | None,
    Field(
        description="Where the output is saved: a file or s3://bucket/key, with the places {vault}, {path}, "
        "{archive_id}, {job}, {slot} and {date}."
    ),
]
SaveResultsTo = Annotated[
    fields.SaveTo | None,
    Field(
        description="Where the results are copied to from S3: a folder or s3://bucket/prefix, with the "
        "places {vault}, {archive_id}, {job} and {date}."
    ),
]


def refuse_two_schedules(schedule: str | None, every: str | None) -> None:
    """Raise where a schedule is given both as a cron line and as a word."""
    if schedule is not None and every is not None:
        message = "'schedule' and 'every' exclude each other"
        raise values.wrong("conflicting-keys", message, "keep one of the two", "every")


class InventoryRetrievalParameters(fields.Strict):
    """Which archives an inventory lists (API: InventoryRetrievalJobInput)."""

    start_date: Annotated[
        fields.Moment | None, Field(description="Archives created then or later (ISO 8601, UTC).")
    ] = None
    end_date: Annotated[
        fields.Moment | None, Field(description="Archives created before then (ISO 8601, UTC).")
    ] = None
    limit: Annotated[
        fields.InventoryLimit | None, Field(description="The most archives that one job lists.")
    ] = None
    marker: Annotated[
        fields.NonEmpty | None, Field(description="Where to go on: the marker of a finished inventory job.")
    ] = None

    @model_validator(mode="after")
    def _starts_before_it_ends(self) -> Self:
        if self.start_date is not None and self.end_date is not None and self.start_date >= self.end_date:
            message = f"'end_date' ({self.end_date}) is not after 'start_date' ({self.start_date})"
            raise values.wrong(
                "date", message, "the end itself is not in the range: write a later one", "end_date"
            )
        return self


InventoryParameters = Annotated[
    InventoryRetrievalParameters | None, Field(description="Which archives the inventory lists.")
]
Query = Annotated[SelectParameters | None, Field(description="The query and the CSV it reads and writes.")]
Output = Annotated[OutputLocation | None, Field(description="Where the results go.")]


class AnyJob(fields.Strict):
    """What every job may carry."""

    type: Annotated[str, Field(description="The job's type.")]
    vault: Vault = None
    account_id: Annotated[
        fields.AccountId | None,
        Field(description="The vault's owner, if not the file's account_id."),
    ] = None
    region: Annotated[
        fields.Region | None, Field(description="The vault's region, if not the file's region.")
    ] = None
    description: Description = None
    sns_topic: SnsTopic = None
    limits: Annotated[
        JobLimits | None,
        Field(description="What one approval may start of this job, beside the file's limits."),
    ] = None


class ArchiveRetrievalJob(AnyJob):
    """Archives to be staged for download."""

    type: Annotated[Literal["archive-retrieval"], Field(description="The job's type.")]
    archive_id: Annotated[fields.ArchiveId | None, Field(description="The archive.")] = None
    archive_ids: Annotated[fields.ArchiveIds | None, Field(description="The archives.")] = None
    archive_ids_from: Annotated[
        fields.FileName | None,
        Field(description="A text file, beside the manifest, with one archive ID a line and '#' comments."),
    ] = None
    archives: Annotated[
        ArchivesSection | None,
        Field(description="The archives that an inventory lists and that pass a filter."),
    ] = None
    sizes_from: Annotated[
        Inventory | None,
        Field(description="The inventory that tells the sizes of the named archives: as archives.inventory."),
    ] = None
    retrieval_byte_range: RetrievalByteRange = None
    split: Annotated[
        fields.PieceSize | None,
        Field(description="One job for each piece of this size: 1 MiB, 2 MiB, 4 MiB and so on, doubling."),
    ] = None
    allow_overlap: Annotated[bool, Field(description="Whether ranges of one archive may overlap.")] = False
    tier: Tier = None
    save_to: SaveTo = None


class InventoryRetrievalJob(AnyJob):
    """A list of a vault's archives."""

    type: Annotated[Literal["inventory-retrieval"], Field(description="The job's type.")]
    format: Format = None
    inventory_retrieval_parameters: InventoryParameters = None
    schedule: Schedule = None
    every: Every = None
    timezone: Timezone = None
    save_to: SaveTo = None

    @model_validator(mode="after")
    def _has_one_schedule(self) -> Self:
        refuse_two_schedules(self.schedule, self.every)
        return self


class SelectJob(AnyJob):
    """A query over archives, its results written to S3. Legacy at AWS."""

    type: Annotated[Literal["select"], Field(description="The job's type.")]
    archive_id: Annotated[fields.ArchiveId | None, Field(description="The archive.")] = None
    archive_ids: Annotated[fields.ArchiveIds | None, Field(description="The archives.")] = None
    tier: Tier = None
    select_parameters: Query = None
    output_location: Output = None
    save_to: SaveResultsTo = None


JobModel = ArchiveRetrievalJob | InventoryRetrievalJob | SelectJob

JOB_MODELS: dict[str, type[ArchiveRetrievalJob] | type[InventoryRetrievalJob] | type[SelectJob]] = {
    JobType.ARCHIVE_RETRIEVAL: ArchiveRetrievalJob,
    JobType.INVENTORY_RETRIEVAL: InventoryRetrievalJob,
    JobType.SELECT: SelectJob,
}
