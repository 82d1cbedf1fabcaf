"""Descriptions as they were found in the wild; each sample says where."""

import random
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from glacier_manifest.inventory.names import cloudberry, fastglacier, mt1, mt2, qnap
from glacier_manifest.inventory.names.name import Name
from glacier_manifest.inventory.names.table import FORMATS, decode, path_of


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


SAMPLES = {
    # vsespb/mt-aws-glacier, t/integration/metadata.t
    "mt2 eyJmaWxlbmFtZSI6ImZpbGUiLCJtdGltZSI6IjIwMTIxMTE0VDIwMTYxOFoifQ": Name(
        "file", at(2012, 11, 14, 20, 16, 18), "mt2"
    ),
    "mt2 eyJmaWxlbmFtZSI6ItC00LjRgNC10LrRgtC-0YDQuNGPL9GE0LDQudC7IiwibXRpbWUiOiIyMDEyMTEwNVQxNDAyNThaIn0": (
        Name("директория/файл", at(2012, 11, 5, 14, 2, 58), "mt2")
    ),
    # vsespb/mt-aws-glacier, t/unit/glacier/inventory_csv.t: Amazon's own output
    "mt2 eyJmaWxlbmFtZSI6ImZpbGUudHh0IiwibXRpbWUiOiIyMDEzMTIxOVQwODMzMDFaIn0": Name(
        "file.txt", at(2013, 12, 19, 8, 33, 1), "mt2"
    ),
    # vsespb/mt-aws-glacier, t/unit/metadata.t
    "mt1 eyJmaWxlbmFtZSI6IsOQwq9Bw5DCryIsIm10aW1lIjoiMTk3MDAxMDFUMDAwMjAzWiJ9": Name(
        "ЯAЯ", at(1970, 1, 1, 0, 2, 3), "mt1"
    ),
    # fastglacier.com, FastGlacier File Metadata Format: its examples of versions 4 and 3
    "<m><v>4</v><p>Z2xhY2llci1kZy5wZGY=</p><lm>20120821T170824Z</lm>"
    "<ce>1:1:4340ebcf79712dc5e3ef7d50bab98ba5:54687</ce></m>": Name(
        "glacier-dg.pdf", at(2012, 8, 21, 17, 8, 24), "fastglacier-v4"
    ),
    "<m>\n  <v>3</v>\n  <p>Z2xhY2llci1kZy5wZGY=</p>\n  <lm>20120821T170824Z</lm>\n"
    "  <ce>1:1:4340ebcf79712dc5e3ef7d50bab98ba5</ce>\n</m>": Name(
        "glacier-dg.pdf", at(2012, 8, 21, 17, 8, 24), "fastglacier-v3"
    ),
    # the same path in the layout '<m><v>2</v><p>%s</p><lm>%s</lm></m>' of tools that write version 2
    "<m><v>2</v><p>Z2xhY2llci1kZy5wZGY=</p><lm>20120821T170824Z</lm></m>": Name(
        "glacier-dg.pdf", at(2012, 8, 21, 17, 8, 24), "fastglacier-v2"
    ),
    # 6bee/qnap-backup-recovery-tool, README.md: QNAP Hybrid Backup Sync, and QNAP's Glacier app
    "<m><v>4</v><p>L3NhbXBsZS8xMjM0LnBkZg==</p><lm>20190501T100059Z</lm></m>": Name(
        "/sample/1234.pdf", at(2019, 5, 1, 10, 0, 59), "fastglacier-v4"
    ),
    '{"path": "/sample/1234.pdf", "type": "file"}': Name("/sample/1234.pdf", None, "qnap"),
    # aws-solutions/data-transfer-from-amazon-s3-glacier-vaults-to-amazon-s3, test_archive_naming.py
    '"<ArchiveMetadata>           <Path>       UkVOREVSRkFSTTUvQjovb25lL3R3by90aHJlZS9jaDAxX3NlcTAwNF9zaDAw'
    'MTAuMjA0NC5kcHg=   </Path></ArchiveMetadata>"': Name(
        "RENDERFARM5/B:/one/two/three/ch01_seq004_sh0010.2044.dpx", None, "fastglacier-v1"
    ),
    "           <m><v>4</v><p>RlgxNTAvQ0JCX2ZpZ3VyZS90ZXN0X3B5dGjDtm5fZmlsZS5jYmI=</p>"
    "<lm>20190121T085242Z       </lm>        </m>": Name(
        "FX150/CBB_figure/test_pythön_file.cbb", at(2019, 1, 21, 8, 52, 42), "fastglacier-v4"
    ),
    '{"Path":"CB+F8-M5/B:/c01/q004/s0010/c01+AF8-s00+A8-s0010+F8/h01.1094.dpx",'
    '"UTCDateModified":"20100310T110623Z"}': Name(
        "CB+F8-M5/B:/c01/q004/s0010/c01_s00+A8-s0010+F8/h01.1094.dpx",
        at(2010, 3, 10, 11, 6, 23),
        "cloudberry",
    ),
    '{"path":"CB+F8-M5/a.dpx","UTCDateModified":"20100310T110623Z"}': Name(
        "CB+F8-M5/a.dpx", at(2010, 3, 10, 11, 6, 23), "cloudberry"
    ),
    # vsespb/mt-aws-glacier, t/unit/glacier/inventory_csv.t: Amazon's own output
    '{"Path":"dir2/+BEQEMAQ5BDs-3","UTCDateModified":"20130322T120043Z"}': Name(
        "dir2/файл3",  # noqa: RUF001 - the sample is Russian
        at(2013, 3, 22, 12, 0, 43),
        "cloudberry",
    ),
    '{"Path":"glacier-ui.exe","UTCDateModified":"20130313T040002Z"}': Name(
        "glacier-ui.exe", at(2013, 3, 13, 4, 0, 2), "cloudberry"
    ),
    # basak/glacier-cli, README.md
    "GPGHMACSHA1--2945f64be96ccbb9feb4d8ff44ac9692fdbe654e": Name(
        "GPGHMACSHA1--2945f64be96ccbb9feb4d8ff44ac9692fdbe654e", None, "git-annex"
    ),
    # git-annex, doc/internals/key_format.mdwn
    "SHA256E-s31390--f50d7ac4c6b9031379986bc362fcefb65f1e52621ce1708d537e740fefc59cc0.mp3": Name(
        "SHA256E-s31390--f50d7ac4c6b9031379986bc362fcefb65f1e52621ce1708d537e740fefc59cc0.mp3",
        None,
        "git-annex",
    ),
    # the same page's '-m', the modification time of the WORM backend
    "WORM-s3-m1363147202--file": Name("WORM-s3-m1363147202--file", at(2013, 3, 13, 4, 0, 2), "git-annex"),
}


