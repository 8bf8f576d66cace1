"""Looking at many things at once, so that a panel that hangs holds up nobody else's."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Final

AT_ONCE: Final = 32


async def abreast(looks: Iterable[Coroutine[None, None, None]], *, at_once: int = AT_ONCE) -> None:
    """Run all of them, `at_once` at a time, and return when the last has ended.

    Raises:
        ExceptionGroup: One of them failed; the others were cancelled.
    """
    room = asyncio.Semaphore(at_once)

    async def one(look: Coroutine[None, None, None]) -> None:
        async with room:
            await look

    async with asyncio.TaskGroup() as group:
        for look in looks:
            group.create_task(one(look))
