import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glacier_manifest.diagnostics import Diagnostic, InvalidInput, Severity, Span
from glacier_manifest.jobs.request import ByteRange, InventoryRetrieval
from glacier_manifest.jobs.schedule import Schedule
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.manifest import (
    Archives,
    IdList,
    Job,
    Limits,
    ListedArchive,
    Manifest,
    Pace,
    Repurchases,
    SelectQuery,
    read_manifest,
)

ARCHIVE = (
    "kKB7ymWJVpPSwhGP6ycSOAekp9ZYe_--zM_mw6k76ZFGEIWQX-ybtRDvc2VkPSDtfKmQrj0IRQLSGsNuDp-"
    "AJVlu2ccmDSyDUmZwKbwbpAdGATGDiB3hHO0bjbGehXTcApVud_wyDw"
)
INVENTORY = "{type: inventory-retrieval, vault: v}"


def written(folder: Path, text: str, name: str = "jobs.yaml") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def read(folder: Path, text: str) -> Manifest:
    return read_manifest([written(folder, text)])


def only_job(folder: Path, text: str) -> Job:
    (job,) = read(folder, text).jobs
    return job


def refusals(*paths: Path) -> tuple[Diagnostic, ...]:
    with pytest.raises(InvalidInput) as raised:
        read_manifest(paths)
    return raised.value.diagnostics


def codes(found: tuple[Diagnostic, ...]) -> list[str]:
    return [one.code for one in found]


def test_an_inventory_with_nothing_but_its_type_and_vault(tmp_path: Path) -> None:
    path = written(
        tmp_path, "version: 1\njobs:\n  inventory:\n    type: inventory-retrieval\n    vault: my-vault\n"
    )

    assert read_manifest([path]) == Manifest(
        jobs=(
            Job(
                name="inventory",
                span=Span(path, 3, 3, 12),
                vaults=("my-vault",),
                account_id="-",
                region=None,
                description=None,
                sns_topic=None,
                tiers=(),
                schedule=None,
                ask=InventoryRetrieval(),
            ),
        ),
        limits=Limits(jobs=None, expedited_jobs=5),
        restarts=Repurchases(expired=0, failed=0),
        pace=Pace(requests_per_second=10.0, concurrency=8, bytes_per_day=None),
        files=(path,),
        folder=tmp_path,
        warnings=(),
    )


def test_a_retrieval_keeps_the_place_of_each_archive(tmp_path: Path) -> None:
    text = f"""\
version: 1
jobs:
  photos:
    type: archive-retrieval
    vault: v
    archive_id: {ARCHIVE}
    archive_ids:
      - {ARCHIVE[:-1]}x
      - "{ARCHIVE[:-1]}y"
    archive_ids_from: lists/ids.txt
    retrieval_byte_range: 1048576-2097151
    tier: [Expedited, Bulk]
"""
    path = written(tmp_path, text)

    (job,) = read_manifest([path]).jobs

    assert job.tiers == (Tier.EXPEDITED, Tier.BULK)
    assert job.ask == Archives(
        archive_ids=(
            ListedArchive(ARCHIVE, Span(path, 6, 17, 155)),
            ListedArchive(f"{ARCHIVE[:-1]}x", Span(path, 8, 9, 147)),
            ListedArchive(f"{ARCHIVE[:-1]}y", Span(path, 9, 9, 149)),
        ),
        archive_ids_from=IdList(tmp_path / "lists/ids.txt", Span(path, 10, 23, 36)),
        retrieval_byte_range=ByteRange(1048576, 2097151),
    )


def test_a_select_is_ready_to_send(tmp_path: Path) -> None:
    job = only_job(
        tmp_path,
        f"""\
version: 1
jobs:
  errors:
    type: select
    vault: v
    archive_ids: [{ARCHIVE}]
    select_parameters:
      input_serialization: {{csv: {{file_header_info: USE, field_delimiter: ";"}}}}
      expression_type: SQL
      expression: SELECT 1
    output_location:
      s3:
        bucket_name: b
        prefix: p
        encryption: {{encryption_type: "aws:kms", kms_key_id: k, kms_context: c}}
        tagging: {{some_key: v}}
        canned_acl: null
""",
    )

    assert isinstance(job.ask, SelectQuery)
    assert [listed.archive_id for listed in job.ask.archive_ids] == [ARCHIVE]
    assert job.ask.select_parameters == {
        "InputSerialization": {"csv": {"FileHeaderInfo": "USE", "FieldDelimiter": ";"}},
        "ExpressionType": "SQL",
        "Expression": "SELECT 1",
    }
    assert job.ask.output_location == {
        "S3": {
            "BucketName": "b",
            "Prefix": "p",
            "Encryption": {"EncryptionType": "aws:kms", "KMSKeyId": "k", "KMSContext": "c"},
            "Tagging": {"some_key": "v"},
        }
    }


