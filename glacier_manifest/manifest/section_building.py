"""From a checked file's sections to the values that the program works with."""

from glacier_manifest.jobs.tier import Tier
from glacier_manifest.manifest.file_checking import CheckedFile
from glacier_manifest.manifest.file_models import PaceSection, RestartsSection
from glacier_manifest.manifest.limit_models import JobLimits, LimitsSection
from glacier_manifest.manifest.model import NEVER, Limits, Pace, Price, Prices, Repurchases
from glacier_manifest.manifest.price_models import RegionPrices


def build_limits(section: LimitsSection | JobLimits) -> Limits:
    """Return the limits of a manifest, or of a job."""
    return Limits(section.jobs, section.expedited_jobs, section.bytes, section.cost)


def build_restarts(section: RestartsSection | None) -> Repurchases:
    """Return how often a request may be bought again; never where no file says so."""
    return NEVER if section is None else Repurchases(section.expired, section.failed)


def build_pace(section: PaceSection | None) -> Pace:
    """Return how fast jobs are started."""
    if section is None:
        return Pace()
    return Pace(section.requests_per_second, section.concurrency, section.bytes_per_day, section.staged_bytes)


def build_prices(file: CheckedFile) -> Prices | None:
    """Return the table of prices that a file has, or names."""
    section, source = file.prices, file.document.source
    if section is None:
        return None
    span = source.span(file.document.member(("prices",)).key)
    if isinstance(section, str):
        return Prices(span, None, {}, source.path.parent / section)
    regions = {region: _tiers(prices) for region, prices in section.regions.items()}
    return Prices(span, section.date, regions)


def _tiers(prices: RegionPrices) -> dict[Tier, Price]:
    written = {Tier.EXPEDITED: prices.expedited, Tier.STANDARD: prices.standard, Tier.BULK: prices.bulk}
    return {
        tier: Price(one.per_gb, one.per_1000_requests) for tier, one in written.items() if one is not None
    }
