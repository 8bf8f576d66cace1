"""The messages the bot left in channels and may have to find again."""

from datetime import datetime
from uuid import uuid4

import msgspec
from msgspec import Struct
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.tables import posted


class PostedRow(Struct, frozen=True, kw_only=True):
    """A message of ours: what kind, and about what (a server, a reference)."""

    id: str
    guild_id: int
    channel_id: int
    message_id: int
    kind: str
    subject_id: str
    made_at: datetime


async def remember_message(
    session: AsyncSession,
    *,
    guild_id: int,
    channel_id: int,
    message_id: int,
    kind: str,
    subject_id: str,
    now: datetime,
) -> PostedRow:
    """Note a message; noted again it takes the new kind and subject."""
    rows = insert(posted).values(
        id=str(uuid4()),
        guild_id=guild_id,
        channel_id=channel_id,
        message_id=message_id,
        kind=kind,
        subject_id=subject_id,
        made_at=now,
    )
    statement = rows.on_conflict_do_update(
        index_elements=["guild_id", "message_id"],
        set_={name: rows.excluded[name] for name in ("kind", "subject_id", "made_at")},
    ).returning(posted)
    made = (await session.execute(statement)).one()
    return msgspec.convert(made, PostedRow, from_attributes=True)


async def list_messages(
    session: AsyncSession, *, guild_id: int, kind: str, subject_id: str | None = None
) -> list[PostedRow]:
    """The messages of a kind, oldest first, about anything or about one thing."""
    statement = select(posted).where(posted.c.guild_id == guild_id, posted.c.kind == kind)
    if subject_id is not None:
        statement = statement.where(posted.c.subject_id == subject_id)
    found = (await session.execute(statement.order_by(posted.c.made_at, posted.c.id))).all()
    return msgspec.convert(found, list[PostedRow], from_attributes=True)


async def turn_message(session: AsyncSession, *, guild_id: int, message_id: int, kind: str) -> bool:
    """Note a message as one of another kind; False when it isn't noted at all."""
    statement = (
        update(posted)
        .where(posted.c.guild_id == guild_id, posted.c.message_id == message_id)
        .values(kind=kind)
        .returning(posted.c.id)
    )
    return (await session.execute(statement)).one_or_none() is not None


async def forget_message(session: AsyncSession, *, guild_id: int, message_id: int) -> bool:
    """Forget a message that was deleted or closed; False when it wasn't noted."""
    statement = delete(posted).where(
        posted.c.guild_id == guild_id, posted.c.message_id == message_id
    )
    gone = await session.execute(statement.returning(posted.c.id))
    return gone.one_or_none() is not None
