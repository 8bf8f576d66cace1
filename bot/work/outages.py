"""Panels and nodes away, and keys that are refused: one alarm for each, not one a server."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import msgspec
import structlog
from msgspec import Struct, structs

from bot.clock import Clock
from bot.fleet.directory import Directory, Server
from bot.fleet.hub import Hub
from bot.fleet.known import State
from bot.fleet.panels import Connected, PanelGone, Panels
from bot.posts.messages import Message
from bot.pterodactyl import (
    Conflict,
    ConflictState,
    KeyRejected,
    NotThePanel,
    PanelDown,
    PanelError,
    Unreachable,
)
from bot.store.alarms import AlarmRow
from bot.store.alerts import AlertEvent, AlertRow
from bot.ui.alarms import Away, AwayFacts, away_card
from bot.work.abreast import abreast
from bot.work.alarms import Alarms, Showing
from bot.work.alerts import Alerts

log = structlog.stdlib.get_logger(__name__)

LOOK_EVERY_SECONDS: Final = 60.0
AWAY_FOR: Final = timedelta(seconds=90)
"""What is away for less is a restart or a hiccup."""
CHOSEN_SECONDS: Final = 5.0
KEY: Final = "key"
"""The word for alarms of a refused key, which alerts of `panel` want as well."""


class _Panel(Struct):
    """What is known of a panel's answers."""

    identifier: str
    """Of the key with which it was asked."""
    failing_since: datetime | None = None
    is_refused: bool = False