@pytest.mark.parametrize(("description", "name"), SAMPLES.items(), ids=range(len(SAMPLES)))
def test_what_tools_have_written_is_read(description: str, name: Name) -> None:
    assert decode(description) == name
    assert path_of(description) == name.path


def test_every_format_of_the_table_has_a_sample() -> None:
    read = {one for one in FORMATS for sample in SAMPLES if one.decode(sample.strip(' "'))}

    assert read == set(FORMATS)


@pytest.mark.parametrize(
    "description",
    [
        "",
        " ",
        "2015/march/a.jpg",
        "/home/anna/a.jpg",
        r"C:\photos\a.jpg",
        "Server backup, 2015",
        "Glacier--backup",
        "SHA--/etc/passwd",
        "BACKUP--2015",
        "mt2",
        "mt2 ",
        "mt2 !!!!",
        "mt2 z+z",
        "mt3 eyJmaWxlbmFtZSI6ImZpbGUiLCJtdGltZSI6IjIwMTIxMTE0VDIwMTYxOFoifQ",
        # vsespb/mt-aws-glacier, t/unit/glacier/inventory_json.t: Amazon's own output
        "mt2 textst",
        "mt1 gICA",
        "<m></m>",
        "<m><v>4</v><p></p></m>",
        "<m><v>4</v><p>/w==</p><lm>20120821T170824Z</lm></m>",
        "<ArchiveMetadata></ArchiveMetadata>",
        # the metadata archive of QNAP's Glacier app
        '{"type": "metadata"}',
        '{"Path":"   ","UTCDateModified":"20100310T110623Z"}',
        '{"Path":7,"UTCDateModified":"20100310T110623Z"}',
        '{"Path":"half a character: \\ud800"}',
        '{"Path":"cut off, "UTC',
        '{"path":' + "[" * 1000 + "]" * 1000 + "}",
        '["path"]',
        '" "',
    ],
)
def test_what_no_format_can_read_is_its_own_path(description: str) -> None:
    assert decode(description) == Name(description, None, "plain")
    assert path_of(description) == description


