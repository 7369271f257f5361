"""POST /responses: the request's body, and what its answer holds."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mia_core.errors import ModelGarbled, ModelRefused
from mia_core.settings import XaiSettings
from mia_core.xai.answer import answer_schema
from mia_core.xai.redact import label
from mia_core.xai.text import cleaned


@dataclass(frozen=True)
class Prompt:
    """What one call asks."""

    items: Sequence[Mapping[str, Any]]
    """The `input` list of `{role, content}`; what never changes first, so that xAI's cache serves it."""
    cache_key: str
    """Keeps a person's calls on the server that holds the cached prefix."""
    safety_identifier: str
    """A keyed hash of the person's id, never the id or the handle."""
    guidelines: Sequence[Mapping[str, Any]] = ()
    """xAI's policies to decline by: `{type: "policy", category, behavior: "decline"}`."""


def request_body(settings: XaiSettings, prompt: Prompt) -> dict[str, Any]:
    """The JSON of one request. Nothing is stored at xAI (`store` defaults to true there)."""
    body: dict[str, Any] = {
        "model": settings.model,
        "input": cleaned(prompt.items),
        "store": False,
        "prompt_cache_key": prompt.cache_key,
        "max_output_tokens": settings.max_output_tokens,
        "reasoning": {"effort": settings.reasoning_effort},
        "text": {"format": {"type": "json_schema", "name": "answer", "schema": answer_schema(), "strict": True}},
        "safety_identifier": prompt.safety_identifier,
    }
    if prompt.guidelines:
        body["guidelines"] = cleaned(prompt.guidelines)
    return body


def read_document(content: bytes) -> dict[str, Any] | None:
    """The JSON object in a response; None when there is none."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def output_text(document: Mapping[str, Any]) -> str:
    """The visible text of a completed response.

    Raises ModelRefused for a refusal in place of text, ModelGarbled when the response is not complete.
    """
    parts = _parts(document)
    if any(part.get("type") == "refusal" for part in parts):
        raise ModelRefused("refusal")
    status = document.get("status")
    if status not in (None, "completed"):
        details = document.get("incomplete_details")
        reason = label(details.get("reason") if isinstance(details, Mapping) else None)
        if reason == "content_filter":
            raise ModelRefused(reason)
        raise ModelGarbled(f"the answer is {label(status)}: {reason}")
    texts = [part.get("text") for part in parts if part.get("type") == "output_text"]
    return "".join(text for text in texts if isinstance(text, str))


def _parts(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The content of all messages in the output; reasoning and tool calls are left out."""
    output = document.get("output")
    messages = [
        item
        for item in (output if isinstance(output, list) else [])
        if isinstance(item, Mapping) and item.get("type") == "message"
    ]
    contents = [message.get("content") for message in messages]
    return [
        part for content in contents if isinstance(content, list) for part in content if isinstance(part, Mapping)
    ]
