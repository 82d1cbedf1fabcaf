import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from glacier_manifest.manifest.templates import SAVE_TO, placeholders_in, save_to
from glacier_manifest.manifest.values import fits

GOOD = [
    "inventories/{vault}/{slot}.json",
    "{path}",
    "./restored/{vault}/{path}",
    "/srv/restored/{archive_id}",
    "s3://amzn-s3-demo-bucket/{vault}/{path}",
    "a..b/{path}",
    "{{braces}}/{path}",
    "a:b/{path}",
    "{vault}:{path}",
]
BAD = [
    "../{path}",
    "a/../{path}",
    "a/..",
    "..",
    "s3://amzn-s3-demo-bucket/../x",
    "s3://amzn-s3-demo-bucket/",
    "s3://amzn-s3-demo-bucket",
    "s3://{vault}/{path}",
    "s3://B/{path}",
    "http://example.com/{path}",
    "file:///srv/{path}",
    "~/{path}",
    "~root/{path}",
    "out/",
    ".",
    "a/.",
    "{valut}",
    "{}",
    "{0}",
    "{vault",
    "vault}",
    "{slot:%Y}",
    "{vault!r}",
    "{vault.name}",
    "{vault[0]}",
    "{path}\n",
    "\x00",
    "\x7f",
]


@pytest.mark.parametrize("text", GOOD)
def test_names_that_outputs_may_have(text: str) -> None:
    assert save_to(text) == text


@pytest.mark.parametrize("text", BAD)
def test_names_that_none_may_have(text: str) -> None:
    with pytest.raises(PydanticCustomError) as raised:
        save_to(text)

    assert raised.value.type == "save-to"
    assert (raised.value.context or {})["advice"]


@pytest.mark.parametrize("text", GOOD)
def test_editors_let_through_what_the_reader_does(text: str) -> None:
    assert fits(SAVE_TO, text)


@given(st.text(alphabet="./~{}vault:s3path \n", max_size=20))
def test_what_editors_refuse_the_reader_refuses(text: str) -> None:
    try:
        save_to(text)
    except PydanticCustomError:
        return
    assert fits(SAVE_TO, text)


@given(st.text(alphabet="./~{}vaultpath:s3", max_size=30))
def test_no_template_leads_up_whatever_harmless_text_is_filled_in(text: str) -> None:
    try:
        places = placeholders_in(save_to(text))
    except PydanticCustomError:
        return

    filled = text.format(**dict.fromkeys(places, "x"))

    assert ".." not in filled.split("/")


def test_the_places_of_a_template_in_their_order() -> None:
    assert placeholders_in("{{x}}/{path}/{vault}-{path}") == ("path", "vault", "path")
