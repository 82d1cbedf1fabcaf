"""What ``aws glacier initiate-job`` takes, under the names that a manifest gives to the same things.

(docs: AWS CLI, "glacier initiate-job"; "api-jobParameters")
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from glacier_manifest.diagnostics import Diagnostic
from glacier_manifest.manifest.values import shown
from glacier_manifest.manifest.words import closest
from glacier_manifest.manifest.yaml_nodes import Member, Node
from glacier_manifest.manifest.yaml_source import Source

#: Every member of InitiateJob's parameters, at whatever depth, as the API spells it.
API_MEMBERS = (
    *("Type", "ArchiveId", "Description", "SNSTopic", "RetrievalByteRange", "Tier", "Format"),
    *("InventoryRetrievalParameters", "StartDate", "EndDate", "Limit", "Marker"),
    *("SelectParameters", "InputSerialization", "OutputSerialization", "csv", "ExpressionType", "Expression"),
    *("FileHeaderInfo", "Comments", "QuoteEscapeCharacter", "RecordDelimiter", "FieldDelimiter"),
    *("QuoteCharacter", "QuoteFields", "OutputLocation", "S3", "BucketName", "Prefix", "StorageClass"),
    *("Encryption", "EncryptionType", "KMSKeyId", "KMSContext", "CannedACL", "AccessControlList"),
    *("Grantee", "DisplayName", "URI", "ID", "EmailAddress", "Permission", "Tagging", "UserMetadata"),
)

#: Members that a skeleton presets with one of their few values.
_CHOICES = frozenset(
    {
        *("type", "file_header_info", "expression_type", "quote_fields", "encryption_type"),
        *("canned_acl", "permission", "storage_class"),
    }
)
#: Structures that a skeleton holds and most jobs do without.
_OPTIONAL = frozenset({"select_parameters", "output_location", "access_control_list", "grantee"})
#: Mappings whose keys are the user's own, and the key that a skeleton writes there.
_FREE = frozenset({"tagging", "user_metadata"})
_SKELETON_KEY = "KeyName"

#: The code of a document that names no vault.
MISSING_VAULT = "missing-vault"

_ADVICE = 'write what initiate-job takes, such as {"Type": "inventory-retrieval"}'


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def manifest_name(api_name: str) -> str:
    """Return the name that a manifest gives to a member of the API: ``SNSTopic`` is ``sns_topic``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", api_name).lower()


@dataclass(frozen=True, slots=True)
class _Names:
    """The members that may stand somewhere: how they are spelled there, and what a manifest calls them."""

    spelled: tuple[str, ...]
    known: Mapping[str, str]


_PARAMETERS = _Names(API_MEMBERS, {_plain(name): manifest_name(name) for name in API_MEMBERS})
_COMMAND = _Names(
    ("accountId", "vaultName", "jobParameters"),
    {"accountid": "account_id", "vaultname": "vault", "jobparameters": "job_parameters"},
)


def job_node(source: Source, root: Node, *, vault: str | None, found: list[Diagnostic]) -> Node:
    """Return a document as the mapping of one manifest job, every value at its place in the document.

    Args:
        source: The document's text.
        root: Its values: the whole command, or bare job parameters.
        vault: The vault where the document names none.
        found: Takes what is wrong with the document's members.
    """
    if root.members is None:
        found.append(source.error("not-job-parameters", "this is not a mapping", root.place, _ADVICE))
        return root
    translation = _Translation(source, found)
    whole = any(_plain(key) in _COMMAND.known for key in root.members)
    members = translation.command(root) if whole else translation.parameters(root)
    if "vault" not in members:
        members["vault"] = Member(root.place, Node(vault or "missing", root.place))
        if vault is None:
            found.append(_missing_vault(source, root, whole=whole))
    return mapping_node(members, root)


def mapping_node(members: dict[str, Member], at: Node) -> Node:
    """Return a mapping that stands where another node does."""
    value = {key: member.node.value for key, member in members.items()}
    return Node(value, at.place, members=members)


def _missing_vault(source: Source, root: Node, *, whole: bool) -> Diagnostic:
    advice = 'add "vaultName", or convert' if whole else "bare job parameters cannot name one: convert"
    return source.error(MISSING_VAULT, "no vault is named", root.place, f"{advice} with --vault NAME")


@dataclass(frozen=True, slots=True)
class _Translation:
    source: Source
    found: list[Diagnostic]

    def command(self, root: Node) -> dict[str, Member]:
        """Return the members of a ``--cli-input-json`` document, those of its jobParameters among them."""
        around = dict(self._renamed(root, _COMMAND))
        parameters = around.pop("job_parameters", None)
        members = {name: one for name, one in around.items() if not _is_unset(one.node)}
        if parameters is None:
            return members
        if parameters.node.members is None:
            message = "'jobParameters' must be a mapping"
            place = parameters.node.place
            self.found.append(self.source.error("not-job-parameters", message, place, _ADVICE))
        return {**members, **self.parameters(parameters.node)}

    def parameters(self, node: Node) -> dict[str, Member]:
        """Return the members of job parameters that are set."""
        return dict(self._set_members(node))

    def _set_members(self, node: Node) -> Iterator[tuple[str, Member]]:
        for name, member in self._renamed(node, _PARAMETERS):
            value = self._value(name, member.node)
            if value is not None:
                yield name, Member(member.key, value)

    def _renamed(self, node: Node, names: _Names) -> Iterator[tuple[str, Member]]:
        first: dict[str, str] = {}
        for key, member in (node.members or {}).items():
            name = names.known.get(_plain(key))
            if name is None:
                self.found.append(self._unknown(key, member, names))
            elif first.setdefault(name, key) != key:
                message = f"'{key}' and '{first[name]}' are the same member"
                self.found.append(
                    self.source.error("duplicate-key", message, member.key, "remove one of the two")
                )
            else:
                yield name, member

    def _unknown(self, key: str, member: Member, names: _Names) -> Diagnostic:
        message = f"'{shown(key)}' is not a member that initiate-job takes"
        meant = closest(key, names.spelled)
        advice = "remove it" if meant is None else f"did you mean '{meant}'?"
        return self.source.error("unknown-member", message, member.key, advice)

    def _value(self, name: str, node: Node) -> Node | None:
        """Return a value with its members renamed; None where it is not set."""
        if node.items is not None:
            items = [item for one in node.items if (item := self._value(name, one)) is not None]
            return Node([item.value for item in items], node.place, items=items) if items else None
        if node.members is None:
            return None if _is_unset(node) else node
        members = _own_keys(node) if name in _FREE else self.parameters(node)
        if not members or (name in _OPTIONAL and _is_left_over(node, members)):
            return None
        return mapping_node(members, node)


def _is_unset(node: Node) -> bool:
    return node.value is None or node.value == ""


def _own_keys(node: Node) -> dict[str, Member]:
    members = node.members or {}
    return {key: one for key, one in members.items() if key != _SKELETON_KEY or not _is_unset(one.node)}


def _is_left_over(node: Node, members: dict[str, Member]) -> bool:
    """Say whether a structure comes from a skeleton and nothing but preset choices was left in it."""
    return any(map(_is_unset, _leaves(node))) and _only_choices(members)


def _only_choices(members: dict[str, Member]) -> bool:
    return all(
        _only_choices(one.node.members) if one.node.members is not None else name in _CHOICES
        for name, one in members.items()
    )


def _leaves(node: Node) -> Iterator[Node]:
    if node.members is None and node.items is None:
        yield node
    for member in (node.members or {}).values():
        yield from _leaves(member.node)
    for item in node.items or ():
        yield from _leaves(item)
