"""Alerts as a whole: their parts, put together, with the loops that keep them going."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import discord
import structlog

from bot.access.gate import Admitted
from bot.clock import Clock
from bot.fleet.directory import Server
from bot.store import alarms as alarm_rows
from bot.store import posted
from bot.store.alerts import AlertEvent
from bot.store.engine import Database
from bot.supervisor import Supervisor
from bot.wiring.access import Access
from bot.wiring.area import Area, IsMember
from bot.wiring.boards import Boarding
from bot.wiring.fleet import Fleet
from bot.wiring.ground import Ground
from bot.wiring.long_work import LongWork
from bot.wiring.posts import Posts
from bot.work.alarms import KIND, OVER, Alarms
from bot.work.alerts import Alerts
from bot.work.backup_news import BackupNews
from bot.work.course import Signal
from bot.work.figures import Figures
from bot.work.guild_change import Change
from bot.work.incidents import Incidents
from bot.work.lookout import Lookout
from bot.work.news import News
from bot.work.notices import Notices
from bot.work.outages import LOOK_EVERY_SECONDS, Outages
from bot.work.pings import Pings

log = structlog.stdlib.get_logger(__name__)

SAMPLE_SECONDS: Final = 10.0
READY_SECONDS: Final = 2.0
KEPT: Final = timedelta(days=30)
_HEARD: Final = frozenset(
    {
        AlertEvent.CRASH,
        AlertEvent.STATE,
        AlertEvent.CPU,
        AlertEvent.MEMORY,
        AlertEvent.DISK,
        AlertEvent.BACKUP,
    }
)
"""Events that only the server's own console tells of."""


@dataclass(frozen=True)
class Alerting(Area):
    """Everything behind `/alerts` and `/notify`."""

    alerts: Alerts
    alarms: Alarms
    incidents: Incidents
    notices: Notices
    pings: Pings
    lookout: Lookout
    figures: Figures
    outages: Outages
    backups: BackupNews
    database: Database
    supervisor: Supervisor
    is_ready: Callable[[], bool]
    clock: Clock

    async def start(self, supervisor: Supervisor) -> None:
        supervisor.keep("alerts lookout", self._when_ready(self.lookout.run))
        supervisor.keep("alerts samples", self._when_ready(self._sample))
        supervisor.keep("alerts outages", self._when_ready(self._look_for_outages))
        supervisor.keep("alerts backups", self._when_ready(self.backups.run))

    async def taken(self, admitted: Admitted, _guild: discord.Guild, _change: Change) -> list[str]:
        """Go on with the alerts of a file that was taken over."""
        await self.alerts.load(admitted.guild_id)
        return []

    async def load(self, guild_id: int) -> None:
        await self.alerts.load(guild_id)
        await self.notices.load(guild_id)
        await self.alarms.load(guild_id)
        await self.backups.load(guild_id)
        self.lookout.wake()

    async def resume(self, guild_id: int) -> None:
        self.alarms.resume(guild_id)

    async def forget(self, guild_id: int) -> None:
        self.alerts.forget(guild_id)
        self.notices.forget(guild_id)
        self.alarms.forget(guild_id)
        self.backups.forget(guild_id)
        self.lookout.wake()

    async def tidy(self, guild_id: int, now: datetime) -> None:
        async with self.database.write() as session:
            gone = await alarm_rows.drop_closed_alarms(
                session, guild_id=guild_id, before=now - KEPT
            )
            for alarm_id in gone:
                for kind in (KIND, OVER):
                    for one in await posted.list_messages(
                        session, guild_id=guild_id, kind=kind, subject_id=alarm_id
                    ):
                        await posted.forget_message(
                            session, guild_id=guild_id, message_id=one.message_id
                        )

    async def who_left(self, guild_id: int, is_member: IsMember) -> None:
        for member_id in self.notices.members(guild_id):
            if not await is_member(guild_id, member_id):
                await self.notices.drop_members(guild_id, [member_id])
                log.info("wishes of a member who left erased", guild=guild_id)

    def _when_ready(self, loop: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            while not self.is_ready():
                await self.clock.sleep(READY_SECONDS)
            await loop()

        return run

    async def _sample(self) -> None:
        while True:
            await self.figures.sample()
            await self.incidents.sweep()
            await self.clock.sleep(SAMPLE_SECONDS)

    async def _look_for_outages(self) -> None:
        while True:
            await self.outages.look()
            await self.clock.sleep(LOOK_EVERY_SECONDS)


def build_alerting(
    ground: Ground,
    fleet: Fleet,
    access: Access,
    posts: Posts,
    boarding: Boarding,
    *,
    long_work: LongWork,
) -> Alerting:
    """Put the parts together."""
    clock, database, supervisor = ground.clock, ground.database, ground.supervisor
    directory, panels, hub = fleet.directory, fleet.panels, fleet.hub
    places = posts.places
    pings = Pings(access.gate, places, clock)
    alerts = Alerts(database, directory, access.audit, clock)
    alarms = Alarms(database, places, pings, supervisor, clock)
    notices = Notices(
        database=database,
        directory=directory,
        gate=access.gate,
        members=posts.members,
        places=places,
        pings=pings,
        clock=clock,
    )
    incidents = Incidents(
        alerts=alerts,
        alarms=alarms,
        notices=notices,
        hub=hub,
        directory=directory,
        places=places,
        pings=pings,
        clock=clock,
    )
    news = News(
        alerts=alerts,
        incidents=incidents,
        directory=directory,
        places=places,
        pings=pings,
        clock=clock,
    )
    outages = Outages(
        alerts=alerts, alarms=alarms, panels=panels, hub=hub, directory=directory, clock=clock
    )
    backups = BackupNews(
        database=database,
        alerts=alerts,
        alarms=alarms,
        panels=panels,
        directory=directory,
        places=places,
        pings=pings,
        follows=long_work.follows,
        clock=clock,
    )
    lookout = Lookout(hub, directory, supervisor, clock)

    def is_heard(server: Server) -> bool:
        return not _HEARD.isdisjoint(alerts.wanted(server.guild_id, server.id))

    lookout.wanted_by += [is_heard, notices.wants, outages.wants]

    def announced(server: Server, signal: Signal, at: datetime) -> None:
        if signal is Signal.RESTART:
            supervisor.start(f"planned {server.id}", notices.restart_planned(server, at))

    long_work.desk.when_announced.append(announced)
    lookout.tells += [incidents.turned, news.turned, notices.turned]
    lookout.when_backup = backups.heard
    alerts.when_changed += [lookout.wake, backups.wake]
    return Alerting(
        alerts=alerts,
        alarms=alarms,
        incidents=incidents,
        notices=notices,
        pings=pings,
        lookout=lookout,
        figures=Figures(
            alerts=alerts,
            alarms=alarms,
            hub=hub,
            directory=directory,
            past=boarding.history.last_day,
            clock=clock,
        ),
        outages=outages,
        backups=backups,
        database=database,
        supervisor=supervisor,
        is_ready=ground.presence.is_ready,
        clock=clock,
    )
