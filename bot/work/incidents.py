"""A crash from its first word to the server's return, told in one message that is edited."""

import asyncio
import io
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import discord
import msgspec
import structlog
from msgspec import structs

from bot.access.gate import Admitted
from bot.clock import Clock
from bot.fleet.directory import Directory, Server
from bot.fleet.hub import Hub
from bot.fleet.known import State
from bot.fleet.life import (
    Crashed,
    Ended,
    GaveUp,
    Missed,
    Removed,
    Rising,
    Running,
    Stopped,
    Turn,
    Why,
)
from bot.posts.lines import RAW_CHARACTERS, console_text, cut_line
from bot.posts.messages import Message
from bot.posts.places import Places
from bot.posts.redaction import redacted_lines
from bot.store.alarms import AlarmRow
from bot.store.alerts import AlertEvent, AlertRow
from bot.store.posted import PostedRow
from bot.texts import _, speaking
from bot.ui.errors import Unfit
from bot.ui.incidents import (
    LOG_FILE,
    Ending,
    IncidentFacts,
    IncidentStep,
    StepKind,
    incident_card,
    step_line,
    with_step,
)
from bot.ui.text import bold, plain
from bot.work.alarms import Alarms, Showing
from bot.work.alerts import Alerts
from bot.work.notices import Notices
from bot.work.pings import Pings

log = structlog.stdlib.get_logger(__name__)

EVENT: Final = AlertEvent.CRASH.value
LOG_LINES: Final = 100
SETTLED: Final = timedelta(seconds=60)
"""How long it has to run to be well again: the node itself counts crashes within this time."""
SAME_WITHIN: Final = timedelta(minutes=10)
"""A crash so soon after the end of an incident belongs to it, so that a loop is one message."""


