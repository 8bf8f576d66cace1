"""Opens every part in order, closes them in reverse."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import discord
import structlog
from aiohttp.abc import AbstractResolver

from bot.access.pace import Pace
from bot.client import RoostClient
from bot.clock import SYSTEM, Clock
from bot.config import Config
from bot.observe import Health, Metrics, Observer, PanelOutcome
from bot.pterodactyl import AddressGuard, Limited, Network, PanelError, Refused
from bot.store.engine import Database
from bot.store.vault import Vault
from bot.supervisor import Supervisor
from bot.ui.doorkeeper import Doorkeeper
from bot.ui.refusing import Explainer
from bot.wiring.access import build_access
from bot.wiring.alerting import build_alerting
from bot.wiring.boards import build_boards
from bot.wiring.consent import build_consent
from bot.wiring.fleet import build_fleet
from bot.wiring.ground import Ground, Presence
from bot.wiring.guilds import Guilds
from bot.wiring.long_work import build_long_work
from bot.wiring.mirrors import build_mirrors
from bot.wiring.planning import build_planning
from bot.wiring.playing import build_playing
from bot.wiring.posts import build_posts
from bot.wiring.rules import build_rules
from bot.wiring.server_work import build_server_work
from cogs import Parts

log = structlog.stdlib.get_logger(__name__)

LEAVE_DISCORD_SECONDS: Final = 1.0
STOP_TASKS_SECONDS: Final = 2.5
CLOSE_REST_SECONDS: Final = 1.0


@dataclass(frozen=True)
class App:
    """One running bot; made by `open_app`."""

    parts: Parts
    guilds: Guilds
    bot: RoostClient
    supervisor: Supervisor
    metrics: Metrics

    async def health(self) -> Health:
        """What /healthz tells."""
        return Health(
            gateway=self.bot.is_ready() and not self.bot.is_closed(),
            database=await self.parts.database.answers(),
            heartbeat_age_s=self.bot.heartbeat_age_s,
        )


@contextlib.asynccontextmanager
async def open_app(
    config: Config,
    *,
    clock: Clock = SYSTEM,
    supervisor: Supervisor | None = None,
    resolver: AbstractResolver | None = None,
    guild_ready_seconds: float = 2.0,
) -> AsyncIterator[App]:
    """Everything but the connection to Discord, which `app.bot.start(token)` makes.

    Args:
        resolver: Of the names of panels, nodes and games; where None, the client's own.

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
        network = Network(guard, clock=clock, resolver=resolver, body_cap_bytes=body_cap_bytes)
        app = _wire(
            config,
            clock=clock,
            supervisor=supervisor,
            database=database,
            vault=vault,
            network=network,
            guild_ready_seconds=guild_ready_seconds,
        )
        await app.guilds.start(supervisor)
        yield app
    finally:
        if app is not None:
            await _within("leaving Discord", LEAVE_DISCORD_SECONDS, app.bot.close())
        await supervisor.close(within=STOP_TASKS_SECONDS)
        if app is not None:
            await _within("ending the drawing", CLOSE_REST_SECONDS, app.parts.charts.close())
        if network is not None:
            await _within("closing connections", CLOSE_REST_SECONDS, network.close())
        await _within("closing the database", CLOSE_REST_SECONDS, database.close())


def _wire(
    config: Config,
    *,
    clock: Clock,
    supervisor: Supervisor,
    database: Database,
    vault: Vault,
    network: Network,
    guild_ready_seconds: float,
) -> App:
    metrics = Metrics()
    network.on_answer = lambda error, seconds: metrics.panel_answered(
        _panel_outcome(error), seconds
    )
    ground = Ground(
        config=config,
        clock=clock,
        supervisor=supervisor,
        database=database,
        vault=vault,
        network=network,
        metrics=metrics,
        presence=Presence(
            client=lambda: bot,
            command_ids=lambda: bot.command_ids,
            is_member=lambda *who: bot.is_member(*who),  # noqa: PLW0108  # the bot is made later
            guilds=lambda: guilds.here,
        ),
    )
    fleet = build_fleet(ground)
    access = build_access(ground, fleet)
    playing = build_playing(ground, fleet, access)
    posts = build_posts(ground, access)
    rules = build_rules(ground, fleet, access, posts)
    long_work = build_long_work(ground, fleet, access, playing, posts)
    consent = build_consent(
        ground,
        fleet=fleet,
        access=access,
        playing=playing,
        posts=posts,
        long_work=long_work,
        rules=rules,
    )
    server_work = build_server_work(ground, fleet, access, long_work, consent)
    planning = build_planning(
        ground,
        fleet=fleet,
        access=access,
        playing=playing,
        posts=posts,
        long_work=long_work,
        server_work=server_work,
    )
    mirrored = build_mirrors(ground, fleet, access, posts, server_work)
    boarding = build_boards(ground, fleet, access, playing, posts)
    alerting = build_alerting(ground, fleet, access, posts, boarding, long_work=long_work)
    rules.exchange.plan_mirrors = mirrored.mirroring.planned
    rules.exchange.when_taken += [alerting.taken, boarding.taken, mirrored.taken]
    # rules come before the panels they speak of; jobs, which act on everything, come last
    guilds = Guilds(
        (
            access,
            rules,
            fleet,
            playing,
            posts,
            consent,
            server_work,
            mirrored,
            planning,
            alerting,
            boarding,
            long_work,
        ),
        database=database,
        audit=access.audit,
        presence=ground.presence,
        served=config.guilds,
        grace=timedelta(days=config.limits.leave_grace_days),
        clock=clock,
    )
    parts = Parts.of(
        ground,
        fleet=fleet,
        access=access,
        playing=playing,
        posts=posts,
        rules=rules,
        long_work=long_work,
        consent=consent,
        server_work=server_work,
        planning=planning,
        mirrored=mirrored,
        boarding=boarding,
        alerting=alerting,
        erase_guild=guilds.erase,
    )
    doors = Doorkeeper(
        access.gate,
        supervisor,
        clock,
        errors=Explainer(access.gate, access.audit, supervisor),
        metrics=metrics,
        pace=access.pace,
        costly_pace=Pace(clock, a_minute=config.limits.costly_per_minute),
    )
    bot = RoostClient(
        parts,
        doors,
        guilds,
        traffic=posts.traffic,
        only_in=config.discord.guilds,
        reads_messages=config.discord.message_content,
        guild_ready_seconds=guild_ready_seconds,
    )
    metrics.watch(
        guilds=lambda: len(bot.guilds),
        sockets=lambda: fleet.hub.sockets,
        tasks=lambda: len(supervisor.names),
        requests=lambda: supervisor.requests_under_way,
    )
    return App(parts, guilds, bot, supervisor, metrics)


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
