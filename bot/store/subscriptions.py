"""Who wants to be pinged about a server, and where."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from uuid import uuid4

import msgspec
from msgspec import Struct
from sqlalchemy import BigInteger, String, delete, func, literal, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.errors import LimitReached
from bot.store.tables import Moment, server, subscription


class NewsEvent(StrEnum):
    """What a member may be pinged about; the words of the option `event`."""

    UP = "up"
    CRASH = "crash"
    RESTART = "restart"


class SubscriptionRow(Struct, frozen=True, kw_only=True):
    """A member's wish; goes with the server."""

    id: str
    guild_id: int
    member_id: int
    server_id: str
    event: NewsEvent
    channel_id: int
    """Where it was asked for, and where the ping comes."""
    made_at: datetime


async def subscribe(
    session: AsyncSession,
    *,
    guild_id: int,
    member_id: int,
    server_id: str,
    event: NewsEvent,
    channel_id: int,
    at_most: int,
    now: datetime,
) -> bool:
    """Note a wish, of which a member has `at_most`; False: noted already, or no such server.

    Raises:
        LimitReached: The member has as many already.
    """
    count = select(func.count()).where(
        subscription.c.guild_id == guild_id, subscription.c.member_id == member_id
    )
    if int((await session.execute(count)).scalar_one()) >= at_most:
        raise LimitReached(at_most)
    owned = select(
        literal(str(uuid4()), String),
        server.c.guild_id,
        literal(member_id, BigInteger),
        server.c.id,
        literal(event.value, String),
        literal(channel_id, BigInteger),
        literal(now, Moment),
    ).where(server.c.guild_id == guild_id, server.c.id == server_id)
    columns = ["id", "guild_id", "member_id", "server_id", "event", "channel_id", "made_at"]
    statement = (
        insert(subscription)
        .from_select(columns, owned)
        .on_conflict_do_nothing(index_elements=["guild_id", "member_id", "server_id", "event"])
        .returning(subscription.c.id)
    )
    return (await session.execute(statement)).one_or_none() is not None


async def unsubscribe(
    session: AsyncSession, *, guild_id: int, member_id: int, server_id: str, event: NewsEvent
) -> bool:
    """Take a wish back; False where there was none."""
    statement = delete(subscription).where(
        subscription.c.guild_id == guild_id,
        subscription.c.member_id == member_id,
        subscription.c.server_id == server_id,
        subscription.c.event == event.value,
    )
    gone = await session.execute(statement.returning(subscription.c.id))
    return gone.one_or_none() is not None


async def list_subscriptions(session: AsyncSession, *, guild_id: int) -> list[SubscriptionRow]:
    """All wishes of a guild, oldest first."""
    statement = select(subscription).where(subscription.c.guild_id == guild_id)
    found = await session.execute(statement.order_by(subscription.c.made_at, subscription.c.id))
    return msgspec.convert(found.all(), list[SubscriptionRow], from_attributes=True)


async def drop_subscribers(
    session: AsyncSession, *, guild_id: int, member_ids: Iterable[int]
) -> int:
    """Delete all wishes of members, who left or want it so; how many those were."""
    statement = delete(subscription).where(
        subscription.c.guild_id == guild_id, subscription.c.member_id.in_(list(member_ids))
    )
    gone = await session.execute(statement.returning(subscription.c.id))
    return len(gone.all())