class Outages:
    """Asks panels that somebody wants to hear of once a minute, and looks what the hub knows."""

    def __init__(
        self,
        *,
        alerts: Alerts,
        alarms: Alarms,
        panels: Panels,
        hub: Hub,
        directory: Directory,
        clock: Clock,
    ) -> None:
        self._alerts = alerts
        self._alarms = alarms
        self._panels = panels
        self._hub = hub
        self._directory = directory
        self._clock = clock
        self._looked: dict[str, _Panel] = {}
        self._chosen: dict[int, tuple[float, frozenset[str]]] = {}
        self._nodes: dict[tuple[str, str], datetime] = {}
        for event in (AlertEvent.PANEL.value, AlertEvent.NODE.value, KEY):
            alarms.register(event, self._draw, self._wanted)

    def wants(self, server: Server) -> bool:
        """Whether a server is to be watched because of its node: one of each node is enough."""
        if AlertEvent.NODE not in self._alerts.wanted(server.guild_id, server.id):
            return False
        return server.id in self._one_of_each(server.guild_id)

    def _one_of_each(self, guild_id: int) -> frozenset[str]:
        """One server of each node; kept for a moment, as it is asked for each server in turn."""
        now = self._clock.monotonic()
        kept = self._chosen.get(guild_id)
        if kept is None or now - kept[0] > CHOSEN_SECONDS:
            first: dict[tuple[str, str], tuple[bool, str]] = {}
            for one in self._directory.of(guild_id):
                key = (one.panel_id, one.node)
                # one being installed or suspended has no console, and is asked for it in vain
                rank = (one.status is not None, one.id)
                first[key] = min(first.get(key, rank), rank)
            kept = self._chosen[guild_id] = (now, frozenset(name for _, name in first.values()))
        return kept[1]

    async def look(self) -> None:
        """Look at every panel and node once."""
        guilds = list(self._alarms.guilds())
        await abreast(self._look_at, [panel for one in guilds for panel in self._panels.of(one)])
        for guild_id in guilds:
            await self._close_removed(guild_id)

    async def _look_at(self, panel: Connected) -> None:
        await self._look_at_panel(panel)
        await self._look_at_nodes(panel)

    # panels

    async def _look_at_panel(self, panel: Connected) -> None:
        servers = self._of_panel(panel)
        if not self._alerts_of(panel.guild_id, servers, AlertEvent.PANEL):
            self._looked.pop(panel.id, None)
            return
        try:
            identifier = self._panels.identifier(panel.guild_id, panel.id)
            client = self._panels.client(panel.guild_id, panel.id)
        except PanelGone:
            return
        looked = self._looked.get(panel.id)
        if looked is None or looked.identifier != identifier:
            looked = self._looked[panel.id] = _Panel(identifier)
        if looked.is_refused:
            return  # the key won't get better; another one is another identifier
        now = self._clock.now()
        try:
            await client.background.account.get_account()
        except KeyRejected:
            looked.is_refused, looked.failing_since = True, None
            await self._close(panel.guild_id, AlertEvent.PANEL.value, panel.id)
            await self._open(panel, KEY, KEY, now)
        except (PanelDown, NotThePanel) as error:
            looked.failing_since = looked.failing_since or now
            log.info("panel away", panel=panel.id, error=type(error).__name__)
            if self._clock.now() - looked.failing_since >= AWAY_FOR:
                await self._open(panel, AlertEvent.PANEL.value, "panel", looked.failing_since)
        except PanelError as error:
            if isinstance(error, Unreachable):
                log.info("panel not asked", panel=panel.id, error=type(error).__name__)
                return  # our own guard or budget: it says nothing of the panel
            await self._answered(panel, looked)
        else:
            await self._answered(panel, looked)

    async def _answered(self, panel: Connected, looked: _Panel) -> None:
        looked.failing_since = None
        await self._close(panel.guild_id, AlertEvent.PANEL.value, panel.id)
        await self._close(panel.guild_id, KEY, panel.id)

    async def _open(self, panel: Connected, event: str, kind: Away, since: datetime) -> None:
        if self._alarms.find(panel.guild_id, event, panel.id) is not None:
            return
        facts = AwayFacts(
            kind=kind, label=panel.name, since=since, servers=len(self._of_panel(panel))
        )
        await self._alarms.open(panel.guild_id, event, panel.id, facts)

    # nodes

    async def _look_at_nodes(self, panel: Connected) -> None:
        nodes = sorted({server.node for server in self._of_panel(panel)})
        for node in nodes:
            await self._look_at_node(panel, node)

    async def _look_at_node(self, panel: Connected, node: str) -> None:
        servers = self._of_node(panel.guild_id, panel.id, node)
        if not self._alerts_of(panel.guild_id, servers, AlertEvent.NODE):
            return
        now, key = self._clock.now(), (panel.id, node)
        states = [self._hub.known(server) for server in servers]
        row = self._alarms.find(panel.guild_id, AlertEvent.NODE.value, _node(panel.id, node))
        if any(known.is_live for known in states) or any(
            row is not None
            and known.state.is_power_state
            and known.seen_at is not None
            and known.seen_at > row.opened_at
            for known in states
        ):
            self._nodes.pop(key, None)
            if row is not None:
                await self._alarms.close(row, msgspec.convert(row.facts, AwayFacts))
        elif row is None and any(
            known.state is State.NODE_DOWN and not self._is_maintained(server)
            for server, known in zip(servers, states, strict=True)
        ):
            since = self._nodes.setdefault(key, now)
            if now - since >= AWAY_FOR:
                facts = AwayFacts(kind="node", label=node, since=since, servers=len(servers))
                await self._alarms.open(
                    panel.guild_id, AlertEvent.NODE.value, _node(panel.id, node), facts
                )

    def _is_maintained(self, server: Server) -> bool:
        """Whether the panel refuses because its admins maintain the node: that is no outage."""
        failure = self._hub.failure(server)
        return server.status == ConflictState.MAINTENANCE or (
            isinstance(failure, Conflict) and failure.state is ConflictState.MAINTENANCE
        )

    # the rest

    async def _close(self, guild_id: int, event: str, subject_id: str) -> None:
        row = self._alarms.find(guild_id, event, subject_id)
        if row is not None:
            await self._alarms.close(row, msgspec.convert(row.facts, AwayFacts))

    async def _close_removed(self, guild_id: int) -> None:
        """End what nobody looks at any more: the panel or the alert was removed."""
        for row in self._alarms.of(guild_id):
            if row.event in (AlertEvent.PANEL.value, AlertEvent.NODE.value, KEY):
                panel_id = row.subject_id.partition(" ")[0]
                is_here = any(panel.id == panel_id for panel in self._panels.of(guild_id))
                if not is_here or not self._wanted(row):
                    facts = msgspec.convert(row.facts, AwayFacts)
                    await self._alarms.close(row, structs.replace(facts, has_come_back=False))

    def _of_panel(self, panel: Connected) -> list[Server]:
        return [one for one in self._directory.of(panel.guild_id) if one.panel_id == panel.id]

    def _of_node(self, guild_id: int, panel_id: str, node: str) -> list[Server]:
        return [
            one
            for one in self._directory.of(guild_id)
            if one.panel_id == panel_id and one.node == node
        ]

    def _alerts_of(
        self, guild_id: int, servers: Iterable[Server], event: AlertEvent
    ) -> list[AlertRow]:
        """The alerts about all servers or one of these, one a channel."""
        found: dict[int, AlertRow] = {}
        ids = {server.id for server in servers}
        for alert in self._alerts.of(guild_id):
            if alert.event is event and (alert.server_id is None or alert.server_id in ids):
                found.setdefault(alert.channel_id, alert)
        return list(found.values())

    def _wanted(self, row: AlarmRow) -> list[AlertRow]:
        panel_id, _, node = row.subject_id.partition(" ")
        servers = [one for one in self._directory.of(row.guild_id) if one.panel_id == panel_id]
        if row.event == AlertEvent.NODE.value:
            servers = [one for one in servers if one.node == node]
            if not servers:
                return []  # the node was renamed, or its servers are elsewhere by now
            return self._alerts_of(row.guild_id, servers, AlertEvent.NODE)
        return self._alerts_of(row.guild_id, servers, AlertEvent.PANEL)

    def _draw(self, showing: Showing) -> Message:
        facts = msgspec.convert(showing.row.facts, AwayFacts)
        return away_card(showing.row, facts, showing.mention)


def _node(panel_id: str, node: str) -> str:
    return f"{panel_id} {node}"
