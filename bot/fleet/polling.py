"""Asking panels for the state of watched servers whose node can't be heard."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from bot.clock import Clock
from bot.fleet.feeds import Feed
from bot.fleet.known import Known
from bot.supervisor import Supervisor

AWAY_SECONDS: Final = 30.0
"""A socket that is back sooner needs nobody to ask: a daemon that restarts takes less."""
ASK_EVERY_SECONDS: Final = 60.0
PAUSE_SECONDS: Final = 1.0
"""Between two questions to one panel: at most a quarter of its budget."""
LOOK_EVERY_SECONDS: Final = 5.0


class Polling:
    """One loop per panel, for as long as servers of it are watched."""

    def __init__(
        self,
        watched_of: Callable[[str], list[Feed]],
        ask: Callable[[Feed], Awaitable[Known]],
        supervisor: Supervisor,
        clock: Clock,
    ) -> None:
        self._watched_of = watched_of
        self._ask = ask
        self._supervisor = supervisor
        self._clock = clock
        self._loops: dict[str, asyncio.Task[None]] = {}

    def begin(self, panel_id: str) -> None:
        """See to it that a panel is asked where that is needed."""
        loop = self._loops.get(panel_id)
        if loop is None or loop.done():
            self._loops[panel_id] = self._supervisor.keep(
                f"asking {panel_id}", lambda: self._run(panel_id)
            )

    def is_due(self, feed: Feed) -> bool:
        """Whether a server's state has to be asked for now."""
        if feed.away_at is None or feed.is_queued or feed.is_answered_by_failure:
            return False
        now = self._clock.monotonic()
        if now - feed.away_at < AWAY_SECONDS:
            return False
        return feed.asked_at is None or now - feed.asked_at >= ASK_EVERY_SECONDS

    async def _run(self, panel_id: str) -> None:
        while watched := self._watched_of(panel_id):
            due = [feed for feed in watched if self.is_due(feed)]
            if not due:
                await self._clock.sleep(LOOK_EVERY_SECONDS)
                continue
            feed = min(due, key=lambda one: one.asked_at or 0.0)
            feed.asked_at = self._clock.monotonic()
            await self._ask(feed)
            await self._clock.sleep(PAUSE_SECONDS)
        self._loops.pop(panel_id, None)
