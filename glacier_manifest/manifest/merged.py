"""A job with the defaults of its file filled in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from glacier_manifest.manifest.file_models import Defaults, Header
from glacier_manifest.manifest.findings import Path
from glacier_manifest.manifest.job_models import JobModel

#: Fields of which a job's own takes the place of another's default.
_ALTERNATIVES = ({"schedule", "every"}, {"split", "retrieval_byte_range"})


@dataclass(frozen=True, slots=True)
class MergedJob:
    """A job, the defaults filled in.

    Attributes:
        name: Its name.
        written: What stands under its name in the file.
        fields: Its fields.
        account_id: The vaults' owner, the file's where the job has none.
        region: The vaults' region, the file's where the job has none.
    """

    name: str
    written: Mapping[str, Any]
    fields: JobModel
    account_id: str
    region: str | None

    def path(self, field: str) -> Path:
        """Return where a field is written: in the job, else among the defaults."""
        return ("jobs", self.name, field) if field in self.written else ("defaults", field)


@dataclass(frozen=True, slots=True)
class OwnJob:
    """A job with the fields that it writes itself."""

    name: str
    written: Mapping[str, Any]
    fields: JobModel

    def with_defaults(self, defaults: Defaults, header: Header) -> MergedJob:
        """Fill in the defaults: a job's own field wins, its null takes the default away."""
        job = self.fields
        own = job.model_fields_set
        decided = own.union(*(either for either in _ALTERNATIVES if own & either))
        missing = (defaults.model_fields_set & type(job).model_fields.keys()) - decided
        return MergedJob(
            name=self.name,
            written=self.written,
            fields=job.model_copy(update={field: getattr(defaults, field) for field in missing}),
            account_id=(job.account_id if "account_id" in own else header.account_id) or "-",
            region=job.region if "region" in own else header.region,
        )
