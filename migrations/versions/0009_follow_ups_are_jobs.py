"""What was followed in a table of its own is followed by jobs of the engine."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    follow = sa.table(
        "follow",
        sa.column("id", sa.String),
        sa.column("guild_id", sa.BigInteger),
        sa.column("kind", sa.String),
        sa.column("server_id", sa.String),
        sa.column("subject_id", sa.Text),
        sa.column("title", sa.Text),
        sa.column("actor_id", sa.BigInteger),
        sa.column("actor_name", sa.Text),
        sa.column("channel_id", sa.BigInteger),
        sa.column("message_id", sa.BigInteger),
        # as they are stored: they go from one table into the other
        sa.column("began_at", sa.String),
        sa.column("outcome", sa.String),
    )
    guild = sa.table("guild", sa.column("guild_id", sa.BigInteger), sa.column("settings", sa.JSON))
    job = sa.table(
        "job",
        sa.column("id", sa.String),
        sa.column("guild_id", sa.BigInteger),
        sa.column("kind", sa.String),
        sa.column("key", sa.String),
        sa.column("subject_id", sa.Text),
        sa.column("actor_id", sa.BigInteger),
        sa.column("phase", sa.String),
        sa.column("state", sa.String),
        sa.column("steps", sa.String),
        sa.column("run_at", sa.String),
        sa.column("made_at", sa.String),
    )
    settings = dict(connection.execute(sa.select(guild.c.guild_id, guild.c.settings)).all())
    taken: set[tuple[int, str]] = set()
    open_ones = sa.select(follow).where(follow.c.outcome.is_(None)).order_by(follow.c.began_at)
    for row in connection.execute(open_ones).mappings().all():
        key = f"{row['kind']} {row['subject_id']}"
        if (row["guild_id"], key) in taken:
            continue
        taken.add((row["guild_id"], key))
        told = {"channel_id": row["channel_id"], "message_id": row["message_id"]}
        state = {
            "server_id": row["server_id"],
            "subject_uuid": row["subject_id"],
            "title": row["title"],
            "actor_name": row["actor_name"],
            "told": {**told, "posts": 1 if row["message_id"] else 0},
            "language": (settings.get(row["guild_id"]) or {}).get("language", ""),
        }
        connection.execute(
            sa.insert(job).values(
                id=row["id"],
                guild_id=row["guild_id"],
                kind=row["kind"],
                key=key,
                subject_id=row["server_id"],
                actor_id=row["actor_id"],
                phase="new",
                state=json.dumps(state),
                steps="{}",
                run_at=row["began_at"],
                made_at=row["began_at"],
            )
        )
    op.drop_table("follow")
