"""What the tables say: events, texts, and who holds what."""

from dataclasses import dataclass
from typing import Literal, get_args

from sqlalchemy import and_, select
from sqlmodel import col

from mia_core.database import Database
from mia_core.tables import InboxRow, Lease, Mailbox, OutboxRow, Turn
from tests.bench.chaos.count import Channel, Fixed, Taken

Kind = Literal["lead", "person", "text"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_CHANNELS: dict[str, Channel] = {"dm": "dm", "mention": "post"}


@dataclass(frozen=True)
class Hold:
    """Something that a process holds: the lead in something, a person, or a text that it sends."""

    kind: Kind
    key: str
    owner: str


class Ledger:
    """Reads the database beside the bots."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def taken(self) -> list[Taken]:
        """All events of the inbox."""
        statement = select(InboxRow.__table__, col(Turn.started_at)).outerjoin(  # type: ignore[attr-defined]  # SQLModel does not tell of it
            Turn, and_(col(Turn.person_id) == col(InboxRow.person_id), col(Turn.id) == col(InboxRow.turn_id))
        )
        async with self._database.reading() as connection:
            rows = (await connection.execute(statement)).all()
        return [
            Taken(
                event_id=int(row.event_id),
                channel=_CHANNELS[row.source],
                state=row.state,
                reason=row.reason,
                received_at=row.received_at,
                turn_id=row.turn_id,
                turn_began_at=row.started_at,
            )
            for row in rows
        ]

    async def fixed(self) -> list[Fixed]:
        """All texts of the outbox."""
        columns = (OutboxRow.id, OutboxRow.turn_id, OutboxRow.state, OutboxRow.reason, OutboxRow.sent_id)
        async with self._database.reading() as connection:
            rows = (await connection.execute(select(*(col(column) for column in columns)))).all()
        return [
            Fixed(row.id, row.turn_id, row.state, row.reason, int(row.sent_id) if row.sent_id else None)
            for row in rows
        ]

    async def latest_answer(self, person_id: int) -> str | None:
        """X's id of the latest post that answered somebody."""
        statement = (
            select(col(OutboxRow.sent_id))
            .where(
                col(OutboxRow.person_id) == person_id,
                col(OutboxRow.channel) == "post",
                col(OutboxRow.state) == "sent",
            )
            .order_by(col(OutboxRow.id).desc())
            .limit(1)
        )
        async with self._database.reading() as connection:
            return (await connection.execute(statement)).scalar_one_or_none()

    async def holds(self) -> set[Hold]:
        """Whatever somebody holds, or held when they died."""
        people = select(col(Mailbox.person_id), col(Mailbox.owner)).where(col(Mailbox.owner).is_not(None))
        texts = select(col(OutboxRow.id), col(OutboxRow.owner)).where(col(OutboxRow.owner).is_not(None))
        leads = select(col(Lease.name), col(Lease.owner))
        async with self._database.reading() as connection:
            return {
                *(Hold("person", str(key), str(owner)) for key, owner in await connection.execute(people)),
                *(Hold("text", str(key), str(owner)) for key, owner in await connection.execute(texts)),
                *(Hold("lead", key, owner) for key, owner in await connection.execute(leads)),
            }
