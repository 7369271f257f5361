"""The demo's live log: the processes' JSON lines, made readable, one line a thing that happened."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.text import Text

_HEADERS = frozenset({"event", "timestamp", "level", "process", "logger", "exception"})
_MOST_KEYS = 7
_LONGEST_VALUE = 80
_COLOURS = {"sandbox": "cyan", "bot": "magenta", "site": "green", "jobs": "yellow"}
_LEVELS = {"warning": "yellow", "error": "red", "critical": "red"}


@dataclass(frozen=True)
class LogLine:
    """One line of a process."""

    event: str
    """The event's name; the whole line if it was not JSON."""
    at: str = ""
    """Local time of day."""
    level: str = "info"
    details: Mapping[str, str] = field(default_factory=dict)
    trace: str = ""


def read_line(line: str) -> LogLine:
    """Parse one line of output; what is no JSON log line stands as it is."""
    try:
        values = json.loads(line)
    except ValueError:
        return LogLine(line)
    if not isinstance(values, dict) or "event" not in values:
        return LogLine(line)
    details = {key: _short(value) for key, value in values.items() if key not in _HEADERS}
    return LogLine(
        event=str(values["event"]),
        at=_local_time(values.get("timestamp")),
        level=str(values.get("level", "info")),
        details=dict(list(details.items())[:_MOST_KEYS]),
        trace=str(values.get("exception", "")),
    )


def show_line(console: Console, process: str, line: LogLine) -> None:
    """Print it: time, process, event, and a few of its keys; coloured on a terminal."""
    text = Text.assemble(
        (f"{line.at:8}  ", "dim"),
        (f"{process:7}  ", _COLOURS.get(process, "")),
        (line.event, _LEVELS.get(line.level, "bold")),
    )
    for key, value in line.details.items():
        text.append(f"  {key}=", "dim").append(value)
    if line.trace:
        text.append("\n").append(line.trace, "red")
    console.print(text, soft_wrap=True)


def _local_time(timestamp: Any) -> str:
    try:
        return datetime.fromisoformat(timestamp).astimezone().strftime("%H:%M:%S")
    except (TypeError, ValueError):
        return ""


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"