@pytest.mark.parametrize("written_as", ["012345678901", '"012345678901"', "'012345678901'"])
def test_an_account_is_digits_whether_quoted_or_not(tmp_path: Path, written_as: str) -> None:
    job = only_job(tmp_path, f"version: 1\naccount_id: {written_as}\njobs:\n  a: {INVENTORY}\n")

    assert job.account_id == "012345678901"


@pytest.mark.parametrize("written_as", ["111122223333", '"111122223333"'])
def test_an_account_without_a_leading_zero_is_text_too(tmp_path: Path, written_as: str) -> None:
    job = only_job(tmp_path, f"version: 1\naccount_id: {written_as}\njobs:\n  a: {INVENTORY}\n")

    assert job.account_id == "111122223333"


@pytest.mark.parametrize("limit", ["10000", '"10000"'])
def test_a_limit_is_sent_as_text_whether_quoted_or_not(tmp_path: Path, limit: str) -> None:
    job = only_job(
        tmp_path,
        "version: 1\njobs:\n  a: {type: inventory-retrieval, vault: v, inventory_retrieval_parameters: "
        f"{{start_date: 2015-01-01, end_date: '2015-04-01T02:00:00+02:00', limit: {limit}, marker: m}}}}\n",
    )

    assert job.ask == InventoryRetrieval(
        start_date="2015-01-01T00:00:00Z", end_date="2015-04-01T00:00:00Z", limit="10000", marker="m"
    )


DEFAULTS = """\
version: 1
account_id: 111122223333
region: us-west-2
defaults:
  vault: [v, w]
  tier: Bulk
  description: by default
  format: CSV
  every: daily
  timezone: Europe/Berlin
  retrieval_byte_range: 0-1048575
jobs:
"""


def test_a_default_reaches_the_job_types_that_have_the_field(tmp_path: Path) -> None:
    text = f"  i: {{type: inventory-retrieval}}\n  a: {{type: archive-retrieval, archive_id: {ARCHIVE}}}\n"

    inventory, retrieval = read(tmp_path, DEFAULTS + text).jobs

    assert (inventory.vaults, inventory.tiers) == (("v", "w"), ())
    assert inventory.ask == InventoryRetrieval(format="CSV")
    assert inventory.schedule == Schedule("0 0 * * *", "Europe/Berlin")
    assert (retrieval.vaults, retrieval.tiers, retrieval.schedule) == (("v", "w"), (Tier.BULK,), None)
    assert isinstance(retrieval.ask, Archives)
    assert retrieval.ask.retrieval_byte_range == ByteRange(0, 1048575)
    assert {job.description for job in (inventory, retrieval)} == {"by default"}


def test_a_jobs_own_field_wins(tmp_path: Path) -> None:
    own = (
        "  a: {type: inventory-retrieval, vault: x, format: JSON, schedule: 0 3 * * MON, timezone: UTC, "
        'description: own, account_id: "012345678901", region: eu-west-1}\n'
    )

    job = only_job(tmp_path, DEFAULTS + own)

    assert (job.vaults, job.description, job.account_id, job.region) == (
        ("x",),
        "own",
        "012345678901",
        "eu-west-1",
    )
    assert job.schedule == Schedule("0 3 * * MON", "UTC")
    assert job.ask == InventoryRetrieval(format="JSON")


def test_a_null_in_a_job_takes_the_default_away(tmp_path: Path) -> None:
    own = (
        "  a: {type: inventory-retrieval, every: ~, format: null, description: , account_id: ~, region: ~}\n"
    )

    job = only_job(tmp_path, DEFAULTS + own)

    assert (job.schedule, job.description, job.account_id, job.region) == (None, None, "-", None)
    assert job.ask == InventoryRetrieval()


def test_sections_whose_lines_are_all_commented_out_are_as_good_as_none(tmp_path: Path) -> None:
    text = f"version: 1\ndefaults:\nlimits:\npace:\njobs:\n  a: {INVENTORY}\n"

    manifest = read(tmp_path, text)

    assert (manifest.limits, manifest.pace) == (Limits(), Pace())


