"""How a sandbox is set up; nothing in it depends on where the sandbox is served."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from mia_bot.sandbox.faults.plan import FaultPlan


class OAuthClient(BaseModel):
    """An app that people sign in to: with a secret it is confidential, without one public.

    No redirect URIs registered means: any on this machine (loopback).
    """

    model_config = ConfigDict(frozen=True)

    client_id: str
    client_secret: SecretStr | None = None
    redirect_uris: frozenset[str] = frozenset()


CONFIDENTIAL_CLIENT = OAuthClient(client_id="mia-sandbox", client_secret=SecretStr("mia-sandbox-secret"))
PUBLIC_CLIENT = OAuthClient(client_id="mia-sandbox-public")


class SandboxConfig(BaseModel):
    """All that can be set; the defaults need nothing."""

    model_config = ConfigDict(frozen=True)

    bot_username: str = "miaaibot"
    bot_premium: bool = False
    state_file: Path | None = None
    real_limits: bool = False
    keep_alive_s: float = Field(default=15, gt=0, le=20)
    webhook_pauses_s: tuple[float, ...] = (1, 5, 30)
    """Waits before each further try to post an event to a webhook that did not take it."""
    faults: FaultPlan = FaultPlan()
    clients: tuple[OAuthClient, ...] = (CONFIDENTIAL_CLIENT, PUBLIC_CLIENT)
