"""What a plain scalar means by the YAML 1.2 core schema.

YAML 1.1, which PyYAML reads, turns ``012345678901`` into an octal number, ``on`` into a truth,
``2015-01-01`` into a date and ``12:30`` into 750. Here they mean what they look like: text. Digits behind
a leading zero stay text too, where the core schema would read a number: they are an account.
"""

import re

Scalar = str | int | float | bool | None

_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,18})", re.ASCII)
_WHOLE = "(?:0|[1-9][0-9]{0,18})"
_EXPONENT = "[eE][-+]?[0-9]{1,3}"
_FLOAT = re.compile(rf"[-+]?(?:{_WHOLE}?\.[0-9]+(?:{_EXPONENT})?|{_WHOLE}{_EXPONENT})", re.ASCII)


def resolve(text: str) -> Scalar:
    """Return the value of a plain (unquoted) scalar."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "-+.0123456789":
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text
