"""How fast a console may be spoken to (contract: console.md, newer Wings)."""

from typing import Final

from bot.clock import Clock

# What the newer daemons put up with per socket: (size, refilled per second). What is over is
# dropped without an answer, so a client that is too eager never logs in.
LIMITS: Final = {
    "global": (10.0, 5.0),
    "auth": (2.0, 0.2),
    "send logs": (2.0, 0.2),
    "send command": (10.0, 1.0),
    "": (4.0, 1.0),  # all others together
}


class Bucket:
    """Tokens that refill with time; it may be overdrawn, and says how long to wait then."""

    __slots__ = ("_at", "_per_second", "_size", "_tokens")

    def __init__(self, size: float, per_second: float, at: float) -> None:
        self._size = size
        self._per_second = per_second
        self._tokens = size
        self._at = at

    def take(self, at: float) -> float:
        """Take one and return the seconds until it is really there."""
        self._tokens = min(self._size, self._tokens + (at - self._at) * self._per_second) - 1.0
        self._at = at
        return max(0.0, -self._tokens / self._per_second)


class Pace:
    """The buckets of one socket; those never used are never made."""

    __slots__ = ("_buckets", "_clock")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets: dict[str, Bucket] = {}

    async def wait(self, event: str) -> None:
        """Return when `event` may be sent; callers are let through in the order they came."""
        now = self._clock.monotonic()
        kind = event if event in LIMITS else ""
        wait = max(self._take(kind, now), self._take("global", now))
        if wait > 0:
            await self._clock.sleep(wait)

    def _take(self, kind: str, now: float) -> float:
        bucket = self._buckets.get(kind)
        if bucket is None:
            bucket = self._buckets[kind] = Bucket(*LIMITS[kind], now)
        return bucket.take(now)
