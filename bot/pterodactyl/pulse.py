"""A regular beat for many connections by one task, since thousands of timers cost memory."""

import asyncio
from collections import deque
from typing import Final, Protocol

from bot.clock import Clock

BEAT_SECONDS: Final = 25.0


class Beating(Protocol):
    """Something that wants to be looked at every `BEAT_SECONDS`."""

    def beat(self) -> bool:
        """Do what is due, without waiting and without raising; False ends the beats."""
        ...


class Pulse:
    """Calls `beat` of each member, counted from when it joined.

    The period is the same for all, so whoever joined or beat first is due first.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._due: deque[tuple[float, Beating]] = deque()
        self._task: asyncio.Task[None] | None = None

    def join(self, member: Beating) -> None:
        """Let it beat for the first time in `BEAT_SECONDS`."""
        self._due.append((self._clock.monotonic() + BEAT_SECONDS, member))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="console pulse")

    async def close(self) -> None:
        """End it for all."""
        self._due.clear()
        task, self._task = self._task, None
        if task is not None and not task.done():
            task.cancel()
            await asyncio.wait({task})

    async def _run(self) -> None:
        while self._due:
            at, member = self._due[0]
            wait = at - self._clock.monotonic()
            if wait > 0:
                await self._clock.sleep(wait)
                continue
            self._due.popleft()
            if member.beat():
                self._due.append((self._clock.monotonic() + BEAT_SECONDS, member))
