"""Who hears what the hub hears: every event of one server, or which servers changed."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Final

from bot.observe import Metrics
from bot.pterodactyl.console_events import DAEMON_LINE, ConsoleLine, Event, Lost

QUEUE_EVENTS: Final = 1000


class Fallback(Event, frozen=True, gc=False):
    """The console can't be had, so the panel is asked for the state from time to time.

    No lines come meanwhile. It is over with the next `Connected` or `Reconnected`.
    """

    reason: str


class Listener:
    """One who listens to a server: a bounded queue that drops the oldest and says how many."""

    yields = False
    """Whether it gives its place up where another wants it; its iteration ends then."""

    def __init__(self, metrics: Metrics, *, hears_game: bool = True) -> None:
        """Without the game's lines no flood makes it lose what the node says."""
        self._metrics = metrics
        self._hears_game = hears_game
        self._events: deque[Event] = deque()
        self._arrived = asyncio.Event()
        self._lost_lines = 0
        self._lost_others = 0
        self._ended = False

    def put(self, event: Event) -> None:
        """Take an event; never waits."""
        if (
            not self._hears_game
            and isinstance(event, ConsoleLine)
            and not event.text.startswith(DAEMON_LINE)
        ):
            return
        if len(self._events) >= QUEUE_EVENTS:
            self._drop(self._events.popleft())
        self._events.append(event)
        self._arrived.set()

    def _drop(self, event: Event) -> None:
        if isinstance(event, ConsoleLine):
            self._lost_lines += 1
            self._metrics.lines_dropped("full_queue")
        elif isinstance(event, Lost) and event.cause == "queue":
            self._lost_lines += event.lines or 0
            self._lost_others += event.others
        else:
            self._lost_others += 1

    def end(self) -> None:
        """Nothing more will come."""
        self._ended = True
        self._arrived.set()

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    async def __anext__(self) -> Event:
        while not self._events and not self._has_lost:
            if self._ended:
                raise StopAsyncIteration
            self._arrived.clear()
            await self._arrived.wait()
        if self._has_lost:
            lost = Lost(cause="queue", lines=self._lost_lines, others=self._lost_others)
            self._lost_lines = self._lost_others = 0
            return lost
        return self._events.popleft()

    @property
    def _has_lost(self) -> bool:
        return bool(self._lost_lines or self._lost_others)


class Holder(Listener):
    """Keeps a server watched without hearing anything: who looks at what is known needs no more."""

    def __init__(self, metrics: Metrics, *, yields: bool = False) -> None:
        super().__init__(metrics)
        self.yields = yields

    def put(self, event: Event) -> None:
        """Let it pass."""

    @property
    def has_ended(self) -> bool:
        """Whether the server is gone, or another took this one's place."""
        return self._ended


class Changes:
    """Which servers changed since the last look; however often one did, it is named once."""

    def __init__(self) -> None:
        self._changed: set[str] = set()
        self._arrived = asyncio.Event()

    def note(self, server_id: str) -> None:
        """A server changed; never waits."""
        self._changed.add(server_id)
        self._arrived.set()

    async def take(self) -> set[str]:
        """The servers that changed, as soon as there is one."""
        await self._arrived.wait()
        self._arrived.clear()
        changed, self._changed = self._changed, set()
        return changed
