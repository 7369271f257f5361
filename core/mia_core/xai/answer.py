"""What the model is asked to give back in its one call: reply, appraisal, memories to keep, language.

The schema asks for exactly this; reading is lenient wherever leniency cannot change what is meant.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from mia_core.xai.text import clean, cleaned

MemoryKind = Literal["fact", "preference", "plan", "event", "relationship", "promise"]
Relation = Literal["new", "same", "changed", "contradicts"]
"""How a statement meets an earlier one: not at all, said again, true now in its place, or at odds with it."""
Category = Literal[
    "none", "health", "politics", "religion", "ethnicity", "sexuality", "union", "crime", "finances"
]
"""What X's developer guidelines forbid to store unless the person asked for it; `none` is all the rest."""
Wish = Literal[
    "none", "recall", "forget_last", "forget_about", "correct", "pause", "resume", "why", "offer", "revoke"
]
"""What a person asks to be done with what she remembers; `mia_core.wishes` has a command for each."""

Concern = Literal["none", "crisis", "child"]
"""What must interrupt the turn; code looks for it too, and does not depend on the model."""

_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,5}")


def _clamp(low: float, high: float) -> BeforeValidator:
    """Numbers out of range become the nearest end. The bounds are not in the schema: not every server that
    enforces schemas knows `minimum` and `maximum`, and some refuse what they do not know."""
    return BeforeValidator(lambda value: min(max(value, low), high) if _is_number(value) else value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and value == value  # noqa: PLR0124 - only NaN is not itself


def _moment(value: object) -> datetime | None:
    """ISO 8601 in UTC, which a time without a zone is taken to be in; other words are no known moment.

    A year or a month alone is no moment either: read as its beginning, an end would come too early.
    """
    try:
        moment = datetime.fromisoformat(value.strip()) if isinstance(value, str) else value
        if not isinstance(moment, datetime):
            return None
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _tag(value: str) -> str:
    tag = value.strip().replace("_", "-")
    return tag if _LANGUAGE_TAG.fullmatch(tag) else ""


def _one_of(choices: Any, otherwise: str) -> BeforeValidator:
    """A word that is none of the choices stands for the harmless one."""
    known = get_args(choices)
    return BeforeValidator(lambda value: value if value in known else otherwise)


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


Signed = Annotated[float, _clamp(-1, 1), Field(strict=True, allow_inf_nan=False)]
Share = Annotated[float, _clamp(0, 1), Field(strict=True, allow_inf_nan=False)]
Moment = Annotated[AwareDatetime | None, BeforeValidator(_moment)]
Text = Annotated[str, AfterValidator(clean), AfterValidator(str.strip)]


def _strict(schema: dict[str, Any]) -> None:
    """Every property is asked for, those too that reading can do without."""
    schema["additionalProperties"] = False
    schema["required"] = list(schema["properties"])
    for described in schema["properties"].values():
        described.pop("default", None)


class _Answer(BaseModel):
    """Asks for these properties alone, and lets others pass unread."""

    model_config = ConfigDict(extra="ignore", frozen=True, json_schema_extra=_strict)


class Appraisal(_Answer):
    """How the person's words touch MIA, judged by the model (after Ortony, Clore and Collins 1988)."""

    fortune: Signed = Field(
        default=0, description="Good (1) or bad (-1) news for the person's own goals; 0 is none."
    )
    desirability: Signed = Field(description="Good (1) or bad (-1) news for what MIA hopes for; 0 is none.")
    praise: Signed = Field(description="Praise (1) or blame (-1) of MIA; 0 is neither.")
    warmth: Signed = Field(description="Affection (1) or coldness (-1) towards MIA; 0 is neither.")
    hostility: Share = Field(description="Insult, threat or contempt towards MIA, from 0 to 1.")
    apology: Share = Field(description="Sincere apology to MIA, from 0 to 1.")
    intensity: Share = Field(description="How strongly it was said, from 0 to 1.")


NEUTRAL = Appraisal(fortune=0, desirability=0, praise=0, warmth=0, hostility=0, apology=0, intensity=0)


class Learnt(_Answer):
    """A statement worth remembering."""

    kind: MemoryKind
    statement: Annotated[Text, AfterValidator(lambda value: value or _no_text())] = Field(
        description="One self-contained sentence in the person's language, in third person."
    )
    said_by: Literal["person", "mia"] = Field(description="Whose statement it is.")
    valid_from: Moment = Field(description="When it began or will begin to be true, if known.")
    valid_until: Moment = Field(description="When it ceases to be true, if known.")
    confidence: Share = Field(description="How sure it is, from 0 to 1.")
    importance: Share = Field(description="How much it matters to the person, from 0 to 1.")
    relation: Annotated[Relation, _one_of(Relation, "new")] = Field(
        default="new", description="How it meets a memory in the prompt: new, same, changed or contradicts."
    )
    meets: Annotated[int | None, BeforeValidator(_number)] = Field(
        default=None, description="Number of the memory that it meets; null if it is new."
    )
    category: Annotated[Category, _one_of(Category, "none")] = Field(
        default="none", description="The sensitive category that it falls into, if any."
    )


class Answer(_Answer):
    """The whole of what one call returns."""

    reply: Text = Field(description="What MIA says, in the person's language.")
    language: Annotated[Text, AfterValidator(_tag)] = Field(
        description="BCP-47 tag of the language the person wrote in."
    )
    """Empty when what the model gave is no tag."""
    appraisal: Appraisal
    memories: list[Learnt] = Field(description="New statements worth keeping; empty if there are none.")
    concern: Annotated[Concern, _one_of(Concern, "none")] = Field(
        default="none",
        description="crisis: the person speaks of suicide or of harming themself; child: they are under 13.",
    )
    wish: Annotated[Wish, _one_of(Wish, "none")] = Field(
        default="none", description="What the person asks you, right now, to do with what you remember of them."
    )
    wish_about: Text = Field(
        default="", description="What the wish is about, in the person's own words; empty if it needs nothing."
    )


def _no_text() -> str:
    raise ValueError("is empty")


@cache
def answer_schema() -> Mapping[str, Any]:
    """JSON Schema of `Answer` in the strict form: every property required, nothing else allowed."""
    return Answer.model_json_schema()


def read_answer(text: str) -> tuple[Answer, int] | None:
    """The answer in the model's text, and how many unreadable memories were left out of it.

    None when there is none: no JSON, another shape, an empty reply. Errors are not raised, because those of
    parsers hold the text that they could not read.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, Mapping):
        return None
    listed = document.get("memories")
    proposed = listed if isinstance(listed, list) else []
    memories = [memory for item in proposed if (memory := _read_memory(item))]
    try:
        answer = Answer.model_validate({**cleaned(document), "memories": memories})
    except ValidationError:
        return None
    return (answer, len(proposed) - len(memories)) if answer.reply else None


def _read_memory(item: Any) -> Learnt | None:
    try:
        return Learnt.model_validate(cleaned(item))
    except ValidationError:
        return None
