"""Backups made from anywhere: how each ended, and that there is none that is fresh enough.

An event only says when to look: events get lost, and the same one comes after a failure (contract:
backups.md, console.md). A backup that is seen to run is followed by the same durable job as one
that was made here, so it is followed once. What was seen to end is a row: each end is told once.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import discord
import msgspec
import structlog
from msgspec import Struct, structs

from bot.access.rights import any_covers
from bot.clock import Clock
from bot.fleet.directory import Directory, Server
from bot.fleet.panels import PanelGone, Panels
from bot.posts.answers import NotSent
from bot.posts.messages import Message
from bot.posts.places import Places
from bot.pterodactyl import KeyRejected, PanelError, Unreachable
from bot.pterodactyl.models import Backup
from bot.store import backup_watches as rows
from bot.store import jobs
from bot.store.alarms import AlarmRow
from bot.store.alerts import AlertEvent, AlertRow
from bot.store.backup_watches import BackupWatchRow
from bot.store.engine import Database
from bot.texts import _, speaking
from bot.ui.alarms import LateFacts, late_card
from bot.ui.alerts import DAYS_DEFAULT, news_card
from bot.ui.backups import is_good
from bot.ui.text import bold, code, duration, size
from bot.work.abreast import abreast
from bot.work.alarms import Alarms, Showing
from bot.work.alerts import Alerts
from bot.work.follows import Ending, FollowJob, FollowKind, Follows
from bot.work.pings import Pings
from bot.work.telling import Told

log = structlog.stdlib.get_logger(__name__)

EVENT: Final = AlertEvent.BACKUP.value
CALM_SECONDS: Final = 600.0
"""How often a server's list is read where nothing seems to go on."""
RETRY_SECONDS: Final = 30.0
AWAY_SECONDS: Final = 60.0
"""After a panel didn't answer, it is asked about one of its servers again."""
TICK_SECONDS: Final = 5.0
AFTER_EVENT_SECONDS: Final = 2.0
"""The panel knows of the end a moment before the event; its answer may be older by a breath."""


class _Watched(Struct):
    """One server whose backups are followed."""

    due_at: float
    """By the monotonic clock."""
    is_refused_by: str = ""
    """The key that may not be used any more; another one is tried."""
    is_taken_up: bool = True
    """Not compared yet by this process; one that died may have told what it didn't note."""


