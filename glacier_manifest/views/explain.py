"""What the stable word codes mean, at length; the same text is the page docs/errors.md."""

import re
from collections.abc import Mapping
from importlib.resources import files

_HEADING = re.compile(r"^## (\S+)\n", re.MULTILINE)


def explanations() -> Mapping[str, str]:
    """Return the explanation of every code, in alphabetical order, as Markdown."""
    text = files("glacier_manifest.views").joinpath("explanations.md").read_text(encoding="utf-8")
    pieces = _HEADING.split(text)[1:]
    sections = zip(pieces[::2], pieces[1::2], strict=True)
    return {code: body.strip() for code, body in sorted(sections)}