@pytest.mark.parametrize(
    "description",
    [
        '{"Path":"a.jpg","UTCDateModified":"sometime"}',
        '{"Path":"a.jpg","UTCDateModified":20100310}',
        '{"Path":"a.jpg"}',
        "<m><v>4</v><p>YS5qcGc=</p><lm></lm></m>",
        "<m><v>4</v><p>YS5qcGc</p></m>",
        mt2.encode("a.jpg", at(2012, 1, 1)).replace("mt2 ", "mt2\t").rstrip("="),
    ],
)
def test_a_path_is_told_even_where_its_date_is_not(description: str) -> None:
    assert path_of(description) == "a.jpg"


@pytest.mark.parametrize("date", ["2013-03-13T04:00:02Z", "2013-03-13T05:00:02+01:00", "20130313T040002"])
def test_dates_are_read_in_any_iso_form_and_told_in_utc(date: str) -> None:
    assert decode(f'{{"Path":"a","UTCDateModified":"{date}"}}').modified == at(2013, 3, 13, 4, 0, 2)


# Round trips.

PATHS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80).filter(str.strip)
MOMENTS = st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
SECONDS = MOMENTS.map(lambda moment: moment.replace(microsecond=0))


@pytest.mark.parametrize(
    ("encode", "format_name"),
    [
        (mt1.encode, "mt1"),
        (mt2.encode, "mt2"),
        (fastglacier.encode, "fastglacier-v4"),
        (cloudberry.encode, "cloudberry"),
    ],
    ids=["mt1", "mt2", "fastglacier", "cloudberry"],
)
@given(path=PATHS, modified=SECONDS)
@example(path="+", modified=at(2012, 1, 1))
@example(path="a+b-c_d~😀/é.jpg", modified=at(2012, 1, 1))
def test_what_is_written_is_read_back(
    encode: Callable[[str, datetime], str], format_name: str, path: str, modified: datetime
) -> None:
    assume(not path.startswith("\\\\") and path[1:3] != ":\\")

    assert decode(encode(path, modified)) == Name(path, modified, format_name)


@given(PATHS)
def test_what_qnap_writes_is_read_back(path: str) -> None:
    assert decode(qnap.encode(path)) == Name(path, None, "qnap")


@pytest.mark.parametrize(
    "description",
    [
        "mt2 eyJmaWxlbmFtZSI6ImZpbGUiLCJtdGltZSI6IjIwMTIxMTE0VDIwMTYxOFoifQ",
        "mt1 eyJmaWxlbmFtZSI6IsOQwq9Bw5DCryIsIm10aW1lIjoiMTk3MDAxMDFUMDAwMjAzWiJ9",
        "<m><v>4</v><p>L3NhbXBsZS8xMjM0LnBkZg==</p><lm>20190501T100059Z</lm></m>",
        '{"Path":"dir2/+BEQEMAQ5BDs-3","UTCDateModified":"20130322T120043Z"}',
    ],
)
def test_a_sample_is_written_again_as_it_was(description: str) -> None:
    name = decode(description)
    assert name.modified is not None
    encoders = {
        "mt1": mt1.encode,
        "mt2": mt2.encode,
        "fastglacier-v4": fastglacier.encode,
        "cloudberry": cloudberry.encode,
    }

    assert encoders[name.format](name.path, name.modified) == description


# Whatever stands in a description.

BEGINNINGS = [
    "",
    *(beginning for one in FORMATS for beginning in one.begins),
    " ",
    '"',
    '{"Path":"',
    "<m><v>4</v><p>",
]


def test_ten_thousand_random_descriptions_are_read_without_a_fall() -> None:
    chance = random.Random(2026)  # noqa: S311 - a fixed stream of bytes, no secret
    read = 0
    for _ in range(10_000):
        noise = chance.randbytes(chance.randrange(80))
        for text in (noise.decode("latin-1"), noise.decode("utf-8", "surrogateescape")):
            description = chance.choice(BEGINNINGS) + text
            read += decode(description).path == path_of(description)

    assert read == 20_000


@given(
    st.sampled_from(BEGINNINGS),
    st.text(),
    st.sampled_from(["", '"}', '","UTCDateModified":"1"}', "</p></m>"]),
)
def test_whatever_stands_in_a_description_some_path_is_told(beginning: str, text: str, end: str) -> None:
    description = beginning + text + end

    name = decode(description)

    assert name.path == path_of(description)
    assert name.path == description or name.path.strip()
    assert name.modified is None or name.modified.tzinfo is UTC
