"""/board across a restart of the bot, in a module of its own: one Discord, one bot at a time."""

from pathlib import Path

from demo.panel import SimPanel
from tests.logs import Secrets
from tests.running import running
from tests.wirecord import Channel, Wire, eventually, text_of
from tests.world import MASTER_KEY, World, config, private


async def test_a_board_is_the_same_message_after_a_restart_and_true_again(
    wire: Wire, panel: SimPanel, tmp_path: Path, secrets: Secrets
) -> None:
    secrets.add(MASTER_KEY)
    settings = config(wire, tmp_path)
    async with running(wire, settings) as app:
        world = World(wire, app)
        await world.open()
        await world.connect(panel)
        shown = await world.admin.slash(world.channel, "board create")
        await private(shown)
        servers = app.parts.directory.of(int(world.guild.id))
        chosen = [server.id for server in servers if server.name in ("Lobby", "Survival")]
        shown = await world.admin.select(shown.message, chosen)
        await shown.until(lambda: "2 servers" in shown.text)
        done = await world.admin.click(shown.message, label="Post the board")
        await done.until(lambda: "stays true" in done.text)
        before = await _only(world.channel)
        await eventually(lambda: text_of(before).count("CPU") == 2, 20)
    game = panel.world.server("Lobby").instance
    assert game is not None
    game.power("stop")

    async with running(wire, settings) as world.app:
        await eventually(lambda: "offline" in text_of(before), 30)
        assert (await _only(world.channel))["id"] == before["id"]
        await world.close()


async def _only(channel: Channel) -> dict[str, object]:
    (found,) = await eventually(channel.public, 20)
    return found
