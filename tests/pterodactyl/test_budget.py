"""The request budget: nobody sees a 429, nobody waits longer than needed, nobody is passed over."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.pterodactyl import AddressGuard, Budgets, Client, Limited, Network
from bot.pterodactyl.budget import RESERVE_AT_MOST, Budget, Ticket
from bot.secret import Secret
from tests.clock import MovedClock
from tests.pterodactyl.driving import drive
from tests.pterodactyl.served import Heard, Said, Served, serving
from tests.pterodactyl.test_faults import ACCOUNT, KEY, SERVER

OTHER_KEY = KEY.replace("a", "b")


@dataclass
class Meter:
    """The panel's own counting: a fixed window of a minute from the first call on."""

    clock: MovedClock
    limit: int
    used: int = 0
    ends_at: float = 0.0
    refused: int = 0
    taken_at: list[float] = field(default_factory=list)

    def take(self) -> tuple[bool, dict[str, str]]:
        now = self.clock.monotonic()
        if now >= self.ends_at:
            self.used, self.ends_at = 0, now + 60.0
        if self.used >= self.limit:
            self.refused += 1
            wait = str(int(self.ends_at - now) + 1)
            return False, {
                "X-RateLimit-Limit": str(self.limit),
                "X-RateLimit-Remaining": "0",
                "Retry-After": wait,
            }
        self.used += 1
        self.taken_at.append(now)
        return True, {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.limit - self.used),
        }

    def answer(self, _: Heard) -> Said:
        is_taken, headers = self.take()
        if not is_taken:
            said = Said.error(429, "ThrottleRequestsException", "Too Many Attempts.")
        else:
            said = Said.of(ACCOUNT)
        said.headers = {**said.headers, **headers}
        return said


class Metered:
    def __init__(self, served: Served, clock: MovedClock) -> None:
        self.served = served
        self.clock = clock
        self.network = Network(AddressGuard.open(), clock=clock)
        self.budgets = Budgets(clock)
        self.meter = Meter(clock, 60)
        served.answer = self.meter.answer

    def client(self, key: str = KEY, *, account: str | None = None) -> Client:
        return Client(
            self.served.url,
            key,
            network=self.network,
            budgets=self.budgets,
            account=account,
            clock=self.clock,
        )


@pytest.fixture
async def metered() -> AsyncIterator[Metered]:
    async with serving() as served:
        made = Metered(served, MovedClock())
        yield made
        await made.network.close()


async def test_hundred_callers_against_sixty_a_minute_finish_without_a_429(
    metered: Metered,
) -> None:
    client = metered.client()
    began = metered.clock.monotonic()

    async def all_of_them() -> None:
        await asyncio.gather(*(client.account.get_account() for _ in range(100)))

    await drive(metered.clock, asyncio.create_task(all_of_them()))

    assert metered.meter.refused == 0
    least = 60.0  # 60 at once, 40 in the next window
    assert metered.clock.monotonic() - began <= least * 1.05


async def test_waiting_callers_are_served_in_the_order_they_came(metered: Metered) -> None:
    client = metered.client()
    done: list[int] = []

    async def one(number: int) -> None:
        await client.servers.send_console_command(SERVER, str(number))
        done.append(number)

    async def all_of_them() -> None:
        await asyncio.gather(*(one(number) for number in range(150)))

    await drive(metered.clock, asyncio.create_task(all_of_them()))

    sent = [int(heard.json["command"]) for heard in metered.served.heard]  # type: ignore[index]
    windows = [sent[:60], sent[60:120], sent[120:]]
    assert [sorted(window) for window in windows] == [
        list(range(60)),
        list(range(60, 120)),
        list(range(120, 150)),
    ]


async def test_keys_of_one_account_share_its_budget_once_it_is_known(metered: Metered) -> None:
    one, other = metered.client(), metered.client(OTHER_KEY)
    assert one.budget is not other.budget
    await one.account.get_account()
    await other.account.get_account()
    assert one.budget is other.budget
    assert metered.client(account="2").budget is one.budget

    async def all_of_them() -> None:
        both = (one, other)
        await asyncio.gather(*(both[at % 2].account.get_account() for at in range(98)))

    await drive(metered.clock, asyncio.create_task(all_of_them()))
    assert metered.meter.refused == 0


