"""The policy that a manifest needs: every call that is made, on no more than the manifest's vaults."""

import io
import json
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import pytest

from glacier_manifest.cli.console import Console
from glacier_manifest.cli.main import run
from glacier_manifest.fetching.names import Rules, alternatives
from glacier_manifest.planning.permissions import ACCOUNT_ACTIONS, VAULT_ACTIONS
from glacier_manifest.sandbox import Sandbox
from glacier_manifest.sandbox.calls import Call

ROOT = Path(__file__).parents[2]
ARN = "arn:aws:glacier:us-west-2:012345678901:vaults/"
ARCHIVE = "A" * 138
HEAD = 'version: 1\naccount_id: "012345678901"\nregion: us-west-2\n'
INVENTORY = (
    "jobs:\n  weekly:\n    type: inventory-retrieval\n    vault: [photos, documents]\n    every: weekly\n"
)
RETRIEVAL = "  wedding:\n    type: archive-retrieval\n    vault: photos\n    archive_id: " + ARCHIVE + "\n"


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def policy(self) -> Any:  # noqa: ANN401 - JSON
        assert self.code == 0, self.err
        return json.loads(self.out)

    @property
    def statements(self) -> dict[str, Any]:
        return {one["Sid"]: one for one in self.policy["Statement"]}

    @property
    def actions(self) -> set[str]:
        return {action for one in self.policy["Statement"] for action in one["Action"]}


class Ask(Protocol):
    def __call__(self, manifest: str, *words: str, command: str = "iam-policy") -> Ran: ...


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Run a command in a folder that has a manifest."""
    monkeypatch.chdir(tmp_path)

    def asked(manifest: str, *words: str, command: str = "iam-policy") -> Ran:
        Path("jobs.yaml").write_text(manifest, encoding="utf-8")
        out, err = io.StringIO(), io.StringIO()
        code = run([command, "jobs.yaml", *words], Console(stdout=out, stderr=err))
        return Ran(code, out.getvalue(), err.getvalue())

    return asked


def test_a_policy_is_a_document_that_iam_reads(ask: Ask) -> None:
    policy = ask(HEAD + INVENTORY + RETRIEVAL).policy

    assert list(policy) == ["Version", "Statement"]
    assert policy["Version"] == "2012-10-17"
    sids = [one["Sid"] for one in policy["Statement"]]
    assert len(set(sids)) == len(sids)
    for one in policy["Statement"]:
        assert re.fullmatch(r"[A-Za-z0-9]+", one["Sid"])
        assert one["Effect"] == "Allow"
        assert all(re.fullmatch(r"[a-z0-9]+:[A-Za-z]+", action) for action in one["Action"])


def test_weekly_inventories_need_these_calls_to_these_vaults_and_no_other(ask: Ask) -> None:
    found = ask(HEAD + INVENTORY, "--for", "plan", "--for", "apply").policy["Statement"]

    vaults = [f"{ARN}documents", f"{ARN}photos"]
    assert found == [
        {
            "Sid": "SeeVaultsAndJobs",
            "Effect": "Allow",
            "Action": ["glacier:DescribeVault", "glacier:ListJobs"],
            "Resource": vaults,
        },
        {"Sid": "StartJobs", "Effect": "Allow", "Action": ["glacier:InitiateJob"], "Resource": vaults},
    ]


@pytest.mark.parametrize(
    ("purpose", "more"),
    [
        ("plan", {"glacier:GetDataRetrievalPolicy"}),
        ("apply", {"glacier:InitiateJob"}),
        ("fetch", {"glacier:DescribeJob", "glacier:GetJobOutput"}),
    ],
)
def test_each_purpose_allows_its_own_calls(ask: Ask, purpose: str, more: set[str]) -> None:
    allowed = ask(HEAD + INVENTORY + RETRIEVAL, "--for", purpose).actions

    assert allowed == {"glacier:DescribeVault", "glacier:ListJobs"} | more


def test_nothing_said_is_all_of_it(ask: Ask) -> None:
    all_of_it = ask(HEAD + INVENTORY).policy

    assert all_of_it == ask(HEAD + INVENTORY, "--for", "fetch", "--for", "plan", "--for", "apply").policy


def test_what_knows_no_vault_is_bound_to_the_region(ask: Ask) -> None:
    expedited = RETRIEVAL + "    tier: Expedited\n"
    more = RETRIEVAL.replace("wedding", "more") + "    region: eu-west-1\n"

    account = ask(HEAD + INVENTORY + expedited + more, "--for", "plan").statements["SeeAccount"]

    assert account["Action"] == ["glacier:GetDataRetrievalPolicy", "glacier:ListProvisionedCapacity"]
    assert account["Resource"] == "*"
    assert account["Condition"] == {"StringEquals": {"aws:RequestedRegion": ["eu-west-1", "us-west-2"]}}


def test_a_pattern_of_vaults_is_a_pattern_of_arns_and_needs_the_list(ask: Ask) -> None:
    ran = ask(HEAD + INVENTORY.replace("[photos, documents]", '"photos-*"'), "--for", "apply")

    assert ran.statements["StartJobs"]["Resource"] == [f"{ARN}photos-*"]
    assert "glacier:ListVaults" in ran.actions


@pytest.mark.parametrize(
    ("region", "partition"),
    [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")],
)
def test_arns_are_of_the_regions_partition(ask: Ask, region: str, partition: str) -> None:
    ran = ask((HEAD + INVENTORY).replace("us-west-2", region), "--for", "apply")

    assert ran.statements["StartJobs"]["Resource"][0] == (
        f"arn:{partition}:glacier:{region}:012345678901:vaults/documents"
    )


def test_a_region_that_does_not_exist_is_refused(ask: Ask) -> None:
    ran = ask((HEAD + INVENTORY).replace("us-west-2", "xx-nowhere-9"))

    assert ran.code == 64
    assert "error[unknown-region]" in ran.err


BUCKETS = """jobs:
  weekly:
    type: inventory-retrieval
    vault: photos
    every: weekly
    save_to: s3://kept/inventories/{vault}/{slot}.json
  wedding:
    type: archive-retrieval
    vault: photos
    tier: Bulk
    archives:
      inventory: s3://lists/photos $1.json
    save_to: s3://kept/restored/{path}
