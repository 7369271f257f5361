"""The timeline of one relationship: how mood, trust and the rest stood at each turn, and what moved them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlmodel import col

from mia_core.database import Database
from mia_core.emotion.cause import STEPS
from mia_core.tables import Turn

_READ = (
    select(col(Turn.started_at), col(Turn.feeling), col(Turn.moved))
    .where(col(Turn.person_id) == bindparam("the_person"), col(Turn.outcome) == "answered")
    .order_by(col(Turn.id))
)


@dataclass(frozen=True)
class Point:
    """One turn. Values are as she answered, before what the turn moved; units as in `Relationship` and `Pad`."""

    at: datetime
    mood: float
    """Pleasure of the mood, -1 to 1."""
    trust: float
    familiarity: float
    warmth: float
    tension: float
    event_id: str = ""
    """The event that moved something; empty where nothing did."""
    causes: tuple[str, ...] = ()
    moved: tuple[tuple[str, float], ...] = ()
    """What moved, and how far."""


async def read_timeline(database: Database, person_id: int) -> list[Point]:
    """All turns of a person that the model answered in private, the oldest first."""
    async with database.reading() as connection:
        rows = (await connection.execute(_READ, {"the_person": person_id})).all()
    return [_point(row.started_at, row.feeling, row.moved or {}) for row in rows if row.feeling]


def _point(at: datetime, felt: dict[str, float], moved: dict[str, object]) -> Point:
    steps = [(name, float(str(moved[name]))) for name in STEPS if moved.get(name)]
    causes = moved.get("causes")
    return Point(
        at=at,
        mood=felt.get("pleasure", 0.0),
        trust=felt.get("trust", 0.0),
        familiarity=felt.get("familiarity", 0.0),
        warmth=felt.get("warmth", 0.0),
        tension=felt.get("tension", 0.0),
        event_id=str(moved.get("event_id", "")),
        causes=tuple(causes) if isinstance(causes, list) else (),
        moved=tuple(steps),
    )
