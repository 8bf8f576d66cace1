"""What the fork says otherwise of a server, known as what it is (contract: pelican.md)."""

from collections.abc import AsyncIterator

import pytest

from bot.clock import Clock
from bot.fleet.known import State
from demo.panel import SimPanel, demo_world
from tests.fleet.conftest import Fleet
from tests.fleet.test_watching import is_live, known, watching
from tests.logs import Secrets


@pytest.fixture
async def panel(clock: Clock, secrets: Secrets) -> AsyncIterator[SimPanel]:
    people = demo_world(boot_seconds=0.05, stop_seconds=0.05)
    people.adopt("pelican")
    secrets.add(*(key.text for key in people.keys.values()))
    async with SimPanel(people, version="pelican", clock=clock) as panel:
        yield panel


async def test_a_server_called_missing_is_on_a_node_that_is_away_and_was_last_seen_running(
    fleet: Fleet, panel: SimPanel
) -> None:
    async with watching(fleet, "Survival"):
        await fleet.until(lambda: is_live(fleet, "Survival"))
        panel.world.nodes[0].is_reachable = False
        panel.drop_sockets()
        await fleet.until(lambda: known(fleet, "Survival") is State.NODE_DOWN)

        told = fleet.hub.known(fleet.server("Survival"))
        assert told.last_power is State.RUNNING
        assert told.numbers is None

        panel.world.nodes[0].is_reachable = True
        await fleet.until(lambda: is_live(fleet, "Survival"))
        assert known(fleet, "Survival") is State.RUNNING
