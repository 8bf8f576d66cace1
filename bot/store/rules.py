"""Who may do what: the guild's grants and denials."""

from datetime import datetime
from typing import Literal
from uuid import uuid4

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.errors import LimitReached
from bot.store.tables import access_rule

SubjectKind = Literal["role", "member", "everyone"]
ScopeKind = Literal["server", "group", "all"]
Effect = Literal["allow", "deny"]


class NewRule(Struct, frozen=True, kw_only=True):
    """A rule about to be made."""

    subject_kind: SubjectKind
    subject_id: int
    """A role or member; for everyone the guild's own id, as Discord has it."""
    right: str
    scope_kind: ScopeKind
    scope_id: str
    """The server's row id or the group's id; empty for all."""
    effect: Effect
    made_by: int
    expires_at: datetime | None = None
    reason: str | None = None


class RuleRow(NewRule, frozen=True, kw_only=True):
    """A rule that holds until `expires_at`."""

    id: str
    guild_id: int
    made_at: datetime


async def set_rule(
    session: AsyncSession, *, guild_id: int, new: NewRule, at_most: int, now: datetime
) -> RuleRow:
    """Make a rule. The same once more (subject, right, scope, effect) renews the one that is there.

    Raises:
        LimitReached: The guild has `at_most` already.
    """
    rows = insert(access_rule).values(
        **msgspec.structs.asdict(new), id=str(uuid4()), guild_id=guild_id, made_at=now
    )
    renewed = ("made_by", "made_at", "expires_at", "reason")
    statement = rows.on_conflict_do_update(
        index_elements=[
            "guild_id",
            "subject_kind",
            "subject_id",
            "right",
            "scope_kind",
            "scope_id",
            "effect",
        ],
        set_={name: rows.excluded[name] for name in renewed},
    )
    made = (await session.execute(statement.returning(access_rule))).one()
    count = select(func.count()).where(access_rule.c.guild_id == guild_id)
    if (await session.execute(count)).scalar_one() > at_most:
        raise LimitReached(at_most)  # the caller's transaction takes the row back
    return msgspec.convert(made, RuleRow, from_attributes=True)


async def list_rules(session: AsyncSession, *, guild_id: int) -> list[RuleRow]:
    """The guild's rules, oldest first; those that ran out are there until dropped."""
    statement = select(access_rule).where(access_rule.c.guild_id == guild_id)
    statement = statement.order_by(access_rule.c.made_at, access_rule.c.id)
    found = (await session.execute(statement)).all()
    return msgspec.convert(found, list[RuleRow], from_attributes=True)


async def revoke_rule(session: AsyncSession, *, guild_id: int, rule_id: str) -> RuleRow | None:
    """Take a rule back; None when somebody else did before, or it is another guild's."""
    gone = await _delete(session, guild_id, access_rule.c.id == rule_id)
    return gone[0] if gone else None


async def revoke_rules(
    session: AsyncSession,
    *,
    guild_id: int,
    subject_kind: SubjectKind,
    subject_id: int,
    right: str | None = None,
    scope_kind: ScopeKind | None = None,
    scope_id: str = "",
    effect: Effect | None = None,
) -> list[RuleRow]:
    """Take back what a role or member was granted or denied; None doesn't narrow."""
    conditions = [
        access_rule.c.subject_kind == subject_kind,
        access_rule.c.subject_id == subject_id,
    ]
    if right is not None:
        conditions.append(access_rule.c.right == right)
    if scope_kind is not None:
        conditions.append(access_rule.c.scope_kind == scope_kind)
        conditions.append(access_rule.c.scope_id == scope_id)
    if effect is not None:
        conditions.append(access_rule.c.effect == effect)
    return await _delete(session, guild_id, *conditions)


async def revoke_right(session: AsyncSession, *, guild_id: int, right: str) -> list[RuleRow]:
    """Take back every rule that is about exactly this right."""
    return await _delete(session, guild_id, access_rule.c.right == right)


async def drop_expired_rules(
    session: AsyncSession, *, guild_id: int, now: datetime
) -> list[RuleRow]:
    """Delete the rules that ran out and return them."""
    return await _delete(session, guild_id, access_rule.c.expires_at <= now)


async def _delete(
    session: AsyncSession, guild_id: int, *conditions: ColumnElement[bool]
) -> list[RuleRow]:
    statement = delete(access_rule).where(access_rule.c.guild_id == guild_id, *conditions)
    gone = (await session.execute(statement.returning(access_rule))).all()
    return msgspec.convert(gone, list[RuleRow], from_attributes=True)
