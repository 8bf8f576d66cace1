"""Keeps archives apart: the node names them by the second, and two of one name ruin each other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from bot.clock import Clock

ARCHIVE_APART_SECONDS: Final = 1.1


class Archives:
    """Lets one archive a folder be made at a time, and none in the same second as another."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._turns: dict[tuple[str, str], tuple[asyncio.Lock, float]] = {}

    @asynccontextmanager
    async def turn(self, server_id: str, folder: str) -> AsyncIterator[None]:
        """Wait for the folder to be free; identifier and uuid of a server are the same here."""
        place = (server_id[:8], "/".join(filter(None, folder.split("/"))))
        self._forget()
        lock, _ = self._turns.setdefault(place, (asyncio.Lock(), 0.0))
        async with lock:
            free_at = self._turns[place][1]
            await self._clock.sleep(free_at - self._clock.monotonic())
            self._turns[place] = (lock, self._clock.monotonic() + ARCHIVE_APART_SECONDS)
            yield

    def _forget(self) -> None:
        now = self._clock.monotonic()
        for place, (lock, free_at) in list(self._turns.items()):
            if free_at < now and not lock.locked():
                del self._turns[place]
