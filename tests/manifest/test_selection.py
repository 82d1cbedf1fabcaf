"""What a manifest says of inventories, filters, prices and limits, as values."""

from decimal import Decimal
from pathlib import Path

import pytest

from glacier_manifest.diagnostics import InvalidInput, Span
from glacier_manifest.jobs.request import ByteRange
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.manifest import (
    Archives,
    FromInventory,
    InventorySource,
    Job,
    Limits,
    Order,
    Pace,
    Price,
    Prices,
    TextMatch,
    Where,
    is_glob,
    read_manifest,
)
from glacier_manifest.units import GIB, MIB, TIB

HEAD = "version: 1\njobs:\n  a:\n    type: archive-retrieval\n    vault: v\n"
ARCHIVE = "a" * 138


def written(folder: Path, text: str) -> Path:
    path = folder / "jobs.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def job_of(folder: Path, text: str) -> Job:
    return read_manifest([written(folder, text)]).jobs[0]


def archives_of(folder: Path, text: str) -> Archives:
    ask = job_of(folder, text).ask
    assert isinstance(ask, Archives)
    return ask


def test_a_selection_with_all_there_is(tmp_path: Path) -> None:
    text = HEAD + (
        "    archives:\n"
        "      inventory: inventories/v.json.gz\n"
        "      where:\n"
        "        path: 2015/**\n"
        "        description: {regex: ^backup-}\n"
        "        creation_date: {from: 2015-01-01, to: 2016-01-01T00:00:00.5+01:00}\n"
        "        size: {min: 1 MiB, max: 40 GiB}\n"
        f"        tree_hash: {'AB' * 32}\n"
        f"        archive_id: {ARCHIVE}\n"
        "      exclude: [{path: ['**/*.tmp', x]}, {description: draft*}]\n"
        "      order: size\n"
        "      descending: true\n"
        "      limit: 10\n"
        "    split: 1 GiB\n"
        "    allow_overlap: true\n"
    )

    asked = archives_of(tmp_path, text)

    assert asked == Archives(
        archive_ids=(),
        archive_ids_from=None,
        retrieval_byte_range=None,
        from_inventory=FromInventory(
            source=InventorySource(
                tmp_path / "inventories/v.json.gz", None, None, Span(tmp_path / "jobs.yaml", 7, 18, 39)
            ),
            where=Where(
                path=("2015/**",),
                description=TextMatch(regex="^backup-"),
                created_from="2015-01-01T00:00:00.000Z",
                created_to="2015-12-31T23:00:00.500Z",
                smallest=MIB,
                largest=40 * GIB,
                tree_hash=("ab" * 32,),
                archive_id=(ARCHIVE,),
            ),
            exclude=(Where(path=("**/*.tmp", "x")), Where(description=TextMatch(glob="draft*"))),
            order=Order.SIZE,
            descending=True,
            limit=10,
        ),
        split=GIB,
        allow_overlap=True,
    )


@pytest.mark.parametrize("where", ["", "      where:\n", "      where: {}\n", "      exclude: []\n"])
def test_a_selection_of_everything(tmp_path: Path, where: str) -> None:
    asked = archives_of(
        tmp_path, f"{HEAD}    archives:\n      inventory: s3://amzn-s3-demo-bucket/v.csv\n{where}"
    )

    assert asked.from_inventory == FromInventory(
        InventorySource(None, "s3://amzn-s3-demo-bucket/v.csv", None, Span(tmp_path / "jobs.yaml", 7, 18, 48))
    )


def test_the_inventory_of_another_job(tmp_path: Path) -> None:
    text = (
        f"{HEAD}    archives: {{inventory: {{job: weekly}}}}\n    limits: {{cost: 20 USD}}\n"
        "  weekly: {type: inventory-retrieval, vault: v, every: weekly}\n"
    )

    job = job_of(tmp_path, text)

    assert isinstance(job.ask, Archives)
    assert job.ask.from_inventory is not None
    assert job.ask.from_inventory.source == InventorySource(
        None, None, "weekly", Span(tmp_path / "jobs.yaml", 6, 33, 39)
    )
    assert job.limits == Limits(cost=Decimal(20), expedited_jobs=None)


def test_sizes_of_named_archives(tmp_path: Path) -> None:
    asked = archives_of(
        tmp_path, f"{HEAD}    archive_id: {ARCHIVE}\n    sizes_from: v.json\n    split: 2 MiB\n"
    )

    assert asked.sizes_from is not None
    assert (asked.sizes_from.path, asked.split) == (tmp_path / "v.json", 2 * MIB)


