"""What the script reads out of a prompt: the person's new messages, the memories, whether all can read it."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_SAID = re.compile(r'^<said at="[^"]*">(".*")</said>$', re.MULTILINE)
_MEMORY = re.compile(r'^<memory no="[^"]*" day="[^"]*"[^>]*>(".*")</memory>$', re.MULTILINE)
_PRIVATE = re.compile(r"It is [^\n<]* UTC\. This is a private conversation")
"""How a private prompt's last system item begins. Sought at its very start, ahead of every word of people's."""


@dataclass(frozen=True)
class Reading:
    """A prompt as the script understands it. Nobody's words but the person's own are taken for theirs."""

    said: tuple[str, ...]
    memories: tuple[str, ...]
    public: bool
    pictures: int = 0
    mark: str = ""
    """The same for the same prompt alone; tells one public reply from another."""


def read_prompt(items: Sequence[Mapping[str, Any]]) -> Reading:
    """Read the `input` list of a request. What is not of the product's form is taken as one plain message."""
    setting = _text(_last("system", items))
    new = _last("user", items)
    words = _text(new)
    return Reading(
        said=tuple(_strings(_SAID, words)) or (words,),
        memories=tuple(_strings(_MEMORY, setting)),
        public=not _PRIVATE.match(setting),
        pictures=sum(part.get("type") == "input_image" for part in _parts(new)),
        mark=hashlib.sha256(json.dumps(items).encode()).hexdigest()[:6],
    )


def _last(role: str, items: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    return next((item for item in reversed(items) if item.get("role") == role), {})


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
