"""Where the bot may post without an interaction at hand: channels and messages by their ids."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

import aiohttp
import discord
import structlog

from bot.posts.answers import NotSent, Post, send
from bot.posts.delivery import SEND_SECONDS, Delivery, Paused, Place
from bot.posts.messages import Message, is_known
from bot.posts.traffic import HeldUp

log = structlog.stdlib.get_logger(__name__)

LOOKED_THROUGH: Final = 100
CLOCKS_APART: Final = timedelta(seconds=30)
"""Discord's clock and ours, at most; more would not find our own message again."""
_TROUBLE: Final = (discord.HTTPException, aiohttp.ClientError, HeldUp, TimeoutError)


def newer_than(message_id: int) -> datetime:
    """Since when a message is surely not the one with this id, for `Places.send_once`."""
    return discord.utils.snowflake_time(message_id) + 2 * CLOCKS_APART


class _NoReaction(Exception):
    """The bot may not add reactions there."""


class Places:
    """Finds channels and messages of ours again, after hours or a restart of the bot."""

    def __init__(self, client: Callable[[], discord.Client], delivery: Delivery) -> None:
        self._client = client
        self._delivery = delivery

    def roles(self, guild_id: int) -> frozenset[int]:
        """The ids of the guild's roles; empty where it isn't known just now."""
        guild = self._client().get_guild(guild_id)
        if guild is None or guild.unavailable:
            return frozenset()
        return frozenset(role.id for role in guild.roles)

    def language(self, guild_id: int) -> str:
        """The guild's own language on Discord."""
        guild = self._client().get_guild(guild_id)
        return guild.preferred_locale.value if guild else ""

    def post(
        self, guild_id: int, channel_id: int, message_id: int, *, is_first: bool = False
    ) -> Post:
        """A message of ours, to be edited; `is_first` where somebody waits for it."""
        channel = self._channel(guild_id, channel_id)
        place = Place(guild_id, channel_id)
        message = channel.get_partial_message(message_id)
        return Post(
            message,
            self._delivery,
            place,
            is_first=is_first,
            wake=lambda: self._wake(channel_id),
        )

    async def find_own(
        self,
        guild_id: int,
        channel_id: int,
        *,
        after: datetime,
        row_id: str,
        marks: Collection[str],
    ) -> Post | None:
        """A message of ours that nobody noted down: its id was lost with the process.

        Args:
            guild_id: The guild of the channel.
            channel_id: Where it was sent.
            after: When it was sent at the earliest.
            row_id: What stands in the id of one of its buttons, where it has any.
            marks: Its `Message.mark`, or several where it may have said one or the other.
        """
        client = self._client()
        me = client.user.id if client.user else 0
        channel, place = self._channel(guild_id, channel_id), Place(guild_id, channel_id)
        try:
            async with asyncio.timeout(SEND_SECONDS):
                async for found in channel.history(
                    limit=LOOKED_THROUGH, after=after, oldest_first=False
                ):
                    if found.author.id == me and is_known(found, row_id, marks):
                        return Post(found, self._delivery, place, is_first=True)
        except (discord.HTTPException, aiohttp.ClientError, TimeoutError) as error:
            log.info("own message not looked for", channel=channel_id, error=str(error))
        return None

    async def send(
        self,
        guild_id: int,
        channel_id: int,
        message: Message,
        *,
        pings: Sequence[discord.Object] = (),
        is_first: bool = False,
        nonce: str = "",
    ) -> Post | None:
        """Send to a channel; None where it refuses, now or since it was paused.

        Args:
            guild_id: The guild of the channel.
            channel_id: A channel or thread.
            message: What to say; its text names those who are pinged.
            pings: Who may be pinged by it (`discord.Object(id, type=discord.Role)` or
                `type=discord.User`); nobody else is. `Post.unheard` tells who can't be.
            is_first: Somebody waits for it.
            nonce: See `answers.send`.

        Raises:
            NotSent: Discord had trouble of its own or didn't answer; it may be tried again.
        """
        return await send(
            self._channel(guild_id, channel_id),
            message,
            self._delivery,
            Place(guild_id, channel_id),
            is_first=is_first,
            nonce=nonce,
            pings=pings,
            unheard=[one for one in pings if not self.can_ping(guild_id, channel_id, one)],
        )

    async def send_once(
        self,
        guild_id: int,
        channel_id: int,
        message: Message,
        *,
        nonce: str = "",
        row_id: str = "",
        lost_since: datetime | None = None,
        marks: Collection[str] = (),
        pings: Sequence[discord.Object] = (),
        is_first: bool = False,
    ) -> Post | None:
        """Send what stands in a row; a process that died before it noted the message has sent it.

        Args:
            guild_id: The guild of the channel.
            channel_id: A channel or thread.
            message: What to say now.
            nonce: The same for the same message, by whichever process.
            row_id: See `find_own`.
            lost_since: When it may have been sent at the earliest; None where it surely was not.
            marks: What it may have said then.
            pings: See `send`; nobody is pinged again.
            is_first: Somebody waits for it.

        Raises:
            NotSent: Discord had trouble of its own or didn't answer; it may be tried again.
        """
        post = None
        if lost_since is not None:
            marks = (*marks, message.mark)
            since = lost_since - CLOCKS_APART
            post = await self.find_own(
                guild_id, channel_id, after=since, row_id=row_id, marks=marks
            )
        if post is None:
            post = await self.send(
                guild_id, channel_id, message, pings=pings, is_first=is_first, nonce=nonce
            )
        if post is not None and lost_since is not None and not post.says(message):
            # it is the one from before, or Discord took it for that one
            await post.edit(message, pings=pings)
        return post

    async def react(self, guild_id: int, channel_id: int, message_id: int, emoji: str) -> bool:
        """Put a reaction on somebody's message; False where that isn't to be had."""
        message = self._channel(guild_id, channel_id).get_partial_message(message_id)

        async def call() -> None:
            try:
                await message.add_reaction(emoji)
            except discord.Forbidden as error:
                raise _NoReaction from error  # which says nothing of messages there

        try:
            await self._delivery.send(Place(guild_id, channel_id), call, is_first=True)
        except (*_TROUBLE, Paused, _NoReaction) as error:
            log.info("no reaction", guild=guild_id, error=str(error) or type(error).__name__)
            return False
        return True

    async def try_send(
        self,
        guild_id: int,
        channel_id: int,
        message: Message,
        *,
        pings: Sequence[discord.Object] = (),
        nonce: str = "",
    ) -> Post | None:
        """Send what is of no use later; None where it could not be sent, for whatever reason."""
        try:
            return await self.send(guild_id, channel_id, message, pings=pings, nonce=nonce)
        except NotSent as error:
            log.info("not sent", guild=guild_id, channel=channel_id, error=str(error))
            return None

    async def open_thread(
        self, guild_id: int, channel_id: int, message_id: int, title: str
    ) -> int | None:
        """Open a thread at a message of ours; its id, None where Discord doesn't let us."""
        if not self.may_open_threads(guild_id, channel_id):
            return None  # a refusal would pause the whole channel
        message = self._channel(guild_id, channel_id).get_partial_message(message_id)
        try:
            thread = await self._delivery.send(
                Place(guild_id, channel_id), lambda: message.create_thread(name=title)
            )
        except (Paused, HeldUp, discord.HTTPException, aiohttp.ClientError, TimeoutError) as error:
            log.info("no thread", guild=guild_id, channel=channel_id, error=str(error))
            return None
        return thread.id

    def may_open_threads(self, guild_id: int, channel_id: int) -> bool:
        """Whether the bot may open threads in a channel and write in them."""
        guild = self._client().get_guild(guild_id)
        channel = guild.get_channel(channel_id) if guild else None
        if guild is None or channel is None:
            return False
        rights = channel.permissions_for(guild.me)
        return rights.create_public_threads and rights.send_messages_in_threads

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

    def has_channel(self, guild_id: int, channel_id: int) -> bool:
        """Whether a channel is there, as far as Discord told; a guild that is away keeps all."""
        if self.is_shut(guild_id, channel_id):
            return True  # Discord tells of open threads alone
        guild = self._client().get_guild(guild_id)
        return guild is None or guild.get_channel_or_thread(channel_id) is not None

    async def elsewhere(self, guild_id: int, member_id: int, chosen: Sequence[int]) -> int | None:
        """Where a member is told what their own channel can't say any more; None where nowhere.

        Args:
            guild_id: The guild.
            member_id: Who is to read it, if that can be.
            chosen: Channels that admins chose for news of ours; the guild's own for news of
                Discord's comes after them.
        """
        guild = self._client().get_guild(guild_id)
        if guild is None:
            return None
        found = [guild.get_channel(one) for one in chosen]
        open_here = [
            one
            for one in (*found, guild.system_channel)
            if isinstance(one, discord.TextChannel)
            and one.permissions_for(guild.me).view_channel
            and one.permissions_for(guild.me).send_messages
        ]
        try:
            member = await guild.fetch_member(member_id)
        except discord.HTTPException:
            return None  # who asked has left, or can't be looked up
        read = [one for one in open_here if one.permissions_for(member).view_channel]
        return next((one.id for one in (*read, *open_here)), None)

    def is_open(self, guild_id: int, channel_id: int) -> bool:
        """Whether everybody in the guild reads the channel."""
        guild = self._client().get_guild(guild_id)
        channel = guild.get_channel_or_thread(channel_id) if guild else None
        if guild is None or channel is None:
            return False
        return is_read_by_all(channel)

    def name(self, guild_id: int, channel_id: int) -> str:
        """A channel's name, for where a mention doesn't work; "" for one that is gone."""
        guild = self._client().get_guild(guild_id)
        channel = guild.get_channel_or_thread(channel_id) if guild else None
        return f"#{channel.name}" if channel else ""

    def is_paused(self, guild_id: int, channel_id: int) -> bool:
        """Whether a channel refused and is left alone until its permissions change."""
        return self._delivery.is_paused(Place(guild_id, channel_id))

    def is_shut(self, guild_id: int, channel_id: int) -> bool:
        """Whether a place is left alone because it is a thread that was closed and locked."""
        pause = self._delivery.pause_of(Place(guild_id, channel_id))
        return pause is not None and pause.is_shut

    def resume(self, guild_id: int, channel_id: int) -> None:
        """Try a paused channel again, because somebody asked for it."""
        self._delivery.resume(Place(guild_id, channel_id))

    async def _wake(self, channel_id: int) -> None:
        """Open a thread that Discord archived; where it is locked that takes Manage Threads."""
        thread = await self._client().fetch_channel(channel_id)
        if isinstance(thread, discord.Thread):
            await thread.edit(archived=False)

    def _channel(self, guild_id: int, channel_id: int) -> discord.PartialMessageable:
        return self._client().get_partial_messageable(channel_id, guild_id=guild_id)


def is_read_by_all(channel: discord.abc.GuildChannel | discord.Thread) -> bool:
    """Whether everybody in the guild reads a channel, or a thread of one."""
    everyone = channel.guild.default_role
    if not isinstance(channel, discord.Thread):
        return channel.permissions_for(everyone).view_channel
    parent = channel.parent
    if channel.is_private() or parent is None:
        return False
    return parent.permissions_for(everyone).view_channel
