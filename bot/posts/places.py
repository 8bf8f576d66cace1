"""Where the bot may post without an interaction at hand: channels and messages by their ids."""

from collections.abc import Callable, Sequence

import discord

from bot.posts.answers import Post, send
from bot.posts.delivery import Delivery, Place
from bot.posts.messages import Message


class Places:
    """Finds channels and messages of ours again, after hours or a restart of the bot."""

    def __init__(self, client: Callable[[], discord.Client], delivery: Delivery) -> None:
        self._client = client
        self._delivery = delivery

    def language(self, guild_id: int) -> str:
        """The guild's own language on Discord."""
        guild = self._client().get_guild(guild_id)
        return guild.preferred_locale.value if guild else ""

    def post(self, guild_id: int, channel_id: int, message_id: int) -> Post:
        """A message of ours, to be edited."""
        channel = self._channel(guild_id, channel_id)
        place = Place(guild_id, channel_id)
        return Post(channel.get_partial_message(message_id), self._delivery, place)

    async def send(
        self,
        guild_id: int,
        channel_id: int,
        message: Message,
        *,
        pings: Sequence[discord.Object] = (),
    ) -> Post | None:
        """Send to a channel; None where it refuses, now or since it was paused.

        Args:
            guild_id: The guild of the channel.
            channel_id: A channel or thread.
            message: What to say; its text names those who are pinged.
            pings: Who may be pinged by it (`discord.Object(id, type=discord.Role)` or
                `type=discord.User`); nobody else is. `Post.unheard` tells who can't be.

        Raises:
            NotSent: Discord had trouble of its own or didn't answer; it may be tried again.
        """
        return await send(
            self._channel(guild_id, channel_id),
            message,
            self._delivery,
            Place(guild_id, channel_id),
            pings=pings,
            unheard=[one for one in pings if not self.can_ping(guild_id, channel_id, one)],
        )

    def can_ping(self, guild_id: int, channel_id: int, who: discord.Object) -> bool:
        """Whether naming somebody there notifies them: always for members, not for every role."""
        if who.type is not discord.Role:
            return True
        guild = self._client().get_guild(guild_id)
        role = guild.get_role(who.id) if guild else None
        if guild is None or role is None:
            return False
        channel = guild.get_channel_or_thread(channel_id)
        return role.mentionable or (
            channel is not None and channel.permissions_for(guild.me).mention_everyone
        )

    def is_paused(self, guild_id: int, channel_id: int) -> bool:
        """Whether a channel refused and is left alone until its permissions change."""
        return self._delivery.is_paused(guild_id, channel_id)

    def resume(self, guild_id: int, channel_id: int) -> None:
        """Try a paused channel again, because somebody asked for it."""
        self._delivery.resume(guild_id, channel_id)

    def _channel(self, guild_id: int, channel_id: int) -> discord.PartialMessageable:
        return self._client().get_partial_messageable(channel_id, guild_id=guild_id)
