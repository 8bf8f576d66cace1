"""What a guild lets its community do without a grant, and how often that was made use of."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal
from uuid import uuid4

import msgspec
from msgspec import Struct
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.rules import ScopeKind
from bot.store.tables import policy, policy_use

PolicyAction = Literal["start", "stop", "restart", "idle-stop"]
How = Literal["at once", "vote", "approval"]
QuorumOf = Literal["number", "role", "voice"]
MINUTES_A_DAY: Final = 1440


class Terms(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The fields of a policy; a stored contract, so new ones have defaults."""

    role_id: int | None = None
    """Who may ask; None is everyone."""
    how: How = "at once"
    quorum_of: QuorumOf = "number"
    quorum: int = 3
    """Votes that carry it: a number of them, or percent of a role or of who is in the channel."""
    quorum_role_id: int | None = None
    quorum_channel_id: int | None = None
    window_minutes: int = 10
    """How long a vote or an approval stays open."""
    server_pause_minutes: int = 0
    """Between two requests for the same server and action; 0 is no pause."""
    member_pause_minutes: int = 0
    """Between two requests of the same member."""
    daily_quota: int = 0
    """Requests for the server and action on one day of the guild; 0 is no limit."""
    quiet_from: int | None = None
    quiet_until: int | None = None
    """Quiet hours in minutes since midnight, in the guild's time zone; both or none."""
    only_empty: bool = False
    """Known to be empty: unknown never counts."""
    only_down: bool = False
    only_unhealthy: bool = False
    not_in_backup: bool = False
    may_kill: bool = False
    """Whether a stop that hangs may become a kill without asking anybody."""
    idle_minutes: int = 30
    """For idle-stop: how long the server has to be known to be empty."""


class PolicyRule(Struct, frozen=True, kw_only=True):
    """One policy; a guild has at most one for each scope and action."""

    id: str
    guild_id: int
    scope_kind: ScopeKind
    scope_id: str
    """The server's row id or the group's id; empty for all."""
    action: PolicyAction
    terms: Terms
    version: int
    """Goes up with each change, so that an editor sees that somebody else was there."""
    changed_by: int
    changed_at: datetime


class Changed(Exception):
    """Somebody else changed the policy since it was read."""


async def list_policies(session: AsyncSession, *, guild_id: int) -> list[PolicyRule]:
    """A guild's policies, oldest first."""
    statement = select(policy).where(policy.c.guild_id == guild_id).order_by(policy.c.made_at)
    found = (await session.execute(statement)).all()
    return msgspec.convert(found, list[PolicyRule], from_attributes=True)


async def set_policy(
    session: AsyncSession,
    *,
    guild_id: int,
    scope_kind: ScopeKind,
    scope_id: str,
    action: PolicyAction,
    terms: Terms,
    version: int,
    by: int,
    now: datetime,
) -> PolicyRule:
    """Make a policy (`version` 0) or change the one that was read in that version.

    Raises:
        Changed: Another version stands there by now, or none any more.
    """
    values = {
        "terms": msgspec.to_builtins(terms),
        "version": version + 1,
        "changed_by": by,
        "changed_at": now,
    }
    if version == 0:
        made = (
            insert(policy)
            .values(
                id=str(uuid4()),
                guild_id=guild_id,
                scope_kind=scope_kind,
                scope_id=scope_id,
                action=action,
                made_at=now,
                **values,
            )
            .on_conflict_do_nothing()
            .returning(policy)
        )
        row = (await session.execute(made)).one_or_none()
    else:
        changed = (
            update(policy)
            .where(
                policy.c.guild_id == guild_id,
                policy.c.scope_kind == scope_kind,
                policy.c.scope_id == scope_id,
                policy.c.action == action,
                policy.c.version == version,
            )
            .values(**values)
            .returning(policy)
        )
        row = (await session.execute(changed)).one_or_none()
    if row is None:
        raise Changed
    return msgspec.convert(row, PolicyRule, from_attributes=True)


async def drop_policies(
    session: AsyncSession, *, guild_id: int, policy_ids: Sequence[str]
) -> list[PolicyRule]:
    """Take policies back, and return what they were."""
    statement = (
        delete(policy)
        .where(policy.c.guild_id == guild_id, policy.c.id.in_(list(policy_ids)))
        .returning(policy)
    )
    gone = (await session.execute(statement)).all()
    return msgspec.convert(gone, list[PolicyRule], from_attributes=True)


class Uses(Struct, frozen=True, kw_only=True):
    """How a policy was made use of, as far as its pauses and quota look at it."""

    server_at: datetime | None = None
    """The last request for the server and action."""
    member_at: datetime | None = None
    """The last request of the member, for whatever."""
    today: int = 0
    """Requests for the server and action since the guild's day began."""


async def note_use(
    session: AsyncSession,
    *,
    guild_id: int,
    server_id: str,
    action: str,
    member_id: int,
    now: datetime,
) -> None:
    """Note a request that a policy let through."""
    await session.execute(
        insert(policy_use).values(
            id=str(uuid4()),
            guild_id=guild_id,
            server_id=server_id,
            action=action,
            member_id=member_id,
            made_at=now,
        )
    )


async def uses(
    session: AsyncSession,
    *,
    guild_id: int,
    server_id: str,
    action: str,
    member_id: int,
    day_began: datetime,
    now: datetime,
) -> Uses:
    """The uses up to now. Later ones, of a clock that was set back since, tell nothing."""
    past = select(func.max(policy_use.c.made_at)).where(
        policy_use.c.guild_id == guild_id, policy_use.c.made_at <= now
    )
    about = (policy_use.c.server_id == server_id, policy_use.c.action == action)
    server_at = (await session.execute(past.where(*about))).scalar_one_or_none()
    member_at = (
        await session.execute(past.where(policy_use.c.member_id == member_id))
    ).scalar_one_or_none()
    today = select(func.count()).where(
        policy_use.c.guild_id == guild_id,
        *about,
        policy_use.c.made_at >= day_began,
        policy_use.c.made_at <= now,
    )
    count = int((await session.execute(today)).scalar_one())
    return Uses(server_at=server_at, member_at=member_at, today=count)


async def drop_old_uses(session: AsyncSession, *, guild_id: int, before: datetime) -> int:
    """Forget requests older than any pause could be."""
    statement = delete(policy_use).where(
        policy_use.c.guild_id == guild_id, policy_use.c.made_at < before
    )
    return len((await session.execute(statement.returning(policy_use.c.id))).all())


async def drop_member_uses(session: AsyncSession, *, guild_id: int, member_id: int) -> int:
    """Erase that a member asked."""
    statement = delete(policy_use).where(
        policy_use.c.guild_id == guild_id, policy_use.c.member_id == member_id
    )
    return len((await session.execute(statement.returning(policy_use.c.id))).all())
