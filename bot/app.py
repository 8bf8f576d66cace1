"""Opens every part in order, closes them in reverse; the only place that wires parts together."""

import asyncio
import contextlib
import itertools
import signal
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import discord
import structlog

from bot.access.acting import Acting, Audit
from bot.access.console_ruling import ConsoleRuling
from bot.access.gate import Gate
from bot.access.pace import Pace
from bot.access.policing import Policing
from bot.access.recipe_ruling import RecipeRuling
from bot.access.ruling import Ruling
from bot.access.tidying import Tidying
from bot.client import RoostClient
from bot.clock import SYSTEM, Clock
from bot.config import Config, GuildsSettings
from bot.fleet.directory import Directory
from bot.fleet.hub import Hub
from bot.fleet.links import Links
from bot.fleet.panels import Panels
from bot.fleet.players import Players
from bot.fleet.shelf import Shelf
from bot.observe import Health, Metrics, Observer, PanelOutcome
from bot.posts.crowd import Crowd
from bot.posts.delivery import Delivery
from bot.posts.events import Events
from bot.posts.integrations import Integrations
from bot.posts.members import Members
from bot.posts.mirrors import Mirrors
from bot.posts.pausing import Pausing
from bot.posts.places import Places
from bot.posts.traffic import Traffic
from bot.posts.webhooks import Webhooks
from bot.posts.witness import Witness
from bot.pterodactyl import AddressGuard, Budgets, Limited, Network, PanelError, Refused
from bot.store import confirmations as confirmation_rows
from bot.store import guilds as guild_rows
from bot.store import jobs as job_rows
from bot.store import policies as policy_rows
from bot.store.engine import Database
from bot.store.vault import Vault
from bot.supervisor import Supervisor
from bot.ui.charts import Charts
from bot.ui.confirm import Confirmations
from bot.ui.doors import Doors
from bot.ui.mirrors import command_button
from bot.ui.refusing import Explainer
from bot.work.account import AccountWork
from bot.work.again import Again
from bot.work.alerting import alerting
from bot.work.backups import BackupWork
from bot.work.board import Ground
from bot.work.boards import Boards
from bot.work.bulk import BulkWork
from bot.work.circumstances import Lookout
from bot.work.consent_course import Course
from bot.work.consent_voters import Voters
from bot.work.consented import Consented
from bot.work.consents import Consents
from bot.work.console import ConsoleWork
from bot.work.databases import DatabaseWork
from bot.work.engine import Jobs
from bot.work.exchange import Exchange
from bot.work.explaining import Explaining
from bot.work.files import file_work
from bot.work.files_attachments import Attachments
from bot.work.follows import Follows
from bot.work.headcount import Headcount
from bot.work.history import History
from bot.work.idle import IdleStop
from bot.work.installs import Installs
from bot.work.jobs_view import JobsView
from bot.work.linking import Linking
from bot.work.mirroring import Mirroring
from bot.work.panel_log import PanelLog
from bot.work.plan_backups import PlanBackups
from bot.work.plan_posts import PlanPosts
from bot.work.plan_runs import PlanRuns
from bot.work.plans import Plans
from bot.work.power_desk import Desk
from bot.work.recipes import RecipeWork
from bot.work.renaming import Renaming
from bot.work.schedules import ScheduleWork
from bot.work.simulation import Simulation
from bot.work.subusers import SubuserWork
from bot.work.telling import Teller
from bot.work.two_way import TwoWay
from bot.work.usage import Usage
from bot.work.workflow import Workflows
from cogs import Parts

log = structlog.stdlib.get_logger(__name__)

LEAVE_DISCORD_SECONDS: Final = 1.0
STOP_TASKS_SECONDS: Final = 2.5
CLOSE_REST_SECONDS: Final = 1.0
HOUSEKEEPING_SECONDS: Final = 3600.0
QUESTIONS_KEPT: Final = timedelta(days=1)
JOBS_KEPT: Final = timedelta(days=30)
USES_KEPT: Final = timedelta(days=8)
"""Longer than any pause of a policy."""


