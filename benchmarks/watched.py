"""How much memory a process takes that watches 2,000 servers, with the last lines of each.

`python -m benchmarks.watched PANEL KEY COUNT` is that process; it prints its megabytes.
"""

import asyncio
import base64
import gc
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import bot.app  # noqa: F401  # what a running bot has in memory besides
from benchmarks.measure import Row
from benchmarks.sockets import resident_bytes
from bot.clock import SYSTEM
from bot.fleet.directory import Directory
from bot.fleet.hub import Hub
from bot.fleet.panels import Panels
from bot.observe import Metrics
from bot.pterodactyl import AddressGuard, Budgets, Network
from bot.pterodactyl.console_events import ConsoleLine
from bot.secret import Secret
from bot.store import guilds
from bot.store.engine import Database
from bot.store.vault import Vault
from bot.supervisor import Supervisor

ROOT: Final = Path(__file__).resolve().parent.parent
SERVERS: Final = 2000
GUILD: Final = 1
WITHIN_SECONDS: Final = 300.0
LINE: Final = "[12:34:56] [Server thread/INFO]: Steve{} joined the game at {} with 20.0 health"


async def measure() -> list[Row]:
    """The row of watched servers."""
    panel = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "demo.panel", "--world", "big", "--servers", str(SERVERS)),
        *("--requests-a-minute", "1000000"),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        limit=1 << 22,
    )
    if panel.stdout is None:
        raise RuntimeError("a process without pipes")
    try:
        told = json.loads(await panel.stdout.readline())
        watching = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "benchmarks.watched", told["url"], told["keys"]["alice"], str(SERVERS)),
            cwd=ROOT,
            stdout=subprocess.PIPE,
        )
        out, _ = await watching.communicate()
    finally:
        panel.terminate()
        await panel.wait()
    quiet, full = map(float, out.split())
    return [
        Row(
            "watched_2000",
            full,
            "MB",
            f"{SERVERS} watched servers in one process: < 500",
            {"quiet": f"{quiet:.0f} MB", "rings full": f"{full:.0f} MB"},
        )
    ]


async def watch(url: str, key: str, count: int) -> tuple[float, float]:
    """Watch so many servers; the megabytes with what they said, and with every ring full."""
    with tempfile.TemporaryDirectory() as folder:
        supervisor, directory = Supervisor(SYSTEM), Directory()
        database = await Database.open(Path(folder) / "roost.db", clock=SYSTEM)
        async with database.write() as session:
            await guilds.guild_joined(session, guild_id=GUILD, now=SYSTEM.now())
        master = Secret(base64.b64encode(bytes(32)).decode())
        network = Network(AddressGuard.open(), clock=SYSTEM)
        panels = Panels(
            database=database,
            vault=await Vault.open(database, key=master, clock=SYSTEM),
            network=network,
            budgets=Budgets(SYSTEM),
            directory=directory,
            supervisor=supervisor,
            clock=SYSTEM,
            panels_per_guild=1,
            servers_per_panel=count,
        )
        hub = Hub(panels, directory, supervisor, Metrics(), SYSTEM, watched_per_guild=count)
        found = await panels.examine(url, Secret(key))
        await panels.add(GUILD, "Big", found, added_by=1)
        servers = directory.of(GUILD)
        holders = [hub.hold(server) for server in servers]
        async with asyncio.timeout(WITHIN_SECONDS):
            while not all(hub.known(server).is_live for server in servers):
                await asyncio.sleep(1.0)
        gc.collect()
        quiet = resident_bytes() / 1e6
        for feed in hub.watched_of(servers[0].panel_id):
            feed.lines.extend(
                ConsoleLine(LINE.format(feed.server.identifier, number)) for number in range(500)
            )
        gc.collect()
        full = resident_bytes() / 1e6
        for server, holder in zip(servers, holders, strict=True):
            hub.let_go(server.id, holder)
        await supervisor.close()
        await network.close()
        await database.close()
    return quiet, full


def main() -> None:
    url, key, count = sys.argv[1:]
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    print(*asyncio.run(watch(url, key, int(count))))


if __name__ == "__main__":
    main()
