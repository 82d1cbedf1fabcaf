"""A manifest file around its jobs: version, account, region, defaults, limits, restarts, pace, prices."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from glacier_manifest.manifest import fields, job_models, values
from glacier_manifest.manifest.limit_models import LimitsSection
from glacier_manifest.manifest.price_models import PricesSection

#: Restarts that a slip of the pen must not exceed: each one is paid for.
_MOST_RESTARTS = 100


def _version(number: int) -> int:
    if number != 1:
        message = f"version {number} of the manifest is not known"
        raise values.wrong("unsupported-version", message, "write 'version: 1', or install a later release")
    return number


class Defaults(fields.Strict):
    """Values for the jobs that have the field and do not write it themselves."""

    vault: job_models.Vault = None
    description: job_models.Description = None
    sns_topic: job_models.SnsTopic = None
    tier: job_models.Tier = None
    retrieval_byte_range: job_models.RetrievalByteRange = None
    format: job_models.Format = None
    inventory_retrieval_parameters: job_models.InventoryParameters = None
    schedule: job_models.Schedule = None
    every: job_models.Every = None
    timezone: job_models.Timezone = None
    save_to: job_models.SaveTo = None
    select_parameters: job_models.Query = None
    output_location: job_models.Output = None

    @model_validator(mode="after")
    def _has_one_schedule(self) -> Self:
        job_models.refuse_two_schedules(self.schedule, self.every)
        return self


class RestartsSection(fields.Strict):
    """How often a request may be bought again by itself; never, by default."""

    expired: Annotated[
        int,
        Field(ge=0, le=_MOST_RESTARTS, description="How often after its output has expired, 0 by default."),
    ] = 0
    failed: Annotated[
        int, Field(ge=0, le=_MOST_RESTARTS, description="How often after its job has failed, 0 by default.")
    ] = 0


class PaceSection(fields.Strict):
    """How fast jobs are started."""

    requests_per_second: Annotated[
        float,
        Field(gt=0, allow_inf_nan=False, description="The most calls a second, 10 by default."),
    ] = 10.0
    concurrency: Annotated[
        int, Field(ge=1, le=256, description="The most calls under way at once, 8 by default.")
    ] = 8
    bytes_per_day: Annotated[
        fields.Size | None,
        Field(description="The most bytes started in any 24 hours, over all runs; unlimited by default."),
    ] = None
    staged_bytes: Annotated[
        fields.Size | None,
        Field(description="The most bytes started and not yet fetched; unlimited by default."),
    ] = None


class Header(fields.Strict):
    """What stands at the top of a file and is read before its sections."""

    version: Annotated[
        int,
        AfterValidator(_version),
        WithJsonSchema({"const": 1}),
        Field(description="The version of the manifest's form: 1."),
    ]
    account_id: Annotated[
        fields.AccountId | None,
        Field(description="The vaults' owner: 12 digits, or '-' for the caller's own account."),
    ] = None
    region: Annotated[fields.Region | None, Field(description="The vaults' region.")] = None


#: The sections of a file beside its jobs, each with the model that checks it.
SECTIONS: dict[str, type[fields.Strict]] = {
    "defaults": Defaults,
    "limits": LimitsSection,
    "restarts": RestartsSection,
    "pace": PaceSection,
    "prices": PricesSection,
}
TOP_LEVEL = (*Header.model_fields, *SECTIONS, "jobs")