@pytest.mark.parametrize(
    ("written_as", "restarts"),
    [
        ("{failed: 1}", Repurchases(failed=1)),
        ("{expired: 3, failed: 2}", Repurchases(expired=3, failed=2)),
        ("{}", Repurchases()),
        ("null", Repurchases()),
    ],
)
def test_restarts_are_read(tmp_path: Path, written_as: str, restarts: Repurchases) -> None:
    path = written(tmp_path, f"version: 1\nrestarts: {written_as}\njobs:\n  a: {INVENTORY}\n")

    assert read_manifest([path]).restarts == restarts


@pytest.mark.parametrize(
    ("written_as", "size"),
    [
        ("2 TiB", 2 * 1024**4),
        ("2TB", 2 * 1000**4),
        ("1.5 GiB", 1536 * 1024**2),
        ("1048576", 1048576),
        ('"1048576"', 1048576),
        ("900 B", 900),
        ("null", None),
    ],
)
def test_bytes_a_day_are_read(tmp_path: Path, written_as: str, size: int | None) -> None:
    path = written(tmp_path, f"version: 1\npace: {{bytes_per_day: {written_as}}}\njobs:\n  a: {INVENTORY}\n")

    assert read_manifest([path]).pace.bytes_per_day == size


def test_limits_and_pace_are_read(tmp_path: Path) -> None:
    text = (
        "version: 1\nlimits: {jobs: 0, expedited_jobs: 2}\npace: {requests_per_second: 2, concurrency: 1}\n"
        f"jobs:\n  a: {INVENTORY}\n"
    )

    manifest = read(tmp_path, text)

    assert manifest.limits == Limits(jobs=0, expedited_jobs=2)
    assert manifest.pace == Pace(requests_per_second=2.0, concurrency=1)
    assert type(manifest.pace.requests_per_second) is float


def test_all_mistakes_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    first = written(tmp_path, "version: 2\njobs:\n  a: {type: inventory-retrieval}\n", "a.yaml")
    second = written(tmp_path, "version: 1\nregoin: x\njobs:\n  b: {type: select, vault: '!'}\n", "b.yaml")
    third = written(tmp_path, "jobs: [\n", "c.yaml")

    found = refusals(first, second, third, tmp_path / "none.yaml")

    assert sorted(set(codes(found))) == [
        "missing-key",
        "unknown-key",
        "unreadable-file",
        "unsupported-version",
        "vault-name",
        "yaml-syntax",
    ]


def test_a_wrong_default_does_not_hide_what_is_wrong_with_the_jobs(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "version: 1\ndefaults: {tier: bulk, vault: v}\n"
        "jobs:\n  a: {type: archive-retrieval}\n  b: {type: x}\n",
    )

    assert codes(refusals(path)) == ["unknown-value", "missing-key", "unknown-value"]


def test_one_mistake_behind_an_anchor_is_told_once(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "version: 1\njobs:\n  a: &a\n    type: inventory-retrieval\n    teir: Bulk\n"
        "    format: xml\n  b: *a\n",
    )

    assert codes(refusals(path)) == ["missing-key", "unknown-key", "unknown-value"]


def test_two_keys_that_a_job_lacks_are_both_told(tmp_path: Path) -> None:
    path = written(tmp_path, "version: 1\njobs:\n  a: {type: select, vault: v}\n")

    messages = [one.message for one in refusals(path) if one.code == "missing-key"]

    assert messages == [
        "missing key 'select_parameters' in select job 'a'",
        "missing key 'output_location' in select job 'a'",
        "missing key 'archive_id' in select job 'a'",
    ]


def test_a_misspelled_key_is_not_told_a_second_time_as_missing(tmp_path: Path) -> None:
    path = written(tmp_path, "version: 1\njobs:\n  a: {type: inventory-retrieval, valt: v}\n")

    (found,) = refusals(path)

    assert (found.code, found.label) == ("unknown-key", "did you mean 'vault'?")