class App:
    """The parts of one running bot; made by `open_app`."""

    def __init__(
        self,
        parts: Parts,
        supervisor: Supervisor,
        metrics: Metrics,
        *,
        grace: timedelta,
        guilds: GuildsSettings,
    ) -> None:
        self.parts = parts
        self._guilds = guilds
        self.supervisor = supervisor
        self.metrics = metrics
        self._grace = grace
        self._here: set[int] = set()
        self._loading = asyncio.Lock()
        self.bot: RoostClient

    async def guild_here(self, guild_id: int) -> None:
        """Load a guild once; one that came back within the grace period has all it had."""
        if not self._may_be_in(guild_id):
            await self._leave(guild_id)
            return
        async with self._loading:
            if guild_id not in self._here:
                async with self.parts.database.write() as session:
                    await guild_rows.guild_joined(
                        session, guild_id=guild_id, now=self.parts.clock.now()
                    )
                await self._load(guild_id)
            await self.tidy(guild_id)
            await self.parts.boards.resume(guild_id)
            self.supervisor.start(
                f"alarms of {guild_id}", self.parts.alerting.alarms.resume(guild_id)
            )
        self.parts.jobs.wake()

    async def guild_left(self, guild_id: int) -> None:
        """Let go of a guild; what is stored is erased once the grace period is over."""
        async with self._loading:
            self._here.discard(guild_id)
            await self.parts.jobs.let_go(guild_id)
            async with self.parts.database.write() as session:
                await guild_rows.guild_left(session, guild_id=guild_id, now=self.parts.clock.now())
            self._forget(guild_id)

    async def erase_guild(self, guild_id: int) -> int:
        """Erase everything of a guild at once; the bot stays there and begins afresh."""
        async with self._loading:
            self._here.discard(guild_id)
            await self.parts.jobs.let_go(guild_id)
            mirrored = self.parts.mirrors.of(guild_id)
            self._forget(guild_id)
            self.parts.mirrors.take_down(mirrored)
            async with self.parts.database.write() as session:
                count = await guild_rows.erase_guild(session, guild_id=guild_id)
                await guild_rows.guild_joined(
                    session, guild_id=guild_id, now=self.parts.clock.now()
                )
            await self._load(guild_id)
        log.info("guild erased on demand", guild=guild_id)
        return count

    @property
    def here(self) -> frozenset[int]:
        """The guilds that are loaded."""
        return frozenset(self._here)

    async def load_known(self) -> None:
        """Take every known guild into memory before the first command can come."""
        async with self.parts.database.read() as session:
            known = await guild_rows.list_guilds(session)
        for guild in known:
            cut_off = await self.parts.audit.close_unfinished(guild.guild_id)
            if cut_off:
                log.warning("actions without a result", guild=guild.guild_id, count=cut_off)
            if guild.left_at is None and self._may_be_in(guild.guild_id):
                await self._load(guild.guild_id)

    async def keep_house(self) -> None:
        """Erase guilds whose grace period is over, and questions nobody answered in time."""
        while True:
            now = self.parts.clock.now()
            async with self.parts.database.write() as session:
                over = await guild_rows.guilds_out_of_grace(session, now=now, grace=self._grace)
                for guild_id in over:
                    await guild_rows.erase_guild(session, guild_id=guild_id)
            for guild_id in over:
                log.info("guild erased after its grace period", guild=guild_id)
            for guild_id in self.here:
                await self.tidy(guild_id)
                await self.parts.alerting.tidy(guild_id, now)
                async with self.parts.database.write() as session:
                    await confirmation_rows.drop_expired_confirmations(
                        session, guild_id=guild_id, before=now - QUESTIONS_KEPT
                    )
                    await policy_rows.drop_old_uses(
                        session, guild_id=guild_id, before=now - USES_KEPT
                    )
                    await job_rows.drop_ended_jobs(
                        session, guild_id=guild_id, before=now - JOBS_KEPT
                    )
            await self.parts.clock.sleep(HOUSEKEEPING_SECONDS)

    async def tidy(self, guild_id: int) -> None:
        """Drop the rules that ran out, and those of roles that are no more."""
        guild = self.bot.get_guild(guild_id)
        known = guild is not None and not guild.unavailable
        roles = frozenset(role.id for role in guild.roles) if guild is not None else frozenset()
        await self.parts.tidying.tidy(guild_id, roles if known else frozenset())

    async def _who_left(self) -> None:
        for guild_id in sorted(self._here):
            await self.parts.tidying.who_left(guild_id, self.bot.is_member)
        await self.parts.alerting.who_left(self.bot.is_member)

    async def look_who_left(self) -> None:
        """Erase the linked keys of members who left, their rules, and their wishes to be pinged."""
        await self.parts.linking.watch(
            self.bot.is_member,
            lambda: sorted(self._here),
            self.parts.clock,
            also=self._who_left,
        )

    async def health(self) -> Health:
        """What /healthz tells."""
        return Health(
            gateway=self.bot.is_ready() and not self.bot.is_closed(),
            database=await self.parts.database.answers(),
            heartbeat_age_s=self.bot.heartbeat_age_s,
        )

    def _may_be_in(self, guild_id: int) -> bool:
        """What the operator's lists say: a blocked guild never, others unless a list is kept."""
        if guild_id in self._guilds.block:
            return False
        return not self._guilds.allow or guild_id in self._guilds.allow

    async def _leave(self, guild_id: int) -> None:
        log.info("leaving a guild the operator doesn't serve", guild=guild_id)
        guild = self.bot.get_guild(guild_id)
        if guild is not None:
            await guild.leave()

    async def _load(self, guild_id: int) -> None:
        await self.parts.ruling.load(guild_id)
        await self.parts.panels.open_guild(guild_id)
        await self.parts.links.open_guild(guild_id)
        await self.parts.mirrors.open_guild(guild_id)
        await self.parts.plans.load(guild_id)
        await self.parts.alerting.load(guild_id)
        self._here.add(guild_id)

    def _forget(self, guild_id: int) -> None:
        self.parts.alerting.forget(guild_id)
        self.parts.boards.let_go(guild_id)
        self.parts.history.let_go(guild_id)
        self.parts.mirrors.close_guild(guild_id)
        self.parts.delivery.forget(guild_id)
        for server in self.parts.directory.of(guild_id):
            self.parts.hub.forget(server.id)
            self.parts.players.forget(server.id)
        self.parts.plans.forget(guild_id)
        self.parts.links.close_guild(guild_id)
        self.parts.panels.close_guild(guild_id)
        self.parts.gate.forget_guild(guild_id)
        self.parts.integrations.changed(guild_id)


