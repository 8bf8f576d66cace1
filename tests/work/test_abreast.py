"""Looking at many things at once: so many and no more, and all of them end with who waits."""

import asyncio

import pytest

from bot.work.abreast import AT_ONCE, abreast


async def test_no_more_than_its_measure_are_looked_at_at_a_time() -> None:
    busy = most = 0

    async def look(_number: int) -> None:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(0)
        busy -= 1

    await abreast(look, range(3 * AT_ONCE))

    assert (busy, most) == (0, AT_ONCE)


async def test_who_waits_for_a_turn_ends_with_the_rest() -> None:
    begun: list[int] = []

    async def look(number: int) -> None:
        begun.append(number)
        await asyncio.Event().wait()

    looking = asyncio.create_task(abreast(look, range(2 * AT_ONCE)))
    while len(begun) < AT_ONCE:
        await asyncio.sleep(0)
    looking.cancel()

    with pytest.raises(asyncio.CancelledError):
        await looking
    assert len(begun) == AT_ONCE
    assert asyncio.all_tasks() == {asyncio.current_task()}
