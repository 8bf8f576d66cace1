"""Members' own panel keys, sealed: one a member and panel."""

from datetime import datetime

import msgspec
from msgspec import Struct
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.errors import LimitReached
from bot.store.tables import member_link, panel


class NewLink(Struct, frozen=True, kw_only=True):
    """A key about to be kept. Its id is made first, because the key is sealed for it."""

    id: str
    member_id: int
    panel_id: str
    key_sealed: bytes
    account_id: str
    account_name: str


class LinkRow(NewLink, frozen=True, kw_only=True):
    """A member's key for one of the guild's panels; goes with the panel."""

    guild_id: int
    linked_at: datetime


async def set_link(
    session: AsyncSession, *, guild_id: int, new: NewLink, at_most: int, now: datetime
) -> LinkRow | None:
    """Keep a member's key for a panel, instead of the one that was there; None: no such panel.

    Raises:
        LimitReached: The guild keeps `at_most` already.
    """
    await session.execute(
        delete(member_link).where(
            member_link.c.guild_id == guild_id,
            member_link.c.member_id == new.member_id,
            member_link.c.panel_id == new.panel_id,
        )
    )
    known = select(panel.c.id).where(panel.c.guild_id == guild_id, panel.c.id == new.panel_id)
    if (await session.execute(known)).one_or_none() is None:
        return None
    statement = insert(member_link).values(
        **msgspec.structs.asdict(new), guild_id=guild_id, linked_at=now
    )
    made = (await session.execute(statement.returning(member_link))).one()
    count = select(func.count()).where(member_link.c.guild_id == guild_id)
    if (await session.execute(count)).scalar_one() > at_most:
        raise LimitReached(at_most)  # the caller's transaction takes the row back
    return msgspec.convert(made, LinkRow, from_attributes=True)


async def list_links(session: AsyncSession, *, guild_id: int) -> list[LinkRow]:
    """The guild's linked keys, oldest first."""
    statement = select(member_link).where(member_link.c.guild_id == guild_id)
    found = (await session.execute(statement.order_by(member_link.c.linked_at))).all()
    return msgspec.convert(found, list[LinkRow], from_attributes=True)


async def drop_member(session: AsyncSession, *, guild_id: int, member_id: int) -> int:
    """Erase every key of a member, and return how many there were."""
    statement = delete(member_link).where(
        member_link.c.guild_id == guild_id, member_link.c.member_id == member_id
    )
    gone = await session.execute(statement.returning(member_link.c.id))
    return len(gone.all())
