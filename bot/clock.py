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

    def timeout(self, seconds: float | None) -> AbstractAsyncContextManager[None]:
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

    def timeout(self, seconds: float | None) -> AbstractAsyncContextManager[None]:
        return _Limit(seconds)


class _Limit:
    """asyncio.timeout, with a return type that says it swallows nothing."""

    def __init__(self, seconds: float | None) -> None:
        self._limit = asyncio.timeout(seconds)

    async def __aenter__(self) -> None:
        await self._limit.__aenter__()

    async def __aexit__(self, *exc: object) -> None:
        await self._limit.__aexit__(*exc)  # type: ignore[arg-type]  # passed on as it came


SYSTEM = SystemClock()


async def limited(clock: Clock, seconds: float, work: Awaitable[T]) -> T:
    """Await `work` for at most `seconds`.

    Raises:
        TimeoutError: The time is over; `work` was cancelled.
    """
    async with clock.timeout(seconds):
        return await work
