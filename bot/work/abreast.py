"""Looking at many things at once, so that a panel that hangs holds up nobody else's."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Final, TypeVar

AT_ONCE: Final = 32

T = TypeVar("T")


async def abreast(look: Callable[[T], Awaitable[None]], things: Iterable[T]) -> None:
    """Look at each of the things, `AT_ONCE` at a time, and return when the last look has ended.

    Raises:
        ExceptionGroup: One of them failed; the others were cancelled.
    """
    room = asyncio.Semaphore(AT_ONCE)

    async def one(thing: T) -> None:
        async with room:
            await look(thing)

    async with asyncio.TaskGroup() as group:
        for thing in things:
            group.create_task(one(thing))
