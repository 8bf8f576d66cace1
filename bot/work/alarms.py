"""Alarms from their first message to their end: one open at a time, told by editing one message."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import structlog
from msgspec import Struct, structs

from bot.clock import Clock
from bot.posts.answers import Edited, NotSent
from bot.posts.messages import Message
from bot.posts.places import Places, newer_than
from bot.store import alarms as rows
from bot.store import posted
from bot.store.alarms import AlarmRow
from bot.store.alerts import AlertRow
from bot.store.engine import Database
from bot.store.posted import PostedRow
from bot.supervisor import Supervisor
from bot.texts import speaking
from bot.work.pings import Pings

log = structlog.stdlib.get_logger(__name__)

KIND: Final = "alarm"
OVER: Final = "alarm over"
"""Of messages that say how an alarm ended."""
TRY_AGAIN_SECONDS: Final = 60.0
QUICK_TRIES: Final = 30
LATER_SECONDS: Final = 300.0
"""After half an hour it is tried less often."""
TRIES: Final = 320
"""After a day of Discord's own trouble, or in a channel that refuses, it waits for the next change
or start."""


class Showing(Struct, frozen=True, kw_only=True):
    """One message about to be drawn."""

    row: AlarmRow
    mention: str = ""
    """Names whom it pings, or says why nobody is."""
    message_id: int | None = None
    """The message that is edited; None where one is sent, with what only that can carry."""


Draw = Callable[[Showing], Message]
Wants = Callable[[AlarmRow], Sequence[AlertRow]]


class Kind(Struct, frozen=True):
    """How alarms of a kind look, and where they are told."""

    draw: Draw
    alerts: Wants


class Alarms:
    """Keeps what is wrong, and its messages true; a restart of the bot takes both up."""

    def __init__(
        self,
        database: Database,
        places: Places,
        pings: Pings,
        supervisor: Supervisor,
        clock: Clock,
    ) -> None:
        self._database = database
        self._places = places
        self._pings = pings
        self._supervisor = supervisor
        self._clock = clock
        self._kinds: dict[str, Kind] = {}
        self._open: dict[int, dict[str, AlarmRow]] = {}
        self._left: dict[str, AlarmRow] = {}
        """As a former process left them: it may have sent messages that it didn't note."""
        self._untold: dict[int, list[AlarmRow]] = {}
        """Closed by a former process, while their messages still call them open."""
        self._sent: defaultdict[str, int] = defaultdict(int)
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._retrying: set[str] = set()

    def register(self, event: str, draw: Draw, alerts: Wants) -> None:
        """Say how alarms of an event look, and which alerts want them told."""
        self._kinds[event] = Kind(draw, alerts)

    async def load(self, guild_id: int) -> None:
        """Take up what is open in a guild, and what ended without being told."""
        async with self._database.read() as session:
            found = await rows.list_open_alarms(session, guild_id=guild_id)
            told = await posted.list_messages(session, guild_id=guild_id, kind=KIND)
            is_open = {row.id for row in found}
            ended = dict.fromkeys(one.subject_id for one in told if one.subject_id not in is_open)
            untold = [
                await rows.get_alarm(session, guild_id=guild_id, alarm_id=one) for one in ended
            ]
        self._open[guild_id] = {row.id: row for row in found}
        self._untold[guild_id] = [row for row in untold if row is not None]
        self._left |= self._open[guild_id]

    def resume(self, guild_id: int) -> None:
        """Bring the messages of what is open up to date, once Discord can hear of it."""
        self._supervisor.start(f"alarms of {guild_id}", self._resume(guild_id))

    async def _resume(self, guild_id: int) -> None:
        for row in (*self.of(guild_id), *self._untold.pop(guild_id, ())):
            await self.show(row)

    def forget(self, guild_id: int) -> None:
        """Drop a guild from memory; its rows stay."""
        for alarm_id in self._open.pop(guild_id, {}):
            self._locks.pop(alarm_id, None)
            self._left.pop(alarm_id, None)
            self._sent.pop(alarm_id, None)

    def of(self, guild_id: int, event: str | None = None) -> list[AlarmRow]:
        """What is open, oldest first."""
        found = self._open.get(guild_id, {}).values()
        return [row for row in found if event in (None, row.event)]

    def find(self, guild_id: int, event: str, subject_id: str) -> AlarmRow | None:
        """The open alarm of an event and subject."""
        found = (row for row in self.of(guild_id, event) if row.subject_id == subject_id)
        return next(found, None)

    def newest(self, row: AlarmRow) -> AlarmRow:
        """The row as it is by now; itself, closed, where it is no longer open."""
        found = self._open.get(row.guild_id, {}).get(row.id)
        return found or structs.replace(row, closed_at=row.closed_at or self._clock.now())

    def guilds(self) -> Iterable[int]:
        """The guilds that are loaded."""
        return tuple(self._open)

    async def open(
        self, guild_id: int, event: str, subject_id: str, facts: Struct
    ) -> AlarmRow | None:
        """Open an alarm and tell of it; None where one of the same is open already."""
        async with self._database.write() as session:
            row = await rows.open_alarm(
                session,
                guild_id=guild_id,
                event=event,
                subject_id=subject_id,
                facts=facts,
                now=self._clock.now(),
            )
        if row is None:
            return None
        log.info("alarm opened", guild=guild_id, alarm=row.id, kind=event)
        self._keep(row)
        await self.show(row)
        return row

    async def last(self, guild_id: int, event: str, subject_id: str) -> AlarmRow | None:
        """The newest alarm of an event and subject, open or closed."""
        async with self._database.read() as session:
            return await rows.last_alarm(
                session, guild_id=guild_id, event=event, subject_id=subject_id
            )

    async def get(self, guild_id: int, alarm_id: str) -> AlarmRow | None:
        """An alarm, open or closed."""
        async with self._database.read() as session:
            return await rows.get_alarm(session, guild_id=guild_id, alarm_id=alarm_id)

    async def change(self, row: AlarmRow, facts: Struct) -> AlarmRow | None:
        """Tell something new of an alarm; None for one that was forgotten meanwhile."""
        async with self._database.write() as session:
            changed = await rows.change_alarm(
                session, guild_id=row.guild_id, alarm_id=row.id, facts=facts
            )
        return await self._changed(changed)

    async def keep(self, row: AlarmRow, facts: Struct) -> None:
        """Note something of an alarm that changes no message."""
        async with self._database.write() as session:
            changed = await rows.change_alarm(
                session, guild_id=row.guild_id, alarm_id=row.id, facts=facts
            )
        if changed is not None:
            self._keep(changed)

    async def close(self, row: AlarmRow, facts: Struct) -> AlarmRow | None:
        """End an alarm and say so; None where it has ended already."""
        async with self._database.write() as session:
            closed = await rows.close_alarm(
                session,
                guild_id=row.guild_id,
                alarm_id=row.id,
                facts=facts,
                now=self._clock.now(),
            )
        if closed is not None:
            log.info("alarm closed", guild=row.guild_id, alarm=row.id, kind=row.event)
        return await self._changed(closed)

    async def reopen(self, row: AlarmRow, facts: Struct) -> AlarmRow | None:
        """Take a closed alarm up again: it was over for a moment only."""
        async with self._database.write() as session:
            changed = await rows.reopen_alarm(
                session, guild_id=row.guild_id, alarm_id=row.id, facts=facts
            )
        return await self._changed(changed)

    async def acknowledge(
        self, guild_id: int, alarm_id: str, member_id: int, member_name: str
    ) -> AlarmRow | None:
        """Note who takes care of an alarm; None where somebody does already."""
        async with self._database.write() as session:
            return await rows.acknowledge_alarm(
                session,
                guild_id=guild_id,
                alarm_id=alarm_id,
                member_id=member_id,
                member_name=member_name,
                now=self._clock.now(),
            )

    async def forget_member(self, guild_id: int, member_id: int) -> None:
        """Erase a member from the alarms they took care of."""
        async with self._database.write() as session:
            await rows.forget_acknowledger(session, guild_id=guild_id, member_id=member_id)
        await self.load(guild_id)

    async def _changed(self, row: AlarmRow | None) -> AlarmRow | None:
        if row is not None:
            self._keep(row)
            await self.show(row)
        return row

    def _keep(self, row: AlarmRow) -> None:
        guild = self._open.setdefault(row.guild_id, {})
        if row.closed_at is None:
            guild[row.id] = row
        else:
            guild.pop(row.id, None)

    # messages

    async def show(self, row: AlarmRow) -> None:
        """Make the messages of an alarm say what it says; tried again where Discord has trouble."""
        async with self._locks[row.id]:
            is_shown = await self._show(row)
        if row.closed_at is not None:
            self._locks.pop(row.id, None)
            self._left.pop(row.id, None)
            self._sent.pop(row.id, None)
        if not is_shown and row.id not in self._retrying:
            self._retrying.add(row.id)
            self._supervisor.start(f"alarm {row.id}", self._try_again(row))

    def is_told(self, row: AlarmRow) -> bool:
        """Whether its messages say what it says; False while Discord has trouble."""
        return row.id not in self._retrying

    async def message_ids(self, row: AlarmRow) -> list[PostedRow]:
        """Where an alarm is told, oldest first."""
        async with self._database.read() as session:
            found = [
                one
                for kind in (KIND, OVER)
                for one in await posted.list_messages(
                    session, guild_id=row.guild_id, kind=kind, subject_id=row.id
                )
            ]
        return sorted(found, key=lambda one: one.message_id)

    async def _try_again(self, row: AlarmRow) -> None:
        try:
            for number in range(TRIES):
                is_quick = number < QUICK_TRIES
                await self._clock.sleep(TRY_AGAIN_SECONDS if is_quick else LATER_SECONDS)
                newest = await self.get(row.guild_id, row.id)
                if newest is None or row.guild_id not in self._open:
                    return
                async with self._locks[row.id]:
                    if await self._show(newest):
                        return
        finally:
            self._retrying.discard(row.id)

    async def _show(self, row: AlarmRow) -> bool:
        kind = self._kinds[row.event]
        noted = await self.message_ids(row)
        found = {one.channel_id: one for one in noted}
        is_shown = True
        for one in noted:
            if found[one.channel_id] is not one:  # it was to go when the bot died
                await self._take_away(row, one)
        for channel_id, one in found.items():
            is_told = await self._edit(kind, row, one, channel_id)
            is_shown &= is_told
            if is_told and (one.kind == OVER) != (row.closed_at is not None):
                await self._note_again(row, one.message_id)
        if row.closed_at is None:
            for alert in kind.alerts(row):
                if alert.channel_id not in found:
                    is_shown &= await self._send(kind, row, alert)
        return is_shown

    async def _edit(self, kind: Kind, row: AlarmRow, one: PostedRow, channel_id: int) -> bool:
        post = self._places.post(row.guild_id, channel_id, one.message_id)
        with speaking(self._pings.language(row.guild_id)):
            message = kind.draw(Showing(row=row, message_id=one.message_id))
        edited = await post.edit(message)
        if edited in (Edited.LATER, Edited.PAUSED):
            return False
        if edited is Edited.GONE:
            await self._forget_message(row.guild_id, one.message_id)
        elif edited is Edited.TOO_OLD:
            return await self._move(kind, row, one)
        return True

    async def _move(self, kind: Kind, row: AlarmRow, one: PostedRow) -> bool:
        """Say it in a new message, as the old one can't be edited now; nobody is pinged anew."""
        if self._places.is_paused(row.guild_id, one.channel_id):
            return False
        with speaking(self._pings.language(row.guild_id)):
            message = kind.draw(Showing(row=row))
            before = self._said_before(kind, row)
        is_left = row.id in self._left
        try:
            sent = await self._places.send_once(
                row.guild_id,
                one.channel_id,
                message,
                nonce=f"{row.id.replace('-', '')[:14]}{one.message_id % 10**10}",
                row_id=row.id,
                lost_since=newer_than(one.message_id) if is_left else None,
                marks=before,
            )
        except NotSent:
            return False
        if sent is None:
            return False
        await self._note(row, one.channel_id, sent.message_id)
        await self._take_away(row, one)
        return True

    async def _take_away(self, row: AlarmRow, one: PostedRow) -> None:
        await self._places.post(row.guild_id, one.channel_id, one.message_id).delete()
        await self._forget_message(row.guild_id, one.message_id)

    def _said_before(self, kind: Kind, row: AlarmRow, mention: str = "") -> tuple[str, ...]:
        """What a former process may have said of it."""
        left = self._left.get(row.id)
        return () if left is None else (kind.draw(Showing(row=left, mention=mention)).mark,)

    async def _send(self, kind: Kind, row: AlarmRow, alert: AlertRow) -> bool:
        if self._places.is_paused(row.guild_id, alert.channel_id):
            return False
        with speaking(self._pings.language(row.guild_id)):
            mention, pings = self._pings.of_role(row.guild_id, alert.channel_id, alert.role_id)
            message = kind.draw(Showing(row=row, mention=mention))
            before = self._said_before(kind, row, mention)
        left, number = self._left.get(row.id), self._sent[row.id]
        try:
            post = await self._places.send_once(
                row.guild_id,
                alert.channel_id,
                message,
                nonce=f"{row.id.replace('-', '')[:12]}{alert.channel_id % 10**9}{number % 1000}",
                row_id=row.id,
                lost_since=left.opened_at if left is not None else None,
                marks=before,
                pings=pings,
            )
        except NotSent as error:
            log.info("alarm not told", guild=row.guild_id, alarm=row.id, error=str(error))
            return False
        if post is None:
            return False  # the channel refuses; that may end before the alarm does
        self._sent[row.id] += 1
        await self._note(row, alert.channel_id, post.message_id)
        return True

    async def _note(self, row: AlarmRow, channel_id: int, message_id: int) -> None:
        async with self._database.write() as session:
            await posted.remember_message(
                session,
                guild_id=row.guild_id,
                channel_id=channel_id,
                message_id=message_id,
                kind=KIND if row.closed_at is None else OVER,
                subject_id=row.id,
                now=self._clock.now(),
            )

    async def _note_again(self, row: AlarmRow, message_id: int) -> None:
        """Note whether a message says that it is over; one that is gone by now stays forgotten."""
        kind = KIND if row.closed_at is None else OVER
        async with self._database.write() as session:
            await posted.turn_message(
                session, guild_id=row.guild_id, message_id=message_id, kind=kind
            )

    async def _forget_message(self, guild_id: int, message_id: int) -> None:
        async with self._database.write() as session:
            await posted.forget_message(session, guild_id=guild_id, message_id=message_id)
