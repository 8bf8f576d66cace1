"""How much memory a process takes that watches 2,000 servers, with the last lines of each.

`python -m benchmarks.watched PANEL COUNT` is that process; it prints its megabytes and how many
lines came over its sockets.
"""

import asyncio
import gc
import resource
import subprocess
import sys
from pathlib import Path
from typing import Final

import bot.app  # noqa: F401  # what a running bot has in memory besides
from benchmarks.fleet import fleet
from benchmarks.measure import Row
from benchmarks.peer import peer
from benchmarks.sockets import resident_bytes
from bot.fleet.feeds import RING_LINES

ROOT: Final = Path(__file__).resolve().parent.parent
SERVERS: Final = 2000
SAID: Final = 600
"""Events after each login, one in twenty of them figures: more lines than are kept."""
WITHIN_SECONDS: Final = 300.0


async def measure() -> list[Row]:
    """The row of watched servers."""
    async with peer(str(SERVERS), "0", str(SAID)) as addresses:
        watching = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "benchmarks.watched", addresses.panel, str(SERVERS)),
            cwd=ROOT,
            stdout=subprocess.PIPE,
        )
        out, _ = await watching.communicate()
    full, lines, seconds = map(float, out.splitlines()[-1].split())  # what it logs stands above
    return [
        Row(
            "watched_2000",
            full,
            "MB",
            f"{SERVERS} watched servers in one process, rings full: < 500",
            {"lines kept": f"{lines:,.0f}, each over its socket", "took": f"{seconds:.0f} s"},
        )
    ]


async def watch(url: str, count: int) -> tuple[float, int]:
    """Watch so many servers until all rings are full of what they said; megabytes and lines."""
    async with fleet([url], count) as held:
        servers, hub = held.servers, held.hub
        holders = [hub.hold(server) for server in servers]
        async with asyncio.timeout(WITHIN_SECONDS):
            while not all(len(hub.lines(server, RING_LINES)) == RING_LINES for server in servers):
                await asyncio.sleep(1.0)
        gc.collect()
        full = resident_bytes() / 1e6
        lines = sum(len(hub.lines(server, RING_LINES)) for server in servers)
        for server, holder in zip(servers, holders, strict=True):
            hub.let_go(server.id, holder)
    return full, lines


def main() -> None:
    url, count = sys.argv[1:]
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    loop = asyncio.new_event_loop()
    began = loop.time()
    full, lines = loop.run_until_complete(watch(url, int(count)))
    print(full, lines, loop.time() - began)


if __name__ == "__main__":
    main()
