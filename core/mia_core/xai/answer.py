"""What the model is asked to give back in its one call: reply, appraisal, memories to keep, language."""

from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

MemoryKind = Literal["fact", "preference", "plan", "event", "relationship", "promise"]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Appraisal(_Answer):
    """How the person's words touch MIA, judged by the model (after Ortony, Clore and Collins 1988)."""

    desirability: float = Field(ge=-1, le=1, description="Good (1) or bad (-1) news for what they both want.")
    praise: float = Field(ge=-1, le=1, description="Praise (1) or blame (-1) of MIA.")
    warmth: float = Field(ge=-1, le=1, description="Affection (1) or coldness (-1) towards MIA.")
    hostility: float = Field(ge=0, le=1, description="Insult, threat or contempt towards MIA.")
    apology: float = Field(ge=0, le=1, description="Sincere apology to MIA.")
    intensity: float = Field(ge=0, le=1, description="How strongly it was said.")


NEUTRAL = Appraisal(desirability=0, praise=0, warmth=0, hostility=0, apology=0, intensity=0)


class Learnt(_Answer):
    """A statement worth remembering."""

    kind: MemoryKind
    statement: str = Field(description="One self-contained sentence in the person's language, in third person.")
    said_by: Literal["person", "mia"] = Field(description="Whose statement it is.")
    valid_from: AwareDatetime | None = Field(description="When it began or will begin to be true, if known.")
    valid_until: AwareDatetime | None = Field(description="When it ceases to be true, if known.")
    confidence: float = Field(ge=0, le=1, description="How sure it is.")
    importance: float = Field(ge=0, le=1, description="How much it matters to the person.")


class Answer(_Answer):
    """The whole of what one call returns."""

    reply: str = Field(description="What MIA says, in the person's language.")
    language: str = Field(description="BCP-47 tag of the language the person wrote in.")
    appraisal: Appraisal
    memories: list[Learnt] = Field(description="New statements worth keeping; empty if there are none.")


def answer_schema() -> dict[str, Any]:
    """JSON Schema of `Answer` in the strict form: every property required, nothing else allowed."""
    return Answer.model_json_schema()
