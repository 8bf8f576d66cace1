"""/panel import across the end of the bot: what was taken over and not made is made later."""

import json
from pathlib import Path

from demo.panel import SimPanel
from tests.commands.test_panel_posted import taken_over
from tests.logs import Secrets
from tests.running import running
from tests.wirecord import Wire, eventually, text_of
from tests.world import MASTER_KEY, World, config, private


async def test_mirrors_without_a_webhook_begin_after_a_restart(
    wire: Wire, panel: SimPanel, tmp_path: Path, secrets: Secrets
) -> None:
    secrets.add(MASTER_KEY)
    settings = config(wire, tmp_path)
    async with running(wire, settings) as app:
        world = World(wire, app)
        await world.open()
        await world.connect(panel)
        uuid = panel.world.server("Survival").uuid
        file = {"roost": 1, "mirrors": [{"channel": {"id": world.channel.id}, "server": uuid}]}
        # as if it were killed between taking over and making the webhooks
        wire.fault("POST", rf"^/channels/{world.channel.id}/webhooks", 500, times=1000)

        said = await taken_over(world, file)

        assert "Discord doesn't answer just now" in said
        assert json.dumps(wire.webhooks_of(world.channel)) == "[]"
    wire.clear_faults()

    async with running(wire, settings) as world.app:
        guild_id = int(world.guild.id)
        await eventually(lambda: world.app.parts.directory.find(guild_id, "Survival"), 20)
        (survival,) = world.app.parts.directory.find(guild_id, "Survival")
        await eventually(lambda: world.app.parts.hub.known(survival).is_live, 20)
        assert await world.app.parts.hub.wait_live(survival, 10, caught_up=True)
        panel.world.server("Survival").line("said after the restart")
        await eventually(
            lambda: any("said after the restart" in text_of(m) for m in world.channel.public()), 20
        )
        assert len(wire.webhooks_of(world.channel)) == 1
        listed = await private(await world.admin.slash(world.channel, "mirror list"))
        assert "is heard" in listed
        await world.close()
