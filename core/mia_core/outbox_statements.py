"""The outbox's statements, built once (see `mia_core.statements`); parameters begin with `the_`."""

from sqlalchemy import and_, bindparam, case, exists, func, select, tuple_, update
from sqlalchemy.orm import aliased
from sqlmodel import col

from mia_core.tables import OutboxRow

_WAITING = ("ready", "sending", "unknown")
_IT = and_(col(OutboxRow.person_id) == bindparam("the_person"), col(OutboxRow.id) == bindparam("the_id"))
MINE = and_(_IT, col(OutboxRow.owner) == bindparam("the_owner"))
"""The row, as long as the sender holds it."""

_earlier = aliased(OutboxRow)
_HELD_UP = exists().where(
    col(_earlier.person_id) == col(OutboxRow.person_id),
    col(_earlier.channel) == col(OutboxRow.channel),
    col(_earlier.id) < col(OutboxRow.id),
    col(_earlier.state).in_(_WAITING),
)
_NEXT = and_(col(OutboxRow.state).in_(_WAITING), col(OutboxRow.channel) == bindparam("the_channel"), ~_HELD_UP)
_DUE = (
    select(col(OutboxRow.person_id), col(OutboxRow.id))
    .where(_NEXT, col(OutboxRow.due_at) <= bindparam("the_moment"))
    .order_by(col(OutboxRow.due_at), col(OutboxRow.id))
    .limit(bindparam("the_most"))
)
WAITING = select(col(OutboxRow.due_at)).where(_NEXT).order_by(col(OutboxRow.due_at)).limit(bindparam("the_most"))
"""When the next texts of a channel are due."""
LAPSE = (
    update(OutboxRow)
    .where(
        col(OutboxRow.state) == "sending",
        col(OutboxRow.channel) == bindparam("the_channel"),
        col(OutboxRow.due_at) <= bindparam("the_moment"),
    )
    .values(state="unknown", owner=None, due_at=bindparam("the_end"), looks=0, reason="its sender fell silent")
)
"""What a sender left behind in the middle of sending."""
HOLD = (
    update(OutboxRow)
    .where(
        tuple_(col(OutboxRow.person_id), col(OutboxRow.id)).in_(
            _DUE.with_for_update(skip_locked=True, of=OutboxRow)
        )
    )
    .values(
        state=case((col(OutboxRow.state) == "ready", "sending"), else_="unknown"),
        owner=bindparam("the_owner"),
        due_at=bindparam("the_end"),
        attempts=col(OutboxRow.attempts) + 1,
    )
    .returning(
        col(OutboxRow.person_id),
        col(OutboxRow.id),
        col(OutboxRow.channel),
        col(OutboxRow.address),
        col(OutboxRow.text),
        col(OutboxRow.attempts),
        col(OutboxRow.looks),
        col(OutboxRow.state),
        col(OutboxRow.created_at),
    )
)
RENEW = update(OutboxRow).where(MINE).values(due_at=bindparam("the_end"))
RESEND = update(OutboxRow).where(MINE).values(state="sending", due_at=bindparam("the_end"), looks=0)
FOLLOW = (
    update(OutboxRow)
    .where(
        col(OutboxRow.person_id) == bindparam("the_person"),
        col(OutboxRow.channel) == bindparam("the_channel"),
        col(OutboxRow.id) > bindparam("the_id"),
        col(OutboxRow.state) == "ready",
    )
    .values(
        due_at=case(
            (col(OutboxRow.due_at) < bindparam("the_moment"), bindparam("the_moment")), else_=col(OutboxRow.due_at)
        ),
        address=case(
            (col(OutboxRow.after_id) == bindparam("the_id"), bindparam("the_sent")), else_=col(OutboxRow.address)
        ),
    )
)
"""After one of a person's texts: the next part of a thread answers it, and all others' turn comes before."""
OTHERS_SENT = select(func.coalesce(col(OutboxRow.sent_id), "")).where(
    col(OutboxRow.person_id) == bindparam("the_person"),
    col(OutboxRow.id) != bindparam("the_id"),
    col(OutboxRow.sent_id).in_(bindparam("the_ids", expanding=True)),
)
BURY_LATER = (
    update(OutboxRow)
    .where(
        col(OutboxRow.person_id) == bindparam("the_person"),
        col(OutboxRow.turn_id) == select(col(OutboxRow.turn_id)).where(_IT).scalar_subquery(),
        col(OutboxRow.id) > bindparam("the_id"),
        col(OutboxRow.after_id).is_not(None),
    )
    .values(state="dead", reason="an earlier part of the thread is dead")
)