"""


def test_objects_that_are_read_and_written_are_named(ask: Ask) -> None:
    ran = ask(HEAD + BUCKETS)

    assert ran.statements["ReadInventories"]["Action"] == ["s3:GetObject"]
    assert ran.statements["ReadInventories"]["Resource"] == ["arn:aws:s3:::lists/photos ${$}1.json"]
    assert ran.statements["WriteOutputs"]["Action"] == [
        "s3:AbortMultipartUpload",
        "s3:GetObject",
        "s3:ListMultipartUploadParts",
        "s3:PutObject",
    ]
    assert ran.statements["WriteOutputs"]["Resource"] == [
        "arn:aws:s3:::kept/inventories/*/*.json",
        "arn:aws:s3:::kept/restored/*",
    ]
    assert "WriteOutputs" not in ask(HEAD + BUCKETS, "--for", "plan").statements
    # The names of archives come from their inventory, so that fetching reads it as well.
    assert "ReadInventories" in ask(HEAD + BUCKETS, "--for", "fetch").statements


def test_pages_and_ranges_are_written_beside_the_name_of_the_whole(ask: Ask) -> None:
    ran = ask(
        HEAD
        + """jobs:
  paged:
    type: inventory-retrieval
    vault: photos
    inventory_retrieval_parameters: {limit: 100}
    save_to: s3://kept/{vault}.json
  head:
    type: archive-retrieval
    vault: photos
    tier: Bulk
    archive_id: ARCHIVE
    retrieval_byte_range: 0-1048575
    save_to: s3://kept/head.bin
