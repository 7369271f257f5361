"""The bot's commands: `mia bot`, `mia sandbox`, `mia demo`. Each imports what it needs when it runs."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from mia_core.cli_options import ConfigFile


def register(cli: typer.Typer) -> None:
    """Add the bot's commands."""
    account = typer.Typer(
        help="Answer on X until SIGTERM or Ctrl-C; or sign her account in, or let X push to the site."
    )
    account.callback(invoke_without_command=True)(bot)
    account.command()(login)
    account.command()(webhook)
    cli.add_typer(account, name="bot")
    cli.command()(sandbox)
    cli.command()(demo)


def bot(context: typer.Context, config: ConfigFile = None) -> None:
    """Answer on X until SIGTERM or Ctrl-C; or sign her account in, or let X push to the site."""
    if context.invoked_subcommand:
        return
    from mia_bot.bot_process import serve_bot  # noqa: PLC0415 - `mia --help` stays quick

    asyncio.run(serve_bot(config))


def login(config: ConfigFile = None) -> None:
    """Sign her account in by OAuth 2.0, and store its tokens sealed in the database."""
    from mia_bot.bot_process import sign_in  # noqa: PLC0415 - `mia --help` stays quick

    asyncio.run(sign_in(config))


def webhook(
    config: ConfigFile = None,
    remove: Annotated[bool, typer.Option("--remove", help="Let X push there no more.")] = False,
) -> None:
    """Let X push to the site's webhook, which must be up with bot.webhook on; or let it push there no more."""
    from mia_bot.bot_process import push_to_site  # noqa: PLC0415 - `mia --help` stays quick

    asyncio.run(push_to_site(config, remove=remove))


def sandbox(
    config: ConfigFile = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port to listen on; else sandbox.port.")
    ] = None,
    state: Annotated[
        Path | None, typer.Option(help="File that keeps people, posts and DMs; else sandbox.state_file.")
    ] = None,
    real_limits: Annotated[bool, typer.Option("--real-limits", help="X's own rate limits.")] = False,
    faults: Annotated[Path | None, typer.Option(help="A plan of faults, as for PUT /sandbox/faults.")] = None,
) -> None:
    """Play X and xAI on this machine, until SIGTERM or Ctrl-C."""
    from mia_bot.sandbox_process import serve_sandbox  # noqa: PLC0415 - `mia --help` stays quick

    asyncio.run(serve_sandbox(config, port=port, state=state, real_limits=real_limits, faults=faults))


def demo(
    config: ConfigFile = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the sandbox, where one talks with her.")
    ] = 8090,
    data: Annotated[Path, typer.Option(help="Folder for the demo's data.")] = Path(".mia/demo"),
    fresh: Annotated[bool, typer.Option("--fresh", help="Delete what earlier demos left in the folder.")] = False,
) -> None:
    """Start MIA, her site, her jobs and a sandbox that plays X, with one command and no keys."""
    from mia_bot.demo.run import Wishes, run_demo  # noqa: PLC0415 - `mia --help` stays quick

    asyncio.run(run_demo(Wishes(config=config, port=port, data=data, fresh=fresh)))
