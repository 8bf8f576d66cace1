"""How many play, where members look: the card and the list."""

from demo.panel import SimPanel
from tests.wirecord import Shown, eventually
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
    assert "running ·\u00a01 player ·" in lobby
    assert "player" not in survival


async def opened(guild: World, server: str) -> Shown:
    """The page on which an admin says how a server is asked."""
    shown = await guild.admin.slash(guild.channel, "config", page="servers")
    assert "Groups" in await private(shown)
    shown = await guild.admin.click(shown.message, label="Player counts …")
    await shown.until(lambda: "I ask the game itself" in shown.text)
    (found,) = guild.app.parts.directory.find(int(guild.guild.id), server)
    card = await guild.admin.select(shown.message, [found.id])
    await card.until(lambda: server in card.text)
    return card


async def test_an_admin_says_where_a_game_is_asked_when_guessing_fails(
    guild: World, panel: SimPanel
) -> None:
    responder = await panel.open_query("Rust Island")
    responder.server.players[:] = ["Mira"]
    query_port, responder.server.primary.port = responder.server.primary.port, 9
    await guild.connect(panel)
    shown = await opened(guild, "Rust Island")
    assert "Nobody answered" in shown.text

    form = await guild.admin.click(shown.message, label="Query address …")
    shown = await guild.admin.submit(form, f":{query_port}")

    await shown.until(lambda: "Players: **1** of 20: Mira" in shown.text)
    mia = await guild.member("mia", rights=LOOKER)
    card = await private(await mia.slash(guild.channel, "server info", server="Rust Island"))
    assert "Players: **1** of 20" in card


async def test_a_query_address_that_is_none_is_refused_with_examples(
    guild: World, panel: SimPanel
) -> None:
    await guild.connect(panel)
    shown = await opened(guild, "Creative")

    form = await guild.admin.click(shown.message, label="Query address …")
    refused = await guild.admin.submit(form, "http://10.0.0.1/query")

    await refused.until(lambda: "is no address that can be asked" in refused.text)
    assert "play.example.com:27016" in refused.text


async def test_a_server_that_is_never_to_be_asked_is_not_asked(
    guild: World, panel: SimPanel
) -> None:
    responder = await panel.open_query("Lobby")
    await guild.connect(panel)
    shown = await opened(guild, "Lobby")

    never = await guild.admin.select(shown.message, ["none"])

    await never.until(lambda: "It is never asked." in never.text)
    await eventually(lambda: not responder.open_connections)  # a question was on its way
    asked = responder.asked
    card = await private(await guild.admin.slash(guild.channel, "server info", server="Lobby"))
    assert "Players" not in card
    assert responder.asked == asked
