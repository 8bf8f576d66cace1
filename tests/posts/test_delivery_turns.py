"""Whose turn it is: fair shares, who waits first, and a budget that holds, by the moved clock."""

import asyncio
from collections import Counter

import pytest

from bot.observe import Metrics
from bot.posts.delivery import (
    HOOK_SENDS,
    RESERVE,
    SENDS_PER_SECOND,
    UNDER_WAY,
    Delivery,
    Place,
    Superseded,
)
from bot.posts.traffic import HeldUp, Traffic
from tests.clock import MovedClock


class Sending:
    """A delivery that runs, and what was sent through it, in order."""

    def __init__(self) -> None:
        self.clock = MovedClock()
        self.delivery = Delivery(Traffic(self.clock), Metrics(), self.clock)
        self.sent: list[tuple[int, object]] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "Sending":
        self._running = asyncio.create_task(self.delivery.run())
        await self.clock.advance(1)
        return self

    async def __aexit__(self, *_exc: object) -> None:
        tasks = [self._running, *self.tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def send(
        self,
        guild_id: int,
        what: object,
        *,
        channel_id: int = 0,
        is_first: bool = False,
        replaces: int | None = None,
        by_webhook: bool = False,
    ) -> "asyncio.Task[None]":
        async def call() -> None:
            self.sent.append((guild_id, what))

        place = Place(guild_id, channel_id or guild_id, by_webhook)
        sending = self.delivery.send(place, call, is_first=is_first, replaces=replaces)
        task = asyncio.create_task(sending)
        self.tasks.append(task)
        return task


async def test_a_guild_that_floods_holds_up_no_other() -> None:
    async with Sending() as sending:
        for number in range(300):
            sending.send(1, number, channel_id=100 + number % 10)
        await sending.clock.advance(0)
        for guild_id in range(2, 8):
            sending.send(guild_id, "one")

        await sending.clock.advance(1)

        first = Counter(guild_id for guild_id, _ in sending.sent)
        assert all(first[guild_id] == 1 for guild_id in range(2, 8))


async def test_channels_of_one_guild_share_its_turns() -> None:
    async with Sending() as sending:
        for _ in range(200):
            sending.send(1, "loud", channel_id=1)
        sending.send(1, "quiet", channel_id=2)

        await sending.clock.advance(1)

        assert (1, "quiet") in sending.sent[: int(SENDS_PER_SECOND)]


async def test_somebody_who_waits_goes_before_everything_in_the_background() -> None:
    async with Sending() as sending:
        for number in range(500):
            sending.send(1, number, channel_id=number + 1)
        await sending.clock.advance(0)
        before = len(sending.sent)

        await sending.send(2, "answer", is_first=True)

        assert len(sending.sent) == before + 1


async def test_no_more_is_sent_than_the_budget_allows() -> None:
    async with Sending() as sending:
        for number in range(1000):
            sending.send(number % 7, number, channel_id=number + 1)

        await sending.clock.advance(10)

        assert len(sending.sent) <= SENDS_PER_SECOND * 11 - RESERVE
        assert len(sending.sent) >= SENDS_PER_SECOND * 10


async def test_of_edits_that_wait_only_the_newest_is_sent() -> None:
    async with Sending() as sending:
        for number in range(200):
            sending.send(1, number, channel_id=number + 1)
        await sending.clock.advance(0)
        edits = [sending.send(9, f"edit {number}", replaces=77) for number in range(20)]

        await sending.clock.advance(10)

        assert [what for guild_id, what in sending.sent if guild_id == 9] == ["edit 19"]
        assert all(isinstance(edit.exception(), Superseded) for edit in edits[:-1])


async def test_what_was_held_up_is_sent_once_the_wait_is_over_and_others_meanwhile() -> None:
    async with Sending() as sending:
        tries: list[float] = []

        async def call() -> None:
            tries.append(sending.clock.monotonic())
            if len(tries) == 1:
                raise HeldUp(30, code=0, is_global=False)

        held = asyncio.create_task(sending.delivery.send(Place(1, 1), call))
        sending.tasks.append(held)
        await sending.clock.advance(5)
        sending.send(1, "behind it", channel_id=1)
        sending.send(1, "elsewhere", channel_id=2)

        await sending.clock.advance(5)
        assert sending.sent == [(1, "elsewhere")]
        await sending.clock.advance(25)

        assert held.done()
        assert tries[1] - tries[0] == pytest.approx(30, abs=0.1)
        assert sending.sent == [(1, "elsewhere"), (1, "behind it")]


async def test_a_hold_over_everything_stops_everything() -> None:
    async with Sending() as sending:
        tries: list[int] = []

        async def call() -> None:
            tries.append(1)
            if len(tries) == 1:
                raise HeldUp(5, code=0, is_global=True)

        sending.tasks.append(asyncio.create_task(sending.delivery.send(Place(1, 1), call)))
        await sending.clock.advance(0)
        sending.send(2, "background")
        sending.send(3, "first", is_first=True)
        await sending.clock.advance(4)
        assert sending.sent == []

        await sending.clock.advance(2)

        assert sorted(sending.sent) == [(2, "background"), (3, "first")]


async def test_the_webhooks_of_a_channel_send_thirty_a_minute() -> None:
    async with Sending() as sending:
        for number in range(100):
            sending.send(1, number, by_webhook=True)

        await sending.clock.advance(59)
        assert len(sending.sent) == HOOK_SENDS
        for _ in range(60):
            await sending.clock.advance(1)

        assert len(sending.sent) == 2 * HOOK_SENDS


async def test_calls_that_hang_leave_room_for_who_waits() -> None:
    async with Sending() as sending:
        hanging = asyncio.Event()

        async def hang() -> None:
            await hanging.wait()

        for number in range(100):
            task = asyncio.create_task(sending.delivery.send(Place(1, number + 1), hang))
            sending.tasks.append(task)
        await sending.clock.advance(10)
        assert sending.delivery.under_way == UNDER_WAY

        await sending.send(2, "answer", is_first=True)

        assert sending.sent == [(2, "answer")]


async def test_who_gives_up_waiting_takes_nobody_s_turn() -> None:
    async with Sending() as sending:
        for number in range(200):
            sending.send(1, number, channel_id=number + 1)
        await sending.clock.advance(0)
        gone = [sending.send(2, "gone", channel_id=number + 1) for number in range(50)]
        for task in gone:
            task.cancel()

        await sending.clock.advance(20)

        assert len(sending.sent) == 200
        assert sending.delivery.under_way == 0
