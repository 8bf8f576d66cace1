"""Consoles that go into channels."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mirror",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("server_id", sa.String(length=36), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("webhook_id", sa.BigInteger(), nullable=False),
        sa.Column("token_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["guild_id", "server_id"],
            ["server.guild_id", "server.id"],
            name="fk_mirror_server",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_mirror"),
        sa.UniqueConstraint(
            "guild_id", "server_id", "channel_id", name="uq_mirror_guild_id_server_id_channel_id"
        ),
    )
