"""Discord's own settings of our commands in each guild, kept until they change."""

import asyncio
from collections.abc import Callable
from typing import Final

import aiohttp
import discord
import structlog

from bot.access.command_permissions import Entry, Kind, Settings

log = structlog.stdlib.get_logger(__name__)

READ_SECONDS: Final = 8.0
_KINDS: Final = {kind.value: kind for kind in Kind}


class Integrations:
    """What Server Settings → Integrations says; the gateway tells when it changed."""

    def __init__(self, client: Callable[[], discord.Client]) -> None:
        self._client = client
        self._known: dict[int, Settings] = {}
        self._changes: dict[int, int] = {}

    async def settings(self, guild_id: int) -> Settings | None:
        """The settings; None where they can't be read just now, so that nobody guesses."""
        known = self._known.get(guild_id)
        if known is not None:
            return known
        changes = self._changes.get(guild_id, 0)
        client = self._client()
        app_id = client.application_id
        if app_id is None:
            return None
        try:
            async with asyncio.timeout(READ_SECONDS):
                told = await client.http.get_guild_application_command_permissions(app_id, guild_id)
        except (discord.HTTPException, aiohttp.ClientError, TimeoutError) as error:
            log.info("command permissions not read", guild=guild_id, error=str(error))
            return None
        entries = {
            int(one["id"]): tuple(
                Entry(_KINDS[line["type"]], int(line["id"]), line["permission"])
                for line in one["permissions"]
                if line["type"] in _KINDS
            )
            for one in told
        }
        read = Settings(guild_id, entries.pop(app_id, ()), entries)
        if self._changes.get(guild_id, 0) == changes:  # else it may be older than what was told
            self._known[guild_id] = read
        return read

    def changed(self, guild_id: int) -> None:
        """An admin changed something there, or the guild is gone: read again when asked."""
        self._known.pop(guild_id, None)
        self._changes[guild_id] = self._changes.get(guild_id, 0) + 1
