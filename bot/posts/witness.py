"""The witness of the audit trail: its head, posted once a day where admins chose.

Who holds the database can rewrite the trail from some entry to its end. A head that stands in a
channel of Discord's can't be rewritten with it, so a later edit shows.
"""

from collections.abc import Callable, Iterable
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from bot.access.gate import Gate
from bot.clock import Clock
from bot.posts.answers import NotSent
from bot.posts.messages import Message
from bot.posts.places import Places
from bot.store import audit, posted
from bot.store.audit import Head
from bot.store.engine import Database
from bot.texts import _, speaking

log = structlog.stdlib.get_logger(__name__)

KIND: Final = "audit head"
LOOK_EVERY_SECONDS: Final = 600.0
READY_SECONDS: Final = 5.0


class Witness:
    """Posts each guild's head when a day is over; what was posted is remembered in the database."""

    def __init__(
        self,
        *,
        database: Database,
        gate: Gate,
        places: Places,
        guilds: Callable[[], Iterable[int]],
        is_ready: Callable[[], bool],
        clock: Clock,
    ) -> None:
        self._database = database
        self._gate = gate
        self._places = places
        self._guilds = guilds
        self._is_ready = is_ready
        self._clock = clock

    def is_paused(self, guild_id: int) -> bool:
        """Whether Discord refused the chosen channel; setting one again goes on."""
        chosen = self._gate.book(guild_id).settings.audit_channel_id
        return chosen is not None and self._places.is_paused(guild_id, chosen)

    async def run(self) -> None:
        """Look at all guilds from time to time."""
        while True:
            if not self._is_ready():
                await self._clock.sleep(READY_SECONDS)
                continue
            for guild_id in tuple(self._guilds()):
                if not self.is_paused(guild_id):
                    await self._look(guild_id)
            await self._clock.sleep(LOOK_EVERY_SECONDS)

    async def post(self, guild_id: int) -> bool:
        """Post the head now, for this day; False where Discord refuses the channel."""
        channel_id = self._gate.book(guild_id).settings.audit_channel_id
        if channel_id is None:
            return False
        self._places.resume(guild_id, channel_id)
        async with self._database.read() as session:
            head = await audit.head(session, guild_id=guild_id)
        return head is None or await self._post(guild_id, channel_id, head)

    async def _look(self, guild_id: int) -> None:
        channel_id = self._gate.book(guild_id).settings.audit_channel_id
        if channel_id is None:
            return
        async with self._database.read() as session:
            last = await posted.list_messages(session, guild_id=guild_id, kind=KIND)
            head = await audit.head(session, guild_id=guild_id)
        day, seq = last[-1].subject_id.split(" ") if last else ("", "")
        if head is None or self._today(guild_id) == day or str(head.seq) == seq:
            return  # posted already, or nothing happened since
        await self._post(guild_id, channel_id, head)

    async def _post(self, guild_id: int, channel_id: int, head: Head) -> bool:
        now = self._clock.now()
        language = self._gate.language(guild_id, self._places.language(guild_id))
        with speaking(language):
            said = _(
                "Audit trail: {head}\nKeep this message. `/audit verify` with it shows whether an "
                "entry up to this one was changed since.",
                head=f"`{head.seq}:{head.hash}`",
            )
        try:
            post = await self._places.send(guild_id, channel_id, Message(said))
        except NotSent as error:
            log.warning("audit head not posted", guild=guild_id, error=str(error))
            return False  # trouble of Discord's own passes, so it is tried again
        if post is None:
            log.warning("audit channel refused", guild=guild_id, channel=channel_id)
            return False
        async with self._database.write() as session:
            before = await posted.list_messages(session, guild_id=guild_id, kind=KIND)
            for one in before:
                await posted.forget_message(session, guild_id=guild_id, message_id=one.message_id)
            await posted.remember_message(
                session,
                guild_id=guild_id,
                channel_id=channel_id,
                message_id=post.message_id,
                kind=KIND,
                subject_id=f"{self._today(guild_id)} {head.seq}",
                now=now,
            )
        return True

    def _today(self, guild_id: int) -> str:
        """The day it is in the guild's own time zone; its midnight is when the head is due."""
        zone = ZoneInfo(self._gate.book(guild_id).settings.time_zone)
        return self._clock.now().astimezone(zone).date().isoformat()
