"""Writes config.example.toml from the settings: `python -m tests.house.example`. A test holds the two equal."""

import json
import textwrap
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from mia_core.settings import Settings

FILE = Path(__file__).parents[2] / "config.example.toml"
_WIDTH = 100
_HEAD = """\
MIA's configuration: every setting with what it is when nothing is said.
Copy this file to config.toml and keep of it only what you change. A variable of the environment goes before the
file: MIA_XAI__API_KEY stands for api_key in [xai]. Secrets are better off there. A setting without a value of its
own is commented out.
"""


def render() -> str:
    """The whole example."""
    lines = [*_comment(" ".join(_HEAD.split("\n"))), ""]
    sections: list[tuple[str, BaseModel]] = []
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, BaseModel):
            sections.append((name, field.default))
        else:
            lines += _setting(name, field)
    for name, section in sections:
        lines += [f"[{name}]", *_comment(type(section).__doc__ or ""), ""]
        for key, field in type(section).model_fields.items():
            lines += _setting(key, field)
    return "\n".join(lines)


def _setting(key: str, field: FieldInfo) -> list[str]:
    shown = f'# {key} = ""' if field.default is None else f"{key} = {_toml(field.default)}"
    return [*_comment(field.description or ""), shown, ""]


def _toml(value: Any) -> str:
    """Strings, numbers, booleans and lists of them are written in TOML as in JSON."""
    return json.dumps(str(value) if isinstance(value, Path) else value)


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(text, _WIDTH)]


if __name__ == "__main__":
    FILE.write_text(render(), encoding="utf-8")
