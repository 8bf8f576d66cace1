"""A restart of the bot loses no incident and no backup."""

from pathlib import Path

import pytest

from bot.clock import Clock
from demo.panel import SimPanel
from tests.alerts.scene import SERVER, back_up_on_panel, messages, set_alert, watched
from tests.clock import MovedClock, passing, until
from tests.logs import Secrets
from tests.running import running
from tests.wirecord import Wire, text_of
from tests.world import MASTER_KEY, World, config, private, public


@pytest.fixture(scope="module")
def clock() -> Clock:
    return MovedClock()


async def test_an_incident_outlives_a_restart_of_the_bot(
    wire: Wire, panel: SimPanel, clock: MovedClock, tmp_path: Path, secrets: Secrets
) -> None:
    secrets.add(MASTER_KEY)
    settings = config(wire, tmp_path)
    server = panel.world.server(SERVER)
    async with running(wire, settings, clock) as app:
        world = World(wire, app)
        await world.open()
        await world.connect(panel)
        await set_alert(world, "crash", server=SERVER)
        await watched(world, clock)
        server.crashes_on_start = True
        server.crash(1)
        await until(clock, lambda: messages(world.channel, "The node gave up"))
        mia = await world.member("mia", rights={"control.restart"})
        await private(await mia.click(world.channel.public()[0], label="Acknowledge"))

    server.crashes_on_start = False
    assert server.instance is not None
    server.instance.power("start")

    async with running(wire, settings, clock) as world.app:
        await until(clock, lambda: messages(world.channel, "It was down for"))
        (message,) = world.channel.public()
        assert "**Mia** takes care of it" in text_of(message)
        await world.close()


async def test_when_a_disk_is_full_is_told_from_before_the_restart(
    wire: Wire, panel: SimPanel, clock: MovedClock, tmp_path: Path, secrets: Secrets
) -> None:
    secrets.add(MASTER_KEY)
    settings = config(wire, tmp_path)
    server = panel.world.server(SERVER)
    limit = server.disk_mib << 20
    async with running(wire, settings, clock) as app:
        world = World(wire, app)
        await world.open()
        await world.connect(panel)
        await world.switch("history")
        await set_alert(world, "disk", server=SERVER, threshold=60)
        await watched(world, clock)
        for share in range(50, 59):
            server.base_disk_bytes = int(limit * share / 100)
            await passing(clock, 300, step=10.0)

    server.base_disk_bytes = int(limit * 0.62)

    async with running(wire, settings, clock) as world.app:
        await until(clock, lambda: messages(world.channel, "disk at 62"))
        assert messages(world.channel, "That is an estimate")
        await world.close()


async def test_a_backup_that_ended_while_the_bot_was_off_is_told_when_it_is_back(
    wire: Wire, panel: SimPanel, clock: MovedClock, tmp_path: Path, secrets: Secrets
) -> None:
    secrets.add(MASTER_KEY)
    settings = config(wire, tmp_path)
    async with running(wire, settings, clock) as app:
        world = World(wire, app)
        await world.open()
        await world.connect(panel)
        await set_alert(world, "backup", server=SERVER)
        await watched(world, clock)
        await until(clock, lambda: panel.count("GET /servers/{}/backups"))
        await passing(clock, 4)

    await back_up_on_panel(panel, "by hand")
    await until(clock, lambda: panel.world.server(SERVER).backups[0].completed_at)

    async with running(wire, settings, clock) as world.app:
        await until(clock, lambda: messages(world.channel, "**by hand** of **Survival** is done"))
        await passing(clock, 60)
        assert len(public(world.channel)) == 1
        await world.close()
