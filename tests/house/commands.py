"""Finds the commands that the documents show, and the options that `mia` has."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from typer.main import get_command

from mia_core.cli import build

ROOT = Path(__file__).parents[2]
DOCUMENTS = (*ROOT.glob("*.md"), *sorted((ROOT / "docs").glob("*.md")))
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ASSIGNMENT = re.compile(r"^[A-Z_]+=")


@dataclass(frozen=True)
class Shown:
    """One command as a document shows it."""

    document: str
    text: str

    @property
    def words(self) -> list[str]:
        """The command itself: without variables before it, and without `uv run`."""
        words = shlex.split(self.text)
        while _ASSIGNMENT.match(words[0]):
            del words[0]
        return words[2:] if words[:2] == ["uv", "run"] else words

    def __str__(self) -> str:
        return f"{self.document}: {self.text}"


def blocks(language: str) -> list[tuple[str, str]]:
    """Document and text of each fenced block in a language."""
    return [
        (document.relative_to(ROOT).as_posix(), text)
        for document in DOCUMENTS
        for found, text in _BLOCK.findall(document.read_text(encoding="utf-8"))
        if found == language
    ]


def shown_commands() -> list[Shown]:
    """Every command in a block of shell, each line one; what several documents show, once."""
    lines = {line: document for document, text in blocks("sh") for line in text.splitlines() if line.strip()}
    return [Shown(document, line) for line, document in lines.items()]


def languages() -> set[str]:
    """The languages of all fenced blocks."""
    found: set[str] = set()
    for document in DOCUMENTS:
        found |= {language for language, _ in _BLOCK.findall(document.read_text(encoding="utf-8"))}
    return found


def require_known(words: list[str]) -> None:
    """Assert that `mia` has this sub-command with these options."""
    command = get_command(build())
    rest = words[1:]
    while rest and (deeper := getattr(command, "commands", {}).get(rest[0])):
        command, rest = deeper, rest[1:]
    assert command.name != "mia", f"no such command: {' '.join(words)}"
    options = {name for parameter in command.params for name in parameter.opts}
    unknown = [word for word in rest if word.startswith("-") and word not in options]
    assert not unknown, f"{' '.join(words)}: no option {unknown}"
