"""The consoles that go into channels, and the webhooks they go by."""

from datetime import datetime

import msgspec
from msgspec import Struct
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.errors import LimitReached, NameTaken
from bot.store.tables import mirror, server


class MirrorOptions(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What admins chose for a mirror."""

    preset: str = "everything"
    level: int = 0
    """0 = all lines, 1 = warnings and errors, 2 = errors."""
    include: str = ""
    """A pattern that a line must have; "" = none."""
    exclude: str = ""
    """A pattern that a line must not have."""
    switched_off: tuple[str, ...] = ()
    """`include` or `exclude`, where it took too long and is not used any more."""
    colours: bool = True
    redacts: bool = True
    two_way: bool = False


class NewMirror(Struct, frozen=True, kw_only=True):
    """A mirror about to be kept. Its id is made first, because the webhook is sealed for it."""

    id: str
    server_id: str
    channel_id: int
    parent_id: int | None = None
    """The channel above where `channel_id` is a thread; webhooks belong to that."""
    webhook_id: int
    token_sealed: bytes
    options: MirrorOptions
    made_by: int


class MirrorRow(NewMirror, frozen=True, kw_only=True):
    """A server's console in a channel; goes with the server."""

    guild_id: int
    made_at: datetime


async def add_mirror(
    session: AsyncSession, *, guild_id: int, new: NewMirror, at_most: int, now: datetime
) -> MirrorRow | None:
    """Keep a mirror; None: no such server.

    Raises:
        LimitReached: The guild has `at_most` already.
        NameTaken: The server is mirrored into this channel already.
    """
    count = select(func.count()).select_from(mirror).where(mirror.c.guild_id == guild_id)
    if (await session.execute(count)).scalar_one() >= at_most:
        raise LimitReached(at_most)
    known = select(server.c.id).where(server.c.guild_id == guild_id, server.c.id == new.server_id)
    if (await session.execute(known)).one_or_none() is None:
        return None
    values = msgspec.structs.asdict(new) | {"options": msgspec.to_builtins(new.options)}
    statement = (
        insert(mirror)
        .values(**values, guild_id=guild_id, made_at=now)
        .on_conflict_do_nothing(index_elements=["guild_id", "server_id", "channel_id"])
        .returning(mirror)
    )
    made = (await session.execute(statement)).one_or_none()
    if made is None:
        raise NameTaken(new.server_id)
    return msgspec.convert(made, MirrorRow, from_attributes=True)


async def list_mirrors(session: AsyncSession, *, guild_id: int) -> list[MirrorRow]:
    """The guild's mirrors, oldest first."""
    statement = select(mirror).where(mirror.c.guild_id == guild_id)
    found = (await session.execute(statement.order_by(mirror.c.made_at, mirror.c.id))).all()
    return msgspec.convert(found, list[MirrorRow], from_attributes=True)


async def save_mirror_options(
    session: AsyncSession, *, guild_id: int, mirror_id: str, options: MirrorOptions
) -> MirrorRow | None:
    """Set what was chosen; None when the mirror is not there."""
    return await _update(session, guild_id, mirror_id, options=msgspec.to_builtins(options))


async def replace_webhook(
    session: AsyncSession, *, guild_id: int, mirror_id: str, webhook_id: int, token_sealed: bytes
) -> MirrorRow | None:
    """Set another webhook, because the first one was deleted; None when the mirror is gone."""
    return await _update(
        session, guild_id, mirror_id, webhook_id=webhook_id, token_sealed=token_sealed
    )


async def remove_mirror(session: AsyncSession, *, guild_id: int, mirror_id: str) -> bool:
    """Forget a mirror; False when it was not there."""
    statement = delete(mirror).where(mirror.c.guild_id == guild_id, mirror.c.id == mirror_id)
    gone = await session.execute(statement.returning(mirror.c.id))
    return gone.one_or_none() is not None


async def _update(
    session: AsyncSession, guild_id: int, mirror_id: str, **values: object
) -> MirrorRow | None:
    statement = (
        update(mirror)
        .where(mirror.c.guild_id == guild_id, mirror.c.id == mirror_id)
        .values(**values)
        .returning(mirror)
    )
    found = (await session.execute(statement)).one_or_none()
    return msgspec.convert(found, MirrorRow | None, from_attributes=True)
