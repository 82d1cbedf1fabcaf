"""Whatever somebody sends, the sandbox answers in the service's own shape and goes on."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glacier_manifest.sandbox import Sandbox

if TYPE_CHECKING:
    from tests.sandbox.conftest import Speaker

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just("2015-01-01T00:00:00Z"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
GROUP_NAMES = st.sampled_from(
    ["StartDate", "EndDate", "Limit", "Marker", "ExpressionType", "Expression", "S3", "InputSerialization"]
)
GROUPS = VALUES | st.dictionaries(GROUP_NAMES, VALUES, max_size=4)
PARAMETERS = st.fixed_dictionaries(
    {"Type": st.sampled_from(["archive-retrieval", "inventory-retrieval", "select"]) | VALUES},
    optional={
        "ArchiveId": st.just("known") | VALUES,
        "Description": VALUES,
        "SNSTopic": VALUES,
        "Tier": st.just("Bulk") | VALUES,
        "Format": st.just("CSV") | VALUES,
        "RetrievalByteRange": st.just("0-1048575") | VALUES,
        "InventoryRetrievalParameters": GROUPS,
        "SelectParameters": GROUPS,
        "OutputLocation": GROUPS,
    },
)
DATES = st.sampled_from(
    [
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "2015-13-01T00:00:00Z",
        "\u0662\u0660\u0661\u0665-01-01T00:00:00Z",
        "2015-01-01T00:00:00Z\u0000",
    ]
)


@pytest.fixture(scope="module")
def speaker(speak_to: "type[Speaker]") -> Iterator["Speaker"]:
    with Sandbox(improvise=True) as sandbox:
        speaker = speak_to(sandbox.url)
        yield speaker
        speaker.close()


@given(parameters=PARAMETERS)
def test_any_job_parameters(speaker: "Speaker", parameters: dict[str, Any]) -> None:
    reply = speaker.initiate("photos", **parameters)

    assert reply.status in (202, 400)
    assert reply.status == 202 or set(reply.json) == {"code", "message", "type"}


@given(start=DATES)
def test_any_date(speaker: "Speaker", start: str) -> None:
    group = {"StartDate": start}

    reply = speaker.initiate("photos", Type="inventory-retrieval", InventoryRetrievalParameters=group)

    assert reply.status in (202, 400)


@given(
    method=st.sampled_from(["GET", "PUT", "POST", "DELETE", "PATCH"]),
    parts=st.lists(
        st.sampled_from(
            ["vaults", "photos", "jobs", "output", "tags", "archives", "policies", "multipart-uploads"]
        )
        | st.text(max_size=5),
        max_size=5,
    ),
    query=st.dictionaries(
        st.sampled_from(["limit", "marker", "statuscode", "completed", "operation"]), st.text(max_size=6)
    ),
    body=VALUES,
)
def test_any_path(
    speaker: "Speaker", method: str, *, parts: list[str], query: dict[str, str], body: object
) -> None:
    path = "/" + "/".join(quote(part, safe="") for part in parts)

    reply = speaker.ask(method, f"{path}?{urlencode(query)}", {"Policy": body, "Tags": body, "Events": body})

    assert reply.status in (200, 201, 202, 204, 400, 404)
    assert reply.headers["x-amzn-RequestId"]