@contextlib.asynccontextmanager
async def open_app(
    config: Config,
    *,
    clock: Clock = SYSTEM,
    supervisor: Supervisor | None = None,
    guild_ready_seconds: float = 2.0,
) -> AsyncIterator[App]:
    """Everything but the connection to Discord, which `app.bot.start(token)` makes.

    Raises:
        StoreError: The database is in use, broken or too new, or the master key is wrong.
    """
    supervisor = supervisor or Supervisor(clock)
    database = await Database.open(config.database.path, clock=clock)
    network: Network | None = None
    app: App | None = None
    try:
        vault = await Vault.open(database, key=config.secret.key, clock=clock)
        guard = AddressGuard(config.network.allow, config.network.allow_http)
        body_cap_bytes = config.limits.body_cap_mib << 20
        network = Network(guard, clock=clock, body_cap_bytes=body_cap_bytes)
        ground = _Ground(config, clock, supervisor, database, vault, network)
        app = _wire(ground, guild_ready_seconds=guild_ready_seconds)
        await app.load_known()
        await app.parts.jobs.prepare()
        supervisor.keep("delivery", app.parts.delivery.run)
        supervisor.keep("housekeeping", app.keep_house)
        supervisor.keep("jobs", app.parts.jobs.run)
        supervisor.keep("idle stop", app.parts.idle_stop.run)
        app.parts.alerting.start(supervisor)
        supervisor.keep("linked keys", app.parts.links.watch)
        supervisor.keep("audit witness", app.parts.witness.run)
        supervisor.keep("members who left", app.look_who_left)
        supervisor.keep("boards", app.parts.boards.run)
        supervisor.keep("history", app.parts.history.run)
        supervisor.keep("headcount", app.parts.headcount.run)
        supervisor.keep("drawing", app.parts.charts.watch)
        yield app
    finally:
        if app is not None:
            await _within("leaving Discord", LEAVE_DISCORD_SECONDS, app.bot.close())
        await supervisor.close(within=STOP_TASKS_SECONDS)
        if app is not None:
            app.parts.players.close()
            await _within("ending the drawing", CLOSE_REST_SECONDS, app.parts.charts.close())
        if network is not None:
            await _within("closing connections", CLOSE_REST_SECONDS, network.close())
        await _within("closing the database", CLOSE_REST_SECONDS, database.close())


@dataclass(frozen=True)
class _Ground:
    """What everything else stands on."""

    config: Config
    clock: Clock
    supervisor: Supervisor
    database: Database
    vault: Vault
    network: Network


