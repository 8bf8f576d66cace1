"""The live hub: one websocket per watched server, shared by all who listen, and what is known."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import structlog
from msgspec import structs

from bot.clock import Clock
from bot.fleet.directory import Server
from bot.fleet.known import (
    NOTHING_KNOWN,
    Known,
    Numbers,
    State,
    no_longer,
    power_state,
)
from bot.fleet.panels import PanelGone, Panels
from bot.observe import Metrics
from bot.pterodactyl import (
    Conflict,
    ConflictState,
    KeyRejected,
    NodeFailed,
    NotAllowed,
    NotFound,
    PanelError,
    Refused,
)
from bot.pterodactyl import models as panel_models
from bot.pterodactyl.console_events import (
    CaughtUp,
    ConsoleLine,
    Deleted,
    Disconnected,
    Event,
    Lost,
    Stats,
    Status,
)
from bot.supervisor import Supervisor

log = structlog.stdlib.get_logger(__name__)

LINGER_SECONDS = 300.0
"""A socket stays this long after its last listener: six commands in a row are one login."""
FRESH_SECONDS = 20.0
"""The panel itself caches resources this long (contract: servers.md)."""
RING_LINES = 500
QUEUE_EVENTS = 1000

_CONFLICTS = {
    ConflictState.SUSPENDED: State.SUSPENDED,
    ConflictState.MAINTENANCE: State.NODE_DOWN,
    ConflictState.INSTALLING: State.INSTALLING,
    ConflictState.RESTORING: State.RESTORING,
    ConflictState.TRANSFERRING: State.TRANSFERRING,
}


class Listener:
    """One who listens to a server: a bounded queue that drops the oldest and says how many."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._events: deque[Event] = deque()
        self._arrived = asyncio.Event()
        self._dropped = 0
        self._ended = False

    def put(self, event: Event) -> None:
        """Take an event; never waits."""
        if len(self._events) >= QUEUE_EVENTS:
            self._events.popleft()
            self._dropped += 1
            self._metrics.lines_dropped("full_queue")
        self._events.append(event)
        self._arrived.set()

    def end(self) -> None:
        """Nothing more will come."""
        self._ended = True
        self._arrived.set()

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    async def __anext__(self) -> Event:
        while not self._events and not self._dropped:
            if self._ended:
                raise StopAsyncIteration
            self._arrived.clear()
            await self._arrived.wait()
        if self._dropped:
            dropped, self._dropped = self._dropped, 0
            return Lost(cause="queue", lines=dropped)
        return self._events.popleft()