def test_warnings_come_back_with_the_manifest(tmp_path: Path) -> None:
    text = """\
version: 1
region: us-wset-2
defaults:
  vault: v
  sns_topic: arn:aws:sns:eu-west-1:012345678901:t
jobs:
  often: {type: inventory-retrieval, schedule: 0 */6 * * *, region: eu-west-1}
  short: {type: archive-retrieval, archive_ids: [abc, def], retrieval_byte_range: 0-5}
"""
    warnings = read(tmp_path, text).warnings

    assert {one.severity for one in warnings} == {Severity.WARNING}
    assert [(one.code, one.span.line if one.span else 0) for one in warnings] == [
        ("unknown-region", 2),
        ("topic-region", 5),
        ("frequent-schedule", 7),
        ("archive-id-length", 8),
        ("range-end", 8),
    ]
    assert warnings[0].help == "did you mean us-west-2?"
    assert warnings[3].message == "archive ID 'abc' has 3 characters (and 1 more in job 'short')"


def test_a_topic_of_an_account_that_cannot_be_is_told_and_sent_as_it_is(tmp_path: Path) -> None:
    """An example in the AWS CLI's reference has 13 digits; Glacier looks at no topic, and takes it."""
    topic = "arn:aws:sns:us-west-2:0123456789012:my-topic"
    text = f"version: 1\njobs:\n  a: {{type: inventory-retrieval, vault: v, sns_topic: '{topic}'}}\n"

    manifest = read(tmp_path, text)

    assert manifest.jobs[0].sns_topic == topic
    assert [warning.code for warning in manifest.warnings] == ["topic-account"]


@pytest.mark.parametrize("schedule", ["every: daily", "schedule: 30 2 * * *", "every: monthly"])
def test_a_daily_inventory_is_often_enough_whatever_the_clocks_do(tmp_path: Path, schedule: str) -> None:
    job = f"{{type: inventory-retrieval, vault: v, {schedule}, timezone: Europe/Berlin}}"
    text = f"version: 1\njobs:\n  a: {job}\n"

    assert read(tmp_path, text).warnings == ()


def test_a_select_is_legacy(tmp_path: Path) -> None:
    text = (
        f"version: 1\njobs:\n  a: {{type: select, vault: v, archive_id: {ARCHIVE}, select_parameters: "
        "{expression_type: SQL, expression: SELECT 1}, output_location: {s3: {bucket_name: b, prefix: ''}}}\n"
    )

    (warning,) = read(tmp_path, text).warnings

    assert warning.code == "legacy-select"


@pytest.mark.parametrize("jobs", ["jobs: {}", "jobs:"])
def test_a_file_without_a_job_is_read_with_a_warning(tmp_path: Path, jobs: str) -> None:
    manifest = read(tmp_path, f"version: 1\n{jobs}\n")

    assert manifest.jobs == ()
    assert codes(manifest.warnings) == ["no-jobs"]


def test_names_are_unique_over_all_files(tmp_path: Path) -> None:
    first = written(tmp_path, f"version: 1\njobs:\n  a: {INVENTORY}\n", "a.yaml")
    second = written(tmp_path, f"version: 1\njobs:\n  b: {INVENTORY}\n  a: {INVENTORY}\n", "b.yaml")

    (found,) = refusals(first, second)

    assert (found.code, found.message) == ("duplicate-job", f"job 'a' stands already at {first}:3:3")
    assert found.span == Span(second, 4, 3, 4)


@pytest.mark.parametrize("section", ["limits", "restarts", "pace"])
def test_limits_restarts_and_pace_stand_in_one_file_only(tmp_path: Path, section: str) -> None:
    first = written(tmp_path, f"version: 1\n{section}: {{}}\njobs:\n  a: {INVENTORY}\n", "a.yaml")
    second = written(tmp_path, f"version: 1\njobs:\n  b: {INVENTORY}\n{section}: {{}}\n", "b.yaml")

    (found,) = refusals(first, second)

    assert (found.code, found.span) == ("repeated-section", Span(second, 4, 1, 1 + len(section)))
    assert f"stands already at {first}:2:1" in found.message


def test_account_region_and_defaults_count_for_their_own_file(tmp_path: Path) -> None:
    head = "version: 1\naccount_id: 111122223333\nregion: us-west-2\ndefaults: {vault: v}\n"
    first = written(tmp_path, f"{head}jobs:\n  a: {{type: inventory-retrieval}}\n", "a.yaml")
    second = written(tmp_path, "version: 1\njobs:\n  b: {type: inventory-retrieval, vault: w}\n", "b.yaml")

    one, other = read_manifest([first, second]).jobs

    assert (one.vaults, one.account_id, one.region) == (("v",), "111122223333", "us-west-2")
    assert (other.vaults, other.account_id, other.region) == (("w",), "-", None)