class BackupNews:
    """Follows the backups of every server that an alert of `backup` is about."""

    def __init__(
        self,
        *,
        database: Database,
        alerts: Alerts,
        alarms: Alarms,
        panels: Panels,
        directory: Directory,
        places: Places,
        pings: Pings,
        follows: Follows,
        clock: Clock,
    ) -> None:
        self._database = database
        self._follows = follows
        self._alerts = alerts
        self._alarms = alarms
        self._panels = panels
        self._directory = directory
        self._places = places
        self._pings = pings
        self._clock = clock
        self._watched: dict[str, _Watched] = {}
        self._rows: dict[int, dict[str, BackupWatchRow]] = {}
        self._wake = asyncio.Event()
        self._told_in: dict[str, int] = {}
        follows.on_end.append(self._followed)
        alarms.register(EVENT, self._draw, self._wanted)

    async def load(self, guild_id: int) -> None:
        """Take up how far a guild's backups were followed."""
        async with self._database.read() as session:
            found = await rows.list_backup_watches(session, guild_id=guild_id)
        self._rows[guild_id] = {row.server_id: row for row in found}

    def forget(self, guild_id: int) -> None:
        """Drop a guild from memory."""
        for server_id in self._rows.pop(guild_id, {}):
            self._watched.pop(server_id, None)

    def wants(self, server: Server) -> bool:
        """Whether a server's backups are followed."""
        return AlertEvent.BACKUP in self._alerts.wanted(server.guild_id, server.id)

    def wake(self, _guild_id: int = 0) -> None:
        """Look at once whose backups are to be followed: what is there by then is no news."""
        self._wake.set()

    def heard(self, server: Server) -> None:
        """A backup ended, says an event: look soon."""
        watched = self._watched.get(server.id)
        if watched is not None:
            soon = self._clock.monotonic() + AFTER_EVENT_SECONDS
            watched.due_at = min(watched.due_at, soon)
            self._wake.set()

    async def run(self) -> None:
        """Look at each server when it is due, for as long as the bot lives."""
        while True:
            self._wake.clear()
            await self._look_at_due()
            try:
                async with self._clock.timeout(self._pause()):
                    await self._wake.wait()
            except TimeoutError:
                pass

    def _pause(self) -> float:
        now = self._clock.monotonic()
        due = min((one.due_at for one in self._watched.values()), default=now + TICK_SECONDS)
        return min(max(due - now, 0.1), TICK_SECONDS)

    async def _look_at_due(self) -> None:
        wanted: dict[str, Server] = {}
        for guild_id in list(self._rows):
            for server in self._directory.of(guild_id):
                if self.wants(server):
                    wanted[server.id] = server
            await self._forget_unwanted(guild_id, wanted)
        for server_id in self._watched.keys() - wanted.keys():
            del self._watched[server_id]
        due: dict[str, list[Server]] = {}
        for server in wanted.values():
            watched = self._watched.setdefault(server.id, _Watched(self._clock.monotonic()))
            if watched.due_at <= self._clock.monotonic():
                due.setdefault(server.panel_id, []).append(server)
        await abreast(self._look_at_all, due.values())

    async def _look_at_all(self, servers: Sequence[Server]) -> None:
        """Those of one panel, one after the other, until it doesn't answer."""
        for number, server in enumerate(servers):
            watched = self._watched.get(server.id)
            if watched is None:
                continue
            watched.due_at = self._clock.monotonic() + CALM_SECONDS
            try:
                await self._look(server, watched)
            except PanelError as error:
                log.info("backups not read", server=server.id, error=type(error).__name__)
                if isinstance(error, Unreachable):
                    self._put_off(servers[number:])
                    return

    def _put_off(self, servers: Sequence[Server]) -> None:
        due_at = self._clock.monotonic() + AWAY_SECONDS
        for server in servers:
            if server.id in self._watched:
                self._watched[server.id].due_at = due_at

    async def _look(self, server: Server, watched: _Watched) -> None:
        """Raises PanelError where the panel doesn't say, but for a key that it refuses."""
        if not any_covers(server.key_rights, "backup.read"):
            return
        try:
            identifier = self._panels.identifier(server.guild_id, server.panel_id)
            if watched.is_refused_by == identifier:
                return
            client = self._panels.client(server.guild_id, server.panel_id).background
            listed = await client.servers.backups.list_backups(server.uuid)
        except PanelGone:
            return
        except KeyRejected:
            watched.is_refused_by = identifier
            return
        for backup in listed:
            if backup.is_running:
                await self._follow(server, backup)
        if await self._compare(server, list(listed)):
            watched.due_at = min(watched.due_at, self._clock.monotonic() + RETRY_SECONDS)
        watched.is_taken_up = False

    async def _follow(self, server: Server, backup: Backup) -> None:
        """Let the durable job for it look; where one does already, this one joins it."""
        alerts = self._alerts.about(server.guild_id, server.id, AlertEvent.BACKUP)
        if not alerts:
            return
        async with self._database.write() as session:
            key = f"backup {backup.uuid}"
            if await jobs.live_job(session, guild_id=server.guild_id, key=key) is not None:
                return
            state = FollowJob(
                server_id=server.id,
                subject_uuid=backup.uuid,
                title=backup.name,
                actor_name="",
                told=Told(channel_id=alerts[0].channel_id, is_quiet=True),
                language=self._pings.language(server.guild_id),
            )
            await self._follows.follow_in(session, server.guild_id, "backup", state)

    async def _followed(
        self, guild_id: int, kind: FollowKind, state: FollowJob, _ending: Ending
    ) -> None:
        """A backup was seen to end by its job; where that was told need not hear it again."""
        server = self._directory.get(guild_id, state.server_id)
        if kind != "backup" or server is None or not self.wants(server):
            return
        if not state.told.is_quiet:
            self._told_in[state.subject_uuid] = state.told.channel_id
        self.heard(server)

    async def _is_followed(self, server: Server, backup: Backup) -> bool:
        async with self._database.read() as session:
            key = f"backup {backup.uuid}"
            return await jobs.live_job(session, guild_id=server.guild_id, key=key) is not None

    async def _compare(self, server: Server, backups: Sequence[Backup]) -> bool:
        """Tell what is new; True where something has to wait and be told a little later."""
        guild = self._rows.get(server.guild_id)
        if guild is None:
            return False  # the guild was left meanwhile
        before = guild.get(server.id)
        ended = [backup for backup in backups if not backup.is_running]
        told, waits = {backup.uuid for backup in ended}, False
        if before is not None:
            for backup in sorted(ended, key=lambda one: one.completed_at or one.created_at):
                if backup.uuid in before.ended:
                    continue
                if await self._is_followed(server, backup) or not await self._tell(server, backup):
                    told.discard(backup.uuid)
                    waits = True
                else:
                    self._told_in.pop(backup.uuid, None)
        good = [one.completed_at for one in ended if is_good(one) and one.completed_at]
        row = await self._note(server, sorted(told), max(good, default=None))
        if row is not None:
            guild[server.id] = row
            await self._look_for_late(server, row)
        return waits

    async def _note(
        self, server: Server, ended: Sequence[str], last_good_at: datetime | None
    ) -> BackupWatchRow | None:
        async with self._database.write() as session:
            await rows.note_backups(
                session,
                guild_id=server.guild_id,
                server_id=server.id,
                ended=ended,
                last_good_at=last_good_at,
                now=self._clock.now(),
            )
            found = await rows.list_backup_watches(session, guild_id=server.guild_id)
        return next((row for row in found if row.server_id == server.id), None)

    async def _tell(self, server: Server, backup: Backup) -> bool:
        """Post how a backup ended; False where Discord had trouble, so that it is tried again."""
        guild_id, sent = server.guild_id, True
        watched = self._watched.get(server.id)
        is_taken_up = watched is not None and watched.is_taken_up
        ended_at = backup.completed_at or backup.created_at
        for alert in self._alerts.about(guild_id, server.id, AlertEvent.BACKUP):
            if self._told_in.get(backup.uuid) == alert.channel_id:
                continue
            with speaking(self._pings.language(guild_id)):
                dot, text = _ended_words(backup, bold(self._directory.label(server)))
                mention, pings = "", list[discord.Object]()
                if backup.has_failed:
                    mention, pings = self._pings.of_role(guild_id, alert.channel_id, alert.role_id)
                message = news_card(dot, text, mention)
            try:
                await self._places.send_once(
                    guild_id,
                    alert.channel_id,
                    message,
                    nonce=f"{backup.uuid.replace('-', '')[:14]}{alert.channel_id % 10**10}",
                    lost_since=ended_at if is_taken_up else None,
                    pings=pings,
                )
            except NotSent as error:
                log.info("backup not told", guild=guild_id, error=str(error))
                sent = False
        return sent

    # overdue ones

    async def _look_for_late(self, server: Server, watch: BackupWatchRow) -> None:
        now = self._clock.now()
        for alert in self._alerts.about(server.guild_id, server.id, AlertEvent.BACKUP):
            days = alert.threshold or DAYS_DEFAULT
            is_late = now - (watch.last_good_at or watch.since) > timedelta(days=days)
            subject = f"{server.id} {alert.id}"
            row = self._alarms.find(server.guild_id, EVENT, subject)
            facts = LateFacts(
                label=self._directory.label(server), days=days, last_good_at=watch.last_good_at
            )
            if is_late and row is None:
                await self._alarms.open(server.guild_id, EVENT, subject, facts)
            elif not is_late and row is not None:
                await self._alarms.close(row, facts)

    async def _forget_unwanted(self, guild_id: int, wanted: dict[str, Server]) -> None:
        """What no alert is about any more begins afresh when one is set again."""
        guild = self._rows[guild_id]
        for server_id in [one for one in guild if one not in wanted]:
            async with self._database.write() as session:
                await rows.forget_backups(session, guild_id=guild_id, server_id=server_id)
            del guild[server_id]
        for row in self._alarms.of(guild_id, EVENT):
            if not self._wanted(row) or row.subject_id.partition(" ")[0] not in wanted:
                facts = msgspec.convert(row.facts, LateFacts)
                await self._alarms.close(row, structs.replace(facts, is_removed=True))

    def _wanted(self, row: AlarmRow) -> list[AlertRow]:
        _server_id, _space, alert_id = row.subject_id.partition(" ")
        alert = self._alerts.get(row.guild_id, alert_id)
        return [alert] if alert is not None else []

    def _draw(self, showing: Showing) -> Message:
        return late_card(
            showing.row, msgspec.convert(showing.row.facts, LateFacts), showing.mention
        )


def _ended_words(backup: Backup, label: str) -> tuple[str, str]:
    title = bold(backup.name)
    if backup.has_failed:
        return "🔴", _(
            "The backup {backup} of {server} failed: there is nothing in it. `/backup create` "
            "tries again.",
            backup=title,
            server=label,
        )
    taken = ((backup.completed_at or backup.created_at) - backup.created_at).total_seconds()
    said = _(
        "The backup {backup} of {server} is done: {size} in {time}.",
        backup=title,
        server=label,
        size=size(backup.size_bytes),
        time=duration(taken),
    )
    return "🟢", said + (f"\n-# {code(backup.checksum, 90)}" if backup.checksum else "")
