"""Looks at what the conditions of policies are about: players, state, a backup, the past."""

from typing import Final
from zoneinfo import ZoneInfo

from msgspec import structs
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access.conditions import Circumstances, Met, day_began, decide_conditions
from bot.access.gate import Gate
from bot.access.rights import any_covers
from bot.clock import Clock
from bot.fleet.directory import Server
from bot.fleet.hub import Hub
from bot.fleet.known import Known, State
from bot.fleet.panels import PanelGone, Panels
from bot.fleet.players import Counted, PlayerCount, Players, Uncounted, Why
from bot.pterodactyl import PanelError
from bot.store import policies as rows
from bot.store.engine import Database
from bot.store.policies import Terms, Uses

STUCK_SECONDS: Final = 300.0
"""A server that starts or stops for longer isn't well."""
FULL: Final = 0.97
"""Of its memory limit: the node is about to kill it."""


class Lookout:
    """Gathers the facts for `decide_conditions`; asks for no more than the terms need."""

    def __init__(
        self,
        *,
        database: Database,
        gate: Gate,
        hub: Hub,
        players: Players,
        panels: Panels,
        clock: Clock,
    ) -> None:
        self._database = database
        self._gate = gate
        self._hub = hub
        self._players = players
        self._panels = panels
        self._clock = clock

    async def look(self, server: Server, terms: Terms) -> Circumstances:
        """What is so now, apart from how the policy was used."""
        found = Circumstances(
            terms=terms,
            now=self._clock.now(),
            time_zone=self._gate.book(server.guild_id).settings.time_zone,
        )
        if terms.only_empty or terms.only_down or terms.only_unhealthy:
            known = await self._hub.look(server)
            is_off = known.state is State.OFFLINE
            asks = not is_off and (terms.only_empty or terms.only_unhealthy)
            count = await self._players.count(server) if asks else None
            found = structs.replace(
                found,
                players=0 if is_off else (count.online if isinstance(count, Counted) else None),
                uncounted=count.why if isinstance(count, Uncounted) else None,
                is_down=is_off if known.state.is_power_state else None,
                is_unhealthy=self._is_unhealthy(server, known, count),
            )
        if terms.not_in_backup:
            found = structs.replace(
                found,
                backups_readable=any_covers(server.key_rights, "backup.read"),
                backup_runs=await self._backup_runs(server),
            )
        return found

    async def with_uses(
        self,
        session: AsyncSession,
        found: Circumstances,
        *,
        guild_id: int,
        server_id: str,
        action: str,
        member_id: int,
    ) -> Circumstances:
        """The same with how the policy was used, read in the transaction that notes the next."""
        zone = ZoneInfo(found.time_zone)
        used = await rows.uses(
            session,
            guild_id=guild_id,
            server_id=server_id,
            action=action,
            member_id=member_id,
            day_began=day_began(found.now, zone),
            now=found.now,
        )
        return structs.replace(found, uses=used)

    async def conditions(
        self, server: Server, terms: Terms, action: str, member_id: int
    ) -> tuple[Met, ...]:
        """Every condition as it is for a member now, without making use of anything."""
        found = await self.look(server, terms)
        async with self._database.read() as session:
            found = await self.with_uses(
                session,
                found,
                guild_id=server.guild_id,
                server_id=server.id,
                action=action,
                member_id=member_id,
            )
        return decide_conditions(found)

    async def still(self, server: Server, terms: Terms) -> tuple[Met, ...]:
        """Those conditions that may have changed while others were asked."""
        lasting = structs.replace(
            terms,
            server_pause_minutes=0,
            member_pause_minutes=0,
            daily_quota=0,
            quiet_from=None,
            quiet_until=None,
        )
        found = await self.look(server, lasting)
        return decide_conditions(structs.replace(found, uses=Uses()))

    def _is_unhealthy(self, server: Server, known: Known, count: PlayerCount | None) -> bool | None:
        """Stuck, about to run out of memory, or running without its game answering."""
        match known.state:
            case State.OFFLINE:
                return False
            case State.STARTING | State.STOPPING:
                if known.since_at is None:
                    return None
                since = (self._clock.now() - known.since_at).total_seconds()
                return since > STUCK_SECONDS
            case State.RUNNING:
                numbers, limit = known.numbers, server.memory_limit_bytes
                if numbers is not None and limit and numbers.memory_bytes >= FULL * limit:
                    return True
                if isinstance(count, Counted):
                    return False
                if isinstance(count, Uncounted) and count.why is Why.NO_ANSWER:
                    return True
        return None

    async def _backup_runs(self, server: Server) -> bool | None:
        try:
            client = self._panels.client(server.guild_id, server.panel_id)
            listed = await client.servers.backups.list_backups(server.uuid)
        except (PanelError, PanelGone):
            return None
        return any(backup.is_running for backup in listed.rows)
