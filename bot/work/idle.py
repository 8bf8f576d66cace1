"""Idle stop: a server that is known to be empty for long enough is stopped by the guild's policy.

Sampling, so no job: a loop looks once a minute at the servers that have the policy. What it counts
is kept in memory; after a restart of the bot each server begins anew, which can only stop later.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

import structlog
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access.conditions import is_quiet
from bot.access.facts import Actor
from bot.access.gate import Gate, NotAdmitted
from bot.access.idle import admit_idle_stop, idle_policy
from bot.clock import Clock
from bot.fleet.directory import Directory, Server
from bot.fleet.hub import Hub
from bot.fleet.known import State
from bot.fleet.panels import PanelGone, Panels
from bot.fleet.players import Players, Uncounted, is_empty
from bot.posts.places import Places
from bot.pterodactyl import PanelError
from bot.store import jobs as rows
from bot.store.engine import Database
from bot.store.policies import Terms
from bot.texts import _, speaking
from bot.ui.doors import new_reference
from bot.ui.errors import Unfit
from bot.ui.text import duration
from bot.ui.when import zone_of
from bot.work.abreast import abreast
from bot.work.plan_state import KIND as PLAN
from bot.work.plans import Plans
from bot.work.power_order import PowerOrder
from bot.work.workflow import Workflows

log = structlog.stdlib.get_logger(__name__)

LOOK_SECONDS: Final = 60.0
GAP_SECONDS: Final = 180.0
"""More between two looks is time that nobody saw, and the count begins anew."""
BEFORE_A_PLAN: Final = timedelta(minutes=15)


class _Empty(Struct):
    """Since when a server is known to be empty, and when that was last seen; by the clock's seconds
    that never run backwards."""

    since: float
    seen: float


class IdleStop:
    """Looks after the servers that have the policy."""

    def __init__(
        self,
        *,
        database: Database,
        gate: Gate,
        directory: Directory,
        hub: Hub,
        players: Players,
        panels: Panels,
        plans: Plans,
        workflows: Workflows,
        places: Places,
        guilds: Callable[[], frozenset[int]],
        me: Callable[[int], Actor | None],
        clock: Clock,
    ) -> None:
        """Args:
        guilds: Those that are looked after here, and can be spoken to.
        me: The bot as a member of a guild.
        """
        self._database = database
        self._gate = gate
        self._directory = directory
        self._hub = hub
        self._players = players
        self._panels = panels
        self._plans = plans
        self._workflows = workflows
        self._places = places
        self._guilds = guilds
        self._me = me
        self._clock = clock
        self._empty: dict[str, _Empty] = {}

    async def run(self) -> None:
        """Look once a minute, for as long as the bot lives."""
        while True:
            await self.look()
            await self._clock.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Look at every server that has the policy."""
        watched = [
            server
            for guild_id in self._guilds()
            if any(one.action == "idle-stop" for one in self._gate.book(guild_id).policies)
            for server in self._directory.of(guild_id)
            if idle_policy(self._gate, server) is not None
        ]
        for gone in self._empty.keys() - {server.id for server in watched}:
            del self._empty[gone]
        await abreast(self._look_at, watched)

    async def _look_at(self, server: Server) -> None:
        policy = idle_policy(self._gate, server)
        if policy is None or not await self._is_empty(server):
            self._empty.pop(server.id, None)
            return
        now = self._clock.monotonic()
        counted = self._empty.get(server.id)
        if counted is None or now - counted.seen > GAP_SECONDS:
            counted = self._empty[server.id] = _Empty(now, now)
        counted.seen = now
        if now - counted.since < policy.terms.idle_minutes * 60:
            return
        if self._is_quiet(server, policy.terms) or await self._is_in_backup(server):
            return
        # what took time since must not have let anybody in
        if not is_empty(await self._players.count(server, fresh_seconds=0)):
            self._empty.pop(server.id, None)
            return
        await self._stop(server, policy.terms)

    async def _is_empty(self, server: Server) -> bool:
        """Whether it runs and is known to be empty; asked twice, since a packet may get lost."""
        known = await self._hub.look(server)
        if known.state is not State.RUNNING:
            return False
        count = await self._players.count(server)
        if isinstance(count, Uncounted):
            count = await self._players.count(server, fresh_seconds=0)
        return is_empty(count)

    def _is_quiet(self, server: Server, terms: Terms) -> bool:
        zone = zone_of(self._gate.book(server.guild_id).settings.time_zone)
        return is_quiet(terms, self._clock.now().astimezone(zone).time())

    async def _is_in_backup(self, server: Server) -> bool:
        """Whether the panel makes one; True also where it doesn't say."""
        try:
            client = self._panels.client(server.guild_id, server.panel_id).background
            listed = await client.servers.backups.list_backups(server.uuid)
        except (PanelError, PanelGone) as error:
            log.info("backups not read", server=server.identifier, error=type(error).__name__)
            return True
        return any(one.is_running for one in listed)

    async def _stop(self, server: Server, terms: Terms) -> None:
        settings = self._gate.book(server.guild_id).settings
        channel_id = settings.idle_channel_id
        me = self._me(server.guild_id)
        if me is None:
            return
        language = settings.language or self._places.language(server.guild_id) or "en"
        try:
            admitted = admit_idle_stop(
                self._gate, server, me, channel_id=channel_id or 0, reference=new_reference()
            )
            with speaking(language):
                reason = _("nobody played for {time}", time=duration(terms.idle_minutes * 60))
            order = PowerOrder(
                signal="stop",
                reason=reason,
                may_kill="always" if terms.may_kill else "ask" if channel_id else "never",
                origin="idle",
            )
            async with self._database.write() as session:
                if not await self._is_free(session, server):
                    return
                await self._workflows.begin_in(
                    session, admitted, order, language=language, is_quiet=channel_id is None
                )
        except NotAdmitted:
            log.info("idle stop not admitted", server=server.identifier)
        except Unfit:
            log.info("idle stop not taken", server=server.identifier)
        else:
            log.info("idle stop", guild=server.guild_id, server=server.identifier)
        self._empty.pop(server.id, None)

    async def _is_free(self, session: AsyncSession, server: Server) -> bool:
        """Whether nothing is under way on the server, no vote about it, no plan about to run."""
        soon = self._clock.now() + BEFORE_A_PLAN
        for plan in self._plans.about(server):
            is_at_it = plan.power_job or plan.backup_uuid or plan.backup_name or plan.waits
            if is_at_it or (plan.due_at is not None and plan.due_at <= soon):
                return False
        live = await rows.list_live_jobs(session, guild_id=server.guild_id)
        return not any(one.subject_id == server.id and one.kind != PLAN for one in live)
