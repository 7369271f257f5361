"""The files that others read: the example of the configuration, the Procfile, the pinned requirements."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pydantic import BaseModel, SecretStr

from mia_core.settings import Settings, load_settings
from tests.house.commands import ROOT, require_known
from tests.house.example import FILE, render


def test_the_example_lists_every_setting_with_its_default_and_its_meaning() -> None:
    assert FILE.read_text(encoding="utf-8") == render(), "run `python -m tests.house.example`"


def test_the_example_is_a_configuration_that_says_nothing_new() -> None:
    assert load_settings(FILE) == Settings()


def test_a_setting_in_the_example_that_is_commented_out_can_be_set(tmp_path: Path) -> None:
    odd = {"contact_email": "some@value.test", "legacy_deadline": "2027-01-31"}

    def filled(line: re.Match[str]) -> str:
        return f'{line[1]} = "{odd.get(line[1], "some-value")}"'

    text = re.sub(r'^# (\w+) = ""$', filled, FILE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    file = tmp_path / "config.toml"
    file.write_text(text)
    settings = load_settings(file)
    for name, section in settings:
        if isinstance(section, BaseModel):
            for key, field in type(section).model_fields.items():
                value = getattr(section, key)
                if field.default is None:
                    shown = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
                    assert shown == odd.get(key, "some-value"), f"{name}.{key}"


@pytest.mark.parametrize("line", (ROOT / "Procfile").read_text().splitlines())
def test_the_procfile_starts_commands_that_exist(line: str) -> None:
    words = line.partition(": ")[2].split()
    require_known([word for word in words if "=" not in word])


def test_the_procfile_has_a_release_and_the_three_processes() -> None:
    lines = (ROOT / "Procfile").read_text().splitlines()
    assert [line.partition(":")[0] for line in lines] == ["release", "bot", "site", "jobs"]


def test_requirements_pin_every_dependency_within_its_bounds_with_hashes_and_without_addresses() -> None:
    text = (ROOT / "requirements.txt").read_text()
    assert "://" not in text
    pinned: dict[str, str] = {}
    for entry in text.replace("\\\n", " ").splitlines():
        found = re.match(r"([\w.-]+)(?:\[[\w,]+\])?==(\S+)", entry)
        assert found, entry
        assert "--hash=sha256:" in entry
        pinned[canonicalize_name(found[1])] = found[2]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for wanted in map(Requirement, project["dependencies"]):
        name = canonicalize_name(wanted.name)
        assert name in pinned, f"{wanted}: compile requirements.txt anew"
        assert wanted.specifier.contains(pinned[name], prereleases=True), (
            f"{wanted}: compile requirements.txt anew"
        )


def test_no_file_of_the_project_names_an_address_of_a_registry() -> None:
    for name in ("pyproject.toml", "requirements.txt", ".ci/run", "README.md"):
        assert not re.search(r"index-url\s*=|extra-index-url ", (ROOT / name).read_text()), name
