"""What was last registered with Discord, so that commands are synced only when they changed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.tables import command_sync

EVERYWHERE: Final = 0
"""The `guild_id` of the global commands."""


class SyncRow(Struct, frozen=True, kw_only=True):
    """One registration: the hash of the tree, and Discord's ids of the top-level commands."""

    guild_id: int
    tree_hash: str
    ids: dict[str, int]
    synced_at: datetime


async def get_sync(session: AsyncSession, *, guild_id: int) -> SyncRow | None:
    """What is registered in a guild, or `EVERYWHERE`; None when nothing was."""
    statement = select(command_sync).where(command_sync.c.guild_id == guild_id)
    found = (await session.execute(statement)).one_or_none()
    return msgspec.convert(found, SyncRow | None, from_attributes=True)


async def save_sync(
    session: AsyncSession,
    *,
    guild_id: int,
    tree_hash: str,
    ids: Mapping[str, int],
    now: datetime,
) -> None:
    """Note what was registered."""
    values = {"tree_hash": tree_hash, "ids": dict(ids), "synced_at": now}
    await session.execute(
        insert(command_sync)
        .values(guild_id=guild_id, **values)
        .on_conflict_do_update(index_elements=["guild_id"], set_=values)
    )
