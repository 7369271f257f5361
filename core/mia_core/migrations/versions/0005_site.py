"""The site: browsers in which people are signed in or on the way there; accounts from before sign-in with X."""

import sqlalchemy as sa
from alembic import op

from mia_core.tables.types import Moment

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, and the person's switch for feelings."""
    op.add_column("person", sa.Column("feelings_paused_at", Moment()))
    op.create_table(
        "sign_in",
        sa.Column(
            "person_id",
            sa.BigInteger(),
            sa.ForeignKey("person.id", ondelete="CASCADE"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("browser", sa.String(), nullable=False),
        sa.Column("signed_in_at", Moment(), nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.Column("ends_at", Moment(), nullable=False),
        sa.Column("sealed_token", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("person_id", "id"),
    )
    op.create_table(
        "login",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("browser_digest", sa.String(), nullable=False),
        sa.Column("sealed_verifier", sa.LargeBinary(), nullable=False),
        sa.Column("next_path", sa.String(), nullable=False),
        sa.Column("began_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("ix_login_began_at", "login", ["began_at"])
    op.create_table(
        "legacy_account",
        sa.Column(
            "person_id",
            sa.BigInteger(),
            sa.ForeignKey("person.id", ondelete="CASCADE"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("imported_at", Moment(), nullable=False),
        sa.Column("joined_to", sa.BigInteger(), sa.ForeignKey("person.id", ondelete="SET NULL")),
        sa.Column("joined_at", Moment()),
        sa.Column("consent", sa.String()),
        sa.PrimaryKeyConstraint("person_id", "username"),
    )
    for column in ("username", "joined_to"):
        op.create_index(f"ix_legacy_account_{column}", "legacy_account", [column])
    op.create_table(
        "throttle",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("ends_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("ix_throttle_ends_at", "throttle", ["ends_at"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("throttle")
    op.drop_table("legacy_account")
    op.drop_table("login")
    op.drop_table("sign_in")
    with op.batch_alter_table("person") as person:
        person.drop_column("feelings_paused_at")