async def test_callers_waiting_when_budgets_are_joined_are_not_forgotten(
    metered: Metered,
) -> None:
    one, other = metered.client(), metered.client(OTHER_KEY)

    async def all_of_them() -> None:
        both = (one, other)
        await asyncio.gather(*(both[at % 2].account.get_account() for at in range(100)))

    await drive(metered.clock, asyncio.create_task(all_of_them()))
    assert len(metered.meter.taken_at) == 100
    # both let go what they saw left, before either answer told whose key it is
    assert metered.meter.refused <= 40


async def test_panels_and_accounts_have_budgets_of_their_own(metered: Metered) -> None:
    budgets = metered.budgets
    mine = budgets.of("https://a", Secret("k1"), "2")
    assert budgets.of("https://a", Secret("k2"), "2") is mine
    assert budgets.of("https://a", Secret("k3"), "3") is not mine
    assert budgets.of("https://b", Secret("k1"), "2") is not mine


async def test_background_calls_leave_a_reserve_to_interactive_ones(metered: Metered) -> None:
    client = metered.client()
    background = client.background
    tasks = [asyncio.create_task(background.account.get_account()) for _ in range(80)]
    while len(metered.meter.taken_at) < 60 - 60 // 8:
        await asyncio.sleep(0)
    for _ in range(100):
        await asyncio.sleep(0)
    assert len(metered.meter.taken_at) == 60 - 60 // 8 <= 60 - RESERVE_AT_MOST // 8

    began = metered.clock.monotonic()
    await asyncio.gather(*(client.account.get_account() for _ in range(7)))
    assert metered.clock.monotonic() == began  # at once, though 27 were waiting before

    async def the_rest() -> None:
        await asyncio.gather(*tasks)

    await drive(metered.clock, asyncio.create_task(the_rest()))
    assert metered.meter.refused == 0


async def test_after_a_429_one_call_tries_before_the_others_follow(metered: Metered) -> None:
    client = metered.client()
    meter = metered.meter
    meter.used, meter.ends_at = 60, metered.clock.monotonic() + 30  # somebody else used it up

    async def all_of_them() -> None:
        await asyncio.gather(*(client.account.get_account() for _ in range(50)))

    task = asyncio.create_task(all_of_them())
    while not meter.refused:
        await asyncio.sleep(0)
    for _ in range(300):
        await asyncio.sleep(0)
    assert meter.refused <= 10  # no more than were under way while nothing was known
    early = len(metered.served.heard)
    await metered.clock.advance(29.5)
    assert len(metered.served.heard) == early
    await drive(metered.clock, task)
    assert meter.refused == early
    assert len(meter.taken_at) == 50


async def test_refused_callers_go_before_those_who_came_after_them(metered: Metered) -> None:
    client = metered.client()
    meter = metered.meter
    meter.used, meter.ends_at = 60, metered.clock.monotonic() + 30

    async def all_of_them() -> None:
        commands = (client.servers.send_console_command(SERVER, str(n)) for n in range(30))
        await asyncio.gather(*commands)

    await drive(metered.clock, asyncio.create_task(all_of_them()))

    sent = [int(heard.json["command"]) for heard in metered.served.heard]  # type: ignore[index]
    refused, taken = sent[: meter.refused], sent[meter.refused :]
    assert sorted(taken[: len(refused)]) == sorted(refused)


async def test_impatient_caller_hears_at_once_that_it_would_take_too_long(
    metered: Metered,
) -> None:
    client = metered.client()
    await asyncio.gather(*(client.account.get_account() for _ in range(60)))
    began = metered.clock.monotonic()
    with pytest.raises(Limited) as limited:
        await client.patient(25.0).account.get_account()
    assert metered.clock.monotonic() == began
    assert 25.0 < limited.value.retry_after <= 60.0
    assert limited.value.answer.status == 0
    assert not limited.value.maybe_done
    await metered.clock.advance(40)
    task = asyncio.create_task(client.patient(25.0).account.get_account())
    await drive(metered.clock, task)
    assert metered.meter.refused == 0


