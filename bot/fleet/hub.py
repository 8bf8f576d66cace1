"""The live hub: one websocket per server, shared by all who listen, and what is known."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from typing import Final

import structlog
from msgspec import structs

from bot.clock import Clock
from bot.fleet.directory import Directory, Server
from bot.fleet.feeds import Feed
from bot.fleet.known import NOTHING_KNOWN, Known, Numbers, State, no_longer, power_state
from bot.fleet.listening import Changes, Fallback, Holder, Listener
from bot.fleet.panels import PanelGone, Panels
from bot.fleet.polling import Polling
from bot.fleet.reading import (
    PASSING,
    asked_numbers,
    listed_state,
    live_numbers,
    state_of_failure,
    with_listing,
)
from bot.fleet.room import Room, TooManyWatched
from bot.observe import Metrics
from bot.pterodactyl import Conflict, PanelError
from bot.pterodactyl.console_events import (
    CaughtUp,
    ConsoleLine,
    Deleted,
    Disconnected,
    Event,
    InstallEnded,
    InstallStarted,
    Lapsed,
    Lost,
    RestoreEnded,
    Stats,
    Status,
    TransferStatus,
)
from bot.pterodactyl.models import WebsocketCredentials
from bot.supervisor import Supervisor

__all__ = ["Changes", "Fallback", "Holder", "Hub", "Listener", "TooManyWatched"]

log = structlog.stdlib.get_logger(__name__)

LINGER_SECONDS: Final = 300.0
"""A socket stays this long after its last listener: six commands in a row are one login."""
FRESH_SECONDS: Final = 20.0
"""The panel itself caches resources this long (contract: servers.md)."""
OPENING_AT_ONCE: Final = 8
"""Sockets of one panel for which a token is asked at a time, where nobody waits for it."""
OPENING_PATIENCE_SECONDS: Final = 300.0
_UP: Final = (State.RUNNING, State.STARTING)
SETTLE_SECONDS: Final = 10.0
SETTLE_TRIES: Final = 12
"""How often the panel is asked whether an install, restore or transfer is really over."""


class Hub:
    """Knows the state of servers: live where somebody listens, else as last asked."""

    def __init__(
        self,
        panels: Panels,
        directory: Directory,
        supervisor: Supervisor,
        metrics: Metrics,
        clock: Clock,
        *,
        watched_per_guild: int,
    ) -> None:
        self._panels = panels
        self._directory = directory
        self._supervisor = supervisor
        self._metrics = metrics
        self._clock = clock
        self._known: dict[str, Known] = {}
        self._feeds: dict[str, Feed] = {}
        self._room = Room(self._feeds, watched_per_guild)
        self._asking: dict[str, asyncio.Task[Known]] = {}
        self._turns: dict[str, asyncio.Semaphore] = {}
        self._changes: set[Changes] = set()
        self._polling = Polling(self.watched_of, self._ask_instead, supervisor, clock)
        directory.when_listed(self._listed)

    # what is known

    def known(self, server: Server) -> Known:
        """What is known without asking."""
        return with_listing(self._known.get(server.id, NOTHING_KNOWN), server)

    def fallback(self, server: Server) -> str | None:
        """Why the panel is asked for the state of a watched server instead of its node."""
        feed = self._feeds.get(server.id)
        return feed.fallback if feed else None

    @contextmanager
    def changes(self) -> Iterator[Changes]:
        """Be told which servers changed: in what is known of them, or in the panel's list."""
        changes = Changes()
        self._changes.add(changes)
        try:
            yield changes
        finally:
            self._changes.discard(changes)

    def forget(self, server_id: str) -> None:
        """Drop what is known of a server that is no longer ours."""
        self._known.pop(server_id, None)
        feed = self._feeds.pop(server_id, None)
        if feed is not None:
            for task in (feed.task, feed.linger):
                if task is not None:
                    task.cancel()
            feed.end()
        self.note(server_id)

    @property
    def sockets(self) -> int:
        """Sockets held now."""
        return len(self._feeds)

    # listening

    @asynccontextmanager
    async def listen(self, server: Server) -> AsyncIterator[Listener]:
        """Hear a server's events from now on; `wait_live` tells when they really come."""
        feed = self._feed(server)
        feed.try_again()
        listener = Listener(self._metrics)
        feed.listeners.add(listener)
        try:
            yield listener
        finally:
            feed.listeners.discard(listener)
            self._left(feed)

    @asynccontextmanager
    async def watch(self, server: Server, *, hears_game: bool = True) -> AsyncIterator[Listener]:
        """Hear a server's events through reconnections and outages, until it is gone.

        Without `hears_game` its console's lines are those of the node alone.

        Its socket is kept open. Where it can't be had the panel is asked for the state, and
        `Fallback` says so. The iteration ends when the panel no longer lists the server, when the
        panel was removed or the guild left; `changes` tells when the server is listed again.

        Raises:
            TooManyWatched: The guild's cap; a server that is watched already counts once.
        """
        listener = Listener(self._metrics, hears_game=hears_game)
        feed = self._watch(server, listener)
        try:
            yield listener
        finally:
            feed.watchers.discard(listener)
            self._left(feed)

    def hold(self, server: Server, *, yields: bool = False) -> Holder:
        """Watch a server for what is known of it alone, until `let_go`.

        One that yields takes what room is left, and ends where another wants its place.

        Raises:
            TooManyWatched: As `watch`.
        """
        holder = Holder(self._metrics, yields=yields)
        self._watch(server, holder)
        return holder

    def let_go(self, server_id: str, holder: Holder) -> None:
        """End a `hold`."""
        feed = self._feeds.get(server_id)
        if feed is not None and holder in feed.watchers:
            feed.watchers.discard(holder)
            self._left(feed)

    def _watch(self, server: Server, listener: Listener) -> Feed:
        yielding = self._room.make(server, listener)
        if yielding is not None:
            yielding.end_watchers()
            self._left(yielding)
        feed = self._feed(server)
        feed.watchers.add(listener)
        self._polling.begin(server.panel_id)
        return feed

    def may_watch(self, server: Server) -> bool:
        """Whether the guild's cap has room for the server."""
        return self._room.may_watch(server)

    def room(self, guild_id: int, servers: Sequence[Server]) -> int:
        """How many more servers the guild may watch, once these are watched too; less than 0
        where they don't all fit."""
        return self._room.left(guild_id, servers)

    def watched(self, guild_id: int) -> int:
        """How many servers of a guild are watched, but for those that would yield."""
        return self._room.watched(guild_id)

    def watched_of(self, panel_id: str) -> list[Feed]:
        """The watched connections of a panel."""
        return [f for f in self._feeds.values() if f.watchers and f.server.panel_id == panel_id]

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

    def is_connecting(self, server: Server) -> bool:
        """Whether the server's first login is on its way, or not begun, and nothing has failed."""
        feed = self._feeds.get(server.id)
        return feed is None or feed.is_connecting

    def lines(self, server: Server, count: int) -> list[ConsoleLine]:
        """The last lines that were heard, oldest first."""
        feed = self._feeds.get(server.id)
        return list(feed.lines)[-count:] if feed else []

    # asking

    async def look(self, server: Server, *, fresh_seconds: float = FRESH_SECONDS) -> Known:
        """What is known now: live, as asked within `fresh_seconds`, or by asking.

        Failing to ask is an answer too (node down, panel down, key refused …); nothing is raised.
        One request is under way per server, shared by all who ask.
        """
        known = self.known(server)
        if known.is_live:
            return known
        if known.seen_at is not None:
            age = (self._clock.now() - known.seen_at).total_seconds()
            if 0 <= age < fresh_seconds:  # below 0 the clock was set back, and nobody knows
                return known
        return await self._asked(server)

    async def _asked(self, server: Server, *, is_background: bool = False) -> Known:
        asking = self._asking.get(server.id)
        if asking is None:
            work = self._ask(server, is_background=is_background)
            asking = self._supervisor.start(f"look {server.id}", work)
            self._asking[server.id] = asking
            asking.add_done_callback(lambda _: self._asking.pop(server.id, None))
        return await asyncio.shield(asking)

    async def _ask(self, server: Server, *, is_background: bool) -> Known:
        was_live = self._known.get(server.id, NOTHING_KNOWN).is_live
        known = await self._answer(server, is_background=is_background)
        feed = self._feeds.get(server.id)
        if feed is not None and known.state.is_power_state and isinstance(feed.failure, Conflict):
            feed.try_again()  # the panel answers for it again: what it was refused for is over
        is_live = feed is not None and feed.is_live
        if is_live and not was_live:
            return self.known(server)  # the node spoke meanwhile; the panel's word may be older
        if is_live and known.state.is_power_state:
            return self._by_node(server, known)
        return self._set(server, structs.replace(known, is_live=is_live))

    def _by_node(self, server: Server, asked: Known) -> Known:
        """What the node said last, where it is heard: the panel's word may be 20 s old."""
        known = self.known(server)
        if known.state.is_power_state:
            return known
        if known.last_power is None:
            return self._set(server, structs.replace(asked, is_live=True))
        state = known.last_power  # before it was restored, installed or moved
        return self._set(server, Known(state, self._clock.now(), is_live=True))

    async def _answer(self, server: Server, *, is_background: bool) -> Known:
        now = self._clock.now
        try:
            client = self._panels.client(server.guild_id, server.panel_id)
            client = client.background if is_background else client
            stats = await client.servers.get_server_utilization(server.uuid)
        except PanelGone:
            return no_longer(self.known(server), State.GONE, now())
        except PanelError as error:
            return no_longer(self.known(server), state_of_failure(error), now())
        if stats.is_suspended:
            return no_longer(self.known(server), State.SUSPENDED, now())
        state = power_state(stats.current_state)
        if not state.is_power_state:  # Pelican answers so for a node that doesn't
            return no_longer(self.known(server), state, now())
        return Known(state, now(), asked_numbers(stats.resources))

    async def _ask_instead(self, feed: Feed) -> Known:
        """Ask the panel about a server whose node can't be heard."""
        known = await self._asked(feed.server, is_background=True)
        if known.state.is_power_state and not feed.is_live and feed.fallback is None:
            feed.fallback = feed.reason
            log.info("asking instead of listening", server=feed.server.id, reason=feed.reason)
            feed.tell(Fallback(feed.reason))
            self.note(feed.server.id)
        elif known.state in {State.PANEL_DOWN, State.KEY_REFUSED}:
            for other in self.watched_of(feed.server.panel_id):
                if self._polling.is_due(other):
                    other.asked_at = self._clock.monotonic()
                    before = self.known(other.server)
                    self._set(other.server, no_longer(before, known.state, self._clock.now()))
        return known

    async def _settle(self, server: Server) -> None:
        """Ask until the panel too says that an install, restore or transfer is over."""
        for _ in range(SETTLE_TRIES):
            known = await self._asked(server, is_background=True)
            if known.state not in PASSING:
                return
            await self._clock.sleep(SETTLE_SECONDS)

    def settle_soon(self, server: Server) -> None:
        """Ask the panel, because an install, restore or transfer is said to be over."""
        self._supervisor.start(f"settle {server.id}", self._settle(server))

    # the connections

    def _feed(self, server: Server) -> Feed:
        feed = self._feeds.get(server.id)
        if feed is None or feed.task is None or feed.task.done():
            feed = Feed(server)
            feed.away_at = self._clock.monotonic()
            self._feeds[server.id] = feed
            own = feed
            feed.task = self._supervisor.keep(
                f"console {server.identifier}", lambda: self._run(own)
            )
            feed.task.add_done_callback(lambda _: self._closed(own))
        if feed.linger is not None:
            feed.linger.cancel()
            feed.linger = None
        return feed

    def _left(self, feed: Feed) -> None:
        if feed.listeners or feed.watchers or self._feeds.get(feed.server.id) is not feed:
            return
        if not self._supervisor.is_closing:
            feed.linger = self._supervisor.start(f"linger {feed.server.id}", self._linger(feed))

    async def _linger(self, feed: Feed) -> None:
        await self._clock.sleep(LINGER_SECONDS)
        if not feed.listeners and not feed.watchers and feed.task is not None:
            feed.task.cancel()

    def _closed(self, feed: Feed) -> None:
        if self._feeds.get(feed.server.id) is feed:
            del self._feeds[feed.server.id]
        feed.end()

    async def _run(self, feed: Feed) -> None:
        """Stay connected; after an end that doesn't heal by itself only those who watch stay."""
        while True:
            await self._converse(feed)
            feed.end_listeners()
            if not feed.watchers:
                return
            feed.is_paused = True
            await feed.again.wait()
            feed.again.clear()
            feed.is_paused = False

    async def _converse(self, feed: Feed) -> None:
        server = feed.server
        try:
            client = self._panels.client(server.guild_id, server.panel_id)
            async with client.servers.console(
                server.uuid,
                mint=lambda: self._mint(feed),
                known_lines=[line.text for line in feed.lines],
            ) as console:
                async for event in console:
                    self._heard(feed, event)
        except PanelGone:
            self._set(server, no_longer(self.known(server), State.GONE, self._clock.now()))
        except PanelError as error:
            feed.failure = error
            known = no_longer(self.known(server), state_of_failure(error), self._clock.now())
            self._set(server, known)
        finally:
            self._went_away(feed, feed.reason)
            feed.live.set()
            feed.caught_up.set()

    async def _mint(self, feed: Feed) -> WebsocketCredentials:
        """Ask for a token: at once where somebody waits, else in turn and behind the others."""
        server = feed.server
        client = self._panels.client(server.guild_id, server.panel_id)
        if feed.listeners:
            return await client.servers.get_websocket(server.uuid)
        turns = self._turns.setdefault(server.panel_id, asyncio.Semaphore(OPENING_AT_ONCE))
        feed.is_queued = True
        try:
            async with turns:
                behind = client.background.patient(OPENING_PATIENCE_SECONDS)
                return await behind.servers.get_websocket(server.uuid)
        finally:
            feed.is_queued = False

    def _heard(self, feed: Feed, event: Event) -> None:
        match event:
            case ConsoleLine():
                feed.lines.append(event)
            case Stats() | Status():
                self._told(feed, event)
            case Disconnected(reason=reason):
                self._went_away(feed, reason)
            case Lapsed():
                self._went_away(feed, "the login lapsed")
            case CaughtUp():
                feed.caught_up.set()
            case Lost(cause="node"):
                self._metrics.lines_dropped("node")
            case Lost(cause="queue", lines=count):
                self._metrics.lines_dropped("full_queue", count or 0)
            case _:
                self._passed(feed, event)
        feed.tell(event)

    def _told(self, feed: Feed, event: Stats | Status) -> None:
        server, now = feed.server, self._clock.now()
        before, state = self.known(server), power_state(event.state)
        feed.came_live()
        if state is State.OFFLINE and before.state in PASSING:
            # a node says so all through an install, restore or move: the panel tells of its end
            known = structs.replace(before, last_power=state, last_power_at=now, is_live=True)
            self._set(server, known)
            if isinstance(event, Status):
                self.settle_soon(server)
            return
        if isinstance(event, Stats):
            numbers: Numbers | None = live_numbers(event)
        else:
            numbers = before.numbers if state is before.state else None
        has_crashed = state is State.OFFLINE and (
            before.has_crashed or (before.is_live and before.state in _UP)
        )
        self._set(server, Known(state, now, numbers, is_live=True, has_crashed=has_crashed))

    def _passed(self, feed: Feed, event: Event) -> None:
        """What the panel, rather than the power, does with the server."""
        match event:
            case Deleted() if self.known(feed.server).state is State.TRANSFERRING:
                pass  # the node it left says so; the panel tells where it is now
            case Deleted():
                self._passing(feed, State.GONE)
            case InstallStarted():
                self._passing(feed, State.INSTALLING)
            case TransferStatus(status="processing" | "completed"):
                self._passing(feed, State.TRANSFERRING)
                if event.status == "completed":
                    self.settle_soon(feed.server)
            case InstallEnded() | RestoreEnded() | TransferStatus():
                self.settle_soon(feed.server)
            case _:
                pass

    def _passing(self, feed: Feed, state: State) -> None:
        known = no_longer(self.known(feed.server), state, self._clock.now())
        self._set(feed.server, structs.replace(known, is_live=feed.is_live))

    def _went_away(self, feed: Feed, reason: str) -> None:
        feed.went_away(self._clock.monotonic(), reason)
        known = self._known.get(feed.server.id, NOTHING_KNOWN)
        if known.is_live:  # it was right until this moment
            gone = structs.replace(known, is_live=False, seen_at=self._clock.now())
            self._set(feed.server, gone)

    def _listed(self, guild_id: int, panel_id: str) -> None:
        """The panel's list was read: what it no longer has is over, what was paused goes on."""
        for feed in [f for f in self._feeds.values() if f.server.panel_id == panel_id]:
            server = self._directory.get(guild_id, feed.server.id)
            if server is None:
                self.forget(feed.server.id)
                continue
            is_changed, feed.server = server != feed.server, server
            known = self._known.get(server.id, NOTHING_KNOWN)
            if known.state in PASSING and server.status is None and feed.watchers:
                self.settle_soon(server)
            if not _is_barred(feed) and _may_connect(server):
                feed.try_again()
            if is_changed:
                self.note(server.id)
        for server in self._directory.of(guild_id):
            if server.panel_id == panel_id and server.id not in self._feeds:
                self.note(server.id)

    def _set(self, server: Server, known: Known) -> Known:
        before = self._known.get(server.id, NOTHING_KNOWN)
        if server.id not in self._feeds and known.is_live:
            known = structs.replace(known, is_live=False)
        is_down = known.state is State.OFFLINE
        known = structs.replace(
            known,
            since_at=_since(before, known),
            has_crashed=is_down and (known.has_crashed or before.has_crashed),
        )
        self._known[server.id] = known
        if known != before:
            self.note(server.id)
        return known

    def note(self, server_id: str) -> None:
        """Tell all who look at `changes` that something of a server changed."""
        for changes in self._changes:
            changes.note(server_id)


def _since(before: Known, known: Known) -> datetime | None:
    """When the state began, if it was seen to begin."""
    if known.state is before.state:
        return before.since_at
    if before.state.is_power_state or not known.state.is_power_state:
        return known.seen_at
    return None


def _is_barred(feed: Feed) -> bool:
    """Whether the panel's list still shows what it refused the connection for."""
    listed = listed_state(feed.server.status)
    is_refused = isinstance(feed.failure, Conflict)
    return listed is State.SUSPENDED or (listed is not None and is_refused)


def _may_connect(server: Server) -> bool:
    return not server.key_rights.isdisjoint({"*", "websocket.connect"})
