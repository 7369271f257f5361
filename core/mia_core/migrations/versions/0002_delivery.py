"""Delivery: limits and counts that all processes share, looks for unclear texts, versions of memories."""

import sqlalchemy as sa
from alembic import op

from mia_core.tables.types import Moment

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_BOXES = ("inbox", "outbox")
_DEAD = sa.text("state = 'dead'")


def upgrade() -> None:
    """Make the tables and the columns."""
    op.create_table(
        "limit_window",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("remaining", sa.Integer(), nullable=False),
        sa.Column("resets_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "meter",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", "day"),
    )
    with op.batch_alter_table("outbox") as outbox:
        outbox.add_column(sa.Column("looks", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("memory") as memory:
        memory.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("ix_memory_version", "memory", ["person_id", "version"])
    for table in _BOXES:
        op.create_index(f"ix_{table}_dead", table, ["id"], sqlite_where=_DEAD, postgresql_where=_DEAD)


def downgrade() -> None:
    """Drop them."""
    for table in _BOXES:
        op.drop_index(f"ix_{table}_dead", table)
    op.drop_index("ix_memory_version", "memory")
    with op.batch_alter_table("memory") as memory:
        memory.drop_column("version")
    with op.batch_alter_table("outbox") as outbox:
        outbox.drop_column("looks")
    op.drop_table("meter")
    op.drop_table("limit_window")