def _wire(ground: _Ground, *, guild_ready_seconds: float) -> App:
    config, clock, supervisor = ground.config, ground.clock, ground.supervisor
    database, vault = ground.database, ground.vault
    metrics = Metrics()
    ground.network.on_answer = lambda error, seconds: metrics.panel_answered(
        _panel_outcome(error), seconds
    )
    directory = Directory()
    panels = Panels(
        database=database,
        vault=vault,
        network=ground.network,
        budgets=Budgets(clock),
        directory=directory,
        supervisor=supervisor,
        clock=clock,
        panels_per_guild=config.limits.panels_per_guild,
        servers_per_panel=config.limits.servers_per_panel,
    )
    hub = Hub(
        panels,
        directory,
        supervisor,
        metrics,
        clock,
        watched_per_guild=config.limits.watched_per_guild,
    )
    links = Links(database=database, vault=vault, panels=panels, clock=clock)
    gate = Gate(directory, links, clock)
    players = Players(
        ground.network.guard,
        supervisor,
        clock,
        place=lambda server: gate.book(server.guild_id).settings.queries.get(server.id),
    )
    audit = Audit(database, metrics, clock)
    acting = Acting(panels, links, audit, supervisor, clock)
    confirmations = Confirmations(database, clock)
    shelf = Shelf(panels, supervisor, clock)
    jobs = Jobs(
        database,
        supervisor,
        clock,
        # nothing is due before Discord can hear of it
        guilds=lambda: app.here if app.bot.is_ready() else frozenset(),
        jobs_per_guild=config.limits.jobs_per_guild,
    )
    members = Members(lambda: app.bot)
    again = Again(gate, directory, members)
    traffic = Traffic(clock)
    delivery = Delivery(traffic, metrics, clock)
    places = Places(lambda: app.bot, delivery)
    ruling = Ruling(
        database=database,
        gate=gate,
        directory=directory,
        audit=audit,
        clock=clock,
        rules_per_guild=config.limits.rules_per_guild,
    )
    teller = Teller(places, clock)
    desk = Desk(
        gate=gate,
        acting=acting,
        audit=audit,
        again=again,
        hub=hub,
        directory=directory,
        teller=teller,
        players=players,
        clock=clock,
    )
    jobs_view = JobsView(database, jobs, gate, audit, directory)
    follows = Follows(
        database=database,
        jobs=jobs,
        view=jobs_view,
        teller=teller,
        directory=directory,
        panels=panels,
        hub=hub,
        gate=gate,
        clock=clock,
    )
    workflows = Workflows(database, jobs, jobs_view, desk, follows)
    charts = Charts(clock)
    headcount = Headcount(
        players,
        hub,
        lambda: itertools.chain(parts.boards.shown(), parts.history.sampled()),
        clock,
    )
    history = History(
        database=database,
        hub=hub,
        directory=directory,
        gate=gate,
        guilds=lambda: app.here,
        headcount=headcount,
        clock=clock,
    )
    usage = Usage(history, charts, gate, directory, clock)
    pace = Pace(clock, a_minute=config.limits.interactions_per_minute)
    console = ConsoleWork(gate, acting, hub, directory, clock)
    webhooks = Webhooks(lambda: app.bot, delivery)
    mirrors = Mirrors(
        database=database,
        vault=vault,
        hub=hub,
        directory=directory,
        gate=gate,
        places=places,
        delivery=delivery,
        webhooks=webhooks,
        supervisor=supervisor,
        metrics=metrics,
        clock=clock,
        command_button=None if config.discord.message_content else command_button,
    )
    lookout = Lookout(
        database=database, gate=gate, hub=hub, players=players, panels=panels, clock=clock
    )
    voters = Voters(
        gate=gate,
        directory=directory,
        members=members,
        crowd=Crowd(lambda: app.bot),
        clock=clock,
    )
    consents = Consents(
        database=database,
        jobs=jobs,
        jobs_view=jobs_view,
        gate=gate,
        audit=audit,
        lookout=lookout,
        voters=voters,
        course=Course(
            database=database,
            gate=gate,
            audit=audit,
            again=again,
            members=members,
            directory=directory,
            teller=teller,
            lookout=lookout,
            voters=voters,
            clock=clock,
        ),
        clock=clock,
    )
    backups = BackupWork(
        acting=acting,
        panels=panels,
        hub=hub,
        directory=directory,
        shelf=shelf,
        follows=follows,
        clock=clock,
    )
    events = Events(lambda: app.bot)
    plans = Plans(
        database=database,
        jobs=jobs,
        view=jobs_view,
        gate=gate,
        audit=audit,
        directory=directory,
        panels=panels,
        clock=clock,
    )
    PlanRuns(
        database=database,
        jobs=jobs,
        workflows=workflows,
        again=again,
        hub=hub,
        players=players,
        backups=PlanBackups(backups, follows, panels, acting, clock),
        posts=PlanPosts(teller, places, events, directory, clock),
        noted=plans.noted,
        clock=clock,
    )
    databases = DatabaseWork(acting, shelf)
    installs = Installs(acting, hub, directory, follows)
    Consented(
        consents,
        database=database,
        workflows=workflows,
        backups=backups,
        installs=installs,
        databases=databases,
        hub=hub,
    )
    integrations = Integrations(lambda: app.bot)
    parts = Parts(
        clock=clock,
        supervisor=supervisor,
        database=database,
        vault=vault,
        directory=directory,
        panels=panels,
        links=links,
        hub=hub,
        players=players,
        shelf=shelf,
        gate=gate,
        ruling=ruling,
        console_ruling=ConsoleRuling(
            database=database,
            gate=gate,
            directory=directory,
            ruling=ruling,
            audit=audit,
            clock=clock,
        ),
        integrations=integrations,
        explaining=Explaining(
            gate=gate,
            ruling=ruling,
            panels=panels,
            hub=hub,
            directory=directory,
            integrations=integrations,
            command_ids=lambda: app.bot.command_ids,
            clock=clock,
        ),
        panel_log=PanelLog(panels),
        tidying=Tidying(database=database, gate=gate, ruling=ruling, audit=audit, clock=clock),
        recipe_ruling=RecipeRuling(
            database=database, gate=gate, ruling=ruling, audit=audit, clock=clock
        ),
        audit=audit,
        acting=acting,
        confirmations=confirmations,
        jobs=jobs,
        jobs_view=jobs_view,
        again=again,
        delivery=delivery,
        places=places,
        pausing=Pausing(delivery, places, gate, supervisor),
        workflows=workflows,
        consents=consents,
        voters=voters,
        simulation=Simulation(
            gate=gate,
            directory=directory,
            lookout=lookout,
            voters=voters,
            hub=hub,
            players=players,
        ),
        policing=Policing(database=database, gate=gate, ruling=ruling, audit=audit, clock=clock),
        console=console,
        recipes=RecipeWork(gate, console, directory, consents),
        mirrors=mirrors,
        mirroring=Mirroring(
            database=database,
            mirrors=mirrors,
            webhooks=webhooks,
            delivery=delivery,
            hub=hub,
            directory=directory,
            audit=audit,
            clock=clock,
            mirrors_per_guild=config.limits.mirrors_per_guild,
            reads_messages=config.discord.message_content,
        ),
        two_way=TwoWay(
            mirrors=mirrors,
            console=console,
            gate=gate,
            directory=directory,
            audit=audit,
            places=places,
            pace=pace,
        ),
        follows=follows,
        backups=backups,
        plans=plans,
        events=events,
        idle_stop=IdleStop(
            database=database,
            gate=gate,
            directory=directory,
            hub=hub,
            players=players,
            panels=panels,
            plans=plans,
            workflows=workflows,
            places=places,
            guilds=lambda: app.here if app.bot.is_ready() else frozenset(),
            me=members.me,
            clock=clock,
        ),
        databases=databases,
        installs=installs,
        renaming=Renaming(acting, panels),
        account=AccountWork(gate, panels, acting, audit, confirmations),
        linking=Linking(gate, panels, links, directory, audit),
        schedules=ScheduleWork(gate, acting, shelf, hub, clock),
        subusers=SubuserWork(gate, acting, panels, shelf, confirmations=confirmations, clock=clock),
        bulk=BulkWork(
            database=database,
            jobs=jobs,
            view=jobs_view,
            teller=teller,
            again=again,
            gate=gate,
            workflows=workflows,
            audit=audit,
            hub=hub,
            directory=directory,
            clock=clock,
        ),
        charts=charts,
        headcount=headcount,
        history=history,
        usage=usage,
        boards=Boards(
            Ground(
                database=database,
                hub=hub,
                directory=directory,
                gate=gate,
                places=places,
                usage=usage,
                headcount=headcount,
                clock=clock,
            ),
            audit,
            supervisor,
            boards_per_guild=config.limits.boards_per_guild,
        ),
        exchange=Exchange(
            database=database,
            ruling=ruling,
            audit=audit,
            attachments=Attachments(ground.network),
            rules_per_guild=config.limits.rules_per_guild,
            clock=clock,
        ),
        alerting=alerting(
            database=database,
            directory=directory,
            panels=panels,
            hub=hub,
            gate=gate,
            audit=audit,
            members=members,
            places=places,
            follows=follows,
            desk=desk,
            supervisor=supervisor,
            is_ready=lambda: app.bot.is_ready(),  # noqa: PLW0108  # the bot is made later
            clock=clock,
        ),
        witness=Witness(
            database=database,
            gate=gate,
            places=places,
            guilds=lambda: app.here,
            is_ready=lambda: app.bot.is_ready(),  # noqa: PLW0108  # the bot is made later
            clock=clock,
        ),
        leave_grace_days=config.limits.leave_grace_days,
        erase_guild=lambda guild_id: app.erase_guild(guild_id),  # noqa: PLW0108  # as is the app
        files=file_work(
            gate=gate,
            acting=acting,
            shelf=shelf,
            directory=directory,
            supervisor=supervisor,
            network=ground.network,
            confirmations=confirmations,
            consents=consents,
            clock=clock,
        ),
    )
    app = App(
        parts,
        supervisor,
        metrics,
        grace=timedelta(days=config.limits.leave_grace_days),
        guilds=config.guilds,
    )
    doors = Doors(
        gate,
        supervisor,
        clock,
        errors=Explainer(gate, audit, supervisor),
        metrics=metrics,
        pace=pace,
        costly_pace=Pace(clock, a_minute=config.limits.costly_per_minute),
    )
    app.bot = RoostClient(
        parts,
        doors,
        app,
        traffic=traffic,
        guilds=config.discord.guilds,
        reads_messages=config.discord.message_content,
        guild_ready_seconds=guild_ready_seconds,
    )
    metrics.watch(
        guilds=lambda: len(app.bot.guilds),
        sockets=lambda: hub.sockets,
        tasks=lambda: len(supervisor.names),
        requests=lambda: supervisor.requests_under_way,
    )
    return app


