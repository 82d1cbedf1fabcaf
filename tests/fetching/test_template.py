"""Templates filled with what the manifest and the vault tell."""

from dataclasses import replace
from datetime import date

import pytest

from glacier_manifest.fetching.names import Name, Reason
from glacier_manifest.fetching.template import Filling, Template
from glacier_manifest.jobs.request import ByteRange

ARCHIVE = Filling("photos", "wedding", date(2026, 11, 23), archive_id="kKB7-ID", path="2015/a.jpg")
INVENTORY = Filling("photos", "weekly", date(2026, 11, 23), slot="2026-11-23T03:00Z")


@pytest.mark.parametrize(
    ("template", "base", "name"),
    [
        ("saved/{vault}/{path}", "saved", "photos/2015/a.jpg"),
        ("{path}", ".", "2015/a.jpg"),
        ("saved/{vault}-{job}/{archive_id}", "saved", "photos-wedding/kKB7-ID"),
        ("/srv/restored/{date}/x-{path}.bak", "/srv/restored", "2026-11-23/x-2015/a.jpg.bak"),
        ("/{path}", "/", "2015/a.jpg"),
        ("here/wedding.jpg", "here", "wedding.jpg"),
        ("{{{job}}}/{path}", ".", "{wedding}/2015/a.jpg"),
        ("s3://restored/{vault}/{path}", "s3://restored", "photos/2015/a.jpg"),
        ("s3://restored/of-{vault}/{path}", "s3://restored", "of-photos/2015/a.jpg"),
        ("s3://restored/a/b/{path}", "s3://restored/a/b", "2015/a.jpg"),
        ("s3://restored/a.jpg", "s3://restored", "a.jpg"),
    ],
)
def test_the_base_is_the_manifests_own_and_the_name_is_filled_in(template: str, base: str, name: str) -> None:
    read = Template.parse(template)

    assert (read.base, read.wanted(ARCHIVE)) == (base, Name(name))
    assert read.in_s3 == template.startswith("s3://")


def test_an_inventory_is_named_by_its_slot_and_by_its_day_where_it_has_none() -> None:
    template = Template.parse("inventories/{vault}/{slot}.json")

    assert template.wanted(INVENTORY).text == "photos/2026-11-23T03:00Z.json"
    assert template.wanted(replace(INVENTORY, slot=None)).text == "photos/2026-11-23.json"


@pytest.mark.parametrize("vault", [".", "..", "..."])
def test_a_vault_of_dots_is_a_folder_of_its_own(vault: str) -> None:
    name = Template.parse("saved/{vault}/{path}").wanted(replace(ARCHIVE, vault=vault))

    assert name.text == vault.replace(".", "%2E") + "/2015/a.jpg"


@pytest.mark.parametrize(
    ("path", "reasons"),
    [
        ("", (Reason.NO_NAME,)),
        (None, (Reason.NO_NAME,)),
        (" ", (Reason.NO_NAME,)),
        ("..", (Reason.LEADS_OUTSIDE, Reason.NO_NAME)),
        ("/", (Reason.LEADS_OUTSIDE, Reason.NO_NAME)),
    ],
)
def test_an_archive_without_a_name_is_named_by_its_id(path: str | None, reasons: tuple[Reason, ...]) -> None:
    name = Template.parse("saved/{path}").wanted(replace(ARCHIVE, path=path))

    assert name == Name("kKB7-ID", reasons)


def test_a_path_that_is_not_asked_for_gives_no_reason() -> None:
    assert Template.parse("saved/{archive_id}").wanted(replace(ARCHIVE, path="../x")) == Name("kKB7-ID")


def test_a_path_stays_below_what_stands_before_it() -> None:
    name = Template.parse("saved/{vault}/{path}").wanted(replace(ARCHIVE, path="../../../etc/passwd"))

    assert name == Name("photos/etc/passwd", (Reason.LEADS_OUTSIDE,))


def test_a_piece_of_an_archive_tells_which() -> None:
    piece = replace(ARCHIVE, byte_range=ByteRange(0, 1048575))

    assert Template.parse("saved/{path}").wanted(piece).text == "2015/a.jpg.0-1048575"


def test_a_template_whose_bucket_is_not_written_out_is_none() -> None:
    with pytest.raises(ValueError, match="bucket"):
        Template.parse("s3://{vault}/{path}")


def test_a_place_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="colour"):
        Template.parse("{colour}").wanted(ARCHIVE)
