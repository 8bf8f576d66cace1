"""How often one member may come through the doors: a public instance protects itself."""

from collections import deque
from typing import Final

from bot.clock import Clock

WINDOW_SECONDS: Final = 60.0
KEPT_MEMBERS: Final = 10_000


class TooFast(Exception):
    """The member has used up this minute."""

    def __init__(self, wait_seconds: float) -> None:
        super().__init__(wait_seconds)
        self.wait_seconds = wait_seconds


class Pace:
    """Counts by member and guild over the last minute; a spent minute refuses."""

    def __init__(self, clock: Clock, *, a_minute: int) -> None:
        self._clock = clock
        self._a_minute = a_minute
        self._seen: dict[tuple[int, int], deque[float]] = {}

    def check(self, guild_id: int, member_id: int) -> None:
        """Count one more.

        Raises:
            TooFast: It is one too many; says how long to wait.
        """
        now = self._clock.monotonic()
        times = self._seen.pop((guild_id, member_id), None) or deque()
        self._seen[guild_id, member_id] = times  # the last one seen is the last to be forgotten
        while times and now - times[0] >= WINDOW_SECONDS:
            times.popleft()
        if len(times) >= self._a_minute:
            raise TooFast(WINDOW_SECONDS - (now - times[0]))
        times.append(now)
        while len(self._seen) > KEPT_MEMBERS:
            del self._seen[next(iter(self._seen))]
