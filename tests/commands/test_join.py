"""/server join: the address to copy, and the way into the game."""

from demo.panel import SimPanel
from tests.world import World, private


async def test_the_address_stands_ready_to_copy_with_the_way_into_the_game(
    roost: World, panel: SimPanel
) -> None:
    mia = await roost.member("mia", rights={"websocket.connect"})

    said = await private(await mia.slash(roost.channel, "server join", server="Survival"))

    assert "```\nmc.example.com" in said
    assert "Minecraft (Java Edition)" in said


async def test_a_server_that_is_off_says_so(roost: World, panel: SimPanel) -> None:
    mia = await roost.member("mia", rights={"websocket.connect"})

    said = await private(await mia.slash(roost.channel, "server join", server="Creative"))

    assert "offline" in said
