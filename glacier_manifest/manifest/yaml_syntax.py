"""The YAML parser's complaints, in words that say what to do."""

import yaml

from glacier_manifest.diagnostics import Diagnostic
from glacier_manifest.manifest.yaml_source import Place, Source

QUOTE_ASTERISK = "text that begins with '*' must be quoted, such as \"*/5 * * * *\""

#: What to do about the errors that the reader raises itself.
ADVICE = {
    "several-documents": "keep one document in each file; several files may be given, or their folder",
    "nested-too-deep": "no manifest needs this; check the brackets and the indentation",
    "too-many-aliases": "write the values out, or keep long lists of IDs in a file ('archive_ids_from')",
}

_INDENT = "indent the line like its neighbours"

#: A piece of the parser's complaint, our message, and what to do. The first that fits counts.
_COMPLAINTS = (
    ("alphabetic or numeric character", "'*' and '&' must be followed by a name", QUOTE_ASTERISK),
    (
        "mapping values are not allowed",
        "a ':' stands where no key can be",
        "quote a value that holds ': ', else check the indentation",
    ),
    (
        "sequence entries are not allowed",
        "a list begins on the line of its key",
        "put each '- item' on a line of its own",
    ),
    (
        "unknown escape",
        "unknown escape in double quotes",
        "use single quotes, in which a backslash is a backslash",
    ),
    ("end of stream", "a quote is opened and not closed", "close the quote"),
    ("',' or ']'", "a list opened with '[' is not closed", "add the missing ',' or ']'"),
    ("',' or '}'", "a mapping opened with '{' is not closed", "add the missing ',' or '}'"),
    ("could not find expected ':'", "a key without a ':'", "write 'key: value', and check the indentation"),
    ("did not find expected key", "the indentation fits no line above", _INDENT),
    ("<block end>", "the indentation fits no line above", _INDENT),
    ("'-' indicator", "a key among the items of a list", _INDENT),
    ("<document start>", "the text goes on where the document has ended", _INDENT),
)

#: Complaints about something that began earlier: the place to look at is where it did.
_TOLD_WHERE_IT_BEGAN = ("alphabetic or numeric character", "end of stream", "',' or ']'", "',' or '}'")


def explain(source: Source, error: yaml.YAMLError) -> Diagnostic:
    """Return a parser's error as a diagnostic at the place where it stopped."""
    problem = str(getattr(error, "problem", error))
    began = any(piece in problem for piece in _TOLD_WHERE_IT_BEGAN)
    place = _place(source, getattr(error, "context_mark" if began else "problem_mark", None))
    message, advice = _words(problem, source.quote(place))
    return source.error("yaml-syntax", message, place, advice)


def _place(source: Source, mark: yaml.Mark | None) -> Place:
    if mark is None:
        return Place(1, 1, 2)
    line = min(mark.line + 1, len(source.lines))
    column = min(mark.column + 1, len(source.line(line)) + 1)
    return Place(line, column, column + 1)


def _words(problem: str, character: str) -> tuple[str, str]:
    if "cannot start any token" in problem and character == "\t":
        return "a tab stands where only spaces may", "indent with spaces; YAML does not take tabs"
    if "cannot start any token" in problem:
        return (
            f"a value cannot begin with '{character}'",
            "quote the value: the character means something in YAML",
        )
    for piece, message, advice in _COMPLAINTS:
        if piece in problem:
            return message, advice
    return f"this is not YAML: {problem}", "check the quotes, the colons and the indentation"
