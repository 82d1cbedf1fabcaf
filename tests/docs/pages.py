"""The pages, cut into the blocks that are run and the files that they show.

Every ```console block is run, line by line where a line begins with `$ `; what stands below is the output
that it must have, as far as it is shown: `…` stands for anything inside a line, and alone on a line for any
lines. Above a block, `<!-- file: NAME -->` says that the block is a file of the reader's folder,
`<!-- change NAME: this => that -->` that the file was edited, and `<!-- hours pass -->` that the jobs have
ended by then. Other blocks (```sh, ```text) are only read.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))

_BLOCK = re.compile(
    r"(?:^<!-- (?P<note>[^\n]*?) -->\n)?^```(?P<language>\w*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and the comment that stands right above it."""

    language: str
    body: str
    note: str

    @property
    def file(self) -> str | None:
        """The name of the file that the block is, if it is one."""
        return self.note.removeprefix("file: ") if self.note.startswith("file: ") else None

    @property
    def steps(self) -> Iterator[tuple[str, str]]:
        """The commands of a console block, each with the output shown below it."""
        for piece in re.split(r"^\$ ", self.body, flags=re.MULTILINE)[1:]:
            lines = piece.splitlines()
            last = next(index for index, line in enumerate(lines) if not line.endswith("\\"))
            command = " ".join(line.removesuffix("\\").strip() for line in lines[: last + 1])
            yield command, "\n".join(lines[last + 1 :]).strip("\n")


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page, in order."""
    found = _BLOCK.finditer(page.read_text(encoding="utf-8"))
    return [Block(match["language"], match["body"], match["note"] or "") for match in found]
