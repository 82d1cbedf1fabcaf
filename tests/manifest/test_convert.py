import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.model import ListShape, Shape, StructureShape
from hypothesis import given
from hypothesis import strategies as st

from glacier_manifest.diagnostics import Diagnostic, InvalidInput
from glacier_manifest.jobs.request import ArchiveRetrieval, InventoryRetrieval, Request, Select, Vault, What
from glacier_manifest.manifest import Archives, Job, read_manifest
from glacier_manifest.manifest.aws_cli import API_MEMBERS
from glacier_manifest.manifest.convert import convert, document_path
from glacier_manifest.manifest.yaml_source import Source, read_source

DOCUMENTS = Path(__file__).parent / "convert"
MIB = 1024 * 1024

Command = dict[str, Any]


def source(document: object, name: str = "job.json") -> Source:
    text = document if isinstance(document, str) else json.dumps(document, indent=2)
    return Source(Path(name), text)


def stored(name: str) -> Source:
    return read_source(DOCUMENTS / name)


def command_in(name: str) -> Command:
    command: Command = json.loads((DOCUMENTS / name).read_text(encoding="utf-8"))
    return command


def refused(*documents: Source, vault: str | None = None) -> tuple[Diagnostic, ...]:
    with pytest.raises(InvalidInput) as caught:
        convert(documents, vault=vault)
    return caught.value.diagnostics


def commands(folder: Path, text: str) -> dict[str, list[Command]]:
    """Return what the manifest sends, as the AWS CLI would be told it, by the names of its jobs."""
    path = folder / "jobs.yaml"
    path.write_text(text, encoding="utf-8")
    return {job.name: list(_commands(job)) for job in read_manifest([path]).jobs}


def _commands(job: Job) -> Iterator[Command]:
    for vault in job.vaults:
        for what in _asked(job):
            request = Request(job.name, Vault("", "", vault), what, sns_topic=job.sns_topic)
            (tier,) = job.tiers or (None,)
            body = request.body(tier=tier, description=job.description)
            yield {"accountId": job.account_id, "vaultName": vault, "jobParameters": body}


def _asked(job: Job) -> Iterator[What]:
    if isinstance(job.ask, InventoryRetrieval):
        yield job.ask
    elif isinstance(job.ask, Archives):
        for listed in job.ask.archive_ids:
            yield ArchiveRetrieval(listed.archive_id, job.ask.retrieval_byte_range)
    else:
        for listed in job.ask.archive_ids:
            yield Select(listed.archive_id, job.ask.select_parameters, job.ask.output_location)


@pytest.mark.parametrize("name", ["inventory.json", "job-archive-retrieval.json", "as-published.json"])
def test_the_examples_of_the_aws_cli_ask_for_the_same(name: str, tmp_path: Path) -> None:
    text = convert([stored(name)], vault="my-vault")

    assert commands(tmp_path, text) == {
        Path(name).stem: [{"accountId": "-", "vaultName": "my-vault", "jobParameters": command_in(name)}]
    }


def test_a_manifest_reads_as_if_a_person_had_written_it() -> None:
    text = convert([stored("job-archive-retrieval.json")], vault="my-vault", region="us-west-2")

    assert text == (
        "# yaml-language-server: $schema=manifest-v1.json\n"
        "# For editors: glacier-manifest schema > manifest-v1.json\n"
        "version: 1\n"
        'account_id: "-"\n'
        "region: us-west-2\n"
        "\n"
        "jobs:\n"
        "  # from job-archive-retrieval.json\n"
        "  job-archive-retrieval:\n"
        "    type: archive-retrieval\n"
        "    vault: my-vault\n"
        f"    archive_id: {command_in('job-archive-retrieval.json')['ArchiveId']}\n"
        "    description: Retrieve archive on 2015-07-17\n"
        "    sns_topic: arn:aws:sns:us-west-2:012345678901:my-topic\n"
    )


