"""The process `mia bot`, from settings to a clean stop; and signing her account in."""

from pathlib import Path

from mia_bot.login import log_in
from mia_bot.run import run_bot
from mia_bot.webhook import register
from mia_core.app import open_app
from mia_core.log import configure
from mia_core.settings import load_settings
from mia_core.shards import open_shards


async def serve_bot(config: Path | None) -> None:
    """Answer on X until SIGTERM or SIGINT. Raises OperatorError."""
    settings = load_settings(config)
    configure(settings.log, process="bot")
    async with open_shards(settings) as shards:
        await run_bot(shards)


async def sign_in(config: Path | None) -> None:
    """Let the operator allow the app on X, and keep the tokens. Raises OperatorError."""
    settings = load_settings(config)
    configure(settings.log, process="login")
    async with open_app(settings) as app:
        await log_in(app)


async def push_to_site(config: Path | None, *, remove: bool) -> None:
    """Register the site's webhook at X, or take it away. Raises OperatorError."""
    settings = load_settings(config)
    configure(settings.log, process="webhook")
    async with open_app(settings) as app:
        await register(app, remove=remove)
