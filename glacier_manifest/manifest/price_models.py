"""A table of prices, as a manifest writes it."""

from typing import Annotated, Literal

from pydantic import Field

from glacier_manifest.manifest import fields, values


class TierPrices(fields.Strict):
    """What a tier costs in a region; a price that is not written is unknown."""

    per_gb: Annotated[fields.Amount | None, Field(description="USD for each GB (1,073,741,824 bytes).")] = (
        None
    )
    per_1000_requests: Annotated[
        fields.Amount | None, Field(description="USD for each thousand requests.")
    ] = None


class RegionPrices(fields.Strict):
    """What the tiers cost in a region."""

    expedited: Annotated[
        TierPrices | None, Field(alias="Expedited", description="What Expedited retrievals cost.")
    ] = None
    standard: Annotated[
        TierPrices | None, Field(alias="Standard", description="What Standard retrievals cost.")
    ] = None
    bulk: Annotated[TierPrices | None, Field(alias="Bulk", description="What Bulk retrievals cost.")] = None


class PricesSection(fields.Strict):
    """What retrievals cost; or the name of a file that says so."""

    date: Annotated[fields.Day, Field(description="The day of these prices.")]
    currency: Annotated[Literal["USD"], Field(description="The currency: USD.")] = "USD"
    regions: Annotated[
        dict[fields.Region, RegionPrices],
        Field(
            description="The prices of each region, by its code.",
            json_schema_extra={"propertyNames": {"pattern": values.REGION}},
        ),
    ]
