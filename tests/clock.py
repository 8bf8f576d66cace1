"""A clock that tests move: nothing waits for real minutes."""

import asyncio
import heapq
import itertools
import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

STEP_SECONDS = 2.0
CALM_SECONDS = 0.004
CALM_AT_MOST = 0.5  # where something real never ends: a console that goes on and on
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class MovedClock:
    """A `bot.clock.Clock` that stands still until `advance` moves it.

    Real sockets go on in real time meanwhile; `advance` wakes sleepers in order and lets the loop
    run between them, so what they start can sleep again within the same move.
    """

    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self._elapsed = 0.0
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        return 1000.0 + self._elapsed

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        waker = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._elapsed + seconds, next(self._order), waker))
        await waker

    def timeout(self, seconds: float | None) -> "_MovedLimit":
        return _MovedLimit(self, seconds)

    def set_back(self, seconds: float) -> None:
        """Let the clock on the wall show an earlier time; what is measured goes on as it did."""
        self._start -= timedelta(seconds=seconds)

    @property
    def next_wake_in(self) -> float | None:
        """Seconds until the next sleeper is due; None when nobody sleeps."""
        due = [at for at, _, waker in self._sleepers if not waker.done()]
        return min(due) - self._elapsed if due else None

    async def advance(self, seconds: float) -> None:
        """Move time on by `seconds`, waking on the way whoever is due."""
        await _settle()
        end = self._elapsed + seconds
        while self._sleepers and self._sleepers[0][0] <= end:
            at, _, waker = heapq.heappop(self._sleepers)
            if waker.done():
                continue
            self._elapsed = max(self._elapsed, at)
            waker.set_result(None)
            if not self._sleepers or self._sleepers[0][0] > at:
                await _settle()
        self._elapsed = end
        await _settle()


class _MovedLimit:
    """`asyncio.timeout` by the moved clock."""

    def __init__(self, clock: MovedClock, seconds: float | None) -> None:
        self._clock = clock
        self._seconds = seconds
        self._watch: asyncio.Task[None] | None = None
        self._limit = asyncio.timeout(None)

    async def __aenter__(self) -> None:
        await self._limit.__aenter__()
        if self._seconds is not None:
            self._watch = asyncio.create_task(self._expire(self._seconds))

    async def _expire(self, seconds: float) -> None:
        await self._clock.sleep(seconds)
        self._limit.reschedule(asyncio.get_running_loop().time())

    async def __aexit__(self, *exc: object) -> None:
        if self._watch is not None:
            self._watch.cancel()
        await self._limit.__aexit__(*exc)  # type: ignore[arg-type]  # passed on as it came


async def _settle() -> None:
    """Let everybody run, and what has come in by sockets and threads; quick where all wait."""
    loop, quiet = asyncio.get_running_loop(), 0
    for _ in range(10):
        await asyncio.sleep(0)
        quiet = 0 if loop._ready else quiet + 1  # type: ignore[attr-defined]  # who runs next
        if quiet == 3:
            return


async def flow(clock: MovedClock, task: "asyncio.Task[object]", *, limit: float = 3600.0) -> None:
    """Let `task` end, moving the clock to the next sleeper whenever nothing else happens.

    Raises:
        TimeoutError: The task did not end within `limit` moved seconds.
    """
    moved = 0.0
    while not task.done():
        await asyncio.wait({task}, timeout=0.02)
        if task.done():
            return
        step = clock.next_wake_in
        if step is not None:
            step = max(step, 0.0)
            await clock.advance(step)
            moved += step
        if moved > limit:
            raise TimeoutError(f"still running after {moved:.0f} moved seconds")


async def passing(clock: MovedClock, seconds: float, *, step: float = STEP_SECONDS) -> None:
    """Let so much time pass, in steps between which sockets and threads bring what they have."""
    while seconds > 0:
        await clock.advance(min(step, seconds))
        await calm()
        seconds -= step


async def until(
    clock: MovedClock,
    check: Callable[[], object],
    *,
    step: float = STEP_SECONDS,
    limit: float = 7200.0,
) -> float:
    """Let time pass until `check` holds, and return how many seconds that took.

    Raises:
        AssertionError: It does not within `limit` moved seconds.
    """
    began = clock.monotonic()
    if not check():
        await calm(5 * CALM_SECONDS)  # what is under way needs no time that is moved
    while not check():
        assert clock.monotonic() - began < limit, f"nothing within {limit:.0f} s"
        await clock.advance(step)
        await calm()
    return clock.monotonic() - began


async def calm(seconds: float = CALM_SECONDS) -> None:
    """Wait until neither a socket nor a thread has brought anything for so long, nor is about to.

    A thread that wants the processor or the disk is at work, however long a busy machine keeps it
    waiting for them.
    """
    heard = _listen(asyncio.get_running_loop())
    heard.last = began = time.monotonic()
    while (now := time.monotonic()) - began < CALM_AT_MOST:
        if now - heard.last >= seconds:
            if not _threads_at_work():
                return
            heard.last = now
        await asyncio.sleep(seconds / 2)


def _threads_at_work() -> bool:
    """Whether a thread beside this one runs, or would if it were let; False where nobody tells."""
    own = threading.get_native_id()
    for thread in threading.enumerate():
        if thread.native_id == own:
            continue
        try:
            file = os.open(f"/proc/self/task/{thread.native_id}/stat", os.O_RDONLY)
        except OSError:
            continue  # it has ended, or this system doesn't tell
        try:
            state = os.read(file, 512).rpartition(b")")[2].split(maxsplit=1)[0]
        finally:
            os.close(file)
        if state in {b"R", b"D"}:
            return True
    return False


class _Heard:
    """When a loop was last woken by something that was no timer of its own."""

    def __init__(self, selector: Any) -> None:
        self.last = time.monotonic()
        self._select = selector.select
        selector.select = self.select

    def select(self, timeout: float | None = None) -> Any:
        events = self._select(timeout)
        if events:
            self.last = time.monotonic()
        return events


_HEARD: "WeakKeyDictionary[asyncio.AbstractEventLoop, _Heard]" = WeakKeyDictionary()


def _listen(loop: asyncio.AbstractEventLoop) -> _Heard:
    if loop not in _HEARD:
        _HEARD[loop] = _Heard(loop._selector)  # type: ignore[attr-defined]  # of the default loop
    return _HEARD[loop]