def test_of_a_filled_skeleton_only_what_was_filled_in_is_sent(tmp_path: Path) -> None:
    text = convert([stored("skeleton-inventory.json"), stored("skeleton-archive.json")])

    assert commands(tmp_path, text) == {
        "skeleton-inventory": [
            {
                "accountId": "-",
                "vaultName": "my-vault",
                "jobParameters": {
                    "Type": "inventory-retrieval",
                    "Format": "CSV",
                    "InventoryRetrievalParameters": {"StartDate": "2015-01-01T00:00:00Z", "Limit": "10000"},
                },
            }
        ],
        "skeleton-archive": [
            {
                "accountId": "012345678901",
                "vaultName": "my-vault",
                "jobParameters": {
                    "Type": "archive-retrieval",
                    "ArchiveId": "-" + "b" * 137,
                    "RetrievalByteRange": "0-1048575",
                    "Tier": "Bulk",
                },
            }
        ],
    }


def test_a_select_skeleton_keeps_the_choices_that_the_aws_cli_would_send(tmp_path: Path) -> None:
    (command,) = commands(tmp_path, convert([stored("skeleton-select.json")]))["skeleton-select"]
    written = command_in("skeleton-select.json")["jobParameters"]
    s3 = written["OutputLocation"]["S3"]

    assert command["jobParameters"] == {
        "Type": "select",
        "ArchiveId": "c" * 138,
        "SelectParameters": {
            "InputSerialization": {
                "csv": {
                    "FileHeaderInfo": written["SelectParameters"]["InputSerialization"]["csv"][
                        "FileHeaderInfo"
                    ]
                }
            },
            "ExpressionType": "SQL",
            "Expression": "SELECT * FROM archive WHERE status = '500'",
            "OutputSerialization": {
                "csv": {
                    "QuoteFields": written["SelectParameters"]["OutputSerialization"]["csv"]["QuoteFields"]
                }
            },
        },
        "OutputLocation": {
            "S3": {
                "BucketName": "results",
                "Prefix": "q1",
                "Encryption": {"EncryptionType": s3["Encryption"]["EncryptionType"]},
                "CannedACL": s3["CannedACL"],
                "StorageClass": s3["StorageClass"],
            }
        },
    }


def test_an_untouched_skeleton_says_what_it_lacks() -> None:
    found = refused(stored("skeleton.json"))

    assert [one.code for one in found] == ["missing-vault", "missing-key"]
    assert "'type'" in found[1].message


@pytest.mark.parametrize(
    "document",
    [
        {"accountId": "-", "vaultName": "my-vault", "jobParameters": {"Type": "select", "ArchiveId": "x"}},
        {"account-id": "-", "vault-name": "my-vault", "job-parameters": {"type": "select", "archiveId": "x"}},
        {"AccountId": "-", "VaultName": "my-vault", "JobParameters": {"Type": "select", "archive_id": "x"}},
        {"vaultName": "my-vault", "jobParameters": {"Type": "select", "ArchiveId": "x"}},
    ],
)
def test_members_are_known_in_every_spelling_of_the_api_and_the_cli(document: Command) -> None:
    found = refused(source(document))

    assert {one.code for one in found} == {"missing-key"}
    assert {
        name for one in found for name in ("select_parameters", "output_location") if name in one.message
    } == {
        "select_parameters",
        "output_location",
    }


def test_a_yaml_document_of_the_aws_cli_is_read_too(tmp_path: Path) -> None:
    document = source("accountId: '-'\nvaultName: 'my-vault'\njobParameters:\n  Type: inventory-retrieval\n")

    assert commands(tmp_path, convert([document])) == {
        "job": [{"accountId": "-", "vaultName": "my-vault", "jobParameters": {"Type": "inventory-retrieval"}}]
    }


