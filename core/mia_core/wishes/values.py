"""What a wish is, from the words that a person wrote to what is done about it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncConnection

CommandName = Literal[
    "recall",
    "feelings",
    "reset_feelings",
    "forget_last",
    "forget_about",
    "forget_all",
    "correct",
    "pause",
    "resume",
    "why",
    "offer",
    "revoke",
    "help",
]
"""What can be wished for."""
Answered = Literal["yes", "yes_named", "no"]
"""What can be said to a question."""

Write = Callable[[AsyncConnection, int], Awaitable[None]]
"""Writes inside the turn's transaction; the number is the person's `memory_version` from here on."""


@dataclass(frozen=True)
class Wished:
    """What a person asks to be done with what she remembers."""

    command: CommandName | Answered
    about: str
    """What it is about, in the person's words; empty where a command needs nothing."""
    language: str
    """The language that it was understood in."""


@dataclass(frozen=True)
class Fulfilled:
    """What she answers to a wish, and what it changes."""

    text: str
    write: Write | None = None
    """Called once, inside the turn's transaction."""
    changes_memories: bool = False
    """The person's `memory_version` rises by one with this turn."""
    person: tuple[tuple[str, Any], ...] = ()
    """Columns of the table `person` that change."""
