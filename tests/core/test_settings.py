"""Configuration: file, then environment; and one clear sentence for each mistake, which names the key."""

import os
from pathlib import Path

import pytest

from mia_core.errors import SettingsError
from mia_core.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def nothing_configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty folder and an environment without a word for MIA."""
    for name in os.environ:
        if name.startswith("MIA_") or name == "XAI_API_KEY":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def write(text: str | bytes, name: str = "config.toml") -> Path:
    path = Path(name)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def complaint(file: Path | None = None) -> str:
    with pytest.raises(SettingsError) as caught:
        load_settings(file)
    return str(caught.value)


def test_without_file_and_environment_the_defaults_hold() -> None:
    assert load_settings() == Settings()


def test_config_toml_in_the_working_folder_is_read() -> None:
    write('[x]\nusername = "mia_test"\n')
    assert load_settings().x.username == "mia_test"


def test_mia_config_names_another_file(monkeypatch: pytest.MonkeyPatch) -> None:
    write("[site]\nport = 1\n")
    monkeypatch.setenv("MIA_CONFIG", str(write("[site]\nport = 2\n", "other.toml")))
    assert load_settings().site.port == 2
    assert load_settings(write("[site]\nport = 3\n", "third.toml")).site.port == 3


def test_the_environment_goes_before_the_file_key_by_key(monkeypatch: pytest.MonkeyPatch) -> None:
    write("[site]\nport = 1\nhost = '0.0.0.0'\n")
    monkeypatch.setenv("MIA_SITE__PORT", "2")
    assert (load_settings().site.port, load_settings().site.host) == (2, "0.0.0.0")  # noqa: S104 - not listened on


def test_an_empty_variable_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    write("[site]\nport = 1\n")
    monkeypatch.setenv("MIA_SITE__PORT", "")
    assert load_settings().site.port == 1


def test_a_list_in_the_environment_is_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIA_BOT__ALLOWED_LINKS", '["mia.ag"]')
    assert load_settings().bot.allowed_links == ("mia.ag",)
    monkeypatch.setenv("MIA_BOT__ALLOWED_LINKS", "mia.ag")
    assert complaint() == 'MIA_BOT__ALLOWED_LINKS: a list in the environment is written as JSON: ["one", "two"]'


def test_the_key_that_xais_own_tools_read_counts_where_no_other_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XAI_API_KEY", "theirs")
    key = load_settings().xai.api_key
    assert key is not None
    assert key.get_secret_value() == "theirs"
    write('[xai]\napi_key = "ours"\n')
    key = load_settings().xai.api_key
    assert key is not None
    assert key.get_secret_value() == "ours"


def test_a_named_file_that_is_not_there_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert complaint(Path("nowhere.toml")).startswith("nowhere.toml: there is no such file")
    monkeypatch.setenv("MIA_CONFIG", "elsewhere.toml")
    assert complaint().startswith("elsewhere.toml: there is no such file")


@pytest.mark.parametrize("text", ["[site\n", "site = \n", b"\xff\xfe[site]", "[a]\n[a]\n"])
def test_a_file_that_is_not_toml_is_one_sentence_with_its_name(text: str | bytes) -> None:
    said = complaint(write(text, "broken.toml"))
    assert said.startswith("broken.toml: not valid TOML")
    assert len(said.splitlines()) == 1


def test_a_folder_in_place_of_the_file_is_one_sentence() -> None:
    Path("config.toml").mkdir()
    assert complaint() == "config.toml: cannot be read: Is a directory"


@pytest.mark.parametrize(
    ("text", "key"),
    [("[sight]\nport = 1\n", "sight"), ("[site]\nprot = 1\n", "site.prot"), ("prot = 1\n", "prot")],
)
def test_an_unknown_key_is_named(text: str, key: str) -> None:
    assert complaint(write(text)) == f"{key}: there is no such setting; config.example.toml lists all of them"


@pytest.mark.parametrize(
    ("text", "key", "variable"),
    [
        ('[site]\nport = "many"\n', "site.port", "MIA_SITE__PORT"),
        ("[site]\nport = 70000\n", "site.port", "MIA_SITE__PORT"),
        ('[x]\napi_origin = "api.x.com"\n', "x.api_origin", "MIA_X__API_ORIGIN"),
        ('[x]\nusername = "@mia"\n', "x.username", "MIA_X__USERNAME"),
        ('[database]\nurl = "mysql://host/mia"\n', "database.url", "MIA_DATABASE__URL"),
        ('environment = "staging"\n', "environment", "MIA_ENVIRONMENT"),
        ('[log]\nlevel = "loud"\n', "log.level", "MIA_LOG__LEVEL"),
    ],
)
def test_a_wrong_value_is_one_sentence_with_key_variable_and_what_it_should_be(
    text: str, key: str, variable: str
) -> None:
    said = complaint(write(text))
    assert said.startswith(f"{key} ({variable}): ")
    assert "should" in said
    assert len(said.splitlines()) == 1


def test_several_mistakes_are_all_named_at_once() -> None:
    said = complaint(write('[site]\nport = "x"\n[x]\nusername = ""\nnick = "mia"\n'))
    assert {line.split(":")[0].split(" ")[0] for line in said.splitlines()} == {
        "site.port",
        "x.username",
        "x.nick",
    }


def test_a_section_that_is_no_table_is_named() -> None:
    assert complaint(write("site = 8080\n")).startswith("site (MIA_SITE)")


def test_a_wrong_value_of_a_secret_is_not_repeated() -> None:
    said = complaint(write('[vault]\ntoken_keys = {wrong = "hidden"}\n[xai]\napi_key = ["hidden"]\n'))
    assert "vault.token_keys" in said
    assert "xai.api_key" in said
    assert "hidden" not in said


def test_secrets_do_not_show_when_settings_are_printed() -> None:
    file = write(
        '[xai]\napi_key = "hidden-1"\n[x]\naccess_token = "hidden-2"\n'
        '[vault]\ntoken_keys = ["hidden-3"]\n[database]\nurl = "postgresql://mia:hidden-4@db/mia"\n'
    )
    assert "hidden" not in repr(load_settings(file))
