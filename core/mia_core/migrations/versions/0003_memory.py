"""Memory: how statements meet, what was forgotten, what may be told, and vectors of messages."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from mia_core.tables.types import Json, Moment

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _columns() -> dict[str, list[sa.Column[Any]]]:
    """New columns by table."""
    return {
        "memory": [
            sa.Column("times_said", sa.Integer(), nullable=False, server_default="1"),
            sa.Column("last_said_at", Moment()),
            sa.Column("closed_at", Moment()),
            sa.Column("closed_by", sa.BigInteger()),
            sa.Column("conflicts_with", sa.BigInteger()),
        ],
        "message": [
            sa.Column("pictures", sa.String()),
            sa.Column("embedding", sa.LargeBinary()),
            sa.Column("embedding_model", sa.String()),
        ],
        "turn": [
            sa.Column("recalled_messages", Json, nullable=False, server_default="[]"),
            sa.Column("feeling", Json),
        ],
        "person": [
            sa.Column("memory_paused_at", Moment()),
            sa.Column("reflected_version", sa.Integer(), nullable=False, server_default="0"),
        ],
    }


def upgrade() -> None:
    """Make the tables and the columns."""
    for table, columns in _columns().items():
        for column in columns:
            op.add_column(table, column)
    op.create_table(
        "forgotten",
        *_of_person(),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sketch", sa.LargeBinary(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "id"),
    )
    op.create_table(
        "publication",
        *_of_person(),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("memory_id", sa.BigInteger(), nullable=False),
        sa.Column("statement", sa.String(), nullable=False),
        sa.Column("attributed", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("consent_version", sa.String(), nullable=False),
        sa.Column("consent_wording", sa.String(), nullable=False),
        sa.Column("consent_answer", sa.String(), nullable=False),
        sa.Column("offered_at", Moment(), nullable=False),
        sa.Column("decided_at", Moment()),
        sa.Column("decided_by", sa.String()),
        sa.Column("revoked_at", Moment()),
        sa.Column("embedding", sa.LargeBinary()),
        sa.Column("embedding_model", sa.String()),
        sa.PrimaryKeyConstraint("person_id", "id"),
        sa.CheckConstraint("state in ('offered', 'approved', 'declined', 'revoked')", name="ck_publication_state"),
    )
    op.create_index("ix_publication_state", "publication", ["state", "id"])
    op.create_table(
        "confirmation",
        *_of_person(),
        sa.Column("command", sa.String(), nullable=False),
        sa.Column("request", Json, nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("person_id"),
    )
    unreflected = sa.text("memory_version > reflected_version")
    op.create_index(
        "ix_person_unreflected", "person", ["id"], sqlite_where=unreflected, postgresql_where=unreflected
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_person_unreflected", "person")
    op.drop_table("confirmation")
    op.drop_index("ix_publication_state", "publication")
    op.drop_table("publication")
    op.drop_table("forgotten")
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
