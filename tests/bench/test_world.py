"""The world of the tests of the bot: everything done as people do it."""

from demo.panel import SimPanel
from tests.world import World, private, public


async def test_a_panel_is_connected_and_rights_are_given_through_discord(
    roost: World, panel: SimPanel
) -> None:
    mia = await roost.member("mia", rights={"control.start"}, server="Creative")
    tom = await roost.member("tom")

    listed = await private(await mia.slash(roost.channel, "server list"))
    refused = await private(await tom.slash(roost.channel, "power start", server="Creative"))
    await mia.slash(roost.channel, "power start", server="Creative")
    told = await roost.posted("Creative")

    assert "Creative" in listed
    assert "Survival" not in listed
    assert "It takes the right" in refused
    assert "Mia" in told
    assert panel.count("POST /servers/{}/power") == 1


async def test_a_guild_knows_nothing_of_another_tests_panel(guild: World) -> None:
    listed = await private(await guild.admin.slash(guild.channel, "server list"))

    assert "Survival" not in listed
    assert public(guild.channel) == []
