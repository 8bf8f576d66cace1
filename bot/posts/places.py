"""Where the bot may post without an interaction at hand: channels and messages by their ids."""

from collections.abc import Callable

import discord
from discord.abc import Messageable

from bot.posts.answers import Post, send
from bot.posts.messages import Message


class Places:
    """Finds channels and messages of ours again, after hours or a restart of the bot."""

    def __init__(self, client: Callable[[], discord.Client]) -> None:
        self._client = client

    def language(self, guild_id: int) -> str:
        """The guild's own language on Discord."""
        guild = self._client().get_guild(guild_id)
        return guild.preferred_locale.value if guild else ""

    def post(self, guild_id: int, channel_id: int, message_id: int) -> Post:
        """A message of ours, to be edited."""
        channel = self._channel(guild_id, channel_id)
        return Post(channel.get_partial_message(message_id))

    async def send(self, guild_id: int, channel_id: int, message: Message) -> Post | None:
        """Send to a channel; None where Discord refuses."""
        channel: Messageable = self._channel(guild_id, channel_id)
        return await send(channel, message)

    def _channel(self, guild_id: int, channel_id: int) -> discord.PartialMessageable:
        return self._client().get_partial_messageable(channel_id, guild_id=guild_id)
