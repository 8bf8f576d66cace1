"""A restart of the bot loses no promise to tell how something ends."""

import asyncio
from pathlib import Path

from demo.panel import SimPanel
from tests.logs import Secrets
from tests.running import running
from tests.wirecord import Wire
from tests.world import MASTER_KEY, World, config, private, public


async def test_a_backup_that_ends_after_a_restart_is_told_in_the_same_message(
    wire: Wire, panel: SimPanel, tmp_path: Path, secrets: Secrets
) -> None:
    secrets.add(MASTER_KEY)
    settings = config(wire, tmp_path)
    survival = panel.world.server("Survival")
    survival.backup_seconds = 1.0
    async with running(wire, settings) as app:
        world = World(wire, app)
        await world.open()
        await world.connect(panel)
        mia = await world.member("mia", rights={"backup.create"})
        shown = await mia.slash(world.channel, "backup create", server="Survival", name="nightly")
        await private(shown)
        await world.posted("is being made")
    assert len(public(world.channel)) == 1

    async with running(wire, settings) as world.app:
        await world.posted("**Mia**'s backup **nightly** of **Survival** is done")
        assert len(public(world.channel)) == 1
        await world.close()


async def test_a_backup_that_ended_meanwhile_is_told_when_the_bot_is_back(
    wire: Wire, panel: SimPanel, tmp_path: Path, secrets: Secrets
) -> None:
    secrets.add(MASTER_KEY)
    settings = config(wire, tmp_path)
    survival = panel.world.server("Survival")
    survival.backup_seconds, survival.fails_backups = 0.4, True
    async with running(wire, settings) as app:
        world = World(wire, app)
        await world.open()
        await world.connect(panel)
        mia = await world.member("mia", rights={"backup.create"})
        await mia.slash(world.channel, "backup create", server="Survival", name="nightly")
        await world.posted("is being made")
    while survival.backups[0].completed_at is None:
        await asyncio.sleep(0.02)

    async with running(wire, settings) as world.app:
        await world.posted("**nightly** of **Survival** failed")
        await world.close()
