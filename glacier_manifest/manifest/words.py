"""The word that was probably meant."""

from collections.abc import Iterable


def plain(word: str) -> str:
    """Return a word without what people vary: capitals, hyphens, underlines, spaces."""
    return word.lower().replace("_", "").replace("-", "").replace(" ", "")


def closest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that was probably meant, whatever its capitals, hyphens and underlines."""
    from difflib import get_close_matches  # noqa: PLC0415 - only needed where something is wrong

    by_plain = {plain(one): one for one in known}
    matches = get_close_matches(plain(word[:100]), by_plain, n=1, cutoff=0.7)
    return by_plain[matches[0]] if matches else None


def did_you_mean(word: str | None) -> str | None:
    """Return the label that suggests a word, where there is one to suggest."""
    return None if word is None else f"did you mean '{word}'?"
