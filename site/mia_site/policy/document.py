"""The policy as a document: its versions, each by the day of its last change, and what lies between two."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from importlib import resources

from jinja2 import Environment, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from mia_core.settings import SiteSettings

# what these two make takes ten milliseconds together, for which nobody should wait twice
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
_TEMPLATES = Environment(undefined=StrictUndefined, autoescape=False, trim_blocks=True)  # noqa: S701 - Markdown, ours


@dataclass(frozen=True)
class Version:
    """One version of the policy, in Markdown with the operator's own details still to be filled in."""

    last_updated: date
    source: str

    def text(self, site: SiteSettings, username: str) -> str:
        """With the details filled in, for people to read."""
        return _text(self.source, site.company, site.address, site.contact, username)

    def html(self, site: SiteSettings, username: str) -> Markup:
        """As a part of a page."""
        return _html(self.text(site, username))


@lru_cache(maxsize=32)
def _text(source: str, company: str, address: tuple[str, ...], contact: str, username: str) -> str:
    template = _TEMPLATES.from_string(source)
    return template.render(company=company, address=address, contact=contact, username=username)


@lru_cache(maxsize=32)
def _html(text: str) -> Markup:
    return Markup(_MARKDOWN.render(text))  # noqa: S704 - our own text; HTML in it is escaped


@dataclass(frozen=True)
class Line:
    """A line of one version or of both."""

    change: str
    """"added", "removed" or "" for what stands in both."""
    text: str


@cache
def versions() -> tuple[Version, ...]:
    """All of them, the newest first."""
    folder = resources.files("mia_site.policy") / "versions"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".md")), key=lambda each: each.name)
    found = [Version(date.fromisoformat(file.name.removesuffix(".md")), file.read_text("utf-8")) for file in files]
    return tuple(reversed(found))


def changes(old: str, new: str) -> Sequence[Line]:
    """What was added and removed, with two lines of what stands around it."""
    marks = {"+": "added", "-": "removed", " ": ""}
    told = list(difflib.unified_diff(old.splitlines(), new.splitlines(), n=2, lineterm=""))
    of_both = told[2:]  # the first two name the files
    return [Line(marks[line[0]], line[1:]) for line in of_both if line[0] in marks]
