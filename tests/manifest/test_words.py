import pytest

from glacier_manifest.manifest.words import closest, did_you_mean


@pytest.mark.parametrize(
    ("word", "meant"),
    [("teir", "tier"), ("Archive-ID", "archive_id"), ("valt", "vault"), ("zzz", None), ("x" * 10_000, None)],
)
def test_the_word_that_was_probably_meant(word: str, meant: str | None) -> None:
    assert closest(word, ["tier", "archive_id", "vault"]) == meant


def test_a_suggestion_is_made_only_where_there_is_one() -> None:
    assert did_you_mean("tier") == "did you mean 'tier'?"
    assert did_you_mean(None) is None
