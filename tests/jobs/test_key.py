"""The key is a contract for ever: a key that changes buys everything again."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from glacier_manifest.jobs.instant import parse_instant, wire_instant
from glacier_manifest.jobs.key import canonical, request_key, series_key
from glacier_manifest.jobs.request import (
    ArchiveRetrieval,
    ByteRange,
    InventoryRetrieval,
    Request,
    Select,
    Vault,
    What,
)
from glacier_manifest.jobs.tier import Tier

GOLDEN: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "golden" / "keys.json").read_text(encoding="utf-8")
)
REQUESTS: dict[str, dict[str, Any]] = GOLDEN["requests"]


def golden_request(name: str) -> Request:
    fields = REQUESTS[name]["request"]
    vault = Vault(fields["account_id"], fields["region"], fields["vault"])
    return Request("any-name", vault, _what(fields), slot=fields.get("slot"))


def _what(fields: dict[str, Any]) -> What:
    match fields["type"]:
        case "archive-retrieval":
            return ArchiveRetrieval(fields["archive_id"], _byte_range(fields.get("retrieval_byte_range")))
        case "inventory-retrieval":
            return InventoryRetrieval(
                format=fields.get("format"),
                start_date=_instant(fields.get("start_date")),
                end_date=_instant(fields.get("end_date")),
                limit=fields.get("limit"),
                marker=fields.get("marker"),
            )
        case _:
            return Select(fields["archive_id"], fields["select_parameters"], fields["output_location"])


def _byte_range(text: str | None) -> ByteRange | None:
    return None if text is None else ByteRange(*map(int, text.split("-")))


def _instant(text: str | None) -> str | None:
    return None if text is None else wire_instant(parse_instant(text))


@pytest.mark.parametrize("name", REQUESTS)
def test_a_key_never_changes(name: str) -> None:
    assert request_key(golden_request(name)) == REQUESTS[name]["key"]


@pytest.mark.parametrize("names", GOLDEN["one_request"], ids=" = ".join)
def test_spellings_of_one_request_share_a_key(names: list[str]) -> None:
    assert len({request_key(golden_request(name)) for name in names}) == 1


@pytest.mark.parametrize("names", GOLDEN["different_requests"], ids=" | ".join)
def test_different_requests_have_different_keys(names: list[str]) -> None:
    assert len({request_key(golden_request(name)) for name in names}) == len(names)


def test_every_golden_key_that_is_not_said_to_be_shared_is_its_own() -> None:
    shared = {name for names in GOLDEN["one_request"] for name in names[1:]}
    own = [entry["key"] for name, entry in REQUESTS.items() if name not in shared]

    assert len(set(own)) == len(own)


def test_the_key_is_the_hash_of_the_text_that_the_contract_gives() -> None:
    request = Request(
        "weekly-inventory",
        Vault("012345678901", "us-west-2", "my-vault"),
        InventoryRetrieval(),
        slot="2026-11-23T03:00Z",
    )
    text = (
        '{"account":"012345678901","region":"us-west-2","slot":"2026-11-23T03:00Z",'
        '"type":"inventory-retrieval","v":1,"vault":"my-vault","what":{"Format":"JSON"}}'
    )

    assert request_key(request) == hashlib.sha256(text.encode("ascii")).hexdigest()


names = st.text(min_size=1, max_size=20)
vaults = st.builds(Vault, names, names, names)
whats: st.SearchStrategy[What] = st.one_of(
    st.builds(ArchiveRetrieval, names, st.none() | st.builds(ByteRange, st.integers(0), st.integers(0))),
    st.builds(InventoryRetrieval, *[st.none() | names] * 5),
    st.builds(
        Select, names, st.dictionaries(names, names, max_size=3), st.dictionaries(names, names, max_size=3)
    ),
)
requests = st.builds(
    Request,
    job=names,
    vault=vaults,
    what=whats,
    tiers=st.lists(st.sampled_from(Tier), max_size=3).map(tuple),
    description=st.none() | names,
    sns_topic=st.none() | names,
    slot=st.none() | names,
    size=st.none() | st.integers(0),
)


@given(requests, requests)
def test_name_tier_description_topic_and_size_never_pay_again(request: Request, other: Request) -> None:
    told_otherwise = replace(other, vault=request.vault, what=request.what, slot=request.slot)

    assert request_key(told_otherwise) == request_key(request)


@given(requests, names)
def test_a_series_shares_one_key_and_each_slot_has_its_own(request: Request, slot: str) -> None:
    assume(slot != request.slot)
    sibling = replace(request, slot=slot)

    assert series_key(sibling) == series_key(request)
    assert request_key(sibling) != request_key(request)


@given(requests, requests)
def test_two_requests_share_a_key_only_where_the_same_is_sent_to_the_same_vault(
    one: Request, other: Request
) -> None:
    def sent(request: Request) -> tuple[object, ...]:
        return request.vault, request.type, request.what.identity(), request.slot

    assert (request_key(one) == request_key(other)) == (sent(one) == sent(other))


def test_the_order_in_which_members_were_written_does_not_count() -> None:
    assert canonical({"b": 1, "a": {"d": 2, "c": "ü"}}) == b'{"a":{"c":"\\u00fc","d":2},"b":1}'
    assert canonical({"a": {"c": "ü", "d": 2}, "b": 1}) == canonical({"b": 1, "a": {"d": 2, "c": "ü"}})
