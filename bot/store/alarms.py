"""What is wrong right now, and was: an alarm opens, changes and closes, across restarts."""

from datetime import datetime
from typing import Any
from uuid import uuid4

import msgspec
from msgspec import Struct
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.tables import alarm


class AlarmRow(Struct, frozen=True, kw_only=True):
    """An alarm; open as long as `closed_at` is None. A crash's is called an incident."""

    id: str
    guild_id: int
    event: str
    """An `AlertEvent`, or a word of its own where one event has two kinds of trouble."""
    subject_id: str
    """What is in trouble: a server's row, a panel's, or a panel's with a node's name."""
    facts: Any
    """What is told of it, as builtins that JSON can hold."""
    opened_at: datetime
    closed_at: datetime | None
    acknowledged_by: int | None
    acknowledged_name: str | None
    acknowledged_at: datetime | None


async def open_alarm(
    session: AsyncSession,
    *,
    guild_id: int,
    event: str,
    subject_id: str,
    facts: object,
    now: datetime,
) -> AlarmRow | None:
    """Open an alarm; None where one of the same event and subject is open: there is one at most."""
    statement = (
        insert(alarm)
        .values(
            id=str(uuid4()),
            guild_id=guild_id,
            event=event,
            subject_id=subject_id,
            facts=msgspec.to_builtins(facts),
            opened_at=now,
        )
        .on_conflict_do_nothing(
            index_elements=["guild_id", "event", "subject_id"],
            index_where=alarm.c.closed_at.is_(None),
        )
        .returning(alarm)
    )
    made = (await session.execute(statement)).one_or_none()
    return msgspec.convert(made, AlarmRow | None, from_attributes=True)


async def list_open_alarms(session: AsyncSession, *, guild_id: int) -> list[AlarmRow]:
    """What is wrong now, oldest first."""
    statement = select(alarm).where(alarm.c.guild_id == guild_id, alarm.c.closed_at.is_(None))
    found = (await session.execute(statement.order_by(alarm.c.opened_at, alarm.c.id))).all()
    return msgspec.convert(found, list[AlarmRow], from_attributes=True)


async def get_alarm(session: AsyncSession, *, guild_id: int, alarm_id: str) -> AlarmRow | None:
    """An alarm, open or closed; None for one that was forgotten."""
    statement = select(alarm).where(alarm.c.guild_id == guild_id, alarm.c.id == alarm_id)
    found = (await session.execute(statement)).one_or_none()
    return msgspec.convert(found, AlarmRow | None, from_attributes=True)


async def last_alarm(
    session: AsyncSession, *, guild_id: int, event: str, subject_id: str
) -> AlarmRow | None:
    """The newest of an event and subject, open or closed."""
    statement = (
        select(alarm)
        .where(
            alarm.c.guild_id == guild_id,
            alarm.c.event == event,
            alarm.c.subject_id == subject_id,
        )
        .order_by(alarm.c.opened_at.desc())
        .limit(1)
    )
    found = (await session.execute(statement)).one_or_none()
    return msgspec.convert(found, AlarmRow | None, from_attributes=True)


async def change_alarm(
    session: AsyncSession, *, guild_id: int, alarm_id: str, facts: object
) -> AlarmRow | None:
    """Set what is told of an alarm; None for one that was forgotten."""
    return await _update(session, guild_id, alarm_id, facts=msgspec.to_builtins(facts))


async def close_alarm(
    session: AsyncSession, *, guild_id: int, alarm_id: str, facts: object, now: datetime
) -> AlarmRow | None:
    """Close an alarm; None where it is closed already, so that its end is told once."""
    statement = (
        update(alarm)
        .where(alarm.c.guild_id == guild_id, alarm.c.id == alarm_id, alarm.c.closed_at.is_(None))
        .values(closed_at=now, facts=msgspec.to_builtins(facts))
        .returning(alarm)
    )
    closed = (await session.execute(statement)).one_or_none()
    return msgspec.convert(closed, AlarmRow | None, from_attributes=True)


async def reopen_alarm(
    session: AsyncSession, *, guild_id: int, alarm_id: str, facts: object
) -> AlarmRow | None:
    """Open a closed alarm again, because it was over for a moment only."""
    return await _update(
        session, guild_id, alarm_id, facts=msgspec.to_builtins(facts), closed_at=None
    )


async def acknowledge_alarm(
    session: AsyncSession,
    *,
    guild_id: int,
    alarm_id: str,
    member_id: int,
    member_name: str,
    now: datetime,
) -> AlarmRow | None:
    """Note who takes care of an alarm; None where somebody does already, or it is forgotten."""
    statement = (
        update(alarm)
        .where(
            alarm.c.guild_id == guild_id,
            alarm.c.id == alarm_id,
            alarm.c.acknowledged_at.is_(None),
        )
        .values(acknowledged_by=member_id, acknowledged_name=member_name, acknowledged_at=now)
        .returning(alarm)
    )
    found = (await session.execute(statement)).one_or_none()
    return msgspec.convert(found, AlarmRow | None, from_attributes=True)


async def forget_acknowledger(session: AsyncSession, *, guild_id: int, member_id: int) -> int:
    """Erase a member from the alarms they took care of; how many those were."""
    statement = (
        update(alarm)
        .where(alarm.c.guild_id == guild_id, alarm.c.acknowledged_by == member_id)
        .values(acknowledged_by=None, acknowledged_name=None)
        .returning(alarm.c.id)
    )
    return len((await session.execute(statement)).all())


async def drop_closed_alarms(
    session: AsyncSession, *, guild_id: int, before: datetime
) -> list[str]:
    """Delete alarms that closed before a moment; their ids."""
    statement = delete(alarm).where(alarm.c.guild_id == guild_id, alarm.c.closed_at < before)
    gone = await session.execute(statement.returning(alarm.c.id))
    return list(gone.scalars())


async def _update(
    session: AsyncSession, guild_id: int, alarm_id: str, **values: object
) -> AlarmRow | None:
    statement = (
        update(alarm)
        .where(alarm.c.guild_id == guild_id, alarm.c.id == alarm_id)
        .values(**values)
        .returning(alarm)
    )
    found = (await session.execute(statement)).one_or_none()
    return msgspec.convert(found, AlarmRow | None, from_attributes=True)
