"""Time, handed in: what waits or looks at the clock takes a Clock, so that it can be moved."""

import asyncio
import time
from collections.abc import Awaitable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Protocol, TypeVar

T = TypeVar("T")


class Clock(Protocol):
    """The three questions about time; a moved clock answers them without waiting."""

    def now(self) -> datetime:
        """The moment, aware and in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run backwards, for measuring and for deadlines."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait; zero or less only yields to the loop."""
        ...

    def timeout(self, seconds: float | None) -> AbstractAsyncContextManager[object]:
        """Raise TimeoutError in the block once `seconds` have passed; None sets no limit."""
        ...


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))

    def timeout(self, seconds: float | None) -> AbstractAsyncContextManager[object]:
        return asyncio.timeout(seconds)


SYSTEM = SystemClock()


async def limited(clock: Clock, seconds: float, work: Awaitable[T]) -> T:
    """Await `work` for at most `seconds`.

    Raises:
        TimeoutError: The time is over; `work` was cancelled.
    """
    async with clock.timeout(seconds):
        return await work
