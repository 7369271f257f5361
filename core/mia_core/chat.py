"""`mia chat`: the whole mind at the terminal, as a channel of its own."""

import secrets
from collections.abc import Sequence
from pathlib import Path

import typer
from rich.console import Console

from mia_core.app import App, open_app
from mia_core.events import Author, Event
from mia_core.log import configure
from mia_core.settings import load_settings
from mia_core.tables import TERMINAL_PERSON
from mia_core.turn import Taken, take_turn

_WAITS = (
    "She cannot think at the moment; the line above says why. What you said is kept: say something to try again."
)


async def run_chat(config: Path | None) -> None:
    """Read lines until the end of input; answer each. The person is the one who sits at this terminal."""
    settings = load_settings(config)
    configure(settings.log.model_copy(update={"level": "warning"}), process="chat")
    console = Console()
    async with open_app(settings) as app:
        console.print("[dim]You are talking with MIA, an AI. An empty line or Ctrl-D ends the talk.[/dim]")
        while line := _read_line():
            taken = await say(app, line)
            for text in taken.texts or (_WAITS,):
                console.print(text, style="magenta", markup=False)


async def say(app: App, text: str) -> Taken:
    """One message from the terminal, and what came of it."""
    author = Author(person_id=TERMINAL_PERSON, name="you")
    event = Event(
        source="terminal",
        event_id=secrets.token_hex(8),
        author=author,
        at=app.clock(),
        text=text,
        conversation="terminal",
        address="terminal",
    )
    claim = await app.inbox.accept_held(event, app.owner)
    if claim is None:
        return Taken("postponed")
    return await take_turn(app, claim, _whole)


def _read_line() -> str:
    try:
        line: str = typer.prompt("you", prompt_suffix="> ", default="", show_default=False)
    except typer.Abort:
        return ""
    return line.strip()


def _whole(reply: str, _events: Sequence[Event]) -> list[str]:
    """A terminal has no rules for text."""
    return [reply]
