"""Boards: messages that stay true about some servers, and where each stands."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import uuid4

import msgspec
from msgspec import Struct
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.errors import LimitReached
from bot.store.tables import board


class Style(StrEnum):
    """How a board looks."""

    LINES = "lines"
    """A line or two for each server."""
    CARDS = "cards"
    """All numbers of each server."""
    BUTTONS = "buttons"
    """As cards, with power buttons; for at most seven servers."""


class Pause(StrEnum):
    """Why a board is not posted any more, until an admin wants it again."""

    MESSAGE_GONE = "message gone"
    CHANNEL_GONE = "channel gone"


class BoardServer(Struct, frozen=True):
    """A server on a board, by our row, and what it was called when it was chosen."""

    id: str
    name: str


class NewBoard(Struct, frozen=True, kw_only=True):
    """What an admin wants to see where."""

    channel_id: int
    title: str
    style: Style
    chart: str
    """A range such as `24h`; empty for none."""
    servers: tuple[BoardServer, ...]
    made_by: int


class BoardRow(NewBoard, frozen=True, kw_only=True):
    """A board; without a message it is not posted yet."""

    id: str
    guild_id: int
    message_id: int | None
    made_at: datetime
    paused: Pause | None


async def add_board(
    session: AsyncSession, *, guild_id: int, new: NewBoard, at_most: int, now: datetime
) -> BoardRow:
    """Keep a board that is to be posted.

    Raises:
        LimitReached: The guild has as many boards as it may.
    """
    count = select(func.count()).select_from(board).where(board.c.guild_id == guild_id)
    if (await session.execute(count)).scalar_one() >= at_most:
        raise LimitReached(at_most)
    values = msgspec.to_builtins(new)
    statement = (
        insert(board)
        .values(**values, id=str(uuid4()), guild_id=guild_id, made_at=now)
        .returning(board)
    )
    made = (await session.execute(statement)).one()
    return msgspec.convert(made, BoardRow, from_attributes=True)


async def list_boards(session: AsyncSession, *, guild_id: int) -> list[BoardRow]:
    """The guild's boards, oldest first."""
    statement = select(board).where(board.c.guild_id == guild_id)
    found = (await session.execute(statement.order_by(board.c.made_at, board.c.id))).all()
    return msgspec.convert(found, list[BoardRow], from_attributes=True)


async def board_posted(
    session: AsyncSession, *, guild_id: int, board_id: str, message_id: int
) -> BoardRow | None:
    """Note the message that a board is now; None where the board was removed meanwhile."""
    return await _change(session, guild_id, board_id, message_id=message_id, paused=None)


async def pause_board(
    session: AsyncSession, *, guild_id: int, board_id: str, why: Pause
) -> BoardRow | None:
    """Note that a board's message is no more; it is not posted again by itself."""
    return await _change(session, guild_id, board_id, message_id=None, paused=why.value)


async def change_board(
    session: AsyncSession,
    *,
    guild_id: int,
    board_id: str,
    servers: Sequence[BoardServer],
    style: Style,
    chart: str,
) -> BoardRow | None:
    """Show other servers, or the same in another way."""
    kept = [msgspec.to_builtins(one) for one in servers]
    return await _change(session, guild_id, board_id, servers=kept, style=style.value, chart=chart)


async def remove_board(session: AsyncSession, *, guild_id: int, board_id: str) -> BoardRow | None:
    """Forget a board, and return what it was."""
    statement = (
        delete(board).where(board.c.guild_id == guild_id, board.c.id == board_id).returning(board)
    )
    gone = (await session.execute(statement)).one_or_none()
    return msgspec.convert(gone, BoardRow | None, from_attributes=True)


async def _change(
    session: AsyncSession, guild_id: int, board_id: str, **values: object
) -> BoardRow | None:
    statement = (
        update(board)
        .where(board.c.guild_id == guild_id, board.c.id == board_id)
        .values(**values)
        .returning(board)
    )
    changed = (await session.execute(statement)).one_or_none()
    return msgspec.convert(changed, BoardRow | None, from_attributes=True)
