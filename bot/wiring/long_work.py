"""What outlives an interaction: durable jobs, power actions on their way, backups followed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.store import jobs as rows
from bot.store.engine import Database
from bot.supervisor import Supervisor
from bot.wiring.access import Access
from bot.wiring.area import Area
from bot.wiring.fleet import Fleet
from bot.wiring.ground import Ground
from bot.wiring.playing import Playing
from bot.wiring.posts import Posts
from bot.work.again import Again
from bot.work.bulk import BulkWork
from bot.work.circumstances import Lookout
from bot.work.engine import Jobs
from bot.work.follows import Follows
from bot.work.jobs_view import JobsView
from bot.work.power_desk import Desk
from bot.work.telling import Teller
from bot.work.workflow import Workflows

JOBS_KEPT: Final = timedelta(days=30)


@dataclass(frozen=True)
class LongWork(Area):
    """The engine, what it runs for everybody, and who is told of it."""

    jobs: Jobs
    jobs_view: JobsView
    again: Again
    teller: Teller
    lookout: Lookout
    desk: Desk
    follows: Follows
    workflows: Workflows
    bulk: BulkWork
    database: Database

    async def start(self, supervisor: Supervisor) -> None:
        await self.jobs.prepare()
        supervisor.keep("jobs", self.jobs.run)

    async def resume(self, _guild_id: int) -> None:
        self.jobs.wake()

    async def forget(self, guild_id: int) -> None:
        await self.jobs.let_go(guild_id)

    async def tidy(self, guild_id: int, now: datetime) -> None:
        async with self.database.write() as session:
            await rows.drop_ended_jobs(session, guild_id=guild_id, before=now - JOBS_KEPT)


def build_long_work(
    ground: Ground, fleet: Fleet, access: Access, playing: Playing, posts: Posts
) -> LongWork:
    """Put the parts together."""
    clock, database = ground.clock, ground.database
    gate, audit = access.gate, access.audit
    jobs = Jobs(
        database,
        ground.supervisor,
        clock,
        # nothing is due before Discord can hear of it
        guilds=ground.presence.ready_guilds,
        jobs_per_guild=ground.config.limits.jobs_per_guild,
    )
    jobs_view = JobsView(database, jobs, gate, audit, fleet.directory)
    again = Again(gate, fleet.directory, posts.members)
    teller = Teller(posts.places, clock)
    lookout = Lookout(
        database=database,
        gate=gate,
        hub=fleet.hub,
        players=playing.players,
        panels=fleet.panels,
        clock=clock,
    )
    desk = Desk(
        gate=gate,
        acting=access.acting,
        audit=audit,
        again=again,
        hub=fleet.hub,
        directory=fleet.directory,
        teller=teller,
        players=playing.players,
        lookout=lookout,
        clock=clock,
    )
    follows = Follows(
        database=database,
        jobs=jobs,
        view=jobs_view,
        teller=teller,
        directory=fleet.directory,
        panels=fleet.panels,
        hub=fleet.hub,
        gate=gate,
        clock=clock,
    )
    workflows = Workflows(database, jobs, jobs_view, desk, follows)
    return LongWork(
        jobs=jobs,
        jobs_view=jobs_view,
        again=again,
        teller=teller,
        lookout=lookout,
        desk=desk,
        follows=follows,
        workflows=workflows,
        bulk=BulkWork(
            database=database,
            jobs=jobs,
            view=jobs_view,
            teller=teller,
            again=again,
            gate=gate,
            workflows=workflows,
            audit=audit,
            hub=fleet.hub,
            directory=fleet.directory,
            clock=clock,
        ),
        database=database,
    )