async def test_caller_that_gives_up_waiting_leaves_its_place_to_the_next(
    metered: Metered,
) -> None:
    client = metered.client()
    await asyncio.gather(*(client.account.get_account() for _ in range(60)))
    impatient = asyncio.create_task(client.account.get_account())
    patient = asyncio.create_task(client.account.get_account())
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.gather(impatient, return_exceptions=True)
    await drive(metered.clock, patient)
    assert len(metered.meter.taken_at) == 61


async def test_panel_without_a_word_about_limits_is_not_slowed_down(metered: Metered) -> None:
    metered.served.answer = lambda _: Said.of(ACCOUNT)
    client = metered.client()
    began = metered.clock.monotonic()
    await asyncio.gather(*(client.account.get_account() for _ in range(200)))
    assert metered.clock.monotonic() == began


async def test_small_budgets_teach_nothing_about_the_whole_one(metered: Metered) -> None:
    client = metered.client()
    await client.account.get_account()
    small = {"X-RateLimit-Limit": "5", "X-RateLimit-Remaining": "0"}
    said = Said.of({"data": {"token": "t", "socket": "wss://node/api"}})
    said.headers = {**said.headers, **small}
    metered.served.answer = lambda _: said
    await client.servers.get_websocket(SERVER)
    assert (client.budget.limit, client.budget.rest) == (60, 58)


async def test_hanging_probe_does_not_hold_everybody_up(metered: Metered) -> None:
    client = metered.client()
    metered.served.answer = lambda _: Said(200, hangs=True)
    hanging = [asyncio.create_task(client.account.get_account()) for _ in range(10)]
    while len(metered.served.heard) < 10:
        await asyncio.sleep(0)
    metered.served.answer = metered.meter.answer
    began = metered.clock.monotonic()
    task = asyncio.create_task(client.account.get_account())
    await drive(metered.clock, task)
    assert metered.clock.monotonic() - began <= 5.0
    for each in hanging:
        each.cancel()
    await asyncio.gather(*hanging, return_exceptions=True)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    limit=st.integers(30, 300),
    callers=st.integers(1, 250),
    latencies=st.lists(st.floats(0.0, 3.0), min_size=1, max_size=20),
    used_before=st.integers(0, 300),
)
def test_any_crowd_gets_through_in_time_with_few_refusals(
    limit: int, callers: int, latencies: list[float], used_before: int
) -> None:
    """Random latencies, orders and other users of the account, in virtual time."""

    async def run() -> None:
        clock = MovedClock()
        budget = Budget(clock)
        meter = Meter(clock, limit)
        meter.used, meter.ends_at = min(used_before, limit), clock.monotonic() + 37.0
        began = clock.monotonic()

        async def caller(number: int) -> None:
            again = False
            while True:
                ticket = budget.try_enter() or await budget.enter(patience=3600.0, again=again)
                assert isinstance(ticket, Ticket)
                there, back = (latencies[(number + n) % len(latencies)] / 2 for n in (0, 7))
                await clock.sleep(there)
                is_taken, headers = meter.take()
                await clock.sleep(back)
                rest = int(headers["X-RateLimit-Remaining"])
                budget.leave(ticket, limit=limit, rest=rest)
                if is_taken:
                    return
                budget.hold(ticket, float(headers["Retry-After"]))
                again = True

        tasks = [asyncio.create_task(caller(number)) for number in range(callers)]
        while not all(task.done() for task in tasks):
            step = clock.next_wake_in
            await clock.advance(0.0 if step is None else max(step, 0.0))
        await asyncio.gather(*tasks)

        assert len(meter.taken_at) == callers
        used = min(used_before, limit)
        windows = 0 if callers <= limit - used else -(-(callers - (limit - used)) // limit)
        least = 0.0 if windows == 0 else 37.0 + 60.0 * (windows - 1)
        # one round trip to learn, at most one probe for each window, and what is on its way
        assert clock.monotonic() - began <= least + (windows + 1) * 10.0 + 30.0 * (windows > 0)
        assert meter.refused <= 10 + windows

    asyncio.run(run())
