"""The operations on vaults, their archives and the account.

https://docs.aws.amazon.com/amazonglacier/latest/dev/vault-operations.html,
https://docs.aws.amazon.com/amazonglacier/latest/dev/archive-operations.html
"""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from glacier_manifest.sandbox.asks import Ask
from glacier_manifest.sandbox.clock import iso_instant
from glacier_manifest.sandbox.events import (
    ArchiveDeleted,
    NotificationsSet,
    PolicySet,
    TagsSet,
    VaultDeleted,
)
from glacier_manifest.sandbox.glacier import Glacier
from glacier_manifest.sandbox.refusals import (
    RefusedError,
    archive_elsewhere,
    archive_not_found,
    invalid,
    missing,
    vault_not_found,
)
from glacier_manifest.sandbox.retrieval_policy import check_policy
from glacier_manifest.sandbox.treehash import combine, leaf_digests
from glacier_manifest.sandbox.vaults import Totals, Vault
from glacier_manifest.sandbox.wire import Answer

_VAULT_NAME = re.compile(r"[A-Za-z0-9_.-]{1,255}")
_VAULTS_A_PAGE = 10
_MOST_VAULTS = 1000
_MOST_TAGS = 10
_LONGEST_DESCRIPTION = 1024
_EVENTS = ("ArchiveRetrievalCompleted", "InventoryRetrievalCompleted")
NO_CONTENT = Answer(204)


def json_answer(content: Mapping[str, Any], status: int = 200) -> Answer:
    """Return an object as a JSON answer."""
    body = json.dumps(content, separators=(",", ":")).encode()
    return Answer(status, (("Content-Type", "application/json"),), body)


def named_vault(glacier: Glacier, ask: Ask) -> Vault:
    """Return the vault that a request names; where the sandbox improvises, it comes into being.

    Raises:
        RefusedError: no such vault, or a name that none can have (which is a 404 too).
    """
    vault = glacier.vaults.get(ask.key)
    if vault is not None:
        return vault
    if glacier.settings.improvise and _VAULT_NAME.fullmatch(ask.vault):
        return glacier.create_vault(ask.key)
    raise vault_not_found(ask.key.arn)


def create_vault(glacier: Glacier, ask: Ask) -> Answer:
    """CreateVault: 201, for a vault that is there as well."""
    if not _VAULT_NAME.fullmatch(ask.vault):
        raise invalid(f"Invalid vault name: {ask.vault}")
    mine = sum(key[:2] == ask.key[:2] for key in glacier.vaults.copy())
    if mine >= _MOST_VAULTS and ask.key not in glacier.vaults:
        raise RefusedError("LimitExceededException", f"More than {_MOST_VAULTS} vaults")
    glacier.create_vault(ask.key)
    return Answer(201, (("Location", ask.key.path),))


def delete_vault(glacier: Glacier, ask: Ask) -> Answer:
    """DeleteVault: 204, for a vault that is not there as well; 400 for one that is not empty."""
    with glacier.lock:
        vault = glacier.vaults.get(ask.key)
        if vault is None:
            return NO_CONTENT
        if not vault.is_deletable(glacier.clock.seconds()):
            raise invalid(f"Vault not empty or recently written to: {ask.key.arn}")
        glacier.commit(VaultDeleted(ask.key))
    return NO_CONTENT


def describe_vault(glacier: Glacier, ask: Ask) -> Answer:
    """DescribeVault: count and size are those of the last inventory."""
    return json_answer(_vault_json(named_vault(glacier, ask), glacier.clock.seconds()))


def _vault_json(vault: Vault, now: float) -> dict[str, Any]:
    inventory = vault.latest_inventory(now)
    totals = Totals(0, 0) if inventory is None else vault.totals(inventory.version)
    return {
        "CreationDate": iso_instant(vault.created),
        "LastInventoryDate": None if inventory is None else iso_instant(inventory.date),
        "NumberOfArchives": totals.archives,
        "SizeInBytes": totals.size,
        "VaultARN": vault.key.arn,
        "VaultName": vault.key.name,
    }


def list_vaults(glacier: Glacier, ask: Ask) -> Answer:
    """ListVaults: by name, ten a page whatever the limit; the marker is the next vault's ARN."""
    limit = _page_limit(ask.request.query.get("limit"))
    marker = ask.request.query.get("marker", "")
    keys = sorted(key for key in glacier.vaults.copy() if key[:2] == ask.key[:2])
    left = [key for key in keys if key.name >= marker.rpartition("/")[2]]
    now = glacier.clock.seconds()
    page = [_vault_json(glacier.vaults[key], now) for key in left[:limit]]
    following = left[limit].arn if len(left) > limit else None
    return json_answer({"Marker": following, "VaultList": page})


def _page_limit(text: str | None) -> int:
    if text is None:
        return _VAULTS_A_PAGE
    if not re.fullmatch("[1-9][0-9]{0,3}", text):
        raise invalid(f"Invalid limit: {text}")
    return min(int(text), _VAULTS_A_PAGE)