@pytest.mark.parametrize(
    ("text", "code", "line", "column", "told"),
    [
        ('{"Type": "inventory-retrieval",\n "Teir": "Bulk"}', "unknown-member", 2, 2, "did you mean 'Tier'?"),
        (
            '{"vaultName": "v",\n "jobParameter": {"Type": "select"}}',
            "unknown-member",
            2,
            2,
            "'jobParameters'",
        ),
        ('{"Type": "inventory-retrieval",\n "schedule": "0 3 * * MON"}', "unknown-member", 2, 2, "remove it"),
        ('{"Type": "inventory-retrieval",\n "type": "select"}', "duplicate-key", 2, 2, "remove one"),
        ('{"Type": "inventory-retrieval",\n "Type": "select"}', "duplicate-key", 2, 2, "remove one"),
        ('{"Type": "inventory-retrieval",}', "json-syntax", 1, None, "double quotes"),
        ('{"Type": "inventory"}', "unknown-value", 1, 10, "inventory-retrieval"),
        ('{"Type": "inventory-retrieval",\n "Format": "json"}', "unknown-value", 2, 12, "JSON"),
        ('{"Type": "inventory-retrieval",\n "ArchiveId": "x"}', "misplaced-key", 2, 2, "remove it"),
        ('{"Type": "archive-retrieval",\n "ArchiveId": "a b"}', "archive-id", 2, 15, "letters, digits"),
        (
            '{"vaultName": "v", "jobParameters": "file://job.json"}',
            "not-job-parameters",
            1,
            37,
            "initiate-job",
        ),
        ("[]", "not-job-parameters", 1, 1, "initiate-job"),
        ("", "not-job-parameters", 1, 1, "initiate-job"),
    ],
)
def test_what_initiate_job_does_not_take_is_told_at_its_place(
    text: str, code: str, line: int, column: int | None, told: str
) -> None:
    found = refused(source(text), vault="my-vault")[0]

    assert found.code == code
    assert told in f"{found.label} {found.help}"
    assert found.span is not None
    assert found.span.line == line
    assert column in {found.span.column, None}


def test_bare_parameters_need_a_vault_and_are_told_how_to_name_one() -> None:
    (found,) = refused(stored("inventory.json"))

    assert found.code == "missing-vault"
    assert "--vault NAME" in (found.help or "")


def test_a_vault_that_a_document_names_is_not_overruled(tmp_path: Path) -> None:
    (command,) = commands(tmp_path, convert([stored("skeleton-inventory.json")], vault="other"))[
        "skeleton-inventory"
    ]

    assert command["vaultName"] == "my-vault"


def test_every_document_is_blamed_at_once() -> None:
    found = refused(source('{"Type": "x"}', "a.json"), source('{"Type": "y"}', "b.json"), vault="my-vault")

    assert [one.span.file.name for one in found if one.span] == ["a.json", "b.json"]


def test_a_free_structure_that_was_written_by_hand_is_never_taken_for_a_leftover() -> None:
    document = {
        "Type": "archive-retrieval",
        "ArchiveId": "x",
        "OutputLocation": {"S3": {"StorageClass": "STANDARD"}},
    }

    assert [one.code for one in refused(source(document), vault="my-vault")] == ["misplaced-key"]


def test_jobs_are_named_after_their_documents_and_never_alike(tmp_path: Path) -> None:
    names = ["job.json", "other/job.json", "Fotos & Videos.json", "-.json", "--.json", "job-2.json"]
    documents = [source({"Type": "inventory-retrieval"}, name) for name in names]

    assert list(commands(tmp_path, convert(documents, vault="my-vault"))) == [
        "job",
        "job-2",
        "Fotos-Videos",
        "inventory-retrieval",
        "inventory-retrieval-2",
        "job-2-2",
    ]


@pytest.mark.parametrize("name", ["jobs/a.json", "file://jobs/a.json", "fileb://jobs/a.json"])
def test_a_document_may_be_named_as_the_aws_cli_names_it(name: str) -> None:
    assert document_path(name) == Path("jobs/a.json")


def test_a_file_name_cannot_break_out_of_its_comment(tmp_path: Path) -> None:
    text = convert([source({"Type": "inventory-retrieval"}, "a\njobs: {}.json")], vault="my-vault")

    assert list(commands(tmp_path, text)) == ["a-jobs"]


