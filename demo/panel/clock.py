"""Time as the simulated panel sees it: handed in, so that tests and the playground can move it."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Any object that answers these three questions."""

    def now(self) -> datetime:
        """The moment, aware and in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run backwards."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait; zero or less only yields to the loop."""
        ...


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


def stamp(moment: datetime | None) -> str | None:
    """A moment as the panel writes it: no fraction, with an offset; None stays None."""
    return None if moment is None else moment.replace(microsecond=0).isoformat()
