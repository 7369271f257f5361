"""What the demo tells its processes: everything they need, and nothing of the live account."""

import os
from pathlib import Path

import pytest
from pydantic import SecretStr

from mia_bot.demo.configuration import Places, demo_settings, environment, who_thinks
from mia_core.settings import (
    BotSettings,
    DatabaseSettings,
    LogSettings,
    PersonaSettings,
    Settings,
    VaultSettings,
    XaiSettings,
    XSettings,
    load_settings,
)

PLACES = Places(Path("/data"), sandbox_port=8090, site_port=8091)
LIVE = Settings(
    environment="production",
    database=DatabaseSettings(url="postgresql://mia:secret-1@db/mia"),
    xai=XaiSettings(api_key=SecretStr("xai-key"), daily_budget_usd=2.5),
    x=XSettings(
        access_token=SecretStr("secret-2"),
        oauth1_access_token=SecretStr("secret-3"),
        client_secret=SecretStr("secret-4"),
        username="mia_test",
    ),
    bot=BotSettings(allowed_links=("mia.ag",), post_length=500),
    persona=PersonaSettings(file=Path("persona.md")),
    vault=VaultSettings(token_keys=(SecretStr("secret-5"),), hash_key=SecretStr("secret-6")),
    log=LogSettings(level="error"),
)


def read(variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings as a process with these variables reads them."""
    for name in os.environ:
        monkeypatch.delenv(name)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return load_settings()


@pytest.mark.parametrize("own", [Settings(), LIVE])
def test_a_process_reads_exactly_the_settings_that_it_was_given(
    own: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text("[site]\nport = 1\n")
    settings = demo_settings(own, PLACES)
    inherited = {"PATH": "/bin", "MIA_SITE__PORT": "2", "XAI_API_KEY": "another", "MIA_CONFIG": "nowhere.toml"}
    variables = environment(settings, inherited)
    assert variables["PATH"] == "/bin"
    assert read(variables, monkeypatch) == settings


def test_nothing_of_the_live_account_its_database_or_its_vault_comes_along() -> None:
    assert "secret-" not in str(environment(demo_settings(LIVE, PLACES), {}))


def test_x_is_the_sandbox_whatever_is_configured() -> None:
    settings = demo_settings(LIVE, PLACES)
    assert settings.x.api_origin == "http://127.0.0.1:8090"
    assert settings.x.username == "mia_test"
    assert settings.environment == "development"


def test_model_persona_and_manners_are_the_operators() -> None:
    settings = demo_settings(LIVE, PLACES)
    assert settings.xai == LIVE.xai
    assert settings.persona == LIVE.persona
    assert settings.bot.post_length == 500


def test_without_a_key_the_sandbox_answers_in_xais_place() -> None:
    settings = demo_settings(Settings(xai=XaiSettings(model="a-model-that-the-script-does-not-play")), PLACES)
    assert settings.xai == XaiSettings(base_url="http://127.0.0.1:8090/v1")


def test_a_model_server_of_ones_own_is_kept() -> None:
    own = Settings(xai=XaiSettings(base_url="http://127.0.0.1:11434/v1"))
    assert demo_settings(own, PLACES).xai == own.xai
    assert who_thinks(own.xai) == "grok-4.3 at http://127.0.0.1:11434/v1 answers"
