"""Rounds, medians and rows: how every subject measures."""

import gc
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Final

from msgspec import Struct

ROUNDS: Final = 21
"""Short and interleaved, so that what else the machine does falls on all alike."""
LEAST_ROUNDS: Final = 7
"""As few where a slow machine would take longer than `PATIENCE_SECONDS`."""
PATIENCE_SECONDS: Final = 20.0

Run = Callable[[], Awaitable[None]]
Ruler = Callable[[], float]


class Row(Struct, frozen=True):
    """One line of the result."""

    name: str
    value: float
    unit: str
    target: str
    """What the value is to keep to, for the table."""
    details: Mapping[str, str] = {}
    """Who was measured, and what came out, for the table."""


class Taken(Struct, frozen=True):
    """What each contestant took, round by round."""

    seconds: Mapping[str, list[float]]

    def median(self, name: str) -> float:
        """Seconds of a usual round."""
        return statistics.median(self.seconds[name])

    def ratio(self, name: str, peer: str) -> float:
        """How many times as long as the peer, in a usual round: a busy moment strikes both."""
        pairs = zip(self.seconds[name], self.seconds[peer], strict=True)
        return statistics.median(mine / theirs for mine, theirs in pairs)


def turns(count: int = ROUNDS) -> Iterator[int]:
    """Count rounds up to `count`, or fewer on a machine that is slow."""
    end = time.monotonic() + PATIENCE_SECONDS
    for number in range(count):
        if number >= LEAST_ROUNDS and time.monotonic() > end:
            return
        yield number


async def rounds(
    runs: Mapping[str, Run], *, ruler: Ruler = time.process_time, count: int = ROUNDS
) -> Taken:
    """Measure each of `runs` in turn, several times over.

    Args:
        runs: Awaited once unmeasured (connections, caches), then up to `count` times.
        ruler: Processor time of this process by default; `time.perf_counter` for the wall's.
        count: How often, on a machine that is quick enough for it.
    """
    for run in runs.values():
        await run()
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for _ in turns(count):
        for name, run in runs.items():
            gc.collect()
            began = ruler()
            await run()
            taken[name].append(ruler() - began)
    return Taken(taken)


def shown(seconds: float) -> str:
    """A duration fit to be read."""
    return f"{seconds * 1e6:.0f} µs" if seconds < 1e-3 else f"{seconds * 1e3:.2f} ms"
