"""How rows look in a terminal, and as JSON."""

import json
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from rich.table import Table
from rich.text import Text

from mia_core.desk.rows import Line
from mia_core.vault import Vault

_STYLES = {"dead": "red", "unknown": "yellow", "sending": "cyan"}


def overview(lines: Sequence[Line], vault: Vault, now: datetime) -> Table:
    """Lines as a table, narrow enough for any terminal. People go by their pseudonyms, as in the log."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("id, person", no_wrap=True)
    table.add_column("state, age", no_wrap=True)
    table.add_column("how it stands", overflow="fold")
    for line in lines:
        tries = f", {line.attempts}x tried" if line.attempts else ""
        table.add_row(
            f"{line.id}\n{vault.pseudonym(line.person_id)}",
            Text.assemble(
                f"{line.channel} ", (line.state, _STYLES.get(line.state, "")), f"\n{span(now - line.since)}{tries}"
            ),
            printable("\n".join(filter(None, (_next(line, now), line.reason)))),
        )
    return table


def _next(line: Line, now: datetime) -> str:
    """Who has it in hand, or when it is taken up."""
    if line.due_at is None:
        return ""
    holder = (line.owner or "").partition("/")[0]
    if line.held(now):
        return f"held by {holder} for {span(line.due_at - now)} more"
    if holder:
        return f"left behind by {holder}"
    return "due" if line.due_at <= now else f"due in {span(line.due_at - now)}"


def as_json(line: Line, vault: Vault, now: datetime) -> dict[str, Any]:
    """A line for programs: ids as strings, which every reader keeps whole; moments in ISO 8601, UTC."""
    held = line.held(now)
    return {
        "id": str(line.id),
        "person": vault.pseudonym(line.person_id),
        "channel": line.channel,
        "state": line.state,
        "reason": line.reason,
        "attempts": line.attempts,
        "since": line.since.isoformat(),
        "age_s": round((now - line.since).total_seconds()),
        "due_at": line.due_at.isoformat() if line.due_at else None,
        "held_by": line.owner if held else None,
        "held_until": line.due_at.isoformat() if held and line.due_at else None,
    }


def details(row: Mapping[str, Any]) -> Table:
    """A whole row, name and value in a line each."""
    table = Table(box=None, show_header=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in row.items():
        if value is not None:
            table.add_row(name, printable(_readable(value)))
    return table


def _readable(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict | list):
        return json.dumps(value, indent=2, ensure_ascii=False)
    return str(value)


def printable(text: str) -> Text:
    """Text as it stands: neither the terminal nor rich takes anything in it for an order."""
    return Text("".join(letter if letter == "\n" or _harmless(letter) else ascii(letter)[1:-1] for letter in text))


def _harmless(letter: str) -> bool:
    """No control character, and none that turns the direction of what follows."""
    return unicodedata.category(letter) not in ("Cc", "Cs") and unicodedata.bidirectional(letter) not in _TURNS


_TURNS = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")


def span(length: timedelta) -> str:
    """A length of time in its largest unit."""
    seconds = max(length.total_seconds(), 0)
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size:.0f} {unit}"
    return f"{seconds:.0f} s"
