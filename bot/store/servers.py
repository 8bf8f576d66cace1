"""The servers that a guild's panels showed, as last seen."""

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

import msgspec
from msgspec import Struct
from sqlalchemy import select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.tables import panel, server


class SeenServer(Struct, frozen=True, kw_only=True):
    """A server as a panel lists it to its key."""

    identifier: str
    uuid: str
    name: str
    description: str
    node: str
    docker_image: str
    address: str | None
    """Host and port of the primary allocation, as players type it."""
    memory_limit_bytes: int
    disk_limit_bytes: int
    cpu_limit_percent: int
    """Limits: 0 = unlimited."""
    is_owner: bool
    rights: tuple[str, ...]
    """What the panel's key may do here, in the panel's permission keys; `*` for an owner."""
    status: str | None
    """The panel's word for a state in which it refuses nearly everything; None = normal."""
    ip: str | None = None
    """The primary allocation's own address, where `address` has an alias."""


class ServerRow(SeenServer, frozen=True, kw_only=True):
    """A server we know; `id` stays the same for as long as the panel stays connected.

    `gone_at` is when the panel no longer listed it. It is kept, with its rules, in case it is back.
    """

    id: str
    guild_id: int
    panel_id: str
    seen_at: datetime
    gone_at: datetime | None


async def save_seen(
    session: AsyncSession,
    *,
    guild_id: int,
    panel_id: str,
    seen: Sequence[SeenServer],
    now: datetime,
) -> list[ServerRow]:
    """Set what a panel shows now, all of it, and return that by name.

    Servers it no longer shows are marked gone. Empty when the panel was removed meanwhile.
    """
    owner = select(panel.c.id).where(panel.c.guild_id == guild_id, panel.c.id == panel_id)
    if (await session.execute(owner)).one_or_none() is None:
        return []
    if seen:
        rows = insert(server)
        told = [column for column in SeenServer.__struct_fields__ if column != "uuid"]
        statement = rows.on_conflict_do_update(
            index_elements=["guild_id", "panel_id", "uuid"],
            set_={name: rows.excluded[name] for name in (*told, "seen_at", "gone_at")},
        )
        values = [
            {
                **msgspec.structs.asdict(one),
                "id": str(uuid4()),
                "guild_id": guild_id,
                "panel_id": panel_id,
                "seen_at": now,
                "gone_at": None,
            }
            for one in seen
        ]
        await session.execute(statement, values)
    await session.execute(
        update(server)
        .where(
            server.c.guild_id == guild_id,
            server.c.panel_id == panel_id,
            server.c.seen_at != now,
            server.c.gone_at.is_(None),
        )
        .values(gone_at=now)
    )
    return await list_servers(session, guild_id=guild_id, panel_id=panel_id)


async def save_one(
    session: AsyncSession, *, guild_id: int, server_id: str, seen: SeenServer, now: datetime
) -> ServerRow | None:
    """Set what a panel shows now of one server; None when it is gone, or another guild's."""
    statement = (
        update(server)
        .where(
            server.c.guild_id == guild_id,
            server.c.id == server_id,
            server.c.uuid == seen.uuid,
            server.c.gone_at.is_(None),
        )
        .values(**msgspec.structs.asdict(seen), seen_at=now)
        .returning(server)
    )
    found = (await session.execute(statement)).one_or_none()
    return msgspec.convert(found, ServerRow | None, from_attributes=True)


async def list_servers(
    session: AsyncSession, *, guild_id: int, panel_id: str | None = None, with_gone: bool = False
) -> list[ServerRow]:
    """The guild's servers by name, of all panels or of one."""
    statement = select(server).where(server.c.guild_id == guild_id)
    if panel_id is not None:
        statement = statement.where(server.c.panel_id == panel_id)
    if not with_gone:
        statement = statement.where(server.c.gone_at.is_(None))
    statement = statement.order_by(server.c.name, server.c.identifier)
    found = (await session.execute(statement)).all()
    return msgspec.convert(found, list[ServerRow], from_attributes=True)


async def get_server(session: AsyncSession, *, guild_id: int, server_id: str) -> ServerRow | None:
    """One server by our id, gone or not; None also when it is another guild's."""
    statement = select(server).where(server.c.guild_id == guild_id, server.c.id == server_id)
    found = (await session.execute(statement)).one_or_none()
    return msgspec.convert(found, ServerRow | None, from_attributes=True)