""".replace("ARCHIVE", "k" * 138)
    )

    assert ran.statements["WriteOutputs"]["Resource"] == [
        "arn:aws:s3:::kept/*.json",
        "arn:aws:s3:::kept/*.json.page-*",
        "arn:aws:s3:::kept/*.json~*.page-*",
        "arn:aws:s3:::kept/head.bin",
        "arn:aws:s3:::kept/head.bin.0-1048575",
        "arn:aws:s3:::kept/head.bin~*.0-1048575",
        "arn:aws:s3:::kept/head~*.bin",
    ]


@pytest.mark.parametrize(
    "name",
    ["head.bin", "head", ".head", "a.b/head", "head.", "head.bin.gz", f"head.{'x' * 19}", f"head.{'x' * 20}"],
)
def test_an_output_whose_name_was_taken_may_be_written_under_its_new_one(ask: Ask, name: str) -> None:
    ran = ask(f"{HEAD}jobs:\n{RETRIEVAL}    save_to: s3://kept/{name}\n")
    allowed = ran.statements["WriteOutputs"]["Resource"]

    for other in islice(alternatives(name, "an output", Rules()), 3):
        key = f"arn:aws:s3:::kept/{other}"
        assert any(fnmatchcase(key, pattern) for pattern in allowed), (key, allowed)


def test_the_output_of_another_job_is_read_where_that_job_saves_it(ask: Ask) -> None:
    awaited = BUCKETS.replace("s3://lists/photos $1.json", "{job: weekly}") + "    limits: {jobs: 5}\n"

    ran = ask(HEAD + awaited, "--for", "plan")

    assert ran.statements["ReadInventories"]["Resource"] == ["arn:aws:s3:::kept/inventories/*/*.json"]


def test_a_selects_results_go_below_their_prefix(ask: Ask) -> None:
    ran = ask(
        (ROOT / "manifests/select.yaml").read_text(encoding="utf-8"),
        "--for",
        "apply",
        "--account-id",
        "1" * 12,
    )

    written = ran.statements["WriteOutputs"]["Resource"]
    assert all(re.fullmatch(r"arn:aws:s3:::[a-z0-9.-]+/.*\*", one) for one in written)


def test_a_selects_results_are_listed_and_read_where_they_are_to_be_fetched(ask: Ask) -> None:
    select = (ROOT / "manifests/select.yaml").read_text(encoding="utf-8")
    kept = select + "    save_to: s3://kept/{job}\n"

    fetched = ask(kept, "--for", "fetch").statements

    assert fetched["ListResults"] == {
        "Sid": "ListResults",
        "Effect": "Allow",
        "Action": ["s3:ListBucket"],
        "Resource": ["arn:aws:s3:::amzn-s3-demo-bucket"],
        "Condition": {"StringLike": {"s3:prefix": ["q1*"]}},
    }
    assert fetched["ReadResults"]["Action"] == ["s3:GetObject"]
    assert fetched["ReadResults"]["Resource"] == ["arn:aws:s3:::amzn-s3-demo-bucket/q1*"]
    assert fetched["WriteOutputs"]["Resource"] == ["arn:aws:s3:::kept/*"]
    assert "ReadResults" not in ask(kept, "--for", "apply").statements
    assert (
        "ReadResults" not in ask(select.replace("save_to: s3://kept/{job}", ""), "--for", "fetch").statements
    )


def test_the_account_behind_a_hyphen_must_be_said(ask: Ask) -> None:
    manifest = (HEAD + INVENTORY).replace('"012345678901"', '"-"')

    unsaid, said = ask(manifest), ask(manifest, "--account-id", "111122223333", "--for", "apply")

    assert unsaid.code == 64
    assert unsaid.err.splitlines()[0].startswith("error[account-unsaid]")
    assert "--account-id" in unsaid.err.splitlines()[-1]
    assert said.statements["StartJobs"]["Resource"][1] == (
        "arn:aws:glacier:us-west-2:111122223333:vaults/photos"
    )
    assert ask(manifest, "--account-id", "1111-2222-3333").code == 64


def test_the_only_account_of_the_state_is_taken(ask: Ask) -> None:
    manifest = (HEAD + INVENTORY).replace('"012345678901"', '"-"')
    with Sandbox(improvise=True) as sandbox:
        started = ask(manifest, "--yes", "--settle", "1s", "--endpoint-url", sandbox.url, command="apply")
        assert started.code == 0, started.err

    assert ask(manifest, "--for", "apply").statements["StartJobs"]["Resource"][1] == f"{ARN}photos"


def test_a_policy_longer_than_a_managed_one_may_be_is_told(ask: Ask) -> None:
    many = ", ".join(f"photos-of-the-year-{number}" for number in range(60))

    long = ask(HEAD + INVENTORY.replace("photos, documents", many))

    assert "6,144" in long.err
    assert len(long.policy["Statement"]) == 3
    assert ask(HEAD + INVENTORY).err == ""


def test_every_operation_that_the_program_can_call_stands_in_the_tables() -> None:
    source = (ROOT / "glacier_manifest/aws/glacier.py").read_text(encoding="utf-8")
    named = set(re.findall(r'(?:_call|_Listing)\(\s*"(\w+)"', source)) | {"InitiateJob"}

    assert named <= {*VAULT_ACTIONS, *ACCOUNT_ACTIONS}
    assert {"ListVaults", "ListJobs", "GetDataRetrievalPolicy"} <= named


@pytest.mark.parametrize("tier", ["Standard", "Expedited", "[Expedited, Bulk]"])
def test_a_run_makes_no_call_that_the_policy_does_not_allow(ask: Ask, tier: str) -> None:
    pattern = INVENTORY.replace("photos, documents", '"doc*", photos')
    manifest = HEAD + pattern + RETRIEVAL + f"    tier: {tier}\n"
    for command, words in {"plan": (), "apply": ("--yes", "--settle", "1s")}.items():
        with Sandbox(improvise=True) as sandbox:
            sandbox.create_vault("documents")
            assert ask(manifest, *words, "--endpoint-url", sandbox.url, command=command).code == 0
            policy = ask(manifest, "--for", command).policy

            refused = [call.operation for call in sandbox.calls() if not is_allowed(policy, call)]
            assert sandbox.calls()
            assert refused == []


def is_allowed(policy: Any, call: Call) -> bool:  # noqa: ANN401 - JSON
    """Decide as IAM does, as far as these policies go."""
    found = re.match(r"/([^/]+)/vaults/([^/]+)", call.path)
    arn = f"{ARN}{found[2]}" if found else "*"
    return any(
        f"glacier:{call.operation}" in one["Action"]
        and any(fnmatchcase(arn, pattern) for pattern in [*one["Resource"]])
        for one in policy["Statement"]
    )
