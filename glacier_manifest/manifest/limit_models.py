"""What one approval may start, over all its reruns: of everything, and of one job."""

from typing import Annotated

from pydantic import Field

from glacier_manifest.manifest import fields

_Jobs = Annotated[int | None, Field(ge=0, description="The most jobs; unlimited by default.")]
_Bytes = Annotated[fields.Size | None, Field(description="The most bytes of archives; unlimited by default.")]
_Cost = Annotated[fields.Cost | None, Field(description="The highest cost, in USD; unlimited by default.")]


class LimitsSection(fields.Strict):
    """What one approval may start, over all its reruns."""

    jobs: _Jobs = None
    bytes: _Bytes = None
    cost: _Cost = None
    expedited_jobs: Annotated[int, Field(ge=0, description="The most Expedited jobs, 5 by default.")] = 5


class JobLimits(fields.Strict):
    """What one approval may start of one job, over all its reruns."""

    jobs: _Jobs = None
    bytes: _Bytes = None
    cost: _Cost = None
    expedited_jobs: Annotated[
        int | None, Field(ge=0, description="The most Expedited jobs of the job; unlimited by default.")
    ] = None
