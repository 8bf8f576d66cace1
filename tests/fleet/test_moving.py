"""A server that is moved to another node is neither gone nor lost, whatever the first one says."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.clock import Clock
from bot.fleet.known import State
from bot.fleet.life import Life, Removed, Turn
from demo.panel import SimPanel, demo_world
from tests.fleet.conftest import Fleet
from tests.fleet.test_watching import is_live, known, watching
from tests.logs import Secrets


@pytest.fixture
async def panel(clock: Clock, secrets: Secrets) -> AsyncIterator[SimPanel]:
    people = demo_world(boot_seconds=0.05, stop_seconds=0.05)
    people.add_node("node2")
    secrets.add(*(key.text for key in people.keys.values()))
    async with SimPanel(people, clock=clock) as panel:
        yield panel


async def test_a_server_on_the_move_is_told_as_such_and_heard_on_its_new_node(
    fleet: Fleet, panel: SimPanel
) -> None:
    server = panel.world.server("Creative")
    server.restore_seconds = 30.0
    seen: list[State] = []

    async def look() -> None:
        while True:
            await changes.take()
            seen.append(known(fleet, "Creative"))

    def has_arrived() -> bool:
        is_moved = server.node.name == "node2" and is_live(fleet, "Creative")
        return is_moved and known(fleet, "Creative") is State.OFFLINE

    with fleet.hub.changes() as changes:
        looking = asyncio.create_task(look())
        async with watching(fleet, "Creative") as ears:
            await fleet.until(lambda: is_live(fleet, "Creative"))
            panel.transfer("Creative", "node2")
            await fleet.until(lambda: State.TRANSFERRING in seen)
            await fleet.until(has_arrived)
        looking.cancel()

    assert State.GONE not in seen
    assert not ears.has_ended
    life, turns = Life(), list[Turn]()
    for event in ears.heard:
        turns += life.hear(event, fleet.clock.now())
    assert not any(isinstance(turn, Removed) for turn in turns)
