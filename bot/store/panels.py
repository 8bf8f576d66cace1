"""The panels a guild has connected, with their sealed keys."""

from datetime import datetime

import msgspec
from msgspec import Struct
from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.errors import LimitReached, NameTaken
from bot.store.tables import access_rule, panel, server


class NewPanel(Struct, frozen=True, kw_only=True):
    """A panel about to be connected. Its id is made first, because the key is sealed for it."""

    id: str
    name: str
    """At most 80 characters; upper and lower case don't tell names apart."""
    url: str
    key_sealed: bytes
    account_id: str
    """The panel's own word for the account: a number on Pterodactyl, a uuid on Pelican."""
    account_name: str
    is_root_admin: bool
    added_by: int


class PanelRow(NewPanel, frozen=True, kw_only=True):
    """A connected panel; `trouble` is what was wrong at `checked_at`, None when all was well."""

    guild_id: int
    added_at: datetime
    checked_at: datetime | None
    trouble: str | None


async def add_panel(
    session: AsyncSession, *, guild_id: int, new: NewPanel, at_most: int, now: datetime
) -> PanelRow:
    """Connect a panel.

    Raises:
        LimitReached: The guild has `at_most` already.
        NameTaken: One of the guild's panels has this name.
    """
    count = select(func.count()).select_from(panel).where(panel.c.guild_id == guild_id)
    if (await session.execute(count)).scalar_one() >= at_most:
        raise LimitReached(at_most)
    statement = (
        insert(panel)
        .values(**msgspec.structs.asdict(new), guild_id=guild_id, added_at=now, checked_at=now)
        .on_conflict_do_nothing(index_elements=["guild_id", "name"])
        .returning(panel)
    )
    made = (await session.execute(statement)).one_or_none()
    if made is None:
        raise NameTaken(new.name)
    return msgspec.convert(made, PanelRow, from_attributes=True)


async def list_panels(session: AsyncSession, *, guild_id: int) -> list[PanelRow]:
    """The guild's panels, oldest first."""
    statement = select(panel).where(panel.c.guild_id == guild_id).order_by(panel.c.added_at)
    found = (await session.execute(statement)).all()
    return msgspec.convert(found, list[PanelRow], from_attributes=True)


async def get_panel(session: AsyncSession, *, guild_id: int, panel_id: str) -> PanelRow | None:
    """One panel; None also when it is another guild's."""
    statement = select(panel).where(panel.c.guild_id == guild_id, panel.c.id == panel_id)
    found = (await session.execute(statement)).one_or_none()
    return msgspec.convert(found, PanelRow | None, from_attributes=True)


async def rename_panel(
    session: AsyncSession, *, guild_id: int, panel_id: str, name: str
) -> PanelRow | None:
    """Give a panel another name; None when it is not there.

    Raises:
        NameTaken: Another of the guild's panels has this name.
    """
    others = panel.alias()
    taken = exists().where(
        others.c.guild_id == guild_id, others.c.name == name, others.c.id != panel_id
    )
    statement = (
        update(panel)
        .where(panel.c.guild_id == guild_id, panel.c.id == panel_id, ~taken)
        .values(name=name)
        .returning(panel)
    )
    found = (await session.execute(statement)).one_or_none()
    if found is None and await get_panel(session, guild_id=guild_id, panel_id=panel_id):
        raise NameTaken(name)
    return msgspec.convert(found, PanelRow | None, from_attributes=True)


async def replace_key(
    session: AsyncSession,
    *,
    guild_id: int,
    panel_id: str,
    key_sealed: bytes,
    account_id: str,
    account_name: str,
    is_root_admin: bool,
    now: datetime,
) -> PanelRow | None:
    """Set another key and whose it is; None when the panel is not there."""
    return await _update(
        session,
        guild_id,
        panel_id,
        key_sealed=key_sealed,
        account_id=account_id,
        account_name=account_name,
        is_root_admin=is_root_admin,
        checked_at=now,
        trouble=None,
    )


async def panel_checked(
    session: AsyncSession, *, guild_id: int, panel_id: str, trouble: str | None, now: datetime
) -> PanelRow | None:
    """Note how the panel was found; None when it is not there."""
    return await _update(session, guild_id, panel_id, checked_at=now, trouble=trouble)


async def remove_panel(session: AsyncSession, *, guild_id: int, panel_id: str) -> bool:
    """Forget a panel, its key, its servers, their channel bindings and the rules about them."""
    servers = select(server.c.id).where(
        server.c.guild_id == guild_id, server.c.panel_id == panel_id
    )
    await session.execute(
        delete(access_rule).where(
            access_rule.c.guild_id == guild_id,
            access_rule.c.scope_kind == "server",
            access_rule.c.scope_id.in_(servers),
        )
    )
    statement = delete(panel).where(panel.c.guild_id == guild_id, panel.c.id == panel_id)
    gone = await session.execute(statement.returning(panel.c.id))
    return gone.one_or_none() is not None


async def _update(
    session: AsyncSession, guild_id: int, panel_id: str, **values: object
) -> PanelRow | None:
    statement = (
        update(panel)
        .where(panel.c.guild_id == guild_id, panel.c.id == panel_id)
        .values(**values)
        .returning(panel)
    )
    found = (await session.execute(statement)).one_or_none()
    return msgspec.convert(found, PanelRow | None, from_attributes=True)
