"""How many play, where members look: the card and the list."""

from demo.panel import SimPanel
from tests.world import World, private

LOOKER = {"websocket.connect"}


async def test_the_card_tells_how_many_play_and_who(guild: World, panel: SimPanel) -> None:
    await panel.open_query("Lobby")
    panel.world.server("Lobby").players[:] = ["Mira", "Ada"]
    await guild.connect(panel)
    mia = await guild.member("mia", rights=LOOKER)

    said = await private(await mia.slash(guild.channel, "server info", server="Lobby"))

    assert "Players: **2** of 20: Mira, Ada" in said


async def test_names_from_a_game_ping_nobody_and_stay_short(guild: World, panel: SimPanel) -> None:
    responder = await panel.open_query("Rust Island")
    responder.server.players[:] = ["**boss**"]
    responder.manner = "names"
    await guild.connect(panel)
    mia = await guild.member("mia", rights=LOOKER)

    said = await private(await mia.slash(guild.channel, "server info", server="Rust Island"))

    assert "Players: **1** of 20: " in said
    assert "@everyone" not in said
    assert said.count("boss") <= 3


async def test_a_game_that_does_not_answer_is_said_to_be_unknown(
    guild: World, panel: SimPanel
) -> None:
    responder = await panel.open_query("Lobby")
    responder.manner = "reset"
    await guild.connect(panel)
    mia = await guild.member("mia", rights=LOOKER)

    said = await private(await mia.slash(guild.channel, "server info", server="Lobby"))

    assert "Players: unknown, the game doesn't answer." in said


async def test_the_list_tells_how_many_play_where_it_is_known(
    guild: World, panel: SimPanel
) -> None:
    await panel.open_query("Lobby")
    panel.world.server("Lobby").players[:] = ["Mira"]
    await guild.connect(panel)
    mia = await guild.member("mia", rights=LOOKER)

    said = await private(await mia.slash(guild.channel, "server list"))

    lobby = next(line for line in said.splitlines() if "Lobby" in line)
    survival = next(line for line in said.splitlines() if "Survival" in line)
    assert "running · 1 player ·" in lobby
    assert "player" not in survival
