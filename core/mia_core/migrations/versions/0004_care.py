"""Care: disclosures by channel, what protects a person, cases for operators; and the relationship beside trust."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from mia_core.tables.types import Json, Moment

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _columns() -> dict[str, list[sa.Column[Any]]]:
    """New columns by table."""
    steps = ("familiarity", "warmth", "tension", "hurt", "warmth_moved", "tension_moved")
    return {
        "feeling": [sa.Column(name, sa.Float(), nullable=False, server_default="0") for name in steps],
        "person": [
            sa.Column("language_chosen", sa.Boolean(), nullable=False, server_default=sa.false()),
            sa.Column("turns_until", Moment()),
            sa.Column("session_started_at", Moment()),
        ],
        "turn": [sa.Column("moved", Json)],
    }


def upgrade() -> None:
    """Make the tables and the columns; who was told that she is an AI was told so in a DM."""
    for table, columns in _columns().items():
        for column in columns:
            op.add_column(table, column)
    op.alter_column("feeling", "trust_day", new_column_name="day")
    op.create_table(
        "disclosure",
        *_of_person(),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("told_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "channel"),
    )
    op.execute(
        "INSERT INTO disclosure (person_id, channel, told_at)"
        " SELECT id, 'dm', told_ai_at FROM person WHERE told_ai_at IS NOT NULL"
    )
    op.drop_column("person", "told_ai_at")
    op.create_table(
        "care",
        *_of_person(),
        sa.Column("crisis_at", Moment()),
        sa.Column("minor_until", Moment()),
        sa.Column("quarantined_at", Moment()),
        sa.Column("paused_until", Moment()),
        sa.Column("strikes", sa.Integer(), nullable=False),
        sa.Column("struck_at", Moment()),
        sa.Column("pauses", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("person_id"),
    )
    op.create_table(
        "care_case",
        *_of_person(),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("sign", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("opened_at", Moment(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("decision", sa.String()),
        sa.Column("decided_at", Moment()),
        sa.Column("decided_by", sa.String()),
        sa.PrimaryKeyConstraint("person_id", "id"),
        sa.CheckConstraint("state in ('open', 'closed')", name="ck_care_case_state"),
    )
    op.create_table(
        "note",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    opened = sa.text("state = 'open'")
    op.create_index("ix_care_case_open", "care_case", ["id"], sqlite_where=opened, postgresql_where=opened)


def downgrade() -> None:
    """Drop them."""
    op.drop_table("note")
    op.drop_index("ix_care_case_open", "care_case")
    op.drop_table("care_case")
    op.drop_table("care")
    op.add_column("person", sa.Column("told_ai_at", Moment()))
    op.execute(
        "UPDATE person SET told_ai_at = (SELECT told_at FROM disclosure"
        " WHERE disclosure.person_id = person.id AND disclosure.channel = 'dm')"
    )
    op.drop_table("disclosure")
    op.alter_column("feeling", "day", new_column_name="trust_day")
    for table, columns in _columns().items():
        with op.batch_alter_table(table) as altered:
            for column in columns:
                altered.drop_column(column.name)


def _of_person() -> tuple[sa.Column[int], sa.ForeignKeyConstraint]:
    """Whose row it is; goes when the person goes."""
    return (
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], ondelete="CASCADE"),
    )
