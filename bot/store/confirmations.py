"""Questions that wait for one member's yes; each is used at most once."""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from uuid import uuid4

import msgspec
from msgspec import Struct
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.tables import confirmation

JsonValue = str | int | float | bool | list[str | int] | None
"""What the answer needs beside the subject; kept as JSON."""


class ConfirmationRow(Struct, frozen=True, kw_only=True):
    """A question: who is to say yes to what, and until when."""

    id: str
    guild_id: int
    member_id: int
    verb: str
    subject_id: str
    payload: dict[str, JsonValue]
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None


class NotUsable(Enum):
    """Why a yes does not count."""

    UNKNOWN = "unknown"
    NOT_YOURS = "not yours"
    USED = "used"
    EXPIRED = "expired"


async def ask(
    session: AsyncSession,
    *,
    guild_id: int,
    member_id: int,
    verb: str,
    subject_id: str,
    payload: Mapping[str, JsonValue],
    expires_at: datetime,
    now: datetime,
) -> ConfirmationRow:
    """Keep a question; its id goes into the button."""
    statement = (
        insert(confirmation)
        .values(
            id=str(uuid4()),
            guild_id=guild_id,
            member_id=member_id,
            verb=verb,
            subject_id=subject_id,
            payload=dict(payload),
            made_at=now,
            expires_at=expires_at,
        )
        .returning(confirmation)
    )
    made = (await session.execute(statement)).one()
    return msgspec.convert(made, ConfirmationRow, from_attributes=True)


async def use(
    session: AsyncSession, *, guild_id: int, confirmation_id: str, member_id: int, now: datetime
) -> ConfirmationRow | NotUsable:
    """Take the member's yes. Of two clicks one statement lets a single one through."""
    statement = (
        update(confirmation)
        .where(
            confirmation.c.guild_id == guild_id,
            confirmation.c.id == confirmation_id,
            confirmation.c.member_id == member_id,
            confirmation.c.used_at.is_(None),
            confirmation.c.expires_at > now,
        )
        .values(used_at=now)
        .returning(confirmation)
    )
    used = (await session.execute(statement)).one_or_none()
    if used is not None:
        return msgspec.convert(used, ConfirmationRow, from_attributes=True)
    found = await get_confirmation(session, guild_id=guild_id, confirmation_id=confirmation_id)
    if found is None:
        return NotUsable.UNKNOWN
    if found.member_id != member_id:
        return NotUsable.NOT_YOURS
    return NotUsable.USED if found.used_at is not None else NotUsable.EXPIRED


async def get_confirmation(
    session: AsyncSession, *, guild_id: int, confirmation_id: str
) -> ConfirmationRow | None:
    """A question, used or not; None also when it is another guild's."""
    statement = select(confirmation).where(
        confirmation.c.guild_id == guild_id, confirmation.c.id == confirmation_id
    )
    found = (await session.execute(statement)).one_or_none()
    return msgspec.convert(found, ConfirmationRow | None, from_attributes=True)


async def withdraw(
    session: AsyncSession, *, guild_id: int, confirmation_id: str, member_id: int
) -> bool:
    """Take a question back that its member said no to; False when it was used or isn't theirs."""
    statement = delete(confirmation).where(
        confirmation.c.guild_id == guild_id,
        confirmation.c.id == confirmation_id,
        confirmation.c.member_id == member_id,
        confirmation.c.used_at.is_(None),
    )
    gone = await session.execute(statement.returning(confirmation.c.id))
    return gone.one_or_none() is not None


async def drop_expired_confirmations(
    session: AsyncSession, *, guild_id: int, before: datetime
) -> int:
    """Delete the questions that ran out before a moment; what they held is not kept for ever."""
    statement = delete(confirmation).where(
        confirmation.c.guild_id == guild_id, confirmation.c.expires_at < before
    )
    gone = await session.execute(statement.returning(confirmation.c.id))
    return len(gone.all())


async def drop_member_confirmations(session: AsyncSession, *, guild_id: int, member_id: int) -> int:
    """Erase what a member was asked, used or not, and return how many questions that were."""
    statement = delete(confirmation).where(
        confirmation.c.guild_id == guild_id, confirmation.c.member_id == member_id
    )
    gone = await session.execute(statement.returning(confirmation.c.id))
    return len(gone.all())
