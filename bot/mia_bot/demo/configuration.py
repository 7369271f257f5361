"""What the demo's processes are told: the operator's own settings where they are harmless, else the demo's."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr

from mia_bot.sandbox.config import PUBLIC_CLIENT
from mia_core.settings import (
    CONFIG_VARIABLE,
    CareSettings,
    DatabaseSettings,
    LogSettings,
    SandboxSettings,
    Settings,
    SiteSettings,
    VaultSettings,
    XaiSettings,
    XSettings,
)

HOST = "127.0.0.1"
_PATIENT = CareSettings(turns_per_hour=1_000_000, turns_per_minute=1_000_000)
"""Whoever tries her out may write as fast as they like."""
_QUICK = {
    "mention_poll_s": 1.0,
    "stream_poll_s": 1.0,
    "dm_poll_s": 1.0,
    "dm_quiet_s": 1.0,
    "answer_backlog": True,
    "webhook": False,
}
"""The sandbox charges nothing for looks, and has no public address to push to."""
_PREFIX = "MIA_"
_XAI_KEY = "XAI_API_KEY"


@dataclass(frozen=True)
class Places:
    """Where the demo keeps its data, and where it listens."""

    folder: Path
    sandbox_port: int
    site_port: int

    @property
    def sandbox(self) -> str:
        """The sandbox's origin."""
        return f"http://{HOST}:{self.sandbox_port}"

    @property
    def site(self) -> str:
        """The site's origin."""
        return f"http://{HOST}:{self.site_port}"


def demo_settings(own: Settings, places: Places) -> Settings:
    """Settings for every process of the demo. X is the sandbox: no token of the live account is taken along.

    Model, persona and the bot's manners are the operator's; so is xAI, if a key or another server is configured.
    """
    return Settings(
        database=DatabaseSettings(url=f"sqlite:///{places.folder / 'mia.sqlite3'}"),
        xai=own.xai if thinks_for_real(own.xai) else XaiSettings(base_url=f"{places.sandbox}/v1"),
        x=XSettings(
            api_origin=places.sandbox,
            authorize_url=f"{places.sandbox}/i/oauth2/authorize",
            client_id=PUBLIC_CLIENT.client_id,
            username=own.x.username,
            timeout_s=own.x.timeout_s,
        ),
        bot=own.bot.model_copy(update=_QUICK),
        persona=own.persona,
        care=_PATIENT,
        site=SiteSettings(host=HOST, port=places.site_port, origin=places.site),
        sandbox=SandboxSettings(
            host=HOST,
            port=places.sandbox_port,
            state_file=places.folder / "sandbox.json",
            real_limits=own.sandbox.real_limits,
        ),
        vault=VaultSettings(key_file=places.folder / "mia.key"),
        log=LogSettings(level="info", format="json"),
    )


def thinks_for_real(xai: XaiSettings) -> bool:
    """Whether a model answers: Grok by its key, or a server of the operator's own; else the sandbox's script."""
    return xai.api_key is not None or xai.base_url != XaiSettings().base_url


def who_thinks(own: XaiSettings) -> str:
    """For people to read: who writes her answers, and who pays for it."""
    if not thinks_for_real(own):
        return "a script answers, not Grok; set XAI_API_KEY and start again to talk to Grok"
    if own.base_url != XaiSettings().base_url:
        return f"{own.model} at {own.base_url} answers"
    return f"Grok ({own.model}) answers; xAI bills it, at most ${own.daily_budget_usd:g} a day"


def environment(settings: Settings, inherited: Mapping[str, str]) -> dict[str, str]:
    """Variables that give a process exactly these settings, whatever file or variable there was before."""
    kept = {name: value for name, value in inherited.items() if not name.startswith(_PREFIX) and name != _XAI_KEY}
    variables = {CONFIG_VARIABLE: os.devnull}
    for section, values in settings:
        if isinstance(values, BaseModel):
            for key, value in values:
                if value != type(values).model_fields[key].default:
                    variables[f"{_PREFIX}{section}__{key}".upper()] = _written(value)
    return kept | variables


def _written(value: Any) -> str:
    """A value as the environment has it."""
    plain = _revealed(value)
    return plain if isinstance(plain, str) else json.dumps(plain)


def _revealed(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, tuple):
        return [_revealed(each) for each in value]
    return value
