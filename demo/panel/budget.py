"""Request budgets: a fixed window from the first call on, counted per key (contract: README.md)."""

from dataclasses import dataclass, field
from math import ceil
from typing import Literal

from demo.panel.clock import Clock
from demo.panel.refusal import too_many


@dataclass(frozen=True)
class Limit:
    """So many calls in so many seconds, counted by user or by server."""

    calls: int
    seconds: float
    by: Literal["user", "server"]


PULL_OLD = Limit(10, 300, "user")
NEWER: dict[str, Limit] = {
    "GET servers/{server}/websocket": Limit(5, 60, "server"),
    "POST servers/{server}/network/allocations": Limit(2, 60, "server"),
    "POST servers/{server}/databases": Limit(2, 60, "server"),
    "POST servers/{server}/schedules": Limit(2, 60, "server"),
    "POST servers/{server}/backups/{backup}/restore": Limit(3, 900, "server"),
    "POST servers/{server}/users": Limit(10, 900, "server"),
    "POST servers/{server}/files/pull": Limit(5, 600, "server"),
}
OLD: dict[str, Limit] = {"POST servers/{server}/files/pull": PULL_OLD}
GLOBAL: dict[str, int] = {"1.11": 720, "1.12": 256, "pelican": 256}


@dataclass
class _Window:
    ends: float
    count: int = 0


@dataclass
class Budgets:
    """All windows of a panel."""

    clock: Clock
    windows: dict[tuple[str, int], _Window] = field(default_factory=dict)

    def take(self, name: str, owner: int, calls: int, seconds: float) -> dict[str, str]:
        """Count one call; the headers that tell what is left.

        Raises:
            Refusal: 429, the window is full.
        """
        now = self.clock.monotonic()
        window = self.windows.get((name, owner))
        if window is None or now >= window.ends:
            window = self.windows[name, owner] = _Window(now + seconds)
        if window.count >= calls:
            left = max(1, ceil(window.ends - now))
            raise too_many(left, int(self.clock.now().timestamp()) + left, calls)
        window.count += 1
        return {
            "X-RateLimit-Limit": str(calls),
            "X-RateLimit-Remaining": str(calls - window.count),
        }

    def clear(self) -> None:
        self.windows.clear()
