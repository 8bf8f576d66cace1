"""How fast a console may be spoken to (contract: console.md, newer Wings)."""

from typing import Final

from bot.clock import Clock

LIMITS: Final = {
    "global": (10, 0.2),
    "auth": (2, 5.0),
    "send logs": (2, 5.0),
    "send command": (10, 1.0),
    "": (4, 1.0),  # all others together
}
"""What newer daemons put up with per socket: so many at once, then one each so many seconds.

What is over is dropped without an answer, so a client that is too eager never logs in.
"""


class Pace:
    """The token buckets of one socket, each kept as the moment at which it would be full."""

    __slots__ = ("_clock", "_full_at")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._full_at: dict[str, float] = {}

    async def wait(self, event: str) -> None:
        """Return when `event` may be sent; callers are let through in the order they came."""
        now = self._clock.monotonic()
        kind = event if event in LIMITS else ""
        wait = max(self._take(kind, now), self._take("global", now))
        if wait > 0:
            await self._clock.sleep(wait)

    def _take(self, kind: str, now: float) -> float:
        """Take one token and return the seconds until it is there."""
        size, every = LIMITS[kind]
        full_at = max(self._full_at.get(kind, now), now) + every
        self._full_at[kind] = full_at
        return max(0.0, full_at - now - size * every)
