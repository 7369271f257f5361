"""The inbox's statements, built once (see `mia_core.statements`); parameters begin with `the_`."""

from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Row, Update, and_, bindparam, delete, func, or_, select, update
from sqlmodel import SQLModel, col

from mia_core.database import Database
from mia_core.statements import Upsert, insert_into, insert_once, upsert
from mia_core.tables import Care, Disclosure, FeelingRow, InboxRow, Mailbox, Person, metadata

_SEEN = ("username", "name", "is_bot", "last_seen_at")


def meet(database: Database) -> Upsert:
    """Make people, or refresh what X says of them."""
    return upsert(database, Person, key=("id",), changed=_SEEN)


class InboxStatements:
    """Those that are written in the database's dialect."""

    def __init__(self, database: Database) -> None:
        self.meet = meet(database)
        self.store = insert_once(database, InboxRow, key=("person_id", "source", "event_id")).returning(
            col(InboxRow.person_id)
        )
        self.open_mailboxes = insert_into(database, Mailbox).on_conflict_do_update(
            index_elements=["person_id"], set_={"arrivals": col(Mailbox.arrivals) + 1}
        )
        """On a conflict the row is *changed*, not left alone: only so does PostgreSQL wait for a worker that is
        deleting it at this moment, instead of taking the row that is about to go for a reason to do nothing."""


def _hold(which: ColumnElement[bool]) -> Update:
    """Sign a mailbox until `the_end`, and count the try."""
    return (
        update(Mailbox)
        .where(which)
        .values(owner=bindparam("the_owner"), due_at=bindparam("the_end"), attempts=col(Mailbox.attempts) + 1)
    )


_HELD = (col(Mailbox.person_id), col(Mailbox.arrivals), col(Mailbox.attempts), col(Mailbox.reason))
_DUE = (
    select(col(Mailbox.person_id))
    .where(col(Mailbox.due_at) <= bindparam("the_moment"))
    .order_by(col(Mailbox.due_at))
    .limit(1)
    .with_for_update(skip_locked=True)
)
HOLD_DUE = _hold(col(Mailbox.person_id).in_(_DUE.scalar_subquery())).returning(*_HELD)
HOLD_PERSON = _hold(
    and_(
        col(Mailbox.person_id) == bindparam("the_person"),
        or_(col(Mailbox.owner).is_(None), col(Mailbox.due_at) <= bindparam("the_moment")),
    )
).returning(*_HELD)

_OF_PERSON: tuple[type[SQLModel], ...] = (Person, FeelingRow, Care)
"""What is read of a person together with their events."""
_COLUMNS = {
    table: {column.name: column for column in metadata.tables[str(table.__tablename__)].columns}
    for table in _OF_PERSON
}
_READ_COLUMNS = [column for columns in _COLUMNS.values() for column in columns.values()]
READ = (
    select(
        col(InboxRow.id).label("inbox_id"),
        col(InboxRow.event),
        col(Disclosure.told_at).label("told_ai_at"),
        *_READ_COLUMNS,
    )
    .join(Person, col(Person.id) == col(InboxRow.person_id))
    .outerjoin(FeelingRow, col(FeelingRow.person_id) == col(InboxRow.person_id))
    .outerjoin(Care, col(Care.person_id) == col(InboxRow.person_id))
    .outerjoin(
        Disclosure,
        and_(
            col(Disclosure.person_id) == col(InboxRow.person_id),
            col(Disclosure.channel) == col(InboxRow.source),
        ),
    )
    .where(col(InboxRow.person_id) == bindparam("the_person"), col(InboxRow.state) == "open")
    .order_by(col(InboxRow.happened_at), func.length(col(InboxRow.event_id)), col(InboxRow.event_id))
    .limit(bindparam("the_most"))
)
"""In the order in which they were written, whatever order they came in: X's ids rise with time, its moments have
whole seconds alone."""

Found = TypeVar("Found", bound=SQLModel)


def read_person(row: Row[Any]) -> Person:
    """The person in a row of READ."""
    return Person(**_values(row, Person))


def read_row(row: Row[Any], table: type[Found]) -> Found | None:
    """What a row of READ holds of one of a person's other tables, if they have a row there."""
    values = _values(row, table)
    return None if values["person_id"] is None else table(**values)


def _values(row: Row[Any], table: type[SQLModel]) -> dict[str, Any]:
    found = row._mapping  # noqa: SLF001 - the documented way to columns that share a name
    return {name: found[column] for name, column in _COLUMNS[table].items()}


_MINE = and_(col(Mailbox.person_id) == bindparam("the_person"), col(Mailbox.owner) == bindparam("the_owner"))
RELEASE = delete(Mailbox).where(_MINE).returning(col(Mailbox.arrivals))
RENEW = update(Mailbox).where(_MINE).values(due_at=bindparam("the_end"))
NEXT_DUE = select(col(Mailbox.due_at)).order_by(col(Mailbox.due_at)).limit(1)
POSTPONE = (
    update(Mailbox)
    .where(_MINE)
    .values(
        owner=None,
        due_at=bindparam("the_moment"),
        reason=bindparam("the_reason"),
        attempts=bindparam("the_attempts"),
    )
)
_THESE = and_(
    col(InboxRow.person_id) == bindparam("the_person"), col(InboxRow.id).in_(bindparam("the_ids", expanding=True))
)
EMPTY = update(InboxRow).where(_THESE).values(event={})
END = (
    update(InboxRow)
    .where(_THESE)
    .values(state=bindparam("the_state"), reason=bindparam("the_reason"), turn_id=bindparam("the_turn"))
)