class Incidents:
    """Opens an incident for a crash, follows the server, and closes it."""

    def __init__(
        self,
        *,
        alerts: Alerts,
        alarms: Alarms,
        notices: Notices,
        hub: Hub,
        directory: Directory,
        places: Places,
        pings: Pings,
        clock: Clock,
    ) -> None:
        self._alerts = alerts
        self._alarms = alarms
        self._notices = notices
        self._hub = hub
        self._directory = directory
        self._places = places
        self._pings = pings
        self._clock = clock
        self._logs: dict[str, bytes] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        alarms.register(EVENT, self._draw, self._wanted)

    def is_open(self, server: Server) -> bool:
        """Whether a server has an incident now."""
        return self._alarms.find(server.guild_id, EVENT, server.id) is not None

    async def turned(self, server: Server, turn: Turn) -> None:
        """Take what happened to a server."""
        async with self._locks[server.id]:
            await self._turned(server, turn)

    async def _turned(self, server: Server, turn: Turn) -> None:
        match turn:
            case Crashed():
                await self._crashed(server, turn)
            case Rising():
                await self._note(server, turn.at, "starts")
            case Running():
                await self._up(server, turn.at)
            case GaveUp(why=why):
                kind: StepKind = "gave up" if why is Why.TOO_SOON else "disabled"
                await self._note(server, turn.at, kind, has_given_up=True)
            case Stopped():
                await self._stopped(server, turn.at)
            case Ended():
                await self._down(server, turn.at, "ended")
            case Missed(now=State.OFFLINE):
                await self._down(server, turn.at, "unknown")
            case Removed():
                await self._note(server, turn.at, "removed")
            case _:
                pass

    async def sweep(self) -> None:
        """Close what has run long enough again, and what is no longer there."""
        for guild_id in self._alarms.guilds():
            for row in self._alarms.of(guild_id, EVENT):
                async with self._locks[row.subject_id]:
                    await self._look_at(self._alarms.newest(row))

    async def take(self, admitted: Admitted, alarm_id: str) -> Message:
        """Note that the member takes care of an incident.

        Raises:
            Unfit: Somebody does already, or it is over.
        """
        async with self._locks[admitted.server.id]:
            row = await self._own(admitted, alarm_id)
            taken = await self._alarms.acknowledge(
                admitted.guild_id, row.id, admitted.actor.id, admitted.actor.name
            )
            if taken is None:
                who = bold(row.acknowledged_name or _("Somebody"))
                raise Unfit(_("{who} takes care of it already.", who=who))
            await self._step(taken, self._facts(taken), "acknowledged", who=admitted.actor.name)
        return Message(_("It is yours: the message says so."))

    async def asked_restart(self, admitted: Admitted, alarm_id: str) -> None:
        """Note in the timeline that the member asks for a restart.

        Raises:
            Unfit: The incident is over.
        """
        async with self._locks[admitted.server.id]:
            row = await self._own(admitted, alarm_id)
            await self._step(row, self._facts(row), "restart", who=admitted.actor.name)

    # what happens

    async def _crashed(self, server: Server, turn: Crashed) -> None:
        row = self._alarms.find(server.guild_id, EVENT, server.id)
        if row is None:
            row = await self._again(server)
        if row is None and not self._is_wanted(server):
            return
        step = IncidentStep(turn.at, "no memory" if turn.is_oom else "crashed")
        if row is not None:
            facts = self._facts(row)
            facts = structs.replace(
                facts,
                label=self._directory.label(server),
                crashes=facts.crashes + 1,
                exit_code=turn.exit_code,
                is_oom=turn.is_oom,
                was_starting=turn.was_starting,
                down_at=turn.at,
                up_at=None,
                has_given_up=False,
                ending=None,
                steps=with_step(facts, step),
            )
            await self._crashed_again(server, row, facts, step)
            return
        facts = IncidentFacts(
            server_id=server.id,
            label=self._directory.label(server),
            down_at=turn.at,
            first_down_at=turn.at,
            exit_code=turn.exit_code,
            is_oom=turn.is_oom,
            was_starting=turn.was_starting,
            steps=(step,),
        )
        self._logs[server.id] = self._last_lines(server)
        opened = await self._alarms.open(server.guild_id, EVENT, server.id, facts)
        has_log = bool(self._logs.pop(server.id))
        if opened is None:
            return
        posts = await self._alarms.message_ids(opened)
        facts = structs.replace(
            facts,
            log_message_ids=tuple(one.message_id for one in posts) if has_log else (),
            thread_ids=await self._open_threads(opened, posts, facts),
        )
        await self._alarms.keep(opened, facts)
        await self._notices.crashed(server)

    async def _crashed_again(
        self, server: Server, row: AlarmRow, facts: IncidentFacts, step: IncidentStep
    ) -> None:
        """Tell it in the messages there are; the newest last lines take the place of the older."""
        tell = self._alarms.change if row.closed_at is None else self._alarms.reopen
        lines = self._logs[server.id] = self._last_lines(server)
        try:
            told = await tell(row, facts)
        finally:
            del self._logs[server.id]
        if told is not None and lines and self._alarms.is_told(told):
            posts = await self._alarms.message_ids(told)
            facts = structs.replace(facts, log_message_ids=tuple(one.message_id for one in posts))
            await self._alarms.keep(told, facts)
        await self._tell_threads(server.guild_id, facts, step, log=lines)

    def _is_wanted(self, server: Server) -> bool:
        """Whether somebody wants to hear of a crash; a server may be watched for other things."""
        alerts = self._alerts.about(server.guild_id, server.id, AlertEvent.CRASH)
        return bool(alerts) or self._notices.wants_crashes(server)

    async def _again(self, server: Server) -> AlarmRow | None:
        """The incident that ended a moment ago, which a new crash takes up again."""
        last = await self._alarms.last(server.guild_id, EVENT, server.id)
        if last is None or last.closed_at is None:
            return None
        if self._facts(last).ending == "stopped":
            return None
        return last if self._clock.now() - last.closed_at < SAME_WITHIN else None

    async def _up(self, server: Server, at: datetime) -> None:
        row = self._alarms.find(server.guild_id, EVENT, server.id)
        if row is None or self._facts(row).up_at is not None:
            return
        await self._risen(row, at)

    async def _risen(self, row: AlarmRow, at: datetime) -> None:
        facts = self._facts(row)
        down = facts.down_seconds + max(0.0, (at - facts.down_at).total_seconds())
        facts = structs.replace(facts, up_at=at, down_seconds=down, has_given_up=False)
        await self._step(row, facts, "running", at=at)

    async def _down(self, server: Server, at: datetime, kind: StepKind) -> None:
        """It went off again, though not by what its node calls a crash."""
        row = self._alarms.find(server.guild_id, EVENT, server.id)
        if row is None:
            return
        facts = structs.replace(self._facts(row), up_at=None, down_at=at)
        await self._step(row, facts, kind, at=at)

    async def _stopped(self, server: Server, at: datetime) -> None:
        row = self._alarms.find(server.guild_id, EVENT, server.id)
        if row is not None:
            facts = structs.replace(
                self._facts(row), steps=with_step(self._facts(row), IncidentStep(at, "stopped"))
            )
            await self._close(row, facts, "stopped")

    async def _note(
        self, server: Server, at: datetime, kind: StepKind, *, has_given_up: bool | None = None
    ) -> None:
        row = self._alarms.find(server.guild_id, EVENT, server.id)
        if row is None:
            return
        facts = self._facts(row)
        if has_given_up is not None:
            facts = structs.replace(facts, has_given_up=has_given_up)
        await self._step(row, facts, kind, at=at)

    async def _look_at(self, row: AlarmRow) -> None:
        if row.closed_at is not None:
            return
        facts, now = self._facts(row), self._clock.now()
        server = self._directory.get(row.guild_id, row.subject_id)
        if server is None:
            await self._close(row, facts, "removed")
            return
        known = self._hub.known(server)
        if not known.is_live or known.state is not State.RUNNING:
            return
        if facts.up_at is None:
            up = timedelta(seconds=known.numbers.uptime_seconds if known.numbers else 0.0)
            if now - up > facts.down_at:
                await self._risen(row, now - up)
        elif now - facts.up_at >= SETTLED:
            await self._close(row, facts, "recovered")

    async def _close(self, row: AlarmRow, facts: IncidentFacts, ending: Ending) -> None:
        facts = structs.replace(facts, ending=ending)
        closed = await self._alarms.close(row, facts)
        if closed is not None:
            with speaking(self._pings.language(row.guild_id)):
                said = incident_card(closed, facts)
            await self._tell_threads(row.guild_id, facts, said)

    async def _step(
        self,
        row: AlarmRow,
        facts: IncidentFacts,
        kind: StepKind,
        *,
        who: str = "",
        at: datetime | None = None,
    ) -> None:
        step = IncidentStep(at or self._clock.now(), kind, who)
        facts = structs.replace(facts, steps=with_step(facts, step))
        await self._alarms.change(row, facts)
        await self._tell_threads(row.guild_id, facts, step)

    async def _own(self, admitted: Admitted, alarm_id: str) -> AlarmRow:
        row = await self._alarms.get(admitted.guild_id, alarm_id)
        if row is None or row.event != EVENT or row.subject_id != admitted.server.id:
            raise Unfit(_("I don't know that incident any more."))
        if row.closed_at is not None:
            raise Unfit(_("That incident is over already."))
        return row

    # how it is told

    def _wanted(self, row: AlarmRow) -> Sequence[AlertRow]:
        return self._alerts.about(row.guild_id, row.subject_id, AlertEvent.CRASH)

    def _draw(self, showing: Showing) -> Message:
        facts = self._facts(showing.row)
        kept = self._logs.get(facts.server_id, b"")
        files = (discord.File(io.BytesIO(kept), LOG_FILE),) if kept else ()
        return incident_card(
            showing.row,
            facts,
            mention=showing.mention,
            files=files,
            has_log=showing.message_id in facts.log_message_ids,
        )

    def _facts(self, row: AlarmRow) -> IncidentFacts:
        return msgspec.convert(row.facts, IncidentFacts)

    def _last_lines(self, server: Server) -> bytes:
        """What the console said last, without what is nobody's business."""
        heard = self._hub.lines(server, LOG_LINES)
        lines = redacted_lines(console_text(line.text[:RAW_CHARACTERS]) for line in heard)
        return "\n".join(map(cut_line, lines)).encode("utf-8", "replace")

    async def _open_threads(
        self, row: AlarmRow, posts: Sequence[PostedRow], facts: IncidentFacts
    ) -> tuple[int, ...]:
        """Give the incident a thread where its alert wishes one."""
        wished = {one.channel_id for one in self._wanted(row) if one.in_thread}
        title = plain(facts.label, 60)
        found = [
            await self._places.open_thread(row.guild_id, one.channel_id, one.message_id, title)
            for one in posts
            if one.channel_id in wished
        ]
        return tuple(one for one in found if one is not None)

    async def _tell_threads(
        self,
        guild_id: int,
        facts: IncidentFacts,
        said: IncidentStep | Message,
        *,
        log: bytes = b"",
    ) -> None:
        for thread_id in facts.thread_ids:
            with speaking(self._pings.language(guild_id)):
                files = (discord.File(io.BytesIO(log), LOG_FILE),) if log else ()
                message = (
                    said if isinstance(said, Message) else Message(step_line(said), None, files)
                )
            await self._places.try_send(guild_id, thread_id, message)
