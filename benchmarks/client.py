"""What a call costs, next to bare aiohttp with json and to the published libraries."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import aiohttp
import ptero
import pydactyl
from ptero.client import ClientServer

from benchmarks.measure import Row, Run, Taken, rounds, shown
from benchmarks.peer import Addresses, identifiers, peer, recorded
from bot.pterodactyl import Client

KEY: Final = "ptlc_benchmarkbenchmarkbenchmarkbenchmarkbenchm"
SMALL_CALLS: Final = 100
LISTS: Final = 8
AT_ONCE: Final = 20
FIRST: Final = next(identifiers())
BARE: Final = "aiohttp + json"
OURS: Final = "Roost"


async def measure() -> list[Row]:
    """The rows of the HTTP client."""
    async with (
        peer() as addresses,
        aiohttp.ClientSession() as session,
        pydactyl.AsyncPterodactylClient(addresses.panel, KEY) as pydactyl_client,
        Client(addresses.panel, KEY) as client,
    ):
        panel = _ptero(addresses)
        bare = _bare(session, addresses)
        try:
            return [
                await _small(client, bare, pydactyl_client, panel),
                await _list(client, bare, pydactyl_client, panel),
                await _fanout(client, bare, pydactyl_client, panel),
            ]
        finally:
            for each in panel.client_sessions.values():
                await each.aclose()


Bare = Callable[..., Awaitable[Any]]


def _bare(session: aiohttp.ClientSession, addresses: Addresses) -> Bare:
    headers = {"Authorization": f"Bearer {KEY}", "Accept": "application/json"}

    async def get(path: str, **params: str) -> Any:
        url = f"{addresses.panel}/api/client{path}"
        async with session.get(url, headers=headers, params=params) as response:
            response.raise_for_status()
            return json.loads(await response.read())

    return get


def _ptero(addresses: Addresses) -> Any:
    config = {"id": "panel", "base_url": f"{addresses.panel}/api", "client_key": KEY}
    return ptero.PteroControl([config])


def _times(count: int, call: Callable[[], Awaitable[object]]) -> Run:
    async def run() -> None:
        for _ in range(count):
            await call()

    return run


async def _small(client: Client, bare: Bare, pydactyl_client: Any, panel: Any) -> Row:
    data = recorded("server_by_uuid")
    server = ClientServer(
        data, "panel", panel.client_sessions["panel"], panel.panels_config["panel"].base_url, None
    )
    server.identifier = FIRST
    taken = await rounds(
        {
            BARE: _times(SMALL_CALLS, lambda: bare(f"/servers/{FIRST}/resources")),
            OURS: _times(SMALL_CALLS, lambda: client.servers.get_server_utilization(FIRST)),
            "py-dactyl": _times(
                SMALL_CALLS,
                lambda: pydactyl_client.client.servers.get_server_utilization(FIRST),
            ),
            "ptero": _times(SMALL_CALLS, server.get_resources),
        }
    )
    return _row("client_small", taken, "CPU a call: ≤ 1.3, below the others", SMALL_CALLS)


async def _list(client: Client, bare: Bare, pydactyl_client: Any, panel: Any) -> Row:
    taken = await rounds(
        {
            BARE: _times(LISTS, lambda: bare("", per_page="100")),
            OURS: _times(LISTS, client.servers.list_servers),
            "py-dactyl": _times(
                LISTS,
                lambda: pydactyl_client.client.servers.list_servers(params={"per_page": 100}),
            ),
            # without `fast` it asks two more questions for each server
            "ptero": _times(LISTS, lambda: panel.get_servers(fast=True)),
        }
    )
    return _row("client_list100", taken, "CPU a list: ≤ 1.0, below the others", LISTS)


async def _fanout(client: Client, bare: Bare, pydactyl_client: Any, panel: Any) -> Row:
    def spread(call: Callable[[str], Awaitable[object]]) -> Run:
        async def run() -> None:
            rest = identifiers()

            async def work() -> None:
                for identifier in rest:
                    await call(identifier)

            await asyncio.gather(*(work() for _ in range(AT_ONCE)))

        return run

    taken = await rounds(
        {
            BARE: spread(lambda identifier: bare(f"/servers/{identifier}")),
            OURS: spread(client.servers.get_server),
            "py-dactyl": spread(pydactyl_client.client.servers.get_server),
            "ptero": spread(panel.get_server),  # asks two more questions for each server
        },
        ruler=time.perf_counter,
    )
    return _row("client_fanout200", taken, "200 servers, 20 at once, wall: ≤ 1.2", 1)


def _row(name: str, taken: Taken, target: str, calls: int) -> Row:
    details = {each: shown(taken.median(each) / calls) for each in taken.seconds}
    return Row(name, taken.ratio(OURS, BARE), "x", target, details)
