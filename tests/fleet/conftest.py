"""The fleet alone: a simulated panel, a moved clock, the hub; no Discord."""

import base64
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.fleet.directory import Directory, Server
from bot.fleet.hub import Hub
from bot.fleet.panels import Panels
from bot.observe import Metrics
from bot.pterodactyl import AddressGuard, Budgets, Network
from bot.secret import Secret
from bot.store import guilds as guild_rows
from bot.store.engine import Database
from bot.store.vault import Vault
from bot.supervisor import Supervisor
from demo.panel import SimPanel
from tests.clock import MovedClock, passing, until

GUILD = 700
ADMIN = 1
WATCHED_AT_MOST = 5
KEY = Secret(base64.b64encode(bytes(range(32))).decode())


@pytest.fixture(scope="module")
def clock() -> MovedClock:
    return MovedClock()


class Fleet:
    """The parts under test, with one panel connected as alice."""

    def __init__(
        self,
        panels: Panels,
        directory: Directory,
        hub: Hub,
        supervisor: Supervisor,
        clock: MovedClock,
    ) -> None:
        self.panels = panels
        self.directory = directory
        self.hub = hub
        self.supervisor = supervisor
        self.clock = clock
        self.panel_id = ""

    def server(self, name: str) -> Server:
        return next(one for one in self.directory.of(GUILD) if one.name == name)

    async def connect(self, panel: SimPanel, account: str = "alice") -> None:
        found = await self.panels.examine(panel.url, Secret(panel.key(account)))
        connected = await self.panels.add(GUILD, "Nova", found, added_by=ADMIN)
        self.panel_id = connected.id

    async def read_again(self) -> None:
        """Read the panel's list now."""
        await self.panels.refresh(GUILD, self.panel_id)

    async def passes(self, seconds: float, *, step: float = 5.0) -> None:
        """Let time pass, in steps in which what travels over real sockets arrives."""
        await passing(self.clock, seconds, step=step)

    async def until(self, holds: Callable[[], object], *, within: float = 120.0) -> None:
        """Let time pass until something holds.

        Raises:
            AssertionError: It did not within so many moved seconds.
        """
        await until(self.clock, holds, step=1.0, limit=within)


@pytest.fixture
async def fleet(clock: MovedClock, panel: SimPanel, tmp_path: Path) -> AsyncIterator[Fleet]:
    supervisor = Supervisor(clock)
    database = await Database.open(tmp_path / "roost.db", clock=clock)
    async with database.write() as session:
        await guild_rows.guild_joined(session, guild_id=GUILD, now=clock.now())
    network = Network(AddressGuard.open(), clock=clock)
    directory = Directory()
    panels = Panels(
        database=database,
        vault=await Vault.open(database, key=KEY, clock=clock),
        network=network,
        budgets=Budgets(clock),
        directory=directory,
        supervisor=supervisor,
        clock=clock,
        panels_per_guild=2,
        servers_per_panel=100,
    )
    hub = Hub(
        panels,
        directory,
        supervisor,
        Metrics(),
        clock,
        watched_per_guild=WATCHED_AT_MOST,
    )
    fleet = Fleet(panels, directory, hub, supervisor, clock)
    await fleet.connect(panel)
    yield fleet
    await supervisor.close()
    await network.close()
    await database.close()
