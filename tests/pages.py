"""The pages of the documentation: their fenced blocks, and the commands with their outputs in these."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parent.parent
DOCS = PROJECT / "docs"
THERMOMETER = DOCS / "examples" / "thermometer"
TUTORIAL = DOCS / "tutorial.md"

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = "$ "


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: Path
    part: str
    """The heading that it stands under."""
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(PROJECT)}:{self.line}"

    def commands(self) -> list[tuple[str, str]]:
        """Return the commands of a console block, each with the output that is shown after it."""
        typed = re.split(rf"^{re.escape(COMMAND)}", self.text, flags=re.MULTILINE)[1:]
        return [(command, output) for command, _, output in (each.partition("\n") for each in typed)]


def blocks_of(page: Path) -> list[Block]:
    """Return the fenced blocks of a page."""
    text = page.read_text(encoding="utf-8")
    blocks = []
    for match in FENCE.finditer(text):
        before = text[: match.start()]
        headings = re.findall(r"^#+ (.+)$", FENCE.sub("", before), re.MULTILINE)
        blocks.append(Block(page, headings[-1] if headings else "", before.count("\n") + 1, match[1], match[2]))
    return blocks


def commands_of(page: Path, part: str | None = None) -> list[tuple[str, str]]:
    """Return the commands of a page, or of a part of it, each with the output that is shown after it."""
    return [
        typed
        for block in blocks_of(page)
        if block.language == "console" and part in (None, block.part)
        for typed in block.commands()
    ]


def output_after(page: Path, command: str) -> str:
    """Return the output that a page shows for a command."""
    found = [output for typed, output in commands_of(page) if typed == command]
    assert len(found) == 1, f"{page.name} shows {command!r} {len(found)} times"
    return found[0]