def test_the_folder_is_known_where_it_is_one(tmp_path: Path) -> None:
    here = written(tmp_path, f"version: 1\njobs:\n  a: {INVENTORY}\n", "a.yaml")
    beside = written(tmp_path, f"version: 1\njobs:\n  b: {INVENTORY}\n", "b.yaml")
    below = written(tmp_path, f"version: 1\njobs:\n  c: {INVENTORY}\n", "sub/c.yaml")

    assert read_manifest([here, tmp_path / "sub/../b.yaml"]).folder == tmp_path
    assert read_manifest([here, beside, below]).folder is None


def test_a_file_may_be_named_without_its_folder(tmp_path: Path) -> None:
    written(tmp_path, f"version: 1\njobs:\n  a: {INVENTORY}\n")
    before = Path.cwd()
    os.chdir(tmp_path)
    try:
        manifest = read_manifest([Path("jobs.yaml")])
    finally:
        os.chdir(before)

    assert (manifest.files, manifest.folder) == ((Path("jobs.yaml"),), Path())


def test_no_file_at_all_is_an_error() -> None:
    (found,) = refusals()

    assert (found.code, found.span) == ("no-manifest", None)


def test_a_hundred_thousand_archives_are_read(tmp_path: Path) -> None:
    ids = "".join(f"    - {ARCHIVE[:-6]}{number:06d}\n" for number in range(100_000))
    job = only_job(
        tmp_path,
        f"version: 1\njobs:\n  a:\n    type: archive-retrieval\n    vault: v\n    archive_ids:\n{ids}",
    )

    assert isinstance(job.ask, Archives)
    assert len(job.ask.archive_ids) == 100_000
    assert job.ask.archive_ids[-1].span.line == 100_006


def findings_of(path: Path) -> tuple[Diagnostic, ...]:
    try:
        return read_manifest([path]).warnings
    except InvalidInput as error:
        return error.diagnostics


YAMLISH = st.text(alphabet="abv:-?[]{}&*!|>'\"# \n01.é", max_size=40)
KEYS = st.sampled_from(
    [
        "type",
        "vault",
        "tier",
        "archive_id",
        "archive_ids",
        "every",
        "schedule",
        "limits",
        "pace",
        "jobs",
        "s3",
        "version",
        "defaults",
        "region",
        "csv",
        "a",
        "account_id",
        "description",
        "output_location",
        "<<",
        "select_parameters",
        "limit",
        "inventory_retrieval_parameters",
        "start_date",
        "access_control_list",
        "archives",
        "inventory",
        "job",
        "where",
        "exclude",
        "path",
        "regex",
        "creation_date",
        "from",
        "size",
        "split",
        "save_to",
        "limits",
        "cost",
        "prices",
        "regions",
        "us-west-2",
        "Bulk",
        "per_gb",
    ]
)
LEAVES = (
    st.sampled_from(
        ["inventory-retrieval", "archive-retrieval", "select", "Bulk", "1", "~", "0 3 * * *", "daily"]
    )
    | st.sampled_from(["2015-01-01", "true", "-", "0-5", "SQL", "1e999", "'*'", '"\\0"', "9" * 40])
    | st.sampled_from(["1 GiB", "50 USD", "s3://b/k", "'{path}'", "'(a'", "'[b-a]'", "2015/**", "job: a"])
    | YAMLISH
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.dictionaries(KEYS, inner, max_size=4).map(
            lambda members: "{" + ", ".join(f"{key}: {value}" for key, value in members.items()) + "}"
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(KEYS, VALUES, max_size=5), st.sampled_from(list("abcd")))
def test_anything_like_a_manifest_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, members: dict[str, str], name: str
) -> None:
    jobs = "".join(f"    {key}: {value}\n" for key, value in members.items())
    top = "".join(f"{key}: {value}\n" for key, value in members.items())
    folder = tmp_path_factory.mktemp("yamlish")
    heads = [f"version: 1\njobs:\n  {name}:\n    type: {kind}\n" for kind in ("select", "archive-retrieval")]
    for text in (*(head + jobs for head in heads), top):
        assert all(one.span is not None for one in findings_of(written(folder, text)))


@given(st.binary(max_size=100))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("bytes") / "jobs.yaml"
    path.write_bytes(b"version: 1\njobs: {}\n" + content)

    assert all(one.code for one in findings_of(path))
