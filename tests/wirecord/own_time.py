"""Time as this process has it: on a machine that is busy with others it goes slower.

A bot is held to Discord's three seconds. Where bot and Discord share one process and the machine
runs other things beside it, seconds pass in which neither could do anything; these are not the
bot's. Counted is what the process computed, and what it waited with nothing to do.
"""

import asyncio
import time

TICK = 0.1  # seconds


class OwnTime:
    """A clock that is wound up between `start` and `stop`."""

    def __init__(self) -> None:
        self._spent = 0.0
        self._wall, self._cpu = time.monotonic(), time.process_time()
        self._ticking: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to count; needs a running loop."""
        self._ticking = asyncio.create_task(self._tick(), name="own time")

    def stop(self) -> None:
        """Count no more."""
        if self._ticking is not None:
            self._ticking.cancel()

    def now(self) -> float:
        """Seconds so far."""
        wall = time.monotonic() - self._wall
        cpu = time.process_time() - self._cpu
        # a tick is slept away; what it lasts longer and wasn't computed was taken by others
        return self._spent + min(wall, TICK + cpu)

    async def wait(self, event: asyncio.Event, seconds: float) -> bool:
        """Whether an event comes within so many seconds."""
        end = self.now() + seconds
        while not event.is_set() and self.now() < end:
            try:
                await asyncio.wait_for(event.wait(), 5 * TICK)
            except TimeoutError:
                continue
        return event.is_set()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            self._spent = self.now()
            self._wall, self._cpu = time.monotonic(), time.process_time()
