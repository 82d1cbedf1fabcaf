"""The prices that are shipped: only what is sourced, each region with its day.

The live price list could not be read when this was written, so a region that is not here is unknown on
purpose: no region borrows the prices of another. `--prices FILE` and ``prices:`` replace what stands here.

* us-east-1: per GB and Expedited and Bulk requests from the price list of service AmazonGlacier as
  infracost's recorded outputs hold it (``s3_bucket_test.golden``: 2024-07-01 for Standard and Expedited;
  2021-11-02, the last one before it dropped Bulk, for Bulk). A Standard request is taken at 0.05 a
  thousand, the price of docs "knowledge-center/s3-manage-data-retrieval": the list's own item
  ``Requests-Tier1`` fell to 0.03 when uploads became cheaper, and it is not known to cover retrievals.
* eu-west-1: the same price list, as infracost printed it on 2022-04-06 for a stack in that region
  (github.com/gordonmurray/terraform_aws_ec2_cloudwatch_logs). What a Standard request costs is left
  unknown, for the reason above; Bulk was not in that output.
* ap-southeast-2: a calculator of 2018-07-17 that knows Standard alone
  (gist.github.com/PauloMigAlmeida/ec57f5b7f0ebbe9004be9f367e412297).

Bulk retrievals became free in 2021 for the S3 storage class; nothing found says so of vaults, so they are
estimated as charged.
"""

from datetime import date
from decimal import Decimal

from glacier_manifest.jobs.tier import Tier
from glacier_manifest.manifest import Price
from glacier_manifest.planning.prices import PriceTable, RegionPrices


def _price(per_gb: str, per_1000_requests: str | None) -> Price:
    requests = None if per_1000_requests is None else Decimal(per_1000_requests)
    return Price(Decimal(per_gb), requests)


SHIPPED = PriceTable(
    "the table shipped with this program",
    {
        "us-east-1": RegionPrices(
            {
                Tier.EXPEDITED: _price("0.03", "10"),
                Tier.STANDARD: _price("0.01", "0.05"),
                Tier.BULK: _price("0.0025", "0.025"),
            },
            date(2024, 7, 1),
        ),
        "eu-west-1": RegionPrices(
            {Tier.EXPEDITED: _price("0.03", "11"), Tier.STANDARD: _price("0.01", None)}, date(2022, 4, 6)
        ),
        "ap-southeast-2": RegionPrices({Tier.STANDARD: _price("0.012", "0.06")}, date(2018, 7, 17)),
    },
)
