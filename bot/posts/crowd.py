"""How many there are: members of a role, and who is in a voice channel. Read, never kept."""

from collections.abc import Callable
from typing import Final

import discord
import structlog

from bot.posts.members import NotAsked

log = structlog.stdlib.get_logger(__name__)

LOOKED_UP: Final = 30
"""Members of a voice channel of whom it is asked whether they are bots; more count as people."""


class Crowd:
    """Asks Discord for sizes, since members aren't cached."""

    def __init__(self, client: Callable[[], discord.Client]) -> None:
        self._client = client
        self._bots: dict[int, bool] = {}

    def role_name(self, guild_id: int, role_id: int) -> str | None:
        """What a role is called; None where it is gone."""
        guild = self._client().get_guild(guild_id)
        role = guild.get_role(role_id) if guild else None
        return role.name if role else None

    def channel_is_there(self, guild_id: int, channel_id: int) -> bool:
        """Whether a voice channel exists."""
        return self._voice(guild_id, channel_id) is not None

    async def role_size(self, guild_id: int, role_id: int) -> int | None:
        """How many have a role; None where it is gone. For everyone the guild's size.

        Raises:
            NotAsked: Discord did not answer.
        """
        guild = self._client().get_guild(guild_id)
        if guild is None:
            raise NotAsked(guild_id)
        if role_id != guild_id and guild.get_role(role_id) is None:
            return None
        try:
            if role_id == guild_id:
                # without the members intent the count that came with the guild grows old
                asked = await self._client().fetch_guild(guild_id, with_counts=True)
                return asked.approximate_member_count
            counts = await guild.role_member_counts()
        except discord.HTTPException as error:
            log.info("roles not counted", guild=guild_id, error=str(error))
            raise NotAsked(guild_id) from error
        return next((count for role, count in counts.items() if role.id == role_id), 0)

    async def others_manage(self, guild_id: int, member_id: int, roles: frozenset[int]) -> bool:
        """Whether anybody but one member has *Manage Server*, by Discord's counts of its roles.

        Bots that were given such a role count as well, since only members' own roles are counted.

        Raises:
            NotAsked: Discord did not answer.
        """
        guild = self._client().get_guild(guild_id)
        if guild is None:
            raise NotAsked(guild_id)
        if guild.owner_id != member_id or _manages(guild.default_role):
            return True
        try:
            counts = await guild.role_member_counts()
        except discord.HTTPException as error:
            log.info("roles not counted", guild=guild_id, error=str(error))
            raise NotAsked(guild_id) from error
        return any(
            count > (role.id in roles)
            for role, count in counts.items()
            if isinstance(role, discord.Role) and _manages(role) and not role.is_bot_managed()
        )

    def in_voice(self, guild_id: int, channel_id: int, member_id: int) -> bool:
        """Whether a member is in a voice channel now."""
        channel = self._voice(guild_id, channel_id)
        return channel is not None and member_id in channel.voice_states

    async def in_voice_now(self, guild_id: int, channel_id: int) -> frozenset[int] | None:
        """The people, without bots, who are in a voice channel; None where it is gone."""
        channel = self._voice(guild_id, channel_id)
        if channel is None:
            return None
        strange = [one for one in channel.voice_states if one not in self._bots]
        for member_id in strange[:LOOKED_UP]:
            try:
                member = await channel.guild.fetch_member(member_id)
            except discord.HTTPException as error:
                log.info("member not read", guild=guild_id, error=str(error))
                continue
            self._bots[member_id] = member.bot
        # read once more: who went while Discord was asked isn't there
        return frozenset(one for one in channel.voice_states if not self._bots.get(one, False))

    def _voice(
        self, guild_id: int, channel_id: int
    ) -> discord.VoiceChannel | discord.StageChannel | None:
        guild = self._client().get_guild(guild_id)
        channel = guild.get_channel(channel_id) if guild else None
        if isinstance(channel, discord.VoiceChannel | discord.StageChannel):
            return channel
        return None


def _manages(role: discord.Role) -> bool:
    return role.permissions.manage_guild or role.permissions.administrator
