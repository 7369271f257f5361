"""What a prompt may hold: two kinds of scenes, of which the public one has no place for anything private."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mia_core.emotion.feeling import Feeling
from mia_core.events import Event
from mia_core.memory.index import Past, Remembered
from mia_core.memory.publics import PublicMemory


@dataclass(frozen=True)
class Said:
    """An earlier message of the same private conversation."""

    by_mia: bool
    text: str
    at: datetime


@dataclass(frozen=True)
class PrivateScene:
    """A turn that only the person reads: their memories, what MIA feels towards them, what was said."""

    now: datetime
    events: Sequence[Event]
    history: Sequence[Said]
    memories: Sequence[Remembered]
    feeling: Feeling
    earlier: Sequence[Past] = ()
    """Older messages that bear on the new ones."""
    others: Sequence[PublicMemory] = ()
    """What other people let her tell everybody."""
    minor: bool = False
    """The person may be under 18."""
    watch: Sequence[str] = ()
    """What the gate sensed and could not tell: crisis, child."""
    after_crisis: bool = False
    """They spoke of a crisis in the last day."""
    goodbye: bool = False
    """They say goodbye."""
    language: str | None = None
    """The language that they chose (BCP-47); None: the one that they write in."""


@dataclass(frozen=True)
class PublicScene:
    """A turn that everybody reads: the mention, the public thread it stands in, and what anybody may know."""

    now: datetime
    event: Event
    characters: int
    """How long the answer may be."""
    mood: str = "calm"
    """Her mood by its name; of the relationship nothing is shown in public."""
    others: Sequence[PublicMemory] = ()
    """What people let her tell everybody."""
    minor: bool = False
    watch: Sequence[str] = ()
    language: str | None = None
    """The language that the person chose, as above."""
