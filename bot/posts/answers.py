"""How answers reach people: the private one of an interaction, and what is published beside it."""

import asyncio
from collections.abc import Mapping

import discord
import structlog
from discord.abc import Messageable

from bot.posts.mentions import link_layout
from bot.posts.messages import Message

log = structlog.stdlib.get_logger(__name__)

SEND_SECONDS = 10.0
_GONE = frozenset({10003, 10004, 10008, 50001, 50013})
"""Discord's codes for a channel, guild or message that is not there for us any more."""


def command_ids(interaction: discord.Interaction) -> Mapping[str, int]:
    """Discord's ids of the commands that this reader is shown; others would read "unavailable"."""
    ids: Mapping[str, int] = getattr(interaction.client, "command_ids", {})
    if interaction.permissions.manage_guild:
        return ids
    open_ones: frozenset[str] = getattr(interaction.client, "open_commands", frozenset())
    return {name: command_id for name, command_id in ids.items() if name in open_ones}


_ENDED = frozenset({10008, 10015, 50027})
"""Discord's codes for an answer that was dismissed, or whose token has run out."""


class Answer:
    """The private answer to one interaction, edited for as long as its token lives."""

    def __init__(self, interaction: discord.Interaction, *, is_card: bool = False) -> None:
        self._interaction = interaction
        self.is_card = is_card
        """Whether it edits the message whose component was pressed; an error leaves that alone."""
        self._lock = asyncio.Lock()
        self.is_final = False
        self.is_gone = False
        """Once its token or its message is no more, nothing is sent in vain."""

    async def show(self, message: Message, *, is_final: bool = True) -> None:
        """Replace what the answer says; once final, a late "still waiting" is left out."""
        async with self._lock:
            if self.is_gone or (self.is_final and not is_final):
                return
            self.is_final = is_final
            view = message.as_layout()
            link_layout(view, command_ids(self._interaction))
            try:
                async with asyncio.timeout(SEND_SECONDS):
                    await self._interaction.edit_original_response(
                        content=None,
                        view=view,
                        attachments=list(message.files),
                        allowed_mentions=discord.AllowedMentions.none(),
                    )
            except discord.HTTPException as error:
                self.is_gone = error.code in _ENDED
                log.warning("answer not delivered", error=str(error), gone=self.is_gone)
            except TimeoutError:
                log.warning("answer not delivered", error="Discord did not answer")

    async def add(self, message: Message) -> None:
        """Say something more, privately, below the answer."""
        async with asyncio.timeout(SEND_SECONDS):
            await self._interaction.followup.send(
                view=message.as_layout(),
                files=list(message.files),
                ephemeral=True,
                allowed_mentions=discord.AllowedMentions.none(),
            )

    async def remove(self) -> None:
        """Take the answer away; what was published says it all."""
        async with self._lock:
            self.is_final = True
            try:
                async with asyncio.timeout(SEND_SECONDS):
                    await self._interaction.delete_original_response()
            except (discord.HTTPException, TimeoutError) as error:
                log.warning("answer not removed", error=str(error))


class Post:
    """A message of the bot's own in a channel, edited as things go on."""

    def __init__(self, message: discord.Message | discord.PartialMessage) -> None:
        self._message = message
        self._lock = asyncio.Lock()
        self.is_gone = False

    @property
    def channel_id(self) -> int:
        """The channel it stands in."""
        return self._message.channel.id

    @property
    def message_id(self) -> int:
        """Discord's id of it."""
        return self._message.id

    async def edit(self, message: Message) -> bool:
        """Replace it; False once somebody deleted it or took the channel away."""
        async with self._lock:
            if self.is_gone:
                return False
            try:
                async with asyncio.timeout(SEND_SECONDS):
                    if message.layout is not None:
                        await self._message.edit(content=None, view=message.as_layout())
                    else:
                        await self._message.edit(content=message.text, attachments=message.files)
            except discord.HTTPException as error:
                self.is_gone = error.code in _GONE
                log.warning("post not edited", error=str(error), gone=self.is_gone)
                return not self.is_gone
            except TimeoutError:
                log.warning("post not edited", error="Discord did not answer")
            return True


def may_publish(interaction: discord.Interaction) -> bool:
    """Whether the bot may write where the interaction happened."""
    rights = interaction.app_permissions
    if isinstance(interaction.channel, discord.Thread):
        return rights.view_channel and rights.send_messages_in_threads
    return rights.view_channel and rights.send_messages


async def publish(interaction: discord.Interaction, message: Message) -> Post | None:
    """Send `message` to the channel as the bot itself; None where it may not write."""
    channel = interaction.channel
    if not isinstance(channel, Messageable) or not may_publish(interaction):
        return None
    return await send(channel, message)


async def send(channel: Messageable, message: Message) -> Post | None:
    """Send to a channel; None where Discord refuses."""
    try:
        async with asyncio.timeout(SEND_SECONDS):
            if message.layout is not None:
                sent = await channel.send(
                    view=message.as_layout(),
                    files=list(message.files),
                    allowed_mentions=discord.AllowedMentions.none(),
                )
            else:
                sent = await channel.send(
                    message.text,
                    files=list(message.files),
                    allowed_mentions=discord.AllowedMentions.none(),
                )
    except (discord.Forbidden, discord.NotFound) as error:
        log.warning("not published", error=str(error))
        return None
    return Post(sent)
