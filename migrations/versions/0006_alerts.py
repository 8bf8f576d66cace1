"""Alerts, what is open of them, who wants to hear, and the backups that were seen to end."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alert",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("server_id", sa.String(length=36), nullable=True),
        sa.Column("event", sa.String(length=20), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("role_id", sa.BigInteger(), nullable=True),
        sa.Column("threshold", sa.Integer(), nullable=True),
        sa.Column("in_thread", sa.Boolean(), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alert"),
        _of_server("alert"),
    )
    op.create_index(
        "uq_alert_server",
        "alert",
        ["guild_id", "server_id", "event", "channel_id"],
        unique=True,
        sqlite_where=sa.text("server_id IS NOT NULL"),
    )
    op.create_index(
        "uq_alert_all",
        "alert",
        ["guild_id", "event", "channel_id"],
        unique=True,
        sqlite_where=sa.text("server_id IS NULL"),
    )
    op.create_table(
        "alarm",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.String(length=20), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.Column("acknowledged_by", sa.BigInteger(), nullable=True),
        sa.Column("acknowledged_name", sa.Text(), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_alarm"),
    )
    op.create_index(
        "uq_alarm_open",
        "alarm",
        ["guild_id", "event", "subject_id"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
    )
    op.create_index("ix_alarm_guild_id_closed_at", "alarm", ["guild_id", "closed_at"])
    op.create_table(
        "subscription",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("server_id", sa.String(length=36), nullable=False),
        sa.Column("event", sa.String(length=20), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_subscription"),
        sa.UniqueConstraint(
            "guild_id", "member_id", "server_id", "event", name="uq_subscription_what"
        ),
        _of_server("subscription"),
    )
    op.create_index("ix_subscription_guild_id_server_id", "subscription", ["guild_id", "server_id"])
    op.create_table(
        "backup_watch",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("server_id", sa.String(length=36), nullable=False),
        sa.Column("ended", sa.JSON(), nullable=False),
        sa.Column("last_good_at", sa.DateTime(), nullable=True),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.Column("looked_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "server_id", name="pk_backup_watch"),
        _of_server("backup_watch"),
    )


def _of_server(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["guild_id", "server_id"],
        ["server.guild_id", "server.id"],
        name=f"fk_{table}_server",
        ondelete="CASCADE",
    )
