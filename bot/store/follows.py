"""What is followed to its end: backups, restores and installations that somebody waits to hear of.

An open one is a promise to tell a channel; it is closed once, by whoever sees the end first.
"""

from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import uuid4

import msgspec
from msgspec import Struct
from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.tables import follow

FollowKind = Literal["backup", "restore", "reinstall"]


class Outcome(StrEnum):
    """How it ended."""

    DONE = "done"
    FAILED = "failed"
    GONE = "gone"
    """Deleted before it ended."""
    UNKNOWN = "unknown"
    """It can't be asked for any more."""


class NewFollow(Struct, frozen=True, kw_only=True):
    """What is to be followed, for whom."""

    kind: FollowKind
    server_id: str
    """Our row."""
    subject_id: str
    """The backup's uuid; the server's where it is about that alone."""
    title: str
    """What people call it."""
    actor_id: int
    actor_name: str
    channel_id: int


class FollowRow(NewFollow, frozen=True, kw_only=True):
    """A promise: open as long as `outcome` is None."""

    id: str
    guild_id: int
    message_id: int | None
    """The public message that becomes the result; None where there is none (yet)."""
    began_at: datetime
    outcome: Outcome | None
    ended_at: datetime | None


async def open_follow(
    session: AsyncSession, *, guild_id: int, new: NewFollow, now: datetime
) -> FollowRow:
    """Promise to tell how something ends."""
    statement = (
        insert(follow)
        .values(**msgspec.structs.asdict(new), id=str(uuid4()), guild_id=guild_id, began_at=now)
        .returning(follow)
    )
    made = (await session.execute(statement)).one()
    return msgspec.convert(made, FollowRow, from_attributes=True)


async def note_follow_message(
    session: AsyncSession, *, guild_id: int, follow_id: str, message_id: int
) -> bool:
    """Say which message is to become the result; False when it was closed meanwhile."""
    statement = (
        update(follow)
        .where(follow.c.guild_id == guild_id, follow.c.id == follow_id, follow.c.outcome.is_(None))
        .values(message_id=message_id)
        .returning(follow.c.id)
    )
    return (await session.execute(statement)).one_or_none() is not None


async def list_open_follows(session: AsyncSession, *, guild_id: int) -> list[FollowRow]:
    """The promises that are still open, oldest first."""
    statement = select(follow).where(follow.c.guild_id == guild_id, follow.c.outcome.is_(None))
    found = (await session.execute(statement.order_by(follow.c.began_at, follow.c.id))).all()
    return msgspec.convert(found, list[FollowRow], from_attributes=True)


async def close_follow(
    session: AsyncSession, *, guild_id: int, follow_id: str, outcome: Outcome, now: datetime
) -> FollowRow | None:
    """Close an open promise and return it; None if it was closed before.

    One statement decides, so of two workers that see the same end only one posts.
    """
    statement = (
        update(follow)
        .where(follow.c.guild_id == guild_id, follow.c.id == follow_id, follow.c.outcome.is_(None))
        .values(outcome=outcome.value, ended_at=now)
        .returning(follow)
    )
    closed = (await session.execute(statement)).one_or_none()
    return msgspec.convert(closed, FollowRow | None, from_attributes=True)


async def drop_closed_follows(session: AsyncSession, *, guild_id: int, before: datetime) -> int:
    """Delete promises that were kept before a moment, with the names in them."""
    statement = delete(follow).where(follow.c.guild_id == guild_id, follow.c.ended_at < before)
    gone = await session.execute(statement.returning(follow.c.id))
    return len(gone.all())
