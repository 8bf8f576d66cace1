"""Members without an interaction at hand: asked of Discord when a job acts for one."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import discord
import structlog
from msgspec import structs

from bot.access.facts import Actor

log = structlog.stdlib.get_logger(__name__)

_GONE: Final = frozenset({10007, 10013})
"""Discord's codes for somebody who is no member, or nobody at all."""
MEMBERS_A_QUESTION: Final = 100
"""Discord answers no more at a time."""
READ_AT_MOST: Final = 500
"""Changes of roles that are read of the audit log."""


class NotAsked(Exception):
    """Discord did not answer, so nobody can say what the member may do."""


class Members:
    """Reads members as they are now; they aren't cached, so each is one question to Discord."""

    def __init__(self, client: Callable[[], discord.Client]) -> None:
        self._client = client

    def me(self, guild_id: int) -> Actor | None:
        """The bot itself in a guild, which holds no rights of its own; None where it isn't."""
        guild = self._client().get_guild(guild_id)
        me = guild.me if guild is not None else None
        if me is None:
            return None
        return Actor(id=me.id, name=me.display_name, role_ids=frozenset(), is_bot=True)

    async def actor(self, guild_id: int, member_id: int) -> Actor | None:
        """The member with the roles of this moment; None for who left.

        Raises:
            NotAsked: Discord did not answer.
        """
        guild = self._client().get_guild(guild_id)
        if guild is None:
            raise NotAsked(guild_id)
        try:
            member = await guild.fetch_member(member_id)
        except discord.HTTPException as error:
            if error.code in _GONE:
                return None
            log.info("member not read", guild=guild_id, error=str(error))
            raise NotAsked(guild_id) from error
        return actor_of_member(member)

    async def actors(self, guild_id: int, member_ids: Sequence[int]) -> dict[int, Actor]:
        """Those of them who are members now, with the roles of this moment; 100 a question.

        Raises:
            NotAsked: Discord did not answer.
        """
        guild = self._client().get_guild(guild_id)
        if guild is None:
            raise NotAsked(guild_id)
        found: dict[int, Actor] = {}
        for begin in range(0, len(member_ids), MEMBERS_A_QUESTION):
            some = list(member_ids[begin : begin + MEMBERS_A_QUESTION])
            try:
                members = await guild.query_members(
                    limit=MEMBERS_A_QUESTION, user_ids=some, cache=False
                )
            except (TimeoutError, discord.DiscordException) as error:
                log.info("members not read", guild=guild_id, error=type(error).__name__)
                raise NotAsked(guild_id) from error
            found |= {member.id: actor_of_member(member) for member in members}
        return found

    async def roles_given(
        self, guild_id: int, member_id: int, since: datetime
    ) -> frozenset[int] | None:
        """The roles a member got since a moment, by Discord's audit log; None: not to be read.

        A role that came to manage the guild since then counts as given to all who have it.
        """
        guild = self._client().get_guild(guild_id)
        if guild is None or not guild.me.guild_permissions.view_audit_log:
            return None
        given: set[int] = set()
        try:
            for entry in await _recent(guild, discord.AuditLogAction.member_role_update, since):
                if getattr(entry.target, "id", None) == member_id:
                    given |= {role.id for role in getattr(entry.after, "roles", ())}
            for entry in await _recent(guild, discord.AuditLogAction.role_update, since):
                if _manages(entry.after) and not _manages(entry.before):
                    given.add(getattr(entry.target, "id", 0))
        except _TooMany:
            return None
        except discord.HTTPException as error:
            log.info("audit log not read", guild=guild_id, error=str(error))
            return None
        return frozenset(given)

    def without(self, guild_id: int, actor: Actor, role_ids: frozenset[int]) -> Actor:
        """The member as they would be without some roles, and what these give."""
        guild = self._client().get_guild(guild_id)
        left = actor.role_ids - role_ids
        roles = [role for role in guild.roles if role.id in left] if guild else []
        permissions = [
            role.permissions for role in (*roles, *([guild.default_role] if guild else []))
        ]
        return structs.replace(
            actor,
            role_ids=left,
            manages_guild=any(one.manage_guild or one.administrator for one in permissions),
            top_role=max((role.position for role in roles), default=0),
        )


class _TooMany(Exception):
    """More was changed since then than is read, so nobody can say."""


async def _recent(
    guild: discord.Guild, action: discord.AuditLogAction, since: datetime
) -> list[discord.AuditLogEntry]:
    found: list[discord.AuditLogEntry] = []
    async for entry in guild.audit_logs(action=action, limit=READ_AT_MOST):
        if entry.created_at < since:
            return found
        found.append(entry)
    if len(found) >= READ_AT_MOST:
        raise _TooMany
    return found


def _manages(side: discord.audit_logs.AuditLogDiff) -> bool:
    permissions = getattr(side, "permissions", None)
    return permissions is not None and (permissions.manage_guild or permissions.administrator)


def actor_of_member(member: discord.Member) -> Actor:
    """A member as decisions look at them: by the rights Discord sent along, else the guild's."""
    resolved = member.resolved_permissions
    rights = resolved if resolved is not None else member.guild_permissions
    return Actor(
        id=member.id,
        name=member.display_name,
        role_ids=frozenset(role.id for role in member.roles),
        is_bot=member.bot,
        owns_guild=member.guild.owner_id == member.id,
        manages_guild=rights.manage_guild or rights.administrator,
        top_role=member.top_role.position,
        joined_at=member.joined_at,
    )