def test_every_member_of_the_api_is_known() -> None:
    def names(shape: Shape) -> Iterator[str]:
        if isinstance(shape, StructureShape):
            for name, member in shape.members.items():
                yield name
                yield from names(member)
        elif isinstance(shape, ListShape):
            yield from names(shape.member)

    model = botocore.session.get_session().get_service_model("glacier").operation_model("InitiateJob")
    assert isinstance(model.input_shape, StructureShape)

    assert set(names(model.input_shape.members["jobParameters"])) == set(API_MEMBERS)


def some(required: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(required, optional=optional)


any_text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
printable = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=40)
one_character = st.text("\"'\\\t\n|;,# ", min_size=1, max_size=1)
archive_ids = st.from_regex(r"[A-Za-z0-9_-]{1,138}", fullmatch=True)
tiers = st.sampled_from(["Expedited", "Standard", "Bulk"])
about = {
    "Description": printable,
    "SNSTopic": st.from_regex(r"arn:aws:sns:us-west-2:[0-9]{12}:[A-Za-z0-9_-]{1,20}", fullmatch=True),
}
byte_ranges = st.tuples(st.integers(0, 10**6), st.integers(1, 10**6)).map(
    lambda pair: f"{pair[0] * MIB}-{(pair[0] + pair[1]) * MIB - 1}"
)
dates = st.dates().filter(lambda day: day.year >= 1970).map(lambda day: f"{day.isoformat()}T00:00:00Z")
own_keys = st.dictionaries(
    any_text.filter(lambda key: key not in {"<<", "KeyName"}), any_text, min_size=1, max_size=2
)
csv = {
    "QuoteEscapeCharacter": one_character,
    "RecordDelimiter": one_character,
    "FieldDelimiter": st.sampled_from([",", ";", "|", " ", "\n"]),
    "QuoteCharacter": one_character,
}
grants = some(
    {"Permission": st.just("READ"), "Grantee": some({"Type": st.just("CanonicalUser"), "ID": any_text}, {})},
    {},
)
bodies = st.one_of(
    some(
        {"Type": st.just("archive-retrieval"), "ArchiveId": archive_ids},
        {"RetrievalByteRange": byte_ranges, "Tier": tiers, **about},
    ),
    some(
        {"Type": st.just("inventory-retrieval")},
        {
            "Format": st.sampled_from(["CSV", "JSON"]),
            "InventoryRetrievalParameters": st.one_of(
                some({"StartDate": dates}, {"Limit": st.integers(1, 10**9).map(str)}),
                some({"EndDate": dates}, {"Marker": any_text}),
            ),
            **about,
        },
    ),
    some(
        {
            "Type": st.just("select"),
            "ArchiveId": archive_ids,
            "SelectParameters": some(
                {"ExpressionType": st.just("SQL"), "Expression": any_text},
                {
                    "InputSerialization": some({"csv": some({"FileHeaderInfo": st.just("USE")}, csv)}, {}),
                    "OutputSerialization": some({"csv": some({"QuoteFields": st.just("ALWAYS")}, csv)}, {}),
                },
            ),
            "OutputLocation": some(
                {
                    "S3": some(
                        {"BucketName": st.just("results"), "Prefix": any_text},
                        {
                            "AccessControlList": st.lists(grants, min_size=1, max_size=2),
                            "Tagging": own_keys,
                            "UserMetadata": own_keys,
                            "StorageClass": st.just("STANDARD_IA"),
                        },
                    )
                },
                {},
            ),
        },
        {"Tier": tiers, **about},
    ),
)
whole_commands = some(
    {
        "accountId": st.just("-") | st.from_regex(r"[0-9]{12}", fullmatch=True),
        "vaultName": st.from_regex(r"[A-Za-z0-9_.-]{1,30}", fullmatch=True),
        "jobParameters": bodies,
    },
    {},
)


@given(st.lists(whole_commands, min_size=1, max_size=3))
def test_what_is_read_back_is_what_the_aws_cli_would_have_sent(
    tmp_path_factory: pytest.TempPathFactory, written: list[Command]
) -> None:
    text = convert([source(command, f"job{number}.json") for number, command in enumerate(written)])

    read = commands(tmp_path_factory.mktemp("converted"), text)

    assert read == {f"job{number}": [command] for number, command in enumerate(written)}
