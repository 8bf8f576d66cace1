"""The guilds of this process: taken into memory, let go, tidied, erased."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import structlog

from bot.access.acting import Audit
from bot.clock import Clock
from bot.config import GuildsSettings
from bot.store import guilds as rows
from bot.store.engine import Database
from bot.supervisor import Supervisor
from bot.wiring.area import Area
from bot.wiring.ground import Presence

log = structlog.stdlib.get_logger(__name__)

HOUSEKEEPING_SECONDS: Final = 3600.0
LOOK_WHO_LEFT_SECONDS: Final = 86400.0


class Guilds:
    """Hands each guild to every area, and takes it back."""

    def __init__(
        self,
        areas: Sequence[Area],
        *,
        database: Database,
        audit: Audit,
        presence: Presence,
        served: GuildsSettings,
        grace: timedelta,
        clock: Clock,
    ) -> None:
        """Args:
        areas: In the order a guild is loaded; it is forgotten in reverse.
        served: The operator's lists of guilds.
        grace: How long a guild that was left keeps all it had.
        """
        self._areas = areas
        self._database = database
        self._audit = audit
        self._presence = presence
        self._served = served
        self._grace = grace
        self._clock = clock
        self._here: set[int] = set()
        self._loading = asyncio.Lock()

    @property
    def here(self) -> frozenset[int]:
        """The guilds that are loaded."""
        return frozenset(self._here)

    async def start(self, supervisor: Supervisor) -> None:
        """Load every known guild before the first command can come, then let all areas begin."""
        await self._load_known()
        for area in self._areas:
            await area.start(supervisor)
        supervisor.keep("housekeeping", self._keep_house)
        supervisor.keep("members who left", self._look_who_left)

    async def guild_here(self, guild_id: int) -> None:
        """Load a guild once; one that came back within the grace period has all it had."""
        if not self._is_served(guild_id):
            await self._leave(guild_id)
            return
        async with self._loading:
            if guild_id not in self._here:
                async with self._database.write() as session:
                    await rows.guild_joined(session, guild_id=guild_id, now=self._clock.now())
                await self._load(guild_id)
            for area in self._areas:
                await area.resume(guild_id)

    async def guild_left(self, guild_id: int) -> None:
        """Let go of a guild; what is stored is erased once the grace period is over."""
        async with self._loading:
            self._here.discard(guild_id)
            async with self._database.write() as session:
                await rows.guild_left(session, guild_id=guild_id, now=self._clock.now())
            await self._forget(guild_id)

    async def erase(self, guild_id: int) -> int:
        """Erase everything of a guild at once; the bot stays there and begins afresh.

        Returns:
            How many rows that were.
        """
        async with self._loading:
            self._here.discard(guild_id)
            for area in self._areas:
                await area.erase(guild_id)
            await self._forget(guild_id)
            async with self._database.write() as session:
                count = await rows.erase_guild(session, guild_id=guild_id)
                await rows.guild_joined(session, guild_id=guild_id, now=self._clock.now())
            await self._load(guild_id)
        log.info("guild erased on demand", guild=guild_id)
        return count

    async def _load_known(self) -> None:
        async with self._database.read() as session:
            known = await rows.list_guilds(session)
        for guild in known:
            cut_off = await self._audit.close_unfinished(guild.guild_id)
            if cut_off:
                log.warning("actions without a result", guild=guild.guild_id, count=cut_off)
            if guild.left_at is None and self._is_served(guild.guild_id):
                await self._load(guild.guild_id)

    async def _load(self, guild_id: int) -> None:
        for area in self._areas:
            await area.load(guild_id)
        self._here.add(guild_id)

    async def _forget(self, guild_id: int) -> None:
        for area in reversed(self._areas):
            await area.forget(guild_id)

    def _is_served(self, guild_id: int) -> bool:
        """What the operator's lists say: a blocked guild never, others unless a list is kept."""
        if guild_id in self._served.block:
            return False
        return not self._served.allow or guild_id in self._served.allow

    async def _leave(self, guild_id: int) -> None:
        log.info("leaving a guild the operator doesn't serve", guild=guild_id)
        guild = self._presence.client().get_guild(guild_id)
        if guild is not None:
            await guild.leave()

    async def _keep_house(self) -> None:
        """Erase guilds whose grace period is over, and what loaded ones need no longer."""
        while True:
            now = self._clock.now()
            async with self._database.write() as session:
                over = await rows.guilds_out_of_grace(session, now=now, grace=self._grace)
                for guild_id in over:
                    await rows.erase_guild(session, guild_id=guild_id)
            for guild_id in over:
                log.info("guild erased after its grace period", guild=guild_id)
            for guild_id in self.here:
                for area in self._areas:
                    await area.tidy(guild_id, now)
            await self._clock.sleep(HOUSEKEEPING_SECONDS)

    async def _look_who_left(self) -> None:
        """Without the members intent Discord doesn't tell, so it is asked."""
        while True:
            await self._clock.sleep(LOOK_WHO_LEFT_SECONDS)
            for guild_id in sorted(self.here):
                for area in self._areas:
                    await area.who_left(guild_id, self._presence.is_member)
