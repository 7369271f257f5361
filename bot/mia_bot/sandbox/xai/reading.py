"""What the script reads out of a prompt: the person's new messages, the memories, whether all can read it."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_SAID = re.compile(r'^<said at="[^"]*">(".*")</said>$', re.MULTILINE)
_MEMORY = re.compile(r'^<memory day="[^"]*">(".*")</memory>$', re.MULTILINE)
_PRIVATE = "This is a private conversation"


@dataclass(frozen=True)
class Reading:
    """A prompt as the script understands it. Nobody's words but the person's own are taken for theirs."""

    said: tuple[str, ...]
    memories: tuple[str, ...]
    public: bool
    pictures: int = 0


def read_prompt(items: Sequence[Mapping[str, Any]]) -> Reading:
    """Read the `input` list of a request. What is not of the product's form is taken as one plain message."""
    system = "\n".join(_text(item) for item in items if item.get("role") == "system")
    last: Mapping[str, Any] = next((item for item in reversed(items) if item.get("role") == "user"), {})
    words = _text(last)
    said = tuple(_strings(_SAID, words)) or (words,)
    return Reading(
        said=said,
        memories=tuple(_strings(_MEMORY, system)),
        public=_PRIVATE not in system,
        pictures=sum(part.get("type") == "input_image" for part in _parts(last)),
    )


def _parts(item: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    content = item.get("content")
    return [part for part in content if isinstance(part, Mapping)] if isinstance(content, list) else []


def _text(item: Mapping[str, Any]) -> str:
    content = item.get("content")
    if isinstance(content, str):
        return content
    return "\n".join(str(part.get("text", "")) for part in _parts(item) if part.get("type") == "input_text")


def _strings(tag: re.Pattern[str], text: str) -> list[str]:
    found = []
    for match in tag.finditer(text):
        try:
            found.append(str(json.loads(match.group(1))))
        except ValueError:
            continue
    return found