def _panel_outcome(error: PanelError | None) -> PanelOutcome:
    match error:
        case None:
            return "answered"
        case Limited():
            return "limited"
        case Refused():
            return "refused"
    return "unreachable"


async def serve(config: Config) -> int:
    """Run until SIGTERM or SIGINT; the exit code."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with open_app(config) as app:
        observer = Observer(app.metrics, app.health)
        if config.observe.port is not None:
            await observer.start(config.observe.host, config.observe.port)
        token = config.discord_token().reveal()
        running = asyncio.create_task(app.bot.start(token), name="discord")
        stopping = asyncio.create_task(stop.wait(), name="signals")
        try:
            await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not running.done():
                log.info("stopping")
                return 0
            return _how_it_ended(running)
        finally:
            stopping.cancel()
            await observer.close()
            if not running.done():
                await _within("leaving Discord", LEAVE_DISCORD_SECONDS, app.bot.close())
                running.cancel()


def run(config: Config) -> int:
    """Run the bot; the exit code."""
    return asyncio.run(serve(config))


def _how_it_ended(running: "asyncio.Task[None]") -> int:
    error = running.exception()
    match error:
        case None:
            log.error("Discord ended the connection")
        case discord.LoginFailure():
            log.error(
                "Discord refuses the token: copy a fresh one from the Developer Portal → Bot, and "
                "set it as `token` under [discord] or as ROOST_DISCORD_TOKEN"
            )
        case discord.PrivilegedIntentsRequired():
            log.error(
                "Discord refuses to show messages: switch on Message Content Intent in the "
                "Developer Portal → Bot, or take message_content out of [discord]"
            )
        case _:
            log.error("the bot ended", exc_info=error)
    return 1


async def _within(what: str, seconds: float, work: Awaitable[None]) -> None:
    """Await a step of the shutdown, but not longer than it may take."""
    try:
        async with asyncio.timeout(seconds):
            await work
    except TimeoutError:
        log.warning("took too long", step=what, seconds=seconds)
