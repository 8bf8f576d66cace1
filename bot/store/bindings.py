"""Which server a channel stands for, so that members needn't name it there."""

import msgspec
from msgspec import Struct
from sqlalchemy import BigInteger, delete, literal, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.tables import channel_binding, server


class BindingRow(Struct, frozen=True, kw_only=True):
    """A channel and its server; goes with either."""

    guild_id: int
    channel_id: int
    server_id: str


async def bind_channel(
    session: AsyncSession, *, guild_id: int, channel_id: int, server_id: str
) -> BindingRow | None:
    """Let a channel stand for a server, instead of another if it did; None: no such server."""
    owned = select(server.c.guild_id, literal(channel_id, BigInteger), server.c.id).where(
        server.c.guild_id == guild_id, server.c.id == server_id
    )
    rows = insert(channel_binding).from_select(["guild_id", "channel_id", "server_id"], owned)
    statement = rows.on_conflict_do_update(
        index_elements=["guild_id", "channel_id"], set_={"server_id": server_id}
    ).returning(channel_binding)
    made = (await session.execute(statement)).one_or_none()
    return msgspec.convert(made, BindingRow | None, from_attributes=True)


async def unbind_channel(session: AsyncSession, *, guild_id: int, channel_id: int) -> bool:
    """Let a channel stand for no server; False when it didn't."""
    statement = delete(channel_binding).where(
        channel_binding.c.guild_id == guild_id, channel_binding.c.channel_id == channel_id
    )
    gone = await session.execute(statement.returning(channel_binding.c.channel_id))
    return gone.one_or_none() is not None


async def list_bindings(session: AsyncSession, *, guild_id: int) -> list[BindingRow]:
    """The guild's bound channels."""
    statement = select(channel_binding).where(channel_binding.c.guild_id == guild_id)
    found = (await session.execute(statement.order_by(channel_binding.c.channel_id))).all()
    return msgspec.convert(found, list[BindingRow], from_attributes=True)
