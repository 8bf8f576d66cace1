"""What happens without being asked each time: plans, and stopping what nobody plays on."""

from dataclasses import dataclass

from bot.supervisor import Supervisor
from bot.wiring.access import Access
from bot.wiring.area import Area
from bot.wiring.fleet import Fleet
from bot.wiring.ground import Ground
from bot.wiring.long_work import LongWork
from bot.wiring.playing import Playing
from bot.wiring.posts import Posts
from bot.wiring.server_work import ServerWork
from bot.work.idle import IdleStop
from bot.work.plan_backups import PlanBackups
from bot.work.plan_posts import PlanPosts
from bot.work.plan_runs import PlanRuns
from bot.work.plan_skips import PlanSkips
from bot.work.plans import Plans


@dataclass(frozen=True)
class Planning(Area):
    """The plans of the guilds, and the look-out for idle servers."""

    plans: Plans
    plan_skips: PlanSkips
    idle_stop: IdleStop

    async def start(self, supervisor: Supervisor) -> None:
        supervisor.keep("idle stop", self.idle_stop.run)

    async def load(self, guild_id: int) -> None:
        await self.plans.load(guild_id)

    async def forget(self, guild_id: int) -> None:
        self.plans.forget(guild_id)


def build_planning(
    ground: Ground,
    *,
    fleet: Fleet,
    access: Access,
    playing: Playing,
    posts: Posts,
    long_work: LongWork,
    server_work: ServerWork,
) -> Planning:
    """Put the parts together; the runs of plans register themselves with the jobs."""
    clock, database, directory = ground.clock, ground.database, fleet.directory
    follows = long_work.follows
    plans = Plans(
        database=database,
        jobs=long_work.jobs,
        view=long_work.jobs_view,
        gate=access.gate,
        audit=access.audit,
        directory=directory,
        panels=fleet.panels,
        clock=clock,
    )
    PlanRuns(
        database=database,
        jobs=long_work.jobs,
        workflows=long_work.workflows,
        again=long_work.again,
        hub=fleet.hub,
        players=playing.players,
        backups=PlanBackups(server_work.backups, follows, fleet.panels, access.acting, clock),
        posts=PlanPosts(long_work.teller, posts.places, posts.events, directory, clock),
        noted=plans.noted,
        clock=clock,
    )
    return Planning(
        plans=plans,
        plan_skips=PlanSkips(
            plans=plans,
            database=database,
            jobs=long_work.jobs,
            audit=access.audit,
            clock=clock,
        ),
        idle_stop=IdleStop(
            database=database,
            gate=access.gate,
            directory=directory,
            hub=fleet.hub,
            players=playing.players,
            panels=fleet.panels,
            plans=plans,
            workflows=long_work.workflows,
            places=posts.places,
            guilds=ground.presence.ready_guilds,
            me=posts.members.me,
            clock=clock,
        ),
    )
