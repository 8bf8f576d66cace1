"""Which backups were seen to end, so that each end is told once, also after a restart."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import Struct
from sqlalchemy import JSON, delete, literal, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.tables import Moment, backup_watch, server


class BackupWatchRow(Struct, frozen=True, kw_only=True):
    """How far a server's backups were followed."""

    guild_id: int
    server_id: str
    ended: tuple[str, ...]
    """Uuids of those on the panel that were seen to have ended."""
    last_good_at: datetime | None
    """When the newest whole one was done."""
    since: datetime
    """Since when they are followed: what has no backup at all is overdue from here."""
    looked_at: datetime


async def list_backup_watches(session: AsyncSession, *, guild_id: int) -> list[BackupWatchRow]:
    """How far the backups of the guild's servers were followed."""
    statement = select(backup_watch).where(backup_watch.c.guild_id == guild_id)
    found = (await session.execute(statement)).all()
    return msgspec.convert(found, list[BackupWatchRow], from_attributes=True)


async def note_backups(
    session: AsyncSession,
    *,
    guild_id: int,
    server_id: str,
    ended: Sequence[str],
    last_good_at: datetime | None,
    now: datetime,
) -> None:
    """Note which backups have ended by now; nothing for a server that is gone."""
    owned = select(
        server.c.guild_id,
        server.c.id,
        literal(list(ended), JSON),
        literal(last_good_at, Moment),
        literal(now, Moment),
        literal(now, Moment),
    ).where(server.c.guild_id == guild_id, server.c.id == server_id)
    columns = ["guild_id", "server_id", "ended", "last_good_at", "since", "looked_at"]
    rows = insert(backup_watch).from_select(columns, owned)
    changed = ("ended", "last_good_at", "looked_at")
    await session.execute(
        rows.on_conflict_do_update(
            index_elements=["guild_id", "server_id"],
            set_={name: rows.excluded[name] for name in changed},
        )
    )


async def forget_backups(session: AsyncSession, *, guild_id: int, server_id: str) -> bool:
    """Stop following a server's backups; begun anew, what is there by then is old news."""
    statement = delete(backup_watch).where(
        backup_watch.c.guild_id == guild_id, backup_watch.c.server_id == server_id
    )
    gone = await session.execute(statement.returning(backup_watch.c.server_id))
    return gone.one_or_none() is not None
