"""What MIA feels towards a person."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from mia_core.tables.types import Moment, of_person


class FeelingRow(SQLModel, table=True):
    """The emotional state towards one person as of `at`; decay since then is computed when read."""

    __tablename__ = "feeling"

    person_id: int = of_person()
    at: datetime = Field(sa_type=Moment)
    pleasure: float = Field(description="Emotion, -1 to 1.")
    arousal: float = Field(description="Emotion, -1 to 1.")
    dominance: float = Field(description="Emotion, -1 to 1.")
    mood_pleasure: float = Field(description="Mood, -1 to 1.")
    mood_arousal: float = Field(description="Mood, -1 to 1.")
    mood_dominance: float = Field(description="Mood, -1 to 1.")
    trust: float = Field(description="0 to 1.")
    familiarity: float = Field(default=0.0, description="0 to 1.")
    warmth: float = Field(default=0.0, description="-1 to 1.")
    tension: float = Field(default=0.0, description="0 to 1.")
    hurt: float = Field(default=0.0, description="0 to 1: lost trust that an apology can partly bring back.")
    day: str = Field(default="", description="UTC day (ISO) that the movements count for.")
    trust_moved: float = Field(default=0.0, description="How far trust rose or fell on that day.")
    warmth_moved: float = Field(default=0.0, description="As trust_moved, of warmth.")
    tension_moved: float = Field(default=0.0, description="As trust_moved, of tension.")
