"""A channel that refused: its one note to the admins, and the end of its pause."""

import discord
import structlog

from bot.access.gate import Gate
from bot.posts.answers import NotSent
from bot.posts.delivery import Delivery, Pause
from bot.posts.messages import Message
from bot.posts.places import Places
from bot.supervisor import Supervisor
from bot.texts import _, speaking

log = structlog.stdlib.get_logger(__name__)


class Pausing:
    """Tells a guild once that a channel is paused, and looks when permissions change."""

    def __init__(
        self, delivery: Delivery, places: Places, gate: Gate, supervisor: Supervisor
    ) -> None:
        self._delivery = delivery
        self._places = places
        self._gate = gate
        self._supervisor = supervisor
        delivery.on_pause = self._begin

    def permissions_changed(self, guild: discord.Guild) -> None:
        """Go on in the channels where the bot may write again."""
        for pause in self._delivery.paused(guild.id):
            channel = guild.get_channel_or_thread(pause.channel_id)
            if channel is None:
                continue
            rights = channel.permissions_for(guild.me)
            writes = rights.send_messages
            if isinstance(channel, discord.Thread):
                writes = rights.send_messages_in_threads
            if rights.view_channel and writes:
                self._delivery.resume(guild.id, pause.channel_id)

    def _begin(self, pause: Pause) -> None:
        told_in = self._gate.book(pause.guild_id).settings.audit_channel_id
        if told_in is None or told_in == pause.channel_id:
            return
        self._supervisor.start(f"pause {pause.channel_id}", self._tell(pause, told_in))

    async def _tell(self, pause: Pause, told_in: int) -> None:
        guild_id = pause.guild_id
        with speaking(self._gate.language(guild_id, self._places.language(guild_id))):
            if pause.is_gone:
                said = _(
                    "A channel in which I posted was deleted. What went there is paused: "
                    "`/mirror list`, `/board list` and `/alerts list` show what, and move it."
                )
            else:
                said = _(
                    "I may no longer post in {channel}. What goes there is paused. Give me "
                    "*View Channel* and *Send Messages* there, and I go on by myself.",
                    channel=f"<#{pause.channel_id}>",
                )
        try:
            await self._places.send(guild_id, told_in, Message(said))
        except NotSent as error:
            log.info("pause not told", guild=guild_id, error=str(error))
