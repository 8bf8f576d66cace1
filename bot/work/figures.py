"""CPU, memory and disk against the thresholds of alerts: sampled from what nodes tell anyway."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
from msgspec import Struct, structs

from bot.clock import Clock
from bot.fleet.directory import Directory, Server
from bot.fleet.gauge import Gauge, Step, Trend
from bot.fleet.hub import Hub
from bot.fleet.known import Known, State
from bot.fleet.samples import Sample
from bot.posts.messages import Message
from bot.store.alarms import AlarmRow
from bot.store.alerts import AlertEvent, AlertRow
from bot.ui.alarms import Figure, FigureFacts, figure_card
from bot.work.alarms import Alarms, Showing
from bot.work.alerts import Alerts

EVENTS: Final[dict[AlertEvent, Figure]] = {
    AlertEvent.CPU: "cpu",
    AlertEvent.MEMORY: "memory",
    AlertEvent.DISK: "disk",
}
HOLDS: Final[dict[Figure, timedelta]] = {
    "cpu": timedelta(minutes=5),
    "memory": timedelta(minutes=5),
    "disk": timedelta(minutes=1),
}
CLEARS: Final = timedelta(minutes=2)
RETOLD: Final = timedelta(minutes=5)
"""How often the message of an open alarm is brought up to date."""


class _Watched(Struct):
    """One alert on one server."""

    gauge: Gauge
    told_at: datetime | None = None


class Reading(Struct, frozen=True):
    """A figure as it is: percent of its limit, and the bytes behind it where there are."""

    percent: float
    used_bytes: int = 0
    limit_bytes: int = 0


class Figures:
    """Opens and closes an alarm for each alert and server whose figure stays too high."""

    def __init__(
        self,
        *,
        alerts: Alerts,
        alarms: Alarms,
        hub: Hub,
        directory: Directory,
        past: Callable[[Server], Awaitable[Sequence[Sample]]],
        clock: Clock,
    ) -> None:
        """`past` tells what is kept of a server's last day, from which its disk is judged."""
        self._past = past
        self._alerts = alerts
        self._alarms = alarms
        self._hub = hub
        self._directory = directory
        self._clock = clock
        self._watched: dict[tuple[str, str], _Watched] = {}
        self._trends: dict[str, Trend] = {}
        for event in EVENTS:
            alarms.register(event.value, self._draw, self._wanted)

    async def sample(self) -> None:
        """Look at every figure that an alert is about; from memory alone."""
        now = self._clock.now()
        seen: set[tuple[str, str]] = set()
        for guild_id in self._alarms.guilds():
            if not any(alert.event in EVENTS for alert in self._alerts.of(guild_id)):
                continue
            for server in self._directory.of(guild_id):
                known = self._hub.known(server)
                if AlertEvent.DISK in self._alerts.wanted(guild_id, server.id):
                    await self._follow_disk(server, known, now)
                for event, figure in EVENTS.items():
                    for alert in self._alerts.about(guild_id, server.id, event):
                        seen.add((alert.id, server.id))
                        await self._look(server, known, alert, figure, now)
        for key in self._watched.keys() - seen:
            del self._watched[key]
        await self._close_removed(seen)

    async def _follow_disk(self, server: Server, known: Known, now: datetime) -> None:
        trend = self._trends.get(server.id)
        if trend is None:
            trend = self._trends[server.id] = Trend()
            for sample in await self._past(server):
                if sample.disk_bytes is not None:
                    trend.see(sample.disk_bytes, sample.at)
        if known.is_live and known.numbers is not None and known.numbers.disk_bytes:
            trend.see(known.numbers.disk_bytes, now)

    async def _look(
        self, server: Server, known: Known, alert: AlertRow, figure: Figure, now: datetime
    ) -> None:
        watched = self._of(server, alert, figure)
        reading = read(figure, server, known)
        if reading is None:
            watched.gauge.miss()
            return
        step = watched.gauge.see(reading.percent, now)
        row = self._alarms.find(server.guild_id, alert.event.value, _subject(server, alert))
        if step is Step.OPENED and row is None:
            facts = self._facts(server, watched, reading, figure, since=now - HOLDS[figure])
            watched.told_at = now
            await self._alarms.open(
                server.guild_id, alert.event.value, _subject(server, alert), facts
            )
        elif row is not None and step is Step.CLOSED:
            facts = msgspec.convert(row.facts, FigureFacts)
            is_off = known.state is State.OFFLINE and figure != "disk"
            ending = structs.replace(
                facts, peak=watched.gauge.peak, ending="off" if is_off else "below"
            )
            watched.gauge.peak = 0.0
            await self._alarms.close(row, ending)
        elif row is not None and (watched.told_at is None or now - watched.told_at >= RETOLD):
            watched.told_at = now
            before = msgspec.convert(row.facts, FigureFacts)
            facts = self._facts(server, watched, reading, figure, since=before.since)
            if facts != before:
                await self._alarms.change(row, facts)

    def _of(self, server: Server, alert: AlertRow, figure: Figure) -> _Watched:
        key = (alert.id, server.id)
        threshold = float(alert.threshold or 100)
        found = self._watched.get(key)
        if found is None or found.gauge.threshold != threshold:
            found = _Watched(Gauge(threshold, HOLDS[figure], CLEARS))
            row = self._alarms.find(server.guild_id, alert.event.value, _subject(server, alert))
            if row is not None:
                found.gauge.is_open = True
                found.gauge.peak = msgspec.convert(row.facts, FigureFacts).peak
            self._watched[key] = found
        return found

    def _facts(
        self,
        server: Server,
        watched: _Watched,
        reading: Reading,
        figure: Figure,
        *,
        since: datetime,
    ) -> FigureFacts:
        full_at = None
        trend = self._trends.get(server.id)
        if figure == "disk" and reading.limit_bytes and trend is not None:
            full_at = trend.reaches(reading.limit_bytes, self._clock.now())
        return FigureFacts(
            figure=figure,
            label=self._directory.label(server),
            threshold=round(watched.gauge.threshold),
            value=reading.percent,
            peak=watched.gauge.peak,
            since=since,
            held_seconds=HOLDS[figure].total_seconds(),
            limit_bytes=reading.limit_bytes,
            used_bytes=reading.used_bytes,
            full_at=full_at,
        )

    async def _close_removed(self, seen: set[tuple[str, str]]) -> None:
        """End what was open for an alert that is no more, or about a server that is no more."""
        for guild_id in self._alarms.guilds():
            for row in self._alarms.of(guild_id):
                if row.event not in {event.value for event in EVENTS}:
                    continue
                server_id, _, alert_id = row.subject_id.partition(" ")
                if (alert_id, server_id) not in seen:
                    facts = msgspec.convert(row.facts, FigureFacts)
                    await self._alarms.close(row, structs.replace(facts, ending="removed"))

    def _wanted(self, row: AlarmRow) -> list[AlertRow]:
        _server_id, _, alert_id = row.subject_id.partition(" ")
        alert = self._alerts.get(row.guild_id, alert_id)
        return [alert] if alert is not None else []

    def _draw(self, showing: Showing) -> Message:
        facts = msgspec.convert(showing.row.facts, FigureFacts)
        return figure_card(showing.row, facts, showing.mention)


def read(figure: Figure, server: Server, known: Known) -> Reading | None:
    """A figure in percent of its limit; None where it isn't known now, or has no limit."""
    if not known.is_live:
        return None
    if known.state is State.OFFLINE and figure != "disk":
        return Reading(0.0)
    numbers = known.numbers
    if numbers is None:
        return None
    match figure:
        case "cpu":
            return Reading(numbers.cpu_percent * 100 / (server.cpu_limit_percent or 100))
        case "memory":
            used, limit = numbers.memory_bytes, server.memory_limit_bytes
        case "disk":
            used, limit = numbers.disk_bytes, server.disk_limit_bytes
    return Reading(used * 100 / limit, used, limit) if limit else None


def _subject(server: Server, alert: AlertRow) -> str:
    return f"{server.id} {alert.id}"
