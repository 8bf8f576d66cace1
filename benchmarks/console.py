"""What a console costs, next to a bare websocket loop with `msgspec.json.decode`."""

import asyncio
import sys
from typing import Final

import aiohttp
import msgspec

from benchmarks.measure import Row, rounds
from benchmarks.peer import Addresses, peer
from bot.clock import SYSTEM
from bot.pterodactyl import AddressGuard, Network
from bot.pterodactyl.console import Console
from bot.pterodactyl.console_events import ConsoleLine, Lost, Stats, Status
from bot.pterodactyl.models import WebsocketCredentials
from bot.secret import Secret

EVENTS: Final = 20_000
SOCKETS: Final = 1000
PATH: Final = "/api/servers/1eab9400-269e-4d37-b2a7-4de452e6b438/ws"
BARE: Final = "aiohttp + msgspec"
OURS: Final = "Roost"
AUTH: Final = '{"event":"auth","args":["token"]}'
FLOOD: Final = f'{{"event":"send command","args":["{EVENTS}"]}}'
HISTORY_SECONDS: Final = 2.5  # until the console no longer holds lines back to compare them


async def measure() -> list[Row]:
    """The rows of the console."""
    async with peer() as addresses:
        return [await _events(addresses), await _memory(addresses)]


def console(network: Network, addresses: Addresses) -> Console:
    """A console of the peer."""

    async def mint() -> WebsocketCredentials:
        return WebsocketCredentials(token=Secret("token"), socket=addresses.sockets + PATH)

    return Console(network, "1eab9400", mint, origin="https://panel.example")


async def _events(addresses: Addresses) -> Row:
    network = Network(AddressGuard.open(), clock=SYSTEM)
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(addresses.sockets + PATH) as ws,
        console(network, addresses) as ours,
    ):
        await ws.send_str(AUTH)
        await ws.receive()
        await ws.receive()
        await asyncio.sleep(HISTORY_SECONDS)
        async for event in ours:
            if isinstance(event, Status):
                break

        async def bare() -> None:
            await ws.send_str(FLOOD)
            seen = 0
            async for received in ws:
                frame = msgspec.json.decode(received.data)
                if frame["event"]:
                    seen += 1
                if seen == EVENTS:
                    return

        async def handed_over() -> None:
            await ours.send_command(str(EVENTS))
            seen = 0
            async for event in ours:
                if isinstance(event, (ConsoleLine, Stats)):
                    seen += 1
                elif isinstance(event, Lost):
                    raise RuntimeError("a listener that keeps up lost events")  # noqa: TRY004
                if seen == EVENTS:
                    return

        taken = await rounds({BARE: bare, OURS: handed_over})
    await network.close()
    return Row(
        "console_events",
        taken.ratio(BARE, OURS),
        "x",
        "events for the same CPU: ≥ 0.7",
        {name: f"{EVENTS / taken.median(name):,.0f}/s" for name in taken.seconds},
    )


async def _memory(addresses: Addresses) -> Row:
    sizes: dict[str, float] = {}
    for name, kind in ((BARE, "bare"), (OURS, "roost")):
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "benchmarks.sockets",
            kind,
            addresses.sockets,
            str(SOCKETS),
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await process.communicate()
        sizes[name] = float(out)
    return Row(
        "console_memory",
        sizes[OURS] / sizes[BARE],
        "x",
        f"memory of {SOCKETS} open sockets: ≤ 1.5",
        {name: f"{size / 1024:.1f} KiB a socket" for name, size in sizes.items()},
    )
