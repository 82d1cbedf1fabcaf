"""Names made of what strangers wrote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glacier_manifest.fetching.names import Name, Naming, Reason, Rules, alternatives, fitted, inside

RULES = Rules()
TEXTS = st.text(st.characters(codec=None), max_size=400) | st.text("./\\ aC:~\x00\u00e9", max_size=40)


@pytest.mark.parametrize(
    "name",
    [
        "a",
        "2015/07/17 a.jpg",
        "backup-2015.tar.gz",
        ".hidden/..still",
        "100%/5C",
        "inventories/2026-11-23T03:00Z.json",
        "\u0444\u0430\u0439\u043b.jpg",
        "a*b?<c>|\"'",
        "console/nul-and-void",
        "-rf",
        "~/x",
    ],
)
def test_a_clean_name_stays_as_it_is(name: str) -> None:
    assert fitted(name, RULES) == Name(name)


@pytest.mark.parametrize(
    ("wanted", "name", "reason"),
    [
        ("../../etc/passwd", "etc/passwd", Reason.LEADS_OUTSIDE),
        ("/etc/passwd", "etc/passwd", Reason.LEADS_OUTSIDE),
        ("a/../b", "a/b", Reason.LEADS_OUTSIDE),
        ("C:\\Documents\\me\\a.jpg", "C/Documents/me/a.jpg", Reason.LEADS_OUTSIDE),
        ("C:/Documents/a.jpg", "C/Documents/a.jpg", Reason.LEADS_OUTSIDE),
        ("\\\\server\\share\\a.jpg", "server/share/a.jpg", Reason.LEADS_OUTSIDE),
        ("C:\\..\\..\\x", "C/x", Reason.LEADS_OUTSIDE),
        ("C:x", "C%3Ax", Reason.LEADS_OUTSIDE),
        ("a/C:x", "a/C%3Ax", Reason.LEADS_OUTSIDE),
        ("CON", "%43ON", Reason.RESERVED),
        ("aux/x", "%61ux/x", Reason.RESERVED),
        ("nul.tar.gz", "%6Eul.tar.gz", Reason.RESERVED),
        ("COM\u00b9", "%43OM\u00b9", Reason.RESERVED),
        (".glacier-manifest/state.db", "%2Eglacier-manifest/state.db", Reason.RESERVED),
        (".GLACIER-manifest-parts", "%2EGLACIER-manifest-parts", Reason.RESERVED),
        ("a\x00b", "a%00b", Reason.UNFIT_CHARACTER),
        ("a\r\nb", "a%0D%0Ab", Reason.UNFIT_CHARACTER),
        ("\x1b[2J\x9b", "%1B[2J%C2%9B", Reason.UNFIT_CHARACTER),
        ("a\\b", "a%5Cb", Reason.UNFIT_CHARACTER),
        ("\ud83d", "%ED%A0%BD", Reason.UNFIT_CHARACTER),
        ("name.", "name%2E", Reason.UNFIT_CHARACTER),
        ("...", "..%2E", Reason.UNFIT_CHARACTER),
        ("name /x", "name%20/x", Reason.UNFIT_CHARACTER),
        (" ", "%20", Reason.UNFIT_CHARACTER),
    ],
)
def test_what_cannot_stand_is_written_so_that_it_can(wanted: str, name: str, reason: Reason) -> None:
    assert fitted(wanted, RULES) == Name(name, (reason,))


@pytest.mark.parametrize("nothing", ["", "/", "..", ".", "../..", "//"])
def test_of_some_paths_nothing_is_left(nothing: str) -> None:
    assert inside(nothing).text == ""
    assert fitted(nothing, RULES).text == "unnamed"
    assert Reason.NO_NAME in fitted(nothing, RULES).reasons


@pytest.mark.parametrize(
    "wanted", ["x" * 5000 + ".jpg", "\u0444" * 5000, "a/" * 2500 + "b.jpg", "ab/" + "c" * 300]
)
def test_what_is_too_long_is_cut_and_stays_another_name_than_its_likes(wanted: str) -> None:
    first, second = fitted(wanted, RULES), fitted(wanted.replace(".jpg", "y.jpg") + "y", RULES)

    assert first.text != second.text
    for name in (first, second):
        assert name.reasons == (Reason.TOO_LONG,)
        assert len(name.text.encode()) <= 1000
        assert max(len(segment.encode()) for segment in name.text.split("/")) <= 231
    assert first.text.endswith(".jpg") == wanted.endswith(".jpg")


@given(TEXTS)
def test_whatever_a_name_holds_it_stands_inside(wanted: str) -> None:
    name = fitted(wanted, RULES).text
    segments = name.split("/")

    assert not {"", ".", ".."} & set(segments)
    assert not any(one < " " or one == "\\" or "\ud800" <= one <= "\udfff" for one in name)
    assert len(name.encode()) <= 1000
    assert all(len(segment.encode()) <= 231 for segment in segments)
    assert fitted(name, RULES) == Name(name)


@given(st.lists(TEXTS, max_size=30), st.sampled_from([Rules(), Rules(folds=True), Rules(300, 300)]))
def test_whatever_is_wanted_no_two_names_are_one_and_none_is_anothers_folder(
    paths: list[str], rules: Rules
) -> None:
    naming = Naming(rules, base="/srv", claims={})

    names = [rules.same(naming.give(str(number), Name(path)).text) for number, path in enumerate(paths)]

    assert len(set(names)) == len(paths)
    folders = {name[:at] for name in names for at, sign in enumerate(name) if sign == "/"}
    assert not folders & set(names)


def given_names(*wanted: str, rules: Rules = RULES) -> list[Name]:
    naming = Naming(rules, base="/srv/restored", claims={})
    return [naming.give(f"id-{number}", Name(path)) for number, path in enumerate(wanted)]


def test_a_thousand_archives_of_one_name_have_a_thousand_names() -> None:
    names = given_names(*["photos/a.jpg"] * 1000)

    assert len({name.text for name in names}) == 1000
    assert names[0] == Name("photos/a.jpg")
    assert {name.reasons for name in names[1:]} == {(Reason.SAME_NAME,)}
    assert all(name.text.startswith("photos/a~") and name.text.endswith(".jpg") for name in names[1:])


def test_a_suffix_depends_on_the_output_alone() -> None:
    first = given_names("x", "a.jpg", "a.jpg", "a.jpg")
    naming = Naming(RULES, base="/elsewhere", claims={})
    naming.give("another", Name("a.jpg"))

    assert naming.give("id-3", Name("a.jpg")) == first[3]
    assert naming.give("id-2", Name("a.jpg")) == first[2]


def test_the_same_output_has_one_name_however_often_it_asks() -> None:
    naming = Naming(RULES, base="/srv", claims={})
    names = [naming.give(identity, Name("a.jpg")).text for identity in ("one", "two", "one", "two", "two")]

    assert names == [names[0], names[1], names[0], names[1], names[1]]


def test_what_is_bought_again_has_the_name_of_what_never_came() -> None:
    naming = Naming(RULES, base="/srv", claims={})
    naming.give("one.0", Name("a.jpg"))

    assert naming.give("one.1", Name("a.jpg")) == Name("a.jpg")
    assert naming.give("two.0", Name("a.jpg")).reasons == (Reason.SAME_NAME,)


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (("a", "a/b", "a/c", "a/b/d"), ("a", "a~folder/b", "a~folder/c", "a~folder/b~folder/d")),
        (("a/b", "a"), ("a/b", "a~5ntmmi2xf6fc")),
        (("a", "a~folder", "a/b"), ("a", "a~folder", "a~folder-2/b")),
    ],
)
def test_a_file_and_a_folder_of_one_name_both_stand(wanted: tuple[str, ...], names: tuple[str, ...]) -> None:
    assert tuple(name.text for name in given_names(*wanted)) == names


@pytest.mark.parametrize(
    ("first", "second"),
    [("A.jpg", "a.jpg"), ("\u00e9.jpg", "e\u0301.jpg"), ("STRASSE", "stra\u00dfe"), ("DIR/a", "dir/A")],
)
def test_names_that_a_place_takes_for_one_are_told_apart_there(first: str, second: str) -> None:
    folding, exact = given_names(first, second, rules=Rules(folds=True)), given_names(first, second)

    assert folding[1].reasons == (Reason.SAME_NAME,)
    assert exact == [Name(first), Name(second)]


def test_what_stands_since_an_earlier_run_keeps_its_name() -> None:
    naming = Naming(RULES, base="/srv", claims={})
    naming.claim("two", "photos/a.jpg")

    assert naming.give("one", Name("photos/a.jpg")).reasons == (Reason.SAME_NAME,)
    assert naming.give("two", Name("photos/a.jpg")) == Name("photos/a.jpg")
    assert naming.give("three", Name("photos")).reasons == (Reason.FOLDERS_NAME,)


def test_places_inside_one_another_share_their_claims() -> None:
    claims: dict[str, str] = {}
    outer, inner = Naming(RULES, base="/srv", claims=claims), Naming(RULES, base="/srv/2015", claims=claims)

    outer.give("one", Name("2015/a.jpg"))

    assert inner.give("two", Name("a.jpg")).reasons == (Reason.SAME_NAME,)


def test_alternatives_never_end_and_never_repeat() -> None:
    others = alternatives("x" * 231, "one", RULES)
    names = [next(others) for _ in range(50)]

    assert len(set(names)) == 50
    assert all(len(name) <= 255 for name in names)
