"""Scheduled events of a guild: what is planned, in the list that Discord shows everybody."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import aiohttp
import discord
import structlog

log = structlog.stdlib.get_logger(__name__)

LASTS: Final = timedelta(minutes=10)
"""An event at no channel of Discord's has to say when it ends."""
SECONDS: Final = 15.0
NAME_CHARACTERS: Final = 100
PLACE_CHARACTERS: Final = 100
_UNKNOWN_EVENT: Final = 10070


class Events:
    """Makes, moves and removes scheduled events; what Discord refuses is noted, not raised."""

    def __init__(self, client: Callable[[], discord.Client]) -> None:
        self._client = client

    def may(self, guild_id: int) -> bool:
        """Whether the bot may make events there."""
        guild = self._client().get_guild(guild_id)
        if guild is None or guild.me is None:
            return False
        rights = guild.me.guild_permissions
        return rights.create_events or rights.manage_events

    async def make(
        self, guild_id: int, *, name: str, place: str, about: str, at: datetime
    ) -> int | None:
        """Make an event; None where Discord refuses or doesn't answer."""
        guild = self._client().get_guild(guild_id)
        if guild is None:
            return None
        try:
            async with asyncio.timeout(SECONDS):
                made = await guild.create_scheduled_event(
                    name=name[:NAME_CHARACTERS],
                    description=about[:1000],
                    location=place[:PLACE_CHARACTERS],
                    start_time=at,
                    end_time=at + LASTS,
                    entity_type=discord.EntityType.external,
                    privacy_level=discord.PrivacyLevel.guild_only,
                )
        except (discord.HTTPException, aiohttp.ClientError, TimeoutError) as error:
            log.info("event not made", guild=guild_id, error=str(error) or "no answer")
            return None
        return made.id

    async def find(self, guild_id: int, *, name: str, at: datetime) -> int | None:
        """An event of ours whose id was lost with the process."""
        client = self._client()
        guild, me = client.get_guild(guild_id), client.user
        if guild is None or me is None:
            return None
        try:
            async with asyncio.timeout(SECONDS):
                found = await guild.fetch_scheduled_events(with_counts=False)
        except (discord.HTTPException, aiohttp.ClientError, TimeoutError) as error:
            log.info("events not read", guild=guild_id, error=str(error) or "no answer")
            return None
        wanted = name[:NAME_CHARACTERS]
        for one in found:
            if one.creator_id == me.id and one.name == wanted and one.start_time == at:
                return one.id
        return None

    async def remove(self, guild_id: int, event_id: int) -> None:
        """Take an event away; one that is gone or over is no trouble."""
        guild = self._client().get_guild(guild_id)
        if guild is None:
            return
        try:
            async with asyncio.timeout(SECONDS):
                found = await guild.fetch_scheduled_event(event_id, with_counts=False)
                await found.delete()
        except (discord.HTTPException, aiohttp.ClientError, TimeoutError) as error:
            if getattr(error, "code", 0) != _UNKNOWN_EVENT:
                log.info("event not removed", guild=guild_id, error=str(error) or "no answer")
