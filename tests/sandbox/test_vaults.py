"""Vaults: whose they are, what they are called, and when they may go."""

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from glacier_manifest.sandbox import Sandbox

if TYPE_CHECKING:
    from mypy_boto3_glacier import GlacierClient

    from tests.sandbox.conftest import Opened, Speaker


def test_a_vault_is_described_as_the_service_describes_it(speak: "Speaker") -> None:
    created = speak.ask("PUT", "/vaults/photos")
    described = speak.ask("GET", "/vaults/photos")

    assert created.status == 201
    assert created.headers["Location"] == "/012345678901/vaults/photos"
    assert described.headers["Content-Type"] == "application/json"
    assert described.json == {
        "CreationDate": "2023-11-15T12:00:00.000Z",
        "LastInventoryDate": "2023-11-15T12:00:00.000Z",
        "NumberOfArchives": 0,
        "SizeInBytes": 0,
        "VaultARN": "arn:aws:glacier:us-west-2:012345678901:vaults/photos",
        "VaultName": "photos",
    }


def test_every_answer_has_a_request_id_and_the_date_of_the_sandboxs_clock(
    sandbox: Sandbox, speak: "Speaker"
) -> None:
    sandbox.clock.advance(3600)

    reply = speak.ask("GET", "/vaults/nowhere")

    assert len(reply.headers["x-amzn-RequestId"]) == 48
    assert reply.headers["Date"] == "Wed, 15 Nov 2023 13:00:00 GMT"


@pytest.mark.parametrize("name", ["nowhere", "bad:name", "é"])
def test_a_vault_that_is_not_there_and_a_name_that_none_can_have_are_both_404(
    speak: "Speaker", name: str
) -> None:
    reply = speak.ask("GET", f"/vaults/{quote(name)}")

    assert reply.status == 404
    assert reply.json == {
        "code": "ResourceNotFoundException",
        "message": f"Vault not found for ARN: arn:aws:glacier:us-west-2:012345678901:vaults/{name}",
        "type": "Client",
    }


def test_an_illegal_name_is_not_created(speak: "Speaker") -> None:
    assert speak.ask("PUT", "/vaults/bad%20name").error == (400, "InvalidParameterValueException")


def test_vaults_are_listed_by_name_ten_a_page_whatever_the_limit(sandbox: Sandbox, speak: "Speaker") -> None:
    for number in range(23):
        sandbox.create_vault(f"v{number:02d}")

    first = speak.ask("GET", "/vaults?limit=1000").json
    second = speak.ask("GET", f"/vaults?marker={quote(first['Marker'])}").json
    third = speak.ask("GET", f"/vaults?marker={quote(second['Marker'])}").json

    pages = [[vault["VaultName"] for vault in page["VaultList"]] for page in (first, second, third)]
    assert [len(page) for page in pages] == [10, 10, 3]
    assert [name for page in pages for name in page] == [f"v{number:02d}" for number in range(23)]
    assert third["Marker"] is None


def test_botos_paginator_sees_every_vault(sandbox: Sandbox, glacier: "GlacierClient") -> None:
    for number in range(12):
        sandbox.create_vault(f"v{number:02d}")

    pages = glacier.get_paginator("list_vaults").paginate(accountId="-")

    assert len([vault for page in pages for vault in page["VaultList"]]) == 12


def test_the_access_key_decides_on_the_account_and_the_scope_on_the_region(
    speak_as: "Callable[..., Speaker]",
) -> None:
    mine, other, abroad = (
        speak_as("AKIAEXAMPLE"),
        speak_as("AKIAOTHER"),
        speak_as("AKIAEXAMPLE", region="eu-west-1"),
    )

    mine.ask("PUT", "/vaults/photos")

    assert mine.ask("GET", "/vaults/photos").status == 200
    assert other.ask("GET", "/vaults/photos").status == 404
    assert abroad.ask("GET", "/vaults/photos").status == 404
    assert ":999999999999:" in other.ask("GET", "/vaults/photos").json["message"]


def test_another_accounts_vaults_are_closed(sandbox: Sandbox, speak: "Speaker") -> None:
    sandbox.create_vault("theirs", account="999999999999")

    denied = speak.say("GET", "/999999999999/vaults/theirs", headers=speak.signed)
    nonsense = speak.say("GET", "/12-34/vaults/theirs", headers=speak.signed)

    assert denied.error == (403, "AccessDeniedException")
    assert nonsense.error == (400, "InvalidParameterValueException")


def test_a_request_without_a_signature_is_answered_in_the_services_words(speak: "Speaker") -> None:
    reply = speak.say("GET", "/-/vaults")

    assert reply.error == (400, "MissingAuthenticationTokenException")


def test_a_request_without_the_api_version_is_refused(speak: "Speaker") -> None:
    unversioned = {"Authorization": speak.signed["Authorization"]}

    reply = speak.say("GET", "/-/vaults", headers=unversioned)

    assert reply.error == (400, "MissingParameterValueException")
    assert reply.json["message"] == "Required parameter missing: API version"


