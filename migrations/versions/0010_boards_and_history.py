"""Boards that stay true, and what servers used over time."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "board",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("style", sa.String(length=20), nullable=False),
        sa.Column("chart", sa.String(length=10), nullable=False),
        sa.Column("servers", sa.JSON(), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("paused", sa.String(length=20), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_board"),
    )
    op.create_index("ix_board_guild_id", "board", ["guild_id"])
    op.create_table(
        "history",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("server_id", sa.String(length=36), nullable=False),
        sa.Column("step_seconds", sa.Integer(), nullable=False),
        sa.Column("began_at", sa.DateTime(), nullable=False),
        sa.Column("samples", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint(
            "guild_id", "server_id", "step_seconds", "began_at", name="pk_history"
        ),
        sa.ForeignKeyConstraint(
            ["guild_id", "server_id"],
            ["server.guild_id", "server.id"],
            name="fk_history_server",
            ondelete="CASCADE",
        ),
        sqlite_with_rowid=False,
    )
