"""A wish with all that it is held against, and the words in which she answers it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from mia_core.app import App
from mia_core.inbox import Claim
from mia_core.memory.index import PersonIndex, Remembered
from mia_core.memory.learn import NewMemories
from mia_core.texts.fixed import Name, fixed_text
from mia_core.wishes.phrases import LANGUAGES, Phrasebook, phrasebook
from mia_core.wishes.values import Fulfilled, Wished

LISTED = 12
"""Memories that one answer names."""


@dataclass(frozen=True)
class Request:
    """A wish with all that it is held against: of this person alone."""

    app: App
    claim: Claim
    wished: Wished
    index: PersonIndex
    now: datetime
    learnt: NewMemories | None = None
    """What the very message that wishes has taught."""

    @property
    def standing(self) -> list[Remembered]:
        """The memories that hold, the newest first; reflections are hers, made of these."""
        kept = [memory for memory in self.index.memories if not memory.closed_at and memory.kind != "reflection"]
        return sorted(kept, key=lambda memory: -memory.id)

    @property
    def phrases(self) -> Phrasebook:
        """How wishes are worded in the language of this one."""
        language = self.wished.language.partition("-")[0].lower()
        return phrasebook(language if language in LANGUAGES else "en")

    def say(self, name: Name, **values: str) -> str:
        """A fixed text in the language of the wish; the phrases that it names are ones that are understood."""
        phrases = self.phrases
        named = {
            "resume": phrases.examples["resume"],
            "revoke": phrases.examples["revoke"],
            "reset": phrases.examples["reset_feelings"],
            "yes": phrases.says_yes,
            "yes_named": phrases.says_yes_named,
        }
        return fixed_text(name, phrases.language, **named, **values)


Command = Callable[[Request], Awaitable[Fulfilled]]


def line(memory: Remembered) -> str:
    """A memory in a list."""
    return f"- {memory.statement} ({memory.learnt_at:%Y-%m-%d})"
