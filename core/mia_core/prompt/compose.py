"""Composes the model's input: what never changes first, what changes each turn last, people's text as data."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template, TemplateError

from mia_core.errors import SettingsError
from mia_core.events import Event
from mia_core.memory.index import Remembered
from mia_core.prompt.scene import PrivateScene, PublicScene, Said
from mia_core.prompt.tone import tone

Item = Mapping[str, Any]
"""One entry of the `input` list of POST /v1/responses."""

_LONGEST_SAID = 10_000
_LONGEST_EARLIER = 1_500
_MOST_IMAGES = 4


class Prompts:
    """The persona and the templates, read once."""

    def __init__(self, *, username: str, persona_file: Path | None = None) -> None:
        # autoescape is for HTML; people's text goes through the filter `data` here
        templates = Environment(  # noqa: S701
            loader=PackageLoader("mia_core.prompt"),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        templates.filters["data"] = as_data
        self._private = templates.get_template("private.md")
        self._public = templates.get_template("public.md")
        self._reflection = templates.get_template("reflection.md")
        persona = _persona(templates, persona_file)
        rules = templates.get_template("rules.md")
        try:
            self._static = "\n".join(part.render(username=username).strip() + "\n" for part in (persona, rules))
        except TemplateError as error:
            raise SettingsError(f"persona.file (MIA_PERSONA__FILE): {error}") from None
        self.version = hashlib.sha256(self._static.encode()).hexdigest()[:12]
        """Changes whenever the persona or the rules change."""

    def private(self, scene: PrivateScene) -> list[Item]:
        """The input for a private turn: persona, earlier messages, what holds now, the new messages."""
        setting = self._private.render(
            now=scene.now,
            profile=_profile(scene.events),
            memories=scene.memories,
            earlier=scene.earlier,
            others=scene.others,
            feeling=scene.feeling,
            tone=tone(scene.feeling.relationship),
            minor=scene.minor,
            watch=scene.watch,
            after_crisis=scene.after_crisis,
            goodbye=scene.goodbye,
            language=scene.language,
        )
        earlier = [_earlier(said) for said in scene.history]
        return [_system(self._static), *earlier, _system(setting), _said(scene.events)]

    def reflection(self, memories: Sequence[Remembered], now: datetime) -> list[Item]:
        """The input for a reflection on one person, with the same beginning as that of a turn."""
        return [_system(self._static), _system(self._reflection.render(now=now, memories=memories))]

    def public(self, scene: PublicScene) -> list[Item]:
        """The input for a public turn: persona, the public thread, the mention."""
        setting = self._public.render(
            now=scene.now,
            characters=scene.characters,
            thread=scene.event.thread,
            others=scene.others,
            profile=_profile([scene.event]),
            mood=scene.mood,
            minor=scene.minor,
            watch=scene.watch,
            language=scene.language,
        )
        return [_system(self._static), _system(setting), _said([scene.event])]


def as_data(text: str) -> str:
    """A person's text as a JSON string that cannot end the tag that it stands in."""
    return json.dumps(text, ensure_ascii=False).replace("<", "\\u003c").replace(">", "\\u003e")


def _persona(templates: Environment, file: Path | None) -> Template:
    if file is None:
        return templates.get_template("persona.md")
    try:
        return templates.from_string(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"persona.file (MIA_PERSONA__FILE): {file}: {error.strerror}") from None
    except (TemplateError, UnicodeDecodeError) as error:
        raise SettingsError(f"persona.file (MIA_PERSONA__FILE): {file}: {error}") from None


def _system(text: str) -> Item:
    return {"role": "system", "content": text}


def _profile(events: Sequence[Event]) -> str:
    author = events[-1].author
    known = (author.name, f"@{author.username}" if author.username else "", author.about)
    return " · ".join(part for part in known if part)


def _earlier(said: Said) -> Item:
    text = said.text[:_LONGEST_EARLIER]
    if said.by_mia:
        return {"role": "assistant", "content": text}
    return {"role": "user", "content": _tagged(said.at, text)}


def _tagged(at: datetime, text: str) -> str:
    return f'<said at="{at:%Y-%m-%d %H:%M}">{as_data(text)}</said>'


def _said(events: Sequence[Event]) -> Item:
    """The new messages, with the pictures that came with them or stand in the thread."""
    lines = []
    for event in events:
        lines.append(_tagged(event.at, event.text[:_LONGEST_SAID]))
        if event.attachments:
            lines.append(f"(With {event.attachments} attachment(s) that you cannot see, such as a video.)")
        lines += [f"(A picture, described as {as_data(image.alt)}.)" for image in event.images if image.alt]
    content: list[Item] = [{"type": "input_text", "text": "\n".join(lines)}]
    pictures = [image for event in events for image in event.images]
    pictures += [image for event in events for post in event.thread for image in post.images]
    content += [{"type": "input_image", "image_url": image.url} for image in pictures[:_MOST_IMAGES]]
    return {"role": "user", "content": content}
