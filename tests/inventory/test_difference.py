from hypothesis import given
from hypothesis import strategies as st

from glacier_manifest.inventory.difference import Difference, Kind, differences
from tests.inventory.inventories import archive

ONE, TWO, THREE = archive(1), archive(2), archive(3)


def test_each_archive_is_added_removed_changed_or_as_it_was() -> None:
    changed = TWO._replace(description="renamed")

    found = list(differences([ONE, TWO], [changed, THREE]))

    assert found == [Difference(ONE, None), Difference(TWO, changed), Difference(None, THREE)]
    assert [one.kind for one in found] == [Kind.REMOVED, Kind.CHANGED, Kind.ADDED]
    assert [one.archive for one in found] == [ONE, changed, THREE]


def test_an_archive_that_is_listed_twice_is_one() -> None:
    found = list(differences([ONE, ONE, TWO], [ONE, TWO, TWO]))

    assert found == [Difference(ONE, ONE), Difference(TWO, TWO)]
    assert {one.kind for one in found} == {Kind.UNCHANGED}


@given(st.sets(st.integers(0, 30)), st.sets(st.integers(0, 30)))
def test_nothing_is_missed_and_nothing_is_told_twice(before: set[int], after: set[int]) -> None:
    found = list(differences(map(archive, sorted(before)), map(archive, sorted(after))))

    ids = {kind: {int(one.archive.archive_id) for one in found if one.kind is kind} for kind in Kind}
    assert ids == {
        Kind.ADDED: after - before,
        Kind.REMOVED: before - after,
        Kind.CHANGED: set(),
        Kind.UNCHANGED: before & after,
    }
    assert len(found) == len(before | after)
