"""What a guild wants to be alerted of: an event, of one server or of all, in a channel."""

from datetime import datetime
from enum import StrEnum
from uuid import uuid4

import msgspec
from msgspec import Struct
from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.errors import LimitReached
from bot.store.tables import alert, server


class AlertEvent(StrEnum):
    """What an alert can be of; the words of the option `event`."""

    CRASH = "crash"
    STATE = "state"
    CPU = "cpu"
    MEMORY = "memory"
    DISK = "disk"
    BACKUP = "backup"
    PANEL = "panel"
    NODE = "node"


class NewAlert(Struct, frozen=True, kw_only=True):
    """An alert about to be set."""

    server_id: str | None
    """Our row; None = every server of the guild, also later ones."""
    event: AlertEvent
    channel_id: int
    role_id: int | None
    """Who is pinged."""
    threshold: int | None
    """Percent for cpu, memory and disk, days for backup; None for the others."""
    in_thread: bool = False
    """Whether an incident gets a thread of its own."""
    made_by: int


class AlertRow(NewAlert, frozen=True, kw_only=True):
    """An alert as it stands."""

    id: str
    guild_id: int
    made_at: datetime


class SetAlert(Struct, frozen=True):
    """An alert that was set."""

    row: AlertRow
    replaced: AlertRow | None
    """The one of the same server, event and channel that it took the place of."""


async def set_alert(
    session: AsyncSession, *, guild_id: int, new: NewAlert, at_most: int, now: datetime
) -> SetAlert | None:
    """Set an alert; one of the same server, event and channel is replaced. None: no such server.

    Raises:
        LimitReached: The guild has `at_most` already.
    """
    if new.server_id is not None and not await _is_there(session, guild_id, new.server_id):
        return None
    before = await _same(session, guild_id, new)
    if before is None:
        count = select(func.count()).where(alert.c.guild_id == guild_id)
        if int((await session.execute(count)).scalar_one()) >= at_most:
            raise LimitReached(at_most)
    columns, where = ["guild_id", "event", "channel_id"], "server_id IS NULL"
    if new.server_id is not None:
        columns, where = [*columns, "server_id"], "server_id IS NOT NULL"
    rows = insert(alert).values(
        **msgspec.structs.asdict(new) | {"event": new.event.value},
        id=str(uuid4()),
        guild_id=guild_id,
        made_at=now,
    )
    changed = ("role_id", "threshold", "in_thread", "made_by", "made_at")
    statement = rows.on_conflict_do_update(
        index_elements=columns,
        index_where=text(where),
        set_={name: rows.excluded[name] for name in changed},
    ).returning(alert)
    made = (await session.execute(statement)).one()
    return SetAlert(msgspec.convert(made, AlertRow, from_attributes=True), before)


async def list_alerts(session: AsyncSession, *, guild_id: int) -> list[AlertRow]:
    """The guild's alerts, oldest first."""
    statement = select(alert).where(alert.c.guild_id == guild_id)
    found = (await session.execute(statement.order_by(alert.c.made_at, alert.c.id))).all()
    return msgspec.convert(found, list[AlertRow], from_attributes=True)


async def remove_alert(session: AsyncSession, *, guild_id: int, alert_id: str) -> AlertRow | None:
    """Take an alert away and return it; None where it is gone already."""
    statement = delete(alert).where(alert.c.guild_id == guild_id, alert.c.id == alert_id)
    gone = (await session.execute(statement.returning(alert))).one_or_none()
    return msgspec.convert(gone, AlertRow | None, from_attributes=True)


async def _is_there(session: AsyncSession, guild_id: int, server_id: str) -> bool:
    statement = select(server.c.id).where(server.c.guild_id == guild_id, server.c.id == server_id)
    return (await session.execute(statement)).one_or_none() is not None


async def _same(session: AsyncSession, guild_id: int, new: NewAlert) -> AlertRow | None:
    statement = select(alert).where(
        alert.c.guild_id == guild_id,
        alert.c.event == new.event.value,
        alert.c.channel_id == new.channel_id,
        alert.c.server_id.is_(None)
        if new.server_id is None
        else alert.c.server_id == new.server_id,
    )
    found = (await session.execute(statement)).one_or_none()
    return msgspec.convert(found, AlertRow | None, from_attributes=True)
