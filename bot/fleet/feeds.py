"""One server's connection as the hub holds it, and who hears it."""

import asyncio
from collections import deque
from typing import Final

from bot.fleet.directory import Server
from bot.fleet.listening import Listener
from bot.pterodactyl import Conflict, KeyRejected, NotAllowed, NotFound, PanelError
from bot.pterodactyl.console_events import ConsoleLine, Event

RING_LINES: Final = 500


class Feed:
    """The one socket of a server, and who listens to it.

    Who *listens* hears one connection to its end; who *watches* hears all that follow as well.
    """

    def __init__(self, server: Server) -> None:
        self.server = server
        self.listeners: set[Listener] = set()
        self.watchers: set[Listener] = set()
        self.lines: deque[ConsoleLine] = deque(maxlen=RING_LINES)
        self.is_live = False
        self.live = asyncio.Event()
        self.caught_up = asyncio.Event()
        self.again = asyncio.Event()
        """Set when it is worth trying after an end that doesn't heal by itself."""
        self.task: asyncio.Task[None] | None = None
        self.linger: asyncio.Task[None] | None = None
        self.failure: PanelError | None = None
        self.reason = ""
        """Why there is no connection, in the node's or our words."""
        self.away_at: float | None = None
        """Since when it is not live, by the monotonic clock."""
        self.asked_at: float | None = None
        self.is_paused = False
        """Whether it waits for `again`."""
        self.is_queued = False
        """Whether it waits for its turn at the panel's budget."""
        self.fallback: str | None = None

    @property
    def is_claimed(self) -> bool:
        """Whether somebody watches who doesn't yield."""
        return any(not watcher.yields for watcher in self.watchers)

    def tell(self, event: Event) -> None:
        """Hand an event to all."""
        for listener in self.listeners:
            listener.put(event)
        for listener in self.watchers:
            listener.put(event)

    def end_listeners(self) -> None:
        """This connection is over; who watches stays."""
        for listener in self.listeners:
            listener.end()

    def end_watchers(self) -> None:
        """Who watches has to leave."""
        for listener in self.watchers:
            listener.end()
        self.watchers.clear()

    def end(self) -> None:
        """Nothing more comes for anybody."""
        self.end_listeners()
        for listener in self.watchers:
            listener.end()

    def came_live(self) -> None:
        """The node tells of every change from now on."""
        self.is_live = True
        self.live.set()
        self.away_at = self.fallback = None

    def went_away(self, at: float, reason: str) -> None:
        """The node tells nothing for now."""
        self.is_live = False
        self.live.clear()
        self.caught_up.clear()
        self.reason = reason
        if self.away_at is None:
            self.away_at = at

    def try_again(self) -> None:
        """Connect now, where an end that doesn't heal by itself is being waited out."""
        if self.is_paused:
            self.failure = None
            self.live.clear()
            self.caught_up.clear()
            self.again.set()

    @property
    def is_connecting(self) -> bool:
        """Whether the first login is on its way."""
        return not (self.is_live or self.reason or self.failure or self.fallback)

    @property
    def is_answered_by_failure(self) -> bool:
        """Whether asking for the state would meet the same no as the console did."""
        return isinstance(self.failure, KeyRejected | NotFound | NotAllowed | Conflict)
