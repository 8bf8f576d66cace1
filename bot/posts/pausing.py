"""A channel that refused: its one note to the admins, and the end of its pause."""

from collections.abc import Callable
from typing import Final

import discord
import structlog

from bot.access.gate import Gate
from bot.clock import Clock
from bot.posts.answers import NotSent
from bot.posts.delivery import Delivery, Pause, Place
from bot.posts.messages import Message
from bot.posts.places import Places
from bot.supervisor import Supervisor
from bot.texts import _, speaking

log = structlog.stdlib.get_logger(__name__)

PROBE_SECONDS: Final = 600.0
"""How often a place is tried again that refused although the bot may write there."""


class Pausing:
    """Tells a guild once that a channel is paused, and looks when permissions change."""

    def __init__(
        self,
        delivery: Delivery,
        places: Places,
        gate: Gate,
        supervisor: Supervisor,
        *,
        client: Callable[[], discord.Client],
        clock: Clock,
    ) -> None:
        self._client = client
        self._clock = clock
        self._delivery = delivery
        self._places = places
        self._gate = gate
        self._supervisor = supervisor
        delivery.on_pause = self._begin

    async def run(self) -> None:
        """Try again from time to time where nothing seems to forbid it.

        Discord's edge refuses at times what Discord allows, and of the end of a time-out or of a
        change while the gateway was away no event tells.
        """
        while True:
            await self._clock.sleep(PROBE_SECONDS)
            for pause in self._delivery.all_paused:
                guild = self._client().get_guild(pause.place.guild_id)
                if guild is not None and _may_go_on(guild, pause.place):
                    self._delivery.probe(pause.place)

    def permissions_changed(self, guild: discord.Guild) -> None:
        """Go on in the channels where the bot may write again."""
        for pause in self._delivery.paused(guild.id):
            if _may_go_on(guild, pause.place):
                self._delivery.resume(pause.place)

    def thread_opened(self, guild_id: int, thread_id: int) -> None:
        """Go on in a thread that is open again."""
        for pause in self._delivery.paused(guild_id):
            if pause.is_shut and pause.place.channel_id == thread_id:
                self._delivery.resume(pause.place)

    def _begin(self, pause: Pause) -> None:
        place = pause.place
        told_in = self._gate.book(place.guild_id).settings.audit_channel_id
        if told_in is None or (told_in == place.channel_id and not place.by_webhook):
            return
        self._supervisor.start(f"pause {place.channel_id}", self._tell(pause, told_in))

    async def _tell(self, pause: Pause, told_in: int) -> None:
        guild_id = pause.place.guild_id
        with speaking(self._gate.language(guild_id, self._places.language(guild_id))):
            said = pause_words(pause)
        try:
            await self._places.send(guild_id, told_in, Message(said))
        except NotSent as error:
            log.info("pause not told", guild=guild_id, error=str(error))


def pause_words(pause: Pause) -> str:
    """What is paused, and what would end it."""
    if pause.is_gone:
        return _(
            "A channel in which I posted was deleted. What went there is paused: "
            "`/mirror list`, `/board list` and `/alerts list` show what, and move it."
        )
    channel = f"<#{pause.place.channel_id}>"
    if pause.is_shut:
        return _(
            "The thread {channel} is closed and locked. What goes there is paused. Open it, or "
            "give me *Manage Threads* there, and I go on by myself.",
            channel=channel,
        )
    if pause.place.by_webhook:
        return _(
            "I may no longer make webhooks in {channel}. The consoles that are mirrored there are "
            "paused. Give me *View Channel* and *Manage Webhooks* there, and I go on by myself.",
            channel=channel,
        )
    return _(
        "I may no longer post in {channel}. What goes there is paused. Give me *View Channel* and "
        "*Send Messages* there, and I go on by myself.",
        channel=channel,
    )


def _may_go_on(guild: discord.Guild, place: Place) -> bool:
    channel = guild.get_channel_or_thread(place.channel_id)
    if channel is None:
        return False
    rights = channel.permissions_for(guild.me)
    if isinstance(channel, discord.Thread) and channel.locked and not rights.manage_threads:
        return False
    if place.by_webhook:
        return rights.view_channel and rights.manage_webhooks
    if isinstance(channel, discord.Thread):
        return rights.view_channel and rights.send_messages_in_threads
    return rights.view_channel and rights.send_messages
