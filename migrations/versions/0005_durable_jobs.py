"""Durable jobs, and what is said to them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "job",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=True),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("phase", sa.String(length=40), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("run_at", sa.DateTime(), nullable=False),
        sa.Column("claimed_by", sa.String(length=36), nullable=True),
        sa.Column("fence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("was_cut_off", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_job"),
        sa.UniqueConstraint("guild_id", "id", name="uq_job_guild_id_id"),
    )
    live = sa.text("outcome IS NULL")
    op.create_index("ix_job_live_run_at", "job", ["run_at"], sqlite_where=live)
    op.create_index("uq_job_live_key", "job", ["guild_id", "key"], unique=True, sqlite_where=live)
    op.create_index("ix_job_guild_id_ended_at", "job", ["guild_id", "ended_at"])
    op.create_table(
        "job_signal",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("job_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_job_signal"),
        sa.ForeignKeyConstraint(
            ["guild_id", "job_id"],
            ["job.guild_id", "job.id"],
            name="fk_job_signal_job",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_job_signal_guild_id_job_id", "job_signal", ["guild_id", "job_id"])