def test_a_split_takes_the_place_of_a_default_range(tmp_path: Path) -> None:
    text = (
        "version: 1\ndefaults: {retrieval_byte_range: 0-1048575}\njobs:\n"
        "  a: {type: archive-retrieval, vault: v, archives: {inventory: v.json}, split: 1 MiB}\n"
        "  b: {type: archive-retrieval, vault: v, archives: {inventory: v.json}}\n"
    )

    asks = [job.ask for job in read_manifest([written(tmp_path, text)]).jobs]

    assert [(ask.retrieval_byte_range, ask.split) for ask in asks if isinstance(ask, Archives)] == [
        (None, MIB),
        (ByteRange(0, 1048575), None),
    ]


def test_limits_of_everything_and_of_one_job(tmp_path: Path) -> None:
    text = (
        "version: 1\nlimits: {jobs: 9, bytes: 10 TiB, cost: 0.5 USD}\npace: {staged_bytes: 1 TiB}\njobs:\n"
        "  a: {type: inventory-retrieval, vault: v, limits: {jobs: 5}}\n"
        "  b: {type: inventory-retrieval, vault: v, limits: null}\n"
    )

    manifest = read_manifest([written(tmp_path, text)])

    assert manifest.limits == Limits(jobs=9, expedited_jobs=5, bytes=10 * TIB, cost=Decimal("0.5"))
    assert [job.limits for job in manifest.jobs] == [Limits(jobs=5, expedited_jobs=None), None]
    assert manifest.pace == Pace(staged_bytes=TIB)


def test_a_table_of_prices(tmp_path: Path) -> None:
    text = (
        "version: 1\nprices:\n  date: 2026-11-01\n  regions:\n    us-west-2:\n"
        '      Standard: {per_gb: 0.01, per_1000_requests: "0.050"}\n      Bulk: {per_gb: 0}\n'
        "      Expedited: null\njobs: {}\n"
    )
    path = written(tmp_path, text)

    assert read_manifest([path]).prices == Prices(
        span=Span(path, 2, 1, 7),
        date="2026-11-01",
        regions={
            "us-west-2": {
                Tier.STANDARD: Price(Decimal("0.01"), Decimal("0.050")),
                Tier.BULK: Price(Decimal(0), None),
            }
        },
    )


def test_a_file_of_prices_stands_beside_the_manifest(tmp_path: Path) -> None:
    path = written(tmp_path, "version: 1\nprices: tables/prices.json\njobs: {}\n")

    assert read_manifest([path]).prices == Prices(
        Span(path, 2, 1, 7), None, {}, tmp_path / "tables/prices.json"
    )


@pytest.mark.parametrize("section", ["", "prices:\n"])
def test_no_prices(tmp_path: Path, section: str) -> None:
    assert read_manifest([written(tmp_path, f"version: 1\n{section}jobs: {{}}\n")]).prices is None


def test_prices_of_a_region_that_is_none_are_told(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "version: 1\nprices: {date: 2026-11-01, regions: {us-wset-2: {}}}\njobs:\n  a: "
        "{type: inventory-retrieval, vault: v}\n",
    )

    (warning,) = read_manifest([path]).warnings

    assert (warning.code, warning.help) == ("unknown-region", "did you mean us-west-2?")
    assert warning.span == Span(path, 2, 38, 47)


def test_where_outputs_are_saved(tmp_path: Path) -> None:
    text = (
        "version: 1\ndefaults: {vault: v, save_to: 'out/{vault}/{job}'}\njobs:\n"
        f"  a: {{type: archive-retrieval, archive_id: {ARCHIVE}}}\n"
        "  b: {type: inventory-retrieval, save_to: '{slot}.json'}\n"
        "  c: {type: inventory-retrieval, save_to: null}\n"
    )

    jobs = read_manifest([written(tmp_path, text)]).jobs

    assert [job.save_to for job in jobs] == ["out/{vault}/{job}", "{slot}.json", None]


def test_globs_of_vaults(tmp_path: Path) -> None:
    text = "version: 1\njobs:\n  a: {type: inventory-retrieval, vault: ['photos-*', v, 'x?']}\n"

    vaults = job_of(tmp_path, text).vaults

    assert vaults == ("photos-*", "v", "x?")
    assert [is_glob(vault) for vault in vaults] == [True, False, True]


def test_prices_stand_in_one_file_only(tmp_path: Path) -> None:
    paths = [tmp_path / "a.yaml", tmp_path / "b.yaml"]
    for path in paths:
        path.write_text("version: 1\nprices: prices.json\njobs: {}\n")

    with pytest.raises(InvalidInput) as raised:
        read_manifest(paths)

    assert "repeated-section" in [one.code for one in raised.value.diagnostics]
