"""Owner of every task that lives longer than an interaction, and of every panel request."""

import asyncio
import contextvars
import functools
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import structlog

from bot.clock import Clock

T = TypeVar("T")
log = structlog.stdlib.get_logger(__name__)

SETTLED_SECONDS = 60.0
"""A loop that ran this long before it broke starts again with the shortest delay."""


class Supervisor:
    """Starts named tasks, restarts loops with back-off, and stops them all within a limit.

    Tasks run in the context captured here, not in the one of the interaction that asked, so that a
    request once sent outlives it (and the playground's settling does not wait for sockets).
    """

    def __init__(self, clock: Clock, context: contextvars.Context | None = None) -> None:
        self._clock = clock
        self._context = contextvars.copy_context() if context is None else context  # may be empty
        self._tasks: set[asyncio.Task[Any]] = set()
        self._requests = 0
        self._closing = False

    def start(self, name: str, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run `work` as a task of our own; what it raises is logged under `name`."""
        task = self._spawn(name, work)
        task.add_done_callback(_log_failure)
        return task

    def keep(self, name: str, loop: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        """Run `loop` until it returns by itself; when it breaks, again, later each time."""
        return self.start(name, self._keep(name, loop))

    async def run(self, name: str, work: Coroutine[Any, Any, T]) -> T:
        """Await a panel request in a task of its own.

        It is shielded: when the asker is cancelled the request goes on to its end.

        Raises:
            Whatever `work` raises.
        """
        task = self._spawn(name, work)
        self._requests += 1
        task.add_done_callback(self._count_down)
        return await asyncio.shield(task)

    @property
    def is_closing(self) -> bool:
        """Whether nothing new is started any more."""
        return self._closing

    @property
    def names(self) -> list[str]:
        """The tasks under way, for `doctor`, metrics and the log at shutdown."""
        return sorted(task.get_name() for task in self._tasks)

    @property
    def requests_under_way(self) -> int:
        """Panel requests sent and not yet answered."""
        return self._requests

    async def close(self, within: float = 4.0) -> None:
        """Cancel everything and wait; log by name what did not stop."""
        self._closing = True
        if self._requests:
            log.info("stopping with panel requests under way", count=self._requests)
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=within)
            if late:
                log.warning("tasks did not stop", names=sorted(t.get_name() for t in late))

    def _spawn(self, name: str, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        if self._closing:
            work.close()
            raise asyncio.CancelledError("shutting down")
        make = functools.partial(asyncio.create_task, work, name=name)
        task: asyncio.Task[T] = self._context.copy().run(make)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _count_down(self, task: asyncio.Task[Any]) -> None:
        self._requests -= 1
        if not task.cancelled():
            task.exception()  # fetched, so a request whose asker went away is no "never retrieved"

    async def _keep(self, name: str, loop: Callable[[], Awaitable[None]]) -> None:
        delay = 1.0
        while True:
            started = self._clock.monotonic()
            try:
                return await loop()
            except Exception:  # whatever broke must not end the others' work
                if self._clock.monotonic() - started > SETTLED_SECONDS:
                    delay = 1.0
                log.exception("loop failed", loop=name, again_in=delay)
            await self._clock.sleep(delay)
            delay = min(delay * 2, 60.0)


def _log_failure(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("task failed", task=task.get_name(), exc_info=error)
