"""`mia doctor`: looks over what a start needs, and says what to mend."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from mia_core.clock import system_clock
from mia_core.database import named, open_database
from mia_core.errors import MiaError, OperatorError
from mia_core.prompt.compose import Prompts
from mia_core.schema import require_current
from mia_core.settings import Settings, load_settings
from mia_core.vault import open_vault
from mia_core.xai.client import open_xai
from mia_core.xai.models import missing_model

Check = Callable[[Settings], Awaitable[str]]
"""Answers with what was found in order; raises MiaError with what to mend."""


async def run_doctor(config: Path | None) -> int:
    """Run every check and print a table; 0 if all is in order, else 1."""
    settings = load_settings(config)
    table = Table("", "what", "found", box=None)
    broken = 0
    async for name, sound, finding in examine(settings):
        broken += not sound
        table.add_row("[green]ok[/green]" if sound else "[red]mend[/red]", name, finding)
    Console().print(table)
    return 1 if broken else 0


async def examine(settings: Settings) -> AsyncIterator[tuple[str, bool, str]]:
    """Each check's name, whether it is in order, and what was found."""
    for name, check in _CHECKS.items():
        try:
            yield name, True, await check(settings)
        except MiaError as error:
            yield name, False, str(error)


async def _database(settings: Settings) -> str:
    for one in settings.database.each():
        async with open_database(one) as database:
            await require_current(database)
    return ", ".join(named(one.url) for one in settings.database.each())


async def _vault(settings: Settings) -> str:
    vault = open_vault(settings)
    if vault.open(vault.seal(b"probe")) != b"probe":
        raise OperatorError("vault.token_keys: what was sealed does not open")
    return "keys seal and open"


async def _persona(settings: Settings) -> str:
    prompts = Prompts(username=settings.x.username, persona_file=settings.persona.file)
    return f"version {prompts.version}"


async def _xai(settings: Settings) -> str:
    async with open_xai(settings.xai, clock=system_clock) as xai:
        models = await xai.models()
    if missing := missing_model(settings.xai.model, models):
        raise OperatorError(missing)
    return f"{settings.xai.model} at {settings.xai.base_url}"


_CHECKS: dict[str, Check] = {"database": _database, "vault": _vault, "persona": _persona, "xai": _xai}
