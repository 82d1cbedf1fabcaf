import pytest
from hypothesis import given
from hypothesis import strategies as st

from glacier_manifest.inventory.names.cloudberry import from_utf7, to_utf7
from glacier_manifest.inventory.names.table import path_of


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("dir2/+BEQEMAQ5BDs-3", "dir2/файл3"),  # noqa: RUF001 - the sample is Russian
        ("+BEQEMAQ5BDs.txt", "файл.txt"),
        ("+BEQEMAQ5BDs", "файл"),
        ("a+AF8-b", "a_b"),
        ("1+-1", "1+1"),
        ("+2D3eAA-.jpg", "😀.jpg"),
        ("+AOk-+AOk-", "éé"),
        ("c:/a.jpg", "c:/a.jpg"),
    ],
)
def test_utf7_is_read(written: str, meant: str) -> None:
    assert from_utf7(written) == meant


@pytest.mark.parametrize("text", ["+F8-", "+F8/h01", "a+b.txt", "a+", "+ +", "C++/main.cpp", "+2D0-", "+é-"])
def test_what_is_no_utf7_is_left_as_it_stands(text: str) -> None:
    assert from_utf7(text) == text


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_utf7_is_read_back(text: str) -> None:
    assert from_utf7(to_utf7(text)) == text


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_utf7_is_what_python_reads_too(text: str) -> None:
    assert to_utf7(text).encode("ascii").decode("utf-7") == text


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("c:+AFw-myfolder+AFw-myfile.txt", "c:/myfolder/myfile.txt"),
        ("c:\\\\myfolder\\\\myfile.txt", "c:/myfolder/myfile.txt"),
        ("+AFwAXA-server+AFw-photos", "//server/photos"),
        ("home/anna/back+AFw-slash", "home/anna/back\\slash"),
    ],
)
def test_a_windows_path_is_told_with_slashes(path: str, told: str) -> None:
    assert path_of(f'{{"Path":"{path}","UTCDateModified":"20100310T110623Z"}}') == told
