"""The fleet alone, on a panel of the peer: what watches servers, without Discord."""

import base64
import tempfile
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from msgspec import Struct

from bot.clock import SYSTEM
from bot.fleet.directory import Directory, Server
from bot.fleet.hub import Hub
from bot.fleet.panels import Panels
from bot.observe import Metrics
from bot.pterodactyl import AddressGuard, Budgets, Network
from bot.secret import Secret
from bot.store import guilds
from bot.store.engine import Database
from bot.store.vault import Vault
from bot.supervisor import Supervisor

GUILD: Final = 1
KEY: Final = "ptlc_" + "a" * 43


class Fleet(Struct, frozen=True):
    """Its parts, with a panel's servers in the directory."""

    hub: Hub
    directory: Directory
    supervisor: Supervisor

    @property
    def servers(self) -> list[Server]:
        """All of them, by name."""
        return self.directory.of(GUILD)


@asynccontextmanager
async def fleet(urls: Iterable[str], servers_per_panel: int) -> AsyncIterator[Fleet]:
    """Connect panels, and let go of all at the end."""
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
            panels_per_guild=10,
            servers_per_panel=servers_per_panel,
        )
        hub = Hub(
            panels,
            directory,
            supervisor,
            Metrics(),
            SYSTEM,
            watched_per_guild=servers_per_panel * 2,
        )
        for number, url in enumerate(urls):
            found = await panels.examine(url, Secret(KEY))
            await panels.add(GUILD, f"Panel {number}", found, added_by=1)
        try:
            yield Fleet(hub, directory, supervisor)
        finally:
            await supervisor.close()
            await network.close()
            await database.close()