def upload_archive(glacier: Glacier, ask: Ask) -> Answer:
    """UploadArchive: 201 for a body whose hashes are the ones in the headers."""
    vault, body, headers = named_vault(glacier, ask), ask.request.body, ask.request.headers
    description = headers.get("x-amz-archive-description", "")
    if len(description) > _LONGEST_DESCRIPTION or not all(" " <= c <= "~" for c in description):
        raise invalid("Invalid archive description")
    if not body:
        raise invalid("Invalid Content-Length: 0")
    _check_plain_hash(headers, body)
    tree_hash = _checked_tree_hash(headers, body)
    archive_id = glacier.upload(vault.key, body, description)
    return Answer(
        201,
        (
            ("Location", f"{vault.key.path}/archives/{archive_id}"),
            ("x-amz-archive-id", archive_id),
            ("x-amz-sha256-tree-hash", tree_hash),
        ),
    )


def _check_plain_hash(headers: Mapping[str, str], body: bytes) -> None:
    sent = headers.get("x-amz-content-sha256")
    if sent is None:
        raise missing("x-amz-content-sha256")
    if sent != "UNSIGNED-PAYLOAD" and sent != hashlib.sha256(body).hexdigest():
        raise invalid("The value passed in as x-amz-content-sha256 does not match the payload")


def _checked_tree_hash(headers: Mapping[str, str], body: bytes) -> str:
    sent, computed = headers.get("x-amz-sha256-tree-hash"), combine(leaf_digests(body)).hex()
    if sent is None:
        raise missing("x-amz-sha256-tree-hash")
    if sent != computed:
        raise invalid(f"Checksum mismatch: expected {sent} but received {computed}")
    return computed


def delete_archive(glacier: Glacier, ask: Ask) -> Answer:
    """DeleteArchive: 204; its jobs that are under way go on."""
    vault = named_vault(glacier, ask)
    with glacier.lock:
        if vault.find(ask.target) is not None:
            glacier.commit(ArchiveDeleted(vault.key, ask.target, glacier.clock.seconds()))
            return NO_CONTENT
    if vault.find_ever(ask.target) is not None:
        return NO_CONTENT
    raise absent_archive(glacier, vault, ask.target)


def absent_archive(glacier: Glacier, vault: Vault, archive_id: str) -> RefusedError:
    """Return what the service says of an archive that is not in this vault."""
    if glacier.is_elsewhere(vault.key, archive_id):
        return archive_elsewhere(vault.key.arn)
    return archive_not_found(archive_id)


def get_data_retrieval_policy(glacier: Glacier, ask: Ask) -> Answer:
    """GetDataRetrievalPolicy: that of the account in the region."""
    return json_answer({"Policy": glacier.policy(ask.account, ask.caller.region)})


def set_data_retrieval_policy(glacier: Glacier, ask: Ask) -> Answer:
    """SetDataRetrievalPolicy: 204; accepted jobs go on."""
    policy = check_policy(ask.json_object().get("Policy"))
    glacier.commit(PolicySet(ask.account, ask.caller.region, policy))
    return NO_CONTENT


def list_provisioned_capacity(_glacier: Glacier, _ask: Ask) -> Answer:
    """ListProvisionedCapacity: nobody bought any."""
    return json_answer({"ProvisionedCapacityList": []})


def get_vault_notifications(glacier: Glacier, ask: Ask) -> Answer:
    """GetVaultNotifications: 404 for a vault without a configuration."""
    vault = named_vault(glacier, ask)
    if vault.notifications is None:
        message = f"No notification configuration is set for vault: {vault.key.arn}"
        raise RefusedError("ResourceNotFoundException", message)
    return json_answer(vault.notifications)


def set_vault_notifications(glacier: Glacier, ask: Ask) -> Answer:
    """SetVaultNotifications: 204. The sandbox keeps them, and sends nothing."""
    vault, configuration = named_vault(glacier, ask), ask.json_object()
    if not configuration.get("SNSTopic"):
        raise missing("SNSTopic")
    events = configuration.get("Events")
    if not isinstance(events, list) or not events or any(event not in _EVENTS for event in events):
        raise invalid(f"Invalid notification events: {events}")
    kept = {"Events": events, "SNSTopic": configuration["SNSTopic"]}
    glacier.commit(NotificationsSet(vault.key, kept))
    return NO_CONTENT


def delete_vault_notifications(glacier: Glacier, ask: Ask) -> Answer:
    """DeleteVaultNotifications: 204."""
    glacier.commit(NotificationsSet(named_vault(glacier, ask).key, None))
    return NO_CONTENT


def list_tags(glacier: Glacier, ask: Ask) -> Answer:
    """ListTagsForVault."""
    return json_answer({"Tags": named_vault(glacier, ask).tags})


def change_tags(glacier: Glacier, ask: Ask) -> Answer:
    """AddTagsToVault and RemoveTagsFromVault, which differ by `operation` in the query."""
    vault, content = named_vault(glacier, ask), ask.json_object()
    with glacier.lock:
        tags = _added(vault, content) if ask.operation == "AddTagsToVault" else _left(vault, content)
        if len(tags) > _MOST_TAGS:
            raise RefusedError("LimitExceededException", f"More than {_MOST_TAGS} tags")
        glacier.commit(TagsSet(vault.key, tags))
    return NO_CONTENT


def _added(vault: Vault, content: Mapping[str, Any]) -> Mapping[str, str]:
    added = content.get("Tags")
    if not isinstance(added, dict) or not added:
        raise missing("Tags")
    return {**vault.tags, **added}


def _left(vault: Vault, content: Mapping[str, Any]) -> Mapping[str, str]:
    gone = content.get("TagKeys")
    if not isinstance(gone, list) or not gone:
        raise missing("TagKeys")
    return {name: value for name, value in vault.tags.items() if name not in gone}
