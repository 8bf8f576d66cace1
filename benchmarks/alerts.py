"""What alerts on a server cost beside a mirror of it, line by line."""

import asyncio
from contextlib import AsyncExitStack
from typing import Final

import aiohttp

from benchmarks.fleet import fleet
from benchmarks.measure import Row, rounds
from benchmarks.peer import Addresses, peer
from bot.clock import SYSTEM
from bot.fleet.listening import Listener
from bot.pterodactyl.console_events import ConsoleLine, Lost, Stats
from bot.work.lookout import Lookout

EVENTS: Final = 20_000
ALONE: Final = "a mirror"
BESIDE: Final = "a mirror and alerts"
SETTLE_SECONDS: Final = 3.0
"""Until the consoles no longer hold lines back to compare them with their history."""


async def measure() -> list[Row]:
    """The row of alerts."""
    async with AsyncExitStack() as stack:
        plain = await stack.enter_async_context(peer("1"))
        alerted = await stack.enter_async_context(peer("1"))
        held = await stack.enter_async_context(fleet([plain.panel, alerted.panel], 10))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        by_panel = sorted(held.servers, key=lambda one: one.panel_name)
        first, second = by_panel
        lookout = Lookout(held.hub, held.directory, held.supervisor, SYSTEM)
        lookout.wanted_by.append(lambda server: server.id == second.id)
        held.supervisor.keep("lookout", lookout.run)
        ears = [await stack.enter_async_context(held.hub.watch(one)) for one in by_panel]
        for server in (first, second):
            if not await held.hub.wait_live(server, 30.0, caught_up=True):
                raise RuntimeError("the peer doesn't answer")
        await asyncio.sleep(SETTLE_SECONDS)

        async def alone() -> None:
            await _flooded(session, plain, ears[0])

        async def beside() -> None:
            await _flooded(session, alerted, ears[1])

        taken = await rounds({ALONE: alone, BESIDE: beside})
    return [
        Row(
            "alert_lines",
            taken.ratio(ALONE, BESIDE),
            "x",
            "lines for the same CPU with alerts beside a mirror: ≥ 0.85",
            {name: f"{EVENTS / taken.median(name):,.0f}/s" for name in taken.seconds},
        )
    ]


async def _flooded(session: aiohttp.ClientSession, addresses: Addresses, ears: Listener) -> None:
    """Let the console say its events, and hear every one of them or how many were let go."""
    at = addresses.sockets.replace("ws://", "http://")
    (await session.get(f"{at}/flood/{EVENTS}")).release()
    seen = 0
    async for event in ears:
        match event:
            case Lost(lines=int(count)):
                seen += count
            case ConsoleLine() | Stats():
                seen += 1
            case _:
                pass
        if seen >= EVENTS:
            return