class _Feed:
    """The one socket of a server, and who listens to it."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.listeners: set[Listener] = set()
        self.lines: deque[ConsoleLine] = deque(maxlen=RING_LINES)
        self.is_live = False
        self.live = asyncio.Event()
        self.caught_up = asyncio.Event()
        self.task: asyncio.Task[None] | None = None
        self.linger: asyncio.Task[None] | None = None
        self.failure: PanelError | None = None


class Hub:
    """Knows the state of servers: live where somebody listens, else as last asked."""

    def __init__(
        self, panels: Panels, supervisor: Supervisor, metrics: Metrics, clock: Clock
    ) -> None:
        self._panels = panels
        self._supervisor = supervisor
        self._metrics = metrics
        self._clock = clock
        self._known: dict[str, Known] = {}
        self._feeds: dict[str, _Feed] = {}
        self._asking: dict[str, asyncio.Task[Known]] = {}

    def known(self, server: Server) -> Known:
        """What is known without asking."""
        known = self._known.get(server.id, NOTHING_KNOWN)
        if server.status is not None and known.state is State.UNKNOWN:
            state = _CONFLICTS.get(ConflictState(server.status), State.UNKNOWN)
            return Known(state, server.seen_at)
        return known

    def forget(self, server_id: str) -> None:
        """Drop what is known of a server that is no longer ours."""
        self._known.pop(server_id, None)
        feed = self._feeds.pop(server_id, None)
        if feed is not None:
            for task in (feed.task, feed.linger):
                if task is not None:
                    task.cancel()
            for listener in feed.listeners:
                listener.end()

    @property
    def sockets(self) -> int:
        """Sockets held now."""
        return len(self._feeds)

    @asynccontextmanager
    async def listen(self, server: Server) -> AsyncIterator[Listener]:
        """Hear a server's events from now on; `wait_live` tells when they really come."""
        feed = self._feeds.get(server.id)
        if feed is None or feed.task is None or feed.task.done():
            feed = self._open(server)
        if feed.linger is not None:
            feed.linger.cancel()
            feed.linger = None
        listener = Listener(self._metrics)
        feed.listeners.add(listener)
        try:
            yield listener
        finally:
            feed.listeners.discard(listener)
            if not feed.listeners and self._feeds.get(server.id) is feed:
                feed.linger = self._supervisor.start(f"linger {server.id}", self._linger(feed))

    async def wait_live(self, server: Server, within: float, *, caught_up: bool = False) -> bool:
        """Whether the server's socket is logged in, after at most `within` seconds.

        With `caught_up` its history is in too, so that a line heard from then on is new.
        """
        feed = self._feeds.get(server.id)
        if feed is None:
            return False
        try:
            async with self._clock.timeout(within):
                await (feed.caught_up if caught_up else feed.live).wait()
        except TimeoutError:
            return False
        return feed.is_live

    def failure(self, server: Server) -> PanelError | None:
        """Why the server's socket could not be had, where it could not."""
        feed = self._feeds.get(server.id)
        return feed.failure if feed else None

    def lines(self, server: Server, count: int) -> list[ConsoleLine]:
        """The last lines that were heard, oldest first."""
        feed = self._feeds.get(server.id)
        return list(feed.lines)[-count:] if feed else []

    async def look(self, server: Server, *, fresh_seconds: float = FRESH_SECONDS) -> Known:
        """What is known now: live, as asked within `fresh_seconds`, or by asking.

        Failing to ask is an answer too (node down, panel down, key refused …); nothing is raised.
        One request is under way per server, shared by all who ask.
        """
        known = self.known(server)
        if known.is_live:
            return known
        if known.seen_at is not None and self._age(known.seen_at) < fresh_seconds:
            return known
        asking = self._asking.get(server.id)
        if asking is None:
            asking = self._supervisor.start(f"look {server.id}", self._ask(server))
            self._asking[server.id] = asking
            asking.add_done_callback(lambda _: self._asking.pop(server.id, None))
        return await asyncio.shield(asking)

    async def _ask(self, server: Server) -> Known:
        now = self._clock.now
        try:
            client = self._panels.client(server.guild_id, server.panel_id)
            stats = await client.servers.get_server_utilization(server.uuid)
        except PanelGone:
            return self._set(server, no_longer(self.known(server), State.GONE, now()))
        except PanelError as error:
            state = state_of_failure(error)
            return self._set(server, no_longer(self.known(server), state, now()))
        if stats.is_suspended:
            return self._set(server, Known(State.SUSPENDED, now()))
        state = power_state(stats.current_state)
        numbers = _numbers(stats.resources)
        return self._set(server, Known(state, now(), numbers))

    def _open(self, server: Server) -> _Feed:
        feed = _Feed(server)
        self._feeds[server.id] = feed
        feed.task = self._supervisor.start(f"console {server.identifier}", self._run(feed))
        return feed

    async def _run(self, feed: _Feed) -> None:
        server = feed.server
        try:
            client = self._panels.client(server.guild_id, server.panel_id)
            async with client.servers.console(server.uuid) as console:
                async for event in console:
                    self._heard(feed, event)
        except PanelGone:
            self._set(server, no_longer(self.known(server), State.GONE, self._clock.now()))
        except PanelError as error:
            feed.failure = error
            known = no_longer(self.known(server), state_of_failure(error), self._clock.now())
            self._set(server, known)
        finally:
            feed.is_live = False
            feed.live.set()
            feed.caught_up.set()
            if self._feeds.get(server.id) is feed:
                del self._feeds[server.id]
            known = self.known(server)
            if known.is_live:
                self._set(server, structs.replace(known, is_live=False))
            for listener in feed.listeners:
                listener.end()

    def _heard(self, feed: _Feed, event: Event) -> None:
        server, now = feed.server, self._clock.now()
        match event:
            case ConsoleLine():
                feed.lines.append(event)
            case Stats():
                state = power_state(event.state)
                self._set(server, Known(state, now, _live_numbers(event), is_live=True))
                self._is_live(feed)
            case Status():
                before = self.known(server)
                state = power_state(event.state)
                numbers = before.numbers if state is before.state else None
                self._set(server, Known(state, now, numbers, is_live=True))
                self._is_live(feed)
            case Disconnected():
                feed.is_live = False
                feed.live.clear()
                feed.caught_up.clear()
                known = self.known(server)
                if known.is_live:
                    self._set(server, structs.replace(known, is_live=False))
            case CaughtUp():
                feed.caught_up.set()
            case Lost(cause="node"):
                self._metrics.lines_dropped("node")
            case Lost(cause="queue", lines=count):
                self._metrics.lines_dropped("full_queue", count or 1)
            case Deleted():
                self._set(server, no_longer(self.known(server), State.GONE, now))
            case _:
                pass
        for listener in feed.listeners:
            listener.put(event)

    def _is_live(self, feed: _Feed) -> None:
        feed.is_live = True
        feed.live.set()

    async def _linger(self, feed: _Feed) -> None:
        await self._clock.sleep(LINGER_SECONDS)
        if not feed.listeners and feed.task is not None:
            feed.task.cancel()

    def _set(self, server: Server, known: Known) -> Known:
        self._known[server.id] = known
        return known

    def _age(self, seen_at: datetime) -> float:
        return (self._clock.now() - seen_at).total_seconds()


def state_of_failure(error: PanelError) -> State:
    """What a failed question tells of the state."""
    match error:
        case KeyRejected():
            return State.KEY_REFUSED
        case NotFound():
            return State.GONE
        case Conflict(state=state) if state is not None:
            return _CONFLICTS[state]
        case NodeFailed():
            return State.NODE_DOWN
        case NotAllowed() | Refused():
            return State.UNKNOWN
    return State.PANEL_DOWN


def _numbers(resources: panel_models.Resources) -> Numbers:
    return Numbers(
        memory_bytes=resources.memory_bytes,
        disk_bytes=resources.disk_bytes,
        cpu_percent=resources.cpu_percent,
        uptime_seconds=resources.uptime_ms / 1000,
        network_in_bytes=resources.network_rx_bytes,
        network_out_bytes=resources.network_tx_bytes,
    )


def _live_numbers(stats: Stats) -> Numbers:
    return Numbers(
        memory_bytes=stats.memory_bytes,
        disk_bytes=stats.disk_bytes,
        cpu_percent=stats.cpu_absolute,
        uptime_seconds=stats.uptime_ms / 1000,
        network_in_bytes=stats.network.rx_bytes,
        network_out_bytes=stats.network.tx_bytes,
    )
