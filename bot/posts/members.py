"""Members without an interaction at hand: asked of Discord when a job acts for one."""

from collections.abc import Callable
from typing import Final

import discord
import structlog

from bot.access.facts import Actor

log = structlog.stdlib.get_logger(__name__)

_GONE: Final = frozenset({10007, 10013})
"""Discord's codes for somebody who is no member, or nobody at all."""


class NotAsked(Exception):
    """Discord did not answer, so nobody can say what the member may do."""


class Members:
    """Reads members as they are now; they aren't cached, so each is one question to Discord."""

    def __init__(self, client: Callable[[], discord.Client]) -> None:
        self._client = client

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


def actor_of_member(member: discord.Member) -> Actor:
    """A member as decisions look at them, by their rights in the guild as a whole."""
    rights = member.guild_permissions
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
