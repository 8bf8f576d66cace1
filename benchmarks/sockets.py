"""A process that opens many consoles, bare or ours, and prints the bytes each takes.

`python -m benchmarks.sockets bare|roost ws://127.0.0.1:PORT 1000`
"""

import asyncio
import gc
import resource
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import aiohttp
import msgspec

from benchmarks.console import AUTH, HISTORY_SECONDS, PATH, console
from benchmarks.peer import Addresses
from bot.clock import SYSTEM
from bot.pterodactyl import AddressGuard, Network

Opening = Callable[[int], Awaitable[None]]

OPENING_AT_ONCE: Final = 50
WARM: Final = 20
"""Opened before the first look, so that what is made once is not counted."""


def resident_bytes() -> int:
    """What this process holds in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


async def bare(addresses: Addresses, count: int) -> float:
    turn = asyncio.Semaphore(OPENING_AT_ONCE)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def read(ready: asyncio.Event) -> None:
            async with turn:
                ws = await session.ws_connect(addresses.sockets + PATH)
            await ws.send_str(AUTH)
            async for received in ws:
                if msgspec.json.decode(received.data)["event"] == "status":
                    ready.set()

        tasks: list[asyncio.Task[None]] = []

        async def opened(number: int) -> None:
            events = [asyncio.Event() for _ in range(number)]
            tasks.extend(asyncio.create_task(read(event)) for event in events)
            for event in events:
                await event.wait()

        size = await _measured(opened, count)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return size


async def roost(addresses: Addresses, count: int) -> float:
    turn = asyncio.Semaphore(OPENING_AT_ONCE)
    network = Network(AddressGuard.open(), clock=SYSTEM)
    consoles = []

    async def enter() -> None:
        ours = console(network, addresses)
        async with turn:
            await ours.__aenter__()
        while ours.state is None:
            await anext(ours)
        while ours.waiting:
            await anext(ours)
        consoles.append(ours)

    async def opened(number: int) -> None:
        await asyncio.gather(*(enter() for _ in range(number)))

    size = await _measured(opened, count)
    await asyncio.gather(*(each.close() for each in consoles))
    await network.close()
    return size


async def _measured(opened: Opening, count: int) -> float:
    await opened(WARM)
    await asyncio.sleep(HISTORY_SECONDS)
    gc.collect()
    before = resident_bytes()
    await opened(count)
    await asyncio.sleep(HISTORY_SECONDS)
    gc.collect()
    return (resident_bytes() - before) / count


def main() -> None:
    kind, url, count = sys.argv[1:]
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    run = {"bare": bare, "roost": roost}[kind]
    print(asyncio.run(run(Addresses("", url), int(count))))


if __name__ == "__main__":
    main()
