"""Which console commands may be sent from Discord: a guild's lists."""

from datetime import datetime
from typing import Literal
from uuid import uuid4

import msgspec
from msgspec import Struct
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.errors import LimitReached
from bot.store.tables import console_rule

ScopeKind = Literal["server", "group", "all"]
Effect = Literal["allow", "deny"]


class NewConsoleRule(Struct, frozen=True, kw_only=True):
    """A list about to be made."""

    scope_kind: ScopeKind
    scope_id: str
    """The server's row id or the group's id; empty for all."""
    role_id: int | None
    """None = everyone."""
    effect: Effect
    commands: tuple[str, ...]
    made_by: int


class ConsoleRuleRow(NewConsoleRule, frozen=True, kw_only=True):
    """A list that holds."""

    id: str
    guild_id: int
    made_at: datetime


async def add_console_rule(
    session: AsyncSession, *, guild_id: int, new: NewConsoleRule, at_most: int, now: datetime
) -> ConsoleRuleRow:
    """Make a list.

    Raises:
        LimitReached: The guild has `at_most` already.
    """
    values = msgspec.structs.asdict(new) | {"commands": list(new.commands)}
    statement = insert(console_rule).values(
        **values, id=str(uuid4()), guild_id=guild_id, made_at=now
    )
    made = (await session.execute(statement.returning(console_rule))).one()
    count = select(func.count()).where(console_rule.c.guild_id == guild_id)
    if (await session.execute(count)).scalar_one() > at_most:
        raise LimitReached(at_most)  # the caller's transaction takes the row back
    return msgspec.convert(made, ConsoleRuleRow, from_attributes=True)


async def change_console_rule(
    session: AsyncSession,
    *,
    guild_id: int,
    rule_id: str,
    role_id: int | None,
    commands: tuple[str, ...],
    made_by: int,
    now: datetime,
) -> ConsoleRuleRow | None:
    """Set whom a list is for and what is on it; None when it is gone."""
    statement = (
        update(console_rule)
        .where(console_rule.c.guild_id == guild_id, console_rule.c.id == rule_id)
        .values(role_id=role_id, commands=list(commands), made_by=made_by, made_at=now)
    )
    found = (await session.execute(statement.returning(console_rule))).one_or_none()
    return msgspec.convert(found, ConsoleRuleRow | None, from_attributes=True)


async def list_console_rules(session: AsyncSession, *, guild_id: int) -> list[ConsoleRuleRow]:
    """The guild's lists, oldest first; of the same moment what is forbidden."""
    statement = select(console_rule).where(console_rule.c.guild_id == guild_id)
    statement = statement.order_by(
        console_rule.c.made_at, console_rule.c.effect.desc(), console_rule.c.id
    )
    found = (await session.execute(statement)).all()
    return msgspec.convert(found, list[ConsoleRuleRow], from_attributes=True)


async def drop_console_rules(
    session: AsyncSession, *, guild_id: int, rule_ids: tuple[str, ...]
) -> int:
    """Delete lists; how many there were."""
    statement = delete(console_rule).where(
        console_rule.c.guild_id == guild_id, console_rule.c.id.in_(rule_ids)
    )
    gone = await session.execute(statement.returning(console_rule.c.id))
    return len(gone.all())
