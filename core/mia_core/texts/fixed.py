"""Her fixed texts, by name and language, from the catalogues beside."""

from functools import cache
from importlib import resources
from io import StringIO
from string import Template

from babel.messages.pofile import read_po

from mia_core.texts.names import Name

LANGUAGES = ("en", "es", "pt", "fr", "de", "it", "ja", "ko", "hi", "ar", "tr", "id")
"""The supported ones. English stands in for all others."""


def supported(tag: str | None) -> str | None:
    """The supported language that a BCP-47 tag belongs to: "pt-BR" is pt; None when there is none."""
    language = (tag or "").replace("_", "-").partition("-")[0].lower()
    return language if language in LANGUAGES else None


def fixed_text(name: Name, language: str | None = None, **values: str) -> str:
    """A text with its values filled in; `language` is a BCP-47 tag. KeyError when a value is missing."""
    return Template(template(name, language)).substitute(values)


def template(name: Name, language: str | None = None) -> str:
    """A text as the catalogue has it, with `$names` where values come."""
    return catalogue(supported(language) or "en")[name]


@cache
def catalogue(language: str) -> dict[str, str]:
    """All texts of a supported language by name, as their translators wrote them."""
    file = resources.files("mia_core.texts") / "catalogue" / f"{language}.po"
    messages = read_po(StringIO(file.read_text(encoding="utf-8")), locale=language)
    return {str(message.id): str(message.string) for message in messages if message.id}
