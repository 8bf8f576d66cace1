"""What servers used over time: stretches of samples, each packed into one row.

A stretch holds one sample a step, and its length in steps never changes; what was not known stays
empty in it. The samples themselves are read by `bot.fleet.samples`.
"""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct
from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.tables import history, server


class Stretch(Struct, frozen=True):
    """The samples of one server from a moment on."""

    server_id: str
    step_seconds: int
    began_at: datetime
    samples: bytes


async def save_stretches(
    session: AsyncSession,
    *,
    guild_id: int,
    step_seconds: int,
    began_at: datetime,
    samples: Mapping[str, bytes],
) -> None:
    """Keep the stretches of several servers that began at one moment, in place of earlier ones.

    A server that is no longer the guild's is left out.
    """
    if not samples:
        return
    own = select(server.c.id).where(server.c.guild_id == guild_id, server.c.id.in_(list(samples)))
    there = set((await session.execute(own)).scalars())
    rows = [
        {
            "guild_id": guild_id,
            "server_id": server_id,
            "step_seconds": step_seconds,
            "began_at": began_at,
            "samples": packed,
        }
        for server_id, packed in samples.items()
        if server_id in there
    ]
    if rows:
        made = insert(history).values(rows)
        await session.execute(
            made.on_conflict_do_update(
                index_elements=["guild_id", "server_id", "step_seconds", "began_at"],
                set_={"samples": made.excluded.samples},
            )
        )


async def list_stretches(
    session: AsyncSession,
    *,
    guild_id: int,
    step_seconds: int,
    since: datetime,
    server_id: str | None = None,
) -> list[Stretch]:
    """The stretches that began at a moment or later, oldest first; of one server or of all."""
    statement = select(
        history.c.server_id, history.c.step_seconds, history.c.began_at, history.c.samples
    ).where(
        history.c.guild_id == guild_id,
        history.c.step_seconds == step_seconds,
        history.c.began_at >= since,
    )
    if server_id is not None:
        statement = statement.where(history.c.server_id == server_id)
    found = await session.execute(statement.order_by(history.c.began_at, history.c.server_id))
    return [Stretch(*row) for row in found.all()]


async def drop_stretches(
    session: AsyncSession, *, guild_id: int, step_seconds: int, before: datetime
) -> int:
    """Delete the stretches of a step that began before a moment."""
    statement = delete(history).where(
        history.c.guild_id == guild_id,
        history.c.step_seconds == step_seconds,
        history.c.began_at < before,
    )
    gone = await session.execute(statement.returning(history.c.began_at))
    return len(gone.all())
