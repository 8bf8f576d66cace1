"""A figure that stays too high for a time, and when a disk will be full. Pure: no I/O, no clock."""

from collections import deque
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from msgspec import Struct

CLEARS_BELOW: Final = 0.9
"""Of the threshold: what opened at 90 % is over below 81 %, so that it doesn't flap around it."""
TREND_SAMPLES: Final = 288
TREND_EVERY: Final = timedelta(minutes=5)
"""The node itself reckons a disk anew each 150 s at most (contract: console.md)."""
TREND_LEAST: Final = 4
TREND_SPAN: Final = timedelta(minutes=30)
TREND_FARTHEST: Final = timedelta(days=60)


class Step(Enum):
    """What a sample brought about."""

    OPENED = "opened"
    CLOSED = "closed"


class Gauge(Struct):
    """One figure against its threshold: it opens and closes only after a while."""

    threshold: float
    holds: timedelta
    """How long it has to be at or over the threshold."""
    clears: timedelta
    """How long it has to be clearly below again."""
    is_open: bool = False
    peak: float = 0.0
    """The highest while it is open, or about to be."""
    _since: datetime | None = None

    def see(self, value: float, at: datetime) -> Step | None:
        """Take a sample, and say whether something begins or is over by it."""
        if self.is_open:
            self.peak = max(self.peak, value)
            is_turning, lasts = value < self.threshold * CLEARS_BELOW, self.clears
        else:
            is_turning, lasts = value >= self.threshold, self.holds
        if not is_turning:
            self._since = None
            if not self.is_open:
                self.peak = 0.0
            return None
        self.peak = max(self.peak, value)
        if self._since is None:
            self._since = at
        if at - self._since < lasts:
            return None
        self.is_open = not self.is_open
        self._since = None
        return Step.OPENED if self.is_open else Step.CLOSED

    def miss(self) -> None:
        """Nothing is known for now, so no while goes on that had begun."""
        self._since = None


class Trend:
    """The last day of one figure, thinned, and where a straight line through it leads."""

    def __init__(self) -> None:
        self._samples: deque[tuple[datetime, float]] = deque(maxlen=TREND_SAMPLES)

    def see(self, value: float, at: datetime) -> None:
        """Take a sample; one that comes too soon after the last is left out."""
        if self._samples and at - self._samples[-1][0] < TREND_EVERY:
            return
        self._samples.append((at, value))

    def reaches(self, limit: float, now: datetime) -> datetime | None:
        """When the figure reaches `limit`, if it goes on like this; None where that can't be said.

        It takes half an hour of samples that rise; a date too far ahead is none.
        """
        samples = self._samples
        if len(samples) < TREND_LEAST or samples[-1][0] - samples[0][0] < TREND_SPAN:
            return None
        start = samples[0][0]
        xs = [(at - start).total_seconds() for at, _ in samples]
        ys = [value for _, value in samples]
        mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
        spread = sum((x - mean_x) ** 2 for x in xs)
        slope = sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / spread
        if slope <= 0 or ys[-1] >= limit:
            return None
        seconds = (limit - ys[-1]) / slope
        if seconds > TREND_FARTHEST.total_seconds():
            return None
        return now + timedelta(seconds=seconds)
