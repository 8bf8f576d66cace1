"""What each guild wants to be alerted of, in memory and in the database."""

from collections.abc import Callable
from typing import Final

from bot.access.acting import Audit
from bot.access.gate import Admitted
from bot.clock import Clock
from bot.fleet.directory import Directory
from bot.store import alerts as rows
from bot.store.alerts import AlertEvent, AlertRow, NewAlert, SetAlert
from bot.store.engine import Database

ALERTS_PER_GUILD: Final = 100


class Alerts:
    """Keeps what is wanted, and says which of it speaks of a server."""

    def __init__(
        self, database: Database, directory: Directory, audit: Audit, clock: Clock
    ) -> None:
        self._database = database
        self._directory = directory
        self._audit = audit
        self._clock = clock
        self._guilds: dict[int, tuple[AlertRow, ...]] = {}
        self.when_changed: list[Callable[[int], None]] = []
        """Called with the guild whose alerts changed."""

    async def load(self, guild_id: int) -> None:
        """Take a guild's alerts into memory."""
        async with self._database.read() as session:
            found = await rows.list_alerts(session, guild_id=guild_id)
        self._take(guild_id, found)

    def forget(self, guild_id: int) -> None:
        """Drop a guild from memory."""
        self._guilds.pop(guild_id, None)

    def of(self, guild_id: int) -> tuple[AlertRow, ...]:
        """The guild's alerts, oldest first."""
        return self._guilds.get(guild_id, ())

    def get(self, guild_id: int, alert_id: str) -> AlertRow | None:
        """One of the guild's alerts."""
        return next((one for one in self.of(guild_id) if one.id == alert_id), None)

    def about(self, guild_id: int, server_id: str, *events: AlertEvent) -> list[AlertRow]:
        """Those that speak of a server, one a channel: what is set for the server itself wins."""
        found: dict[int, AlertRow] = {}
        for alert in self.of(guild_id):
            if alert.event not in events or alert.server_id not in (None, server_id):
                continue
            before = found.get(alert.channel_id)
            if before is None or before.server_id is None:
                found[alert.channel_id] = alert
        return list(found.values())

    def wanted(self, guild_id: int, server_id: str) -> frozenset[AlertEvent]:
        """The events that somebody wants to hear of for a server."""
        return frozenset(
            one.event for one in self.of(guild_id) if one.server_id in (None, server_id)
        )

    async def put(self, admitted: Admitted, new: NewAlert) -> SetAlert | None:
        """Set an alert, instead of one of the same server, event and channel; None: no server.

        Raises:
            LimitReached: The guild has as many as it may.
        """
        guild_id = admitted.guild_id
        async with self._database.write() as session:
            made = await rows.set_alert(
                session,
                guild_id=guild_id,
                new=new,
                at_most=ALERTS_PER_GUILD,
                now=self._clock.now(),
            )
            if made is None:
                return None
            detail = self._detail(made.row)
            entry = self._audit.entry(admitted, "change", outcome="alert set", detail=detail)
            await self._audit.append(session, guild_id, entry)
            found = await rows.list_alerts(session, guild_id=guild_id)
        self._take(guild_id, found)
        return made

    async def remove(self, admitted: Admitted, alert_id: str) -> AlertRow | None:
        """Take an alert away; None where it is gone already."""
        guild_id = admitted.guild_id
        async with self._database.write() as session:
            gone = await rows.remove_alert(session, guild_id=guild_id, alert_id=alert_id)
            if gone is None:
                return None
            detail = self._detail(gone)
            entry = self._audit.entry(admitted, "change", outcome="alert removed", detail=detail)
            await self._audit.append(session, guild_id, entry)
            found = await rows.list_alerts(session, guild_id=guild_id)
        self._take(guild_id, found)
        return gone

    def label(self, alert: AlertRow) -> str | None:
        """The name of the server an alert is about; None for all."""
        if alert.server_id is None:
            return None
        server = self._directory.get(alert.guild_id, alert.server_id)
        return self._directory.label(server) if server else "?"

    def _detail(self, alert: AlertRow) -> str:
        return f"{alert.event.value} of {self.label(alert) or 'all'} in {alert.channel_id}"

    def _take(self, guild_id: int, found: list[AlertRow]) -> None:
        self._guilds[guild_id] = tuple(found)
        for tell in self.when_changed:
            tell(guild_id)