def test_a_vault_with_archives_is_not_deleted_and_an_emptied_one_is(
    sandbox: Sandbox, speak: "Speaker"
) -> None:
    archive_id = sandbox.upload("photos", b"beach")

    refused = speak.ask("DELETE", "/vaults/photos")
    speak.ask("DELETE", f"/vaults/photos/archives/{archive_id}")
    deleted = speak.ask("DELETE", "/vaults/photos")

    assert refused.error == (400, "InvalidParameterValueException")
    assert refused.json["message"].startswith("Vault not empty or recently written to: arn:aws:glacier:")
    assert deleted.status == 204
    assert speak.ask("GET", "/vaults/photos").status == 404
    assert speak.ask("DELETE", "/vaults/photos").status == 204


def test_a_vault_is_only_deleted_after_an_inventory_that_shows_it_empty(opened: "Opened") -> None:
    sandbox, speak = opened(inventory_delay=86_400)
    archive_id = sandbox.upload("photos", b"beach")
    sandbox.clock.advance(90_000)
    speak.ask("DELETE", f"/vaults/photos/archives/{archive_id}")

    too_early = speak.ask("DELETE", "/vaults/photos")
    sandbox.clock.advance(86_400)

    assert too_early.status == 400
    assert speak.ask("DELETE", "/vaults/photos").status == 204


def test_notifications_and_tags_are_kept(glacier: "GlacierClient") -> None:
    topic = "arn:aws:sns:us-west-2:012345678901:done"
    glacier.create_vault(vaultName="photos")

    with pytest.raises(glacier.exceptions.ResourceNotFoundException):
        glacier.get_vault_notifications(vaultName="photos")
    glacier.set_vault_notifications(
        vaultName="photos",
        vaultNotificationConfig={"SNSTopic": topic, "Events": ["ArchiveRetrievalCompleted"]},
    )
    glacier.add_tags_to_vault(vaultName="photos", Tags={"team": "archive", "old": "yes"})
    glacier.remove_tags_from_vault(vaultName="photos", TagKeys=["old"])

    assert glacier.get_vault_notifications(vaultName="photos")["vaultNotificationConfig"] == {
        "SNSTopic": topic,
        "Events": ["ArchiveRetrievalCompleted"],
    }
    assert glacier.list_tags_for_vault(vaultName="photos")["Tags"] == {"team": "archive"}
    glacier.delete_vault_notifications(vaultName="photos")
    with pytest.raises(glacier.exceptions.ResourceNotFoundException):
        glacier.get_vault_notifications(vaultName="photos")


def test_an_operation_that_the_sandbox_does_not_know_is_said_so(speak: "Speaker") -> None:
    reply = speak.ask("GET", "/vaults/photos/lock-policy")

    assert reply.error == (400, "BadRequest")


def test_a_signature_without_a_whole_scope_is_refused(speak: "Speaker") -> None:
    reply = speak.say("GET", "/-/vaults", headers={"Authorization": "AWS4-HMAC-SHA256 Credential=AKIA/x"})

    assert reply.error == (403, "IncompleteSignatureException")


def test_another_version_of_the_api_is_refused(speak: "Speaker") -> None:
    reply = speak.ask("GET", "/vaults", headers={"x-amz-glacier-version": "2013-01-01"})

    assert reply.error == (400, "InvalidParameterValueException")


@pytest.mark.parametrize("limit", ["0", "x", "-1", "99999"])
def test_a_listing_of_vaults_has_a_limit_that_counts(speak: "Speaker", limit: str) -> None:
    assert speak.ask("GET", f"/vaults?limit={limit}").error == (400, "InvalidParameterValueException")


def test_an_account_has_a_thousand_vaults_at_most(sandbox: Sandbox, speak: "Speaker") -> None:
    for number in range(1000):
        sandbox.create_vault(f"v{number}")

    assert speak.ask("PUT", "/vaults/v5").status == 201
    assert speak.ask("PUT", "/vaults/one-more").error == (400, "LimitExceededException")


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("PUT", "notification-configuration", {}, "MissingParameterValueException"),
        ("PUT", "notification-configuration", {"SNSTopic": "t"}, "InvalidParameterValueException"),
        (
            "PUT",
            "notification-configuration",
            {"SNSTopic": "t", "Events": ["Noon"]},
            "InvalidParameterValueException",
        ),
        ("POST", "tags?operation=add", {}, "MissingParameterValueException"),
        ("POST", "tags?operation=remove", {}, "MissingParameterValueException"),
        ("POST", "tags?operation=add", {"Tags": {str(n): "" for n in range(11)}}, "LimitExceededException"),
    ],
)
def test_what_a_vault_does_not_keep(
    sandbox: Sandbox, speak: "Speaker", method: str, *, path: str, body: dict[str, object], code: str
) -> None:
    sandbox.create_vault("photos")

    assert speak.ask(method, f"/vaults/photos/{path}", body).error == (400, code)
