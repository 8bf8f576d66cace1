"""Moves time for calls over real sockets, without outrunning them."""

import asyncio
from typing import TypeVar

from tests.clock import MovedClock

T = TypeVar("T")

SHORT_SECONDS = 5.0
"""Pauses between tries are shorter; the limits of a call are longer."""


async def drive(clock: MovedClock, task: "asyncio.Task[T]", *, limit: float = 3600.0) -> T:
    """Let `task` end and return what it gives, moving the clock to each sleeper that is due next.

    Short pauses pass at once. A long step is taken only after a while of real quiet: a busy machine
    must not make an answer that is on its way look late.
    """
    moved = 0.0
    quiet = 0
    while not task.done():
        await asyncio.wait({task}, timeout=0.01)
        step = clock.next_wake_in
        if task.done() or step is None:
            continue
        quiet += 1
        if step > SHORT_SECONDS and quiet < 30:
            continue
        quiet = 0
        await clock.advance(max(step, 0.0))
        moved += max(step, 0.0)
        if moved > limit:
            task.cancel()
            await asyncio.wait({task})
            raise TimeoutError(f"still running after {moved:.0f} moved seconds")
    return task.result()
