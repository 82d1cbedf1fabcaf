"""Any request at all, for the tests that ask something of every one of them."""

from dataclasses import replace

from hypothesis import strategies as st

from glacier_manifest.jobs.request import ByteRange, InventoryRetrieval, Request, Select, Vault
from glacier_manifest.jobs.schedule import Schedule
from glacier_manifest.jobs.tier import Tier
from tests.planning.examples import ACCOUNT, SLOT, TOPIC, WEEKLY, archive

#: What a description may hold, and what it may look like once it stands in JSON.
printable = st.one_of(
    st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=40),
    st.lists(st.sampled_from(["\\", '"', "\\u0001", "\\u0002", "\\u0003", "u0001"]), max_size=8).map("".join),
)
ids = st.text("abcXYZ019-_", min_size=1, max_size=138)
ranges = st.builds(ByteRange, st.integers(0, 1 << 45), st.integers(0, 1 << 45))
wires = st.dictionaries(printable, st.one_of(printable, st.dictionaries(printable, printable)), max_size=3)
retrievals = st.builds(
    lambda name, cut: replace(archive(name), retrieval_byte_range=cut), ids, st.one_of(st.none(), ranges)
)
inventories = st.builds(
    InventoryRetrieval,
    format=st.sampled_from([None, "CSV", "JSON"]),
    start_date=st.sampled_from([None, "2015-01-01T00:00:00Z"]),
    end_date=st.sampled_from([None, "2015-04-01T00:00:00Z"]),
    limit=st.sampled_from([None, "1", "10000"]),
    marker=st.sampled_from([None, "opaque"]),
)
requests = st.builds(
    Request,
    job=st.sampled_from(["wedding", "A.b_c-1"]),
    vault=st.builds(Vault, st.just(ACCOUNT), st.sampled_from(["us-west-2", "eu-west-1"]), ids),
    what=st.one_of(retrievals, inventories, st.builds(Select, ids, wires, wires)),
    tiers=st.lists(st.sampled_from(Tier), unique=True).map(tuple),
    description=st.one_of(st.none(), printable.filter(bool)),
    sns_topic=st.sampled_from([None, TOPIC]),
    slot=st.just(None),
    schedule=st.sampled_from([None, WEEKLY, Schedule("*/5 1-3 * * *", "Europe/Berlin")]),
    size=st.one_of(st.none(), st.integers(0, 1 << 45)),
    created=st.sampled_from([None, "2015-01-01T00:00:00Z"]),
).map(lambda one: replace(one, slot=SLOT) if one.schedule else one)
