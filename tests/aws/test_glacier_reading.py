"""Descriptions and listings over real HTTP: whole, or an error that says what to do."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import pytest

from glacier_manifest.aws.descriptions import StatusCode
from glacier_manifest.aws.glacier import GlacierReader, GlacierStarter, VaultNotFound, resolve_account
from glacier_manifest.errors import Exit, GlacierManifestError, ServiceError
from glacier_manifest.jobs.marker import Marker, with_marker
from glacier_manifest.jobs.request import Vault
from glacier_manifest.jobs.retrieval_policy import RetrievalPolicy
from glacier_manifest.sandbox import Sandbox
from tests.aws.conftest import Open, Play
from tests.aws.scripted import End, Step

REGION = "us-west-2"
PHOTOS = Vault("012345678901", REGION, "photos")
ARN = "arn:aws:glacier:us-west-2:012345678901:vaults/photos"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HTML = b"<html><body>Please log in to the hotel's network</body></html>"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(account_id=PHOTOS.account_id, region=REGION, job_time=60.0) as sandbox:
        sandbox.clock.set(NOON)
        yield sandbox


def http(status: int, body: bytes, date: str = "Mon, 23 Nov 2026 12:00:00 GMT") -> Step:
    head = f"HTTP/1.1 {status} Reason\r\nContent-Length: {len(body)}\r\nDate: {date}\r\n\r\n"
    return Step(head.encode() + body)


def answered(**members: Any) -> Step:  # noqa: ANN401 - members of any JSON type
    return http(200, json.dumps(members).encode())


def refused(status: int, code: str, message: str = "words of the service") -> Step:
    return http(status, json.dumps({"code": code, "message": message, "type": "Client"}).encode())


def job(number: int = 1, **members: Any) -> dict[str, Any]:  # noqa: ANN401 - members of any JSON type
    return {
        "JobId": f"job-{number}",
        "Action": "InventoryRetrieval",
        "StatusCode": "InProgress",
        "CreationDate": "2026-11-23T11:00:00.000Z",
        **members,
    }


def test_a_vault_is_described_with_its_owner_and_the_services_time(sandbox: Sandbox, door: Open) -> None:
    sandbox.generate("photos", 3, size=1000)
    heard: list[datetime] = []

    found = GlacierReader(door(sandbox.url), on_service_time=heard.append).describe_vault(
        "-", REGION, "photos"
    )

    assert found.vault == PHOTOS
    assert found.created_at is not None
    assert found.service_at is not None
    assert heard == [found.service_at]
    assert timedelta(0) <= found.service_at - NOON < timedelta(minutes=1)


def test_vaults_are_listed_to_the_last_page(sandbox: Sandbox, door: Open) -> None:
    names = [f"vault-{number:02}" for number in range(23)]
    for name in names:
        sandbox.create_vault(name)

    listed = GlacierReader(door(sandbox.url)).list_vaults(REGION)

    assert [found.vault.name for found in listed] == names


def test_jobs_are_listed_to_the_last_page_without_asking_for_more_than_the_most(
    sandbox: Sandbox, door: Open
) -> None:
    sandbox.generate("photos", 1, size=1000)
    sandbox.take_inventory("photos")
    clients = door(sandbox.url)
    starter = GlacierStarter(clients)
    body = {"Type": "inventory-retrieval"}
    started = [starter.initiate(PHOTOS, body).job_id for _ in range(120)]

    listed = list(GlacierReader(clients).list_jobs(PHOTOS))

    assert sorted(found.job_id for found in listed) == sorted(str(one) for one in started)
    assert sandbox.counts()["ListJobs"] == 3


def test_a_listing_is_read_page_by_page_and_never_held_whole(sandbox: Sandbox, door: Open) -> None:
    sandbox.generate("photos", 1, size=1000)
    sandbox.take_inventory("photos")
    clients = door(sandbox.url)
    starter = GlacierStarter(clients)
    for _ in range(60):
        starter.initiate(PHOTOS, {"Type": "inventory-retrieval"})

    first = list(islice(GlacierReader(clients).list_jobs(PHOTOS), 50))

    assert len(first) == 50
    assert sandbox.counts()["ListJobs"] == 1


def test_a_retrieval_is_listed_with_all_that_later_rooms_need(sandbox: Sandbox, door: Open) -> None:
    archive_id = sandbox.upload("photos", bytes(3 << 20), "beach.jpg")
    clients = door(sandbox.url)
    marker = Marker("a" * 26, 2)
    answer = GlacierStarter(clients).initiate(
        PHOTOS,
        {
            "Type": "archive-retrieval",
            "ArchiveId": archive_id,
            "RetrievalByteRange": "0-1048575",
            "Tier": "Bulk",
            "SNSTopic": "arn:aws:sns:us-west-2:012345678901:my-topic",
            "Description": with_marker("beach", marker),
        },
    )
    reader = GlacierReader(clients)
    sandbox.clock.advance(3600)

    (listed,) = reader.list_jobs(PHOTOS)
    described = reader.describe_job(PHOTOS, str(answer.job_id))

    assert described is not None
    assert listed.job_id == described.job_id == answer.job_id
    assert (listed.action, listed.archive_id) == ("ArchiveRetrieval", archive_id)
    assert (listed.retrieval_byte_range, listed.tier) == ("0-1048575", "Bulk")
    assert listed.description == f"beach {marker}"
    assert listed.marker == marker
    assert listed.sns_topic == "arn:aws:sns:us-west-2:012345678901:my-topic"
    assert (listed.status_code, listed.completed) == (StatusCode.SUCCEEDED, True)
    assert listed.archive_size == 3 << 20
    assert listed.sha256_tree_hash is not None
    assert listed.archive_sha256_tree_hash is not None
    assert listed.completed_at is not None
    assert listed.created_at < listed.completed_at
    assert listed.service_at is not None
    assert listed.completed_at < listed.service_at


def test_an_inventory_is_described_with_what_it_was_asked_for(sandbox: Sandbox, door: Open) -> None:
    sandbox.generate("photos", 5, size=1000)
    sandbox.take_inventory("photos")
    clients = door(sandbox.url)
    answer = GlacierStarter(clients).initiate(
        PHOTOS,
        {"Type": "inventory-retrieval", "Format": "CSV", "InventoryRetrievalParameters": {"Limit": "2"}},
    )
    sandbox.clock.advance(3600)

    described = GlacierReader(clients).describe_job(PHOTOS, str(answer.job_id))

    assert described is not None
    assert described.inventory is not None
    assert (described.inventory.format, described.inventory.limit) == ("CSV", "2")
    assert described.inventory.marker is not None
    assert described.inventory_size is not None
    assert described.marker is None


def test_a_job_that_glacier_forgot_is_none_and_its_answer_still_tells_the_time(
    sandbox: Sandbox, door: Open
) -> None:
    sandbox.create_vault("photos")
    heard: list[datetime] = []

    found = GlacierReader(door(sandbox.url), on_service_time=heard.append).describe_job(PHOTOS, "J" * 92)

    assert found is None
    assert len(heard) == 1


def test_a_vault_that_does_not_exist_is_told_as_such(sandbox: Sandbox, door: Open) -> None:
    reader = GlacierReader(door(sandbox.url))

    for call in (
        lambda: reader.describe_vault("-", REGION, "photos"),
        lambda: list(reader.list_jobs(PHOTOS)),
        lambda: reader.describe_job(PHOTOS, "J" * 92),
    ):
        with pytest.raises(VaultNotFound) as caught:
            call()
        assert caught.value.code == "vault-not-found"
        assert caught.value.account_id == PHOTOS.account_id
        assert "photos" in caught.value.message


def test_the_callers_account_is_read_from_a_vault(sandbox: Sandbox, door: Open) -> None:
    sandbox.create_vault("photos")

    assert resolve_account(GlacierReader(door(sandbox.url)), REGION, "photos") == PHOTOS.account_id


def test_the_callers_account_is_read_from_the_refusal_where_the_vault_is_missing(
    play: Play, door: Open
) -> None:
    server = play(refused(404, "ResourceNotFoundException", f"Vault not found for ARN: {ARN}"))

    assert resolve_account(GlacierReader(door(server.url)), REGION, "photos") == PHOTOS.account_id


def test_an_account_that_nothing_tells_is_an_error(play: Play, door: Open) -> None:
    server = play(refused(404, "ResourceNotFoundException", "Vault not found for ARN: testz:z"))

    with pytest.raises(VaultNotFound):
        resolve_account(GlacierReader(door(server.url)), REGION, "photos")


REFUSALS: dict[str, tuple[Step, str, str]] = {
    "denied": (refused(403, "AccessDeniedException"), "access-denied", "allow glacier:ListJobs"),
    "expired": (refused(403, "ExpiredTokenException"), "expired-credentials", "renew"),
    "unknown key": (refused(400, "UnrecognizedClientException"), "invalid-credentials", "access key"),
    "skew": (refused(403, "RequestTimeTooSkewed"), "clock-skew", "clock"),
    "closed": (refused(400, "NoLongerSupportedException"), "no-longer-supported", "2025-12-15"),
    "throttled": (refused(400, "ThrottlingException"), "throttled", "requests_per_second"),
    "invalid": (refused(400, "InvalidParameterValueException"), "invalid-request", "correct"),
    "down": (refused(500, "ServiceUnavailableException"), "service-failed", "wait"),
    "page with 502": (http(502, HTML), "service-failed", "wait"),
    "page with 403": (http(403, HTML), "unexpected-answer", "HTTPS_PROXY"),
    "page with 200": (http(200, HTML), "unexpected-answer", "HTTPS_PROXY"),
    "empty 200": (http(200, b""), "unexpected-answer", "--endpoint-url"),
    "cut list": (http(200, b'{"JobList": [{"JobId": "x'), "unexpected-answer", "--endpoint-url"),
    "null list": (answered(JobList=None, Marker=None), "unexpected-answer", "--endpoint-url"),
    "job without status": (answered(JobList=[{"JobId": "x"}]), "unexpected-answer", "--endpoint-url"),
    "job of an unknown status": (
        answered(JobList=[job(StatusCode="Pondering")]),
        "unexpected-answer",
        "--endpoint-url",
    ),
    "closed connection": (Step(end=End.CLOSE), "no-answer", "wait"),
}


@pytest.mark.parametrize(("step", "code", "advice"), REFUSALS.values(), ids=REFUSALS.keys())
def test_a_listing_that_is_not_whole_is_an_error_and_never_a_short_list(
    play: Play, door: Open, step: Step, code: str, advice: str
) -> None:
    whole = answered(JobList=[job(1), job(2)], Marker="next")
    reader = GlacierReader(door(play(whole, step).url))
    streamed: list[str] = []

    with pytest.raises(ServiceError) as caught:
        streamed.extend(found.job_id for found in reader.list_jobs(PHOTOS))

    assert caught.value.code == code
    assert caught.value.exit_code is Exit.ERROR
    assert advice in caught.value.next_step
    assert caught.value.message.startswith(
        "ListJobs of vault 'photos' of account 012345678901 in us-west-2: "
    )


def test_a_marker_that_never_ends_is_an_error(play: Play, door: Open) -> None:
    server = play(answered(JobList=[job()], Marker="the same again"))

    with pytest.raises(ServiceError) as caught:
        list(GlacierReader(door(server.url)).list_jobs(PHOTOS))

    assert caught.value.code == "unexpected-answer"


@pytest.mark.parametrize(
    "call",
    [
        lambda reader: reader.describe_vault("-", REGION, "photos"),
        lambda reader: list(reader.list_vaults(REGION)),
        lambda reader: reader.describe_job(PHOTOS, "J" * 92),
    ],
    ids=["DescribeVault", "ListVaults", "DescribeJob"],
)
def test_no_page_of_html_is_taken_for_an_answer(
    play: Play, door: Open, call: Callable[[GlacierReader], object]
) -> None:
    with pytest.raises(ServiceError) as caught:
        call(GlacierReader(door(play(http(200, HTML)).url)))

    assert caught.value.code == "unexpected-answer"


def test_a_vault_whose_arn_tells_no_account_is_an_error(play: Play, door: Open) -> None:
    server = play(answered(VaultARN="photos", VaultName="photos"))

    with pytest.raises(ServiceError) as caught:
        GlacierReader(door(server.url)).describe_vault("-", REGION, "photos")

    assert caught.value.code == "unexpected-answer"


def test_a_vault_of_which_little_is_said_is_described_all_the_same(play: Play, door: Open) -> None:
    server = play(answered(VaultARN=ARN, VaultName="photos", NumberOfArchives=0, LastInventoryDate=None))

    found = GlacierReader(door(server.url)).describe_vault("-", REGION, "photos")

    assert found.vault == PHOTOS
    assert (found.number_of_archives, found.size_in_bytes) == (0, None)
    assert (found.last_inventory_at, found.created_at) == (None, None)


def test_an_unreachable_endpoint_is_told_with_what_to_check(door: Open) -> None:
    with pytest.raises(ServiceError) as caught:
        GlacierReader(door("http://no-such-host.invalid")).describe_vault("-", REGION, "photos")

    assert caught.value.code == "unreachable"
    assert "DNS" in caught.value.next_step


def test_missing_credentials_are_told_with_what_to_do(
    play: Play, door: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    with pytest.raises(ServiceError) as caught:
        GlacierReader(door(play(http(200, b"{}")).url)).describe_vault("-", REGION, "photos")

    assert caught.value.code == "no-credentials"
    assert "AWS_PROFILE" in caught.value.next_step


def test_an_unknown_profile_is_told_by_its_own_error(door: Open) -> None:
    with pytest.raises(GlacierManifestError) as caught:
        next(GlacierReader(door("http://127.0.0.1:1", profile="absent")).list_vaults(REGION))

    assert (caught.value.code, caught.value.exit_code) == ("unknown-profile", Exit.USAGE)


def test_a_read_that_fails_once_is_tried_again(sandbox: Sandbox, door: Open) -> None:
    sandbox.create_vault("photos")
    sandbox.faults.add("DescribeVault", "error", count=1)

    reader = GlacierReader(door(sandbox.url, read_attempts=5))

    assert reader.describe_vault("-", REGION, "photos").vault == PHOTOS
    assert sandbox.counts()["DescribeVault"] == 2


@pytest.mark.parametrize(
    ("rule", "policy"),
    [
        ({"Strategy": "None"}, RetrievalPolicy()),
        ({"Strategy": "FreeTier"}, RetrievalPolicy("FreeTier")),
        ({"Strategy": "BytesPerHour", "BytesPerHour": 5}, RetrievalPolicy("BytesPerHour", 5)),
    ],
)
def test_the_data_retrieval_policy_is_read(
    play: Play, door: Open, rule: dict[str, Any], policy: RetrievalPolicy
) -> None:
    server = play(answered(Policy={"Rules": [rule]}))

    assert GlacierReader(door(server.url)).retrieval_policy("-", REGION) == policy


def test_a_policy_without_a_rule_limits_nothing(play: Play, door: Open) -> None:
    assert GlacierReader(door(play(answered(Policy={"Rules": []})).url)).retrieval_policy("-", REGION) == (
        RetrievalPolicy()
    )


def test_units_of_provisioned_capacity_are_counted(play: Play, door: Open) -> None:
    units = [{"CapacityId": "a", "StartDate": "2026-11-01T00:00:00Z"}, {"CapacityId": "b"}]

    assert (
        GlacierReader(door(play(answered(ProvisionedCapacityList=units)).url)).provisioned_capacity(
            "-", REGION
        )
        == 2
    )


@pytest.mark.parametrize(
    "ask",
    [
        lambda reader: reader.retrieval_policy("-", REGION),
        lambda reader: reader.provisioned_capacity("-", REGION),
    ],
)
def test_half_an_answer_about_the_account_is_none(
    play: Play, door: Open, ask: Callable[[GlacierReader], object]
) -> None:
    with pytest.raises(ServiceError) as raised:
        ask(GlacierReader(door(play(http(200, b"{}")).url)))

    assert raised.value.code == "unexpected-answer"
