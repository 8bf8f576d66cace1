"""/setup and /config: from the invite to a working button, and settings that do something."""

from demo.panel import SimPanel
from tests.world import World, private, public


async def test_setup_says_what_is_missing_and_then_that_all_is_set(
    guild: World, panel: SimPanel
) -> None:
    shown = await guild.admin.slash(guild.channel, "setup")
    said = await private(shown)
    assert "▫️ **Panel**: connect one" in said
    assert "▫️ **Roles**" in said

    form = await guild.admin.click(shown.message, label="Connect a panel …")
    added = await guild.admin.submit(form, "Nova", panel.url, panel.key("alice"))
    assert "is connected" in await private(added)
    shown = await guild.admin.slash(guild.channel, "setup")
    await private(shown)
    roles = await guild.admin.click(shown.message, label="Roles …")
    await roles.until(lambda: "moderator" in roles.text)
    assert "subuser" in roles.text
    role = await guild.admin.select(roles.message, [guild.mods.id])
    await role.until(lambda: "What may" in role.text)
    done = await guild.admin.select(role.message, ["moderator"])

    await done.until(lambda: "Roost is ready" in done.text)
    assert "Integrations" in done.text
    mia = guild.guild.member("mia", guild.mods)
    restarted = await mia.slash(guild.channel, "power restart", server="Survival")
    await restarted.until(lambda: "is running" in restarted.text)


async def test_the_test_message_goes_to_the_channel(roost: World) -> None:
    shown = await roost.admin.slash(roost.channel, "setup")
    await private(shown)

    tested = await roost.admin.click(shown.message, label="Test message")

    await tested.settled()
    await roost.posted("Roost works here")


async def test_who_has_the_admin_role_may_use_the_admin_commands(roost: World) -> None:
    mia = roost.guild.member("mia", roost.mods)
    before = await private(await mia.slash(roost.channel, "help", topic="access grant"))
    shown = await roost.admin.slash(roost.channel, "config")
    await private(shown)
    changed = await roost.admin.select(shown.message, [roost.mods.id], custom_id="r:config-admin")
    book = roost.app.parts.gate.book
    await changed.until(lambda: book(int(roost.guild.id)).admin_role_id == int(roost.mods.id))

    after = await private(await mia.slash(roost.channel, "help", topic="access grant"))

    assert "/access grant" not in before
    assert "/access grant" in after


async def test_a_bound_channel_stands_for_its_server(roost: World, panel: SimPanel) -> None:
    await roost.bind(roost.channel, "Creative")
    mia = await roost.member("mia", rights={"control.start"})

    started = await mia.slash(roost.channel, "power start")

    await started.until(lambda: "**Creative** is running" in started.text)


async def test_a_rule_for_a_group_holds_on_its_servers_only(roost: World, panel: SimPanel) -> None:
    shown = await roost.admin.slash(roost.channel, "config", page="servers")
    await private(shown)
    form = await roost.admin.click(shown.message, label="New group …")
    made = await roost.admin.submit(form, "Worlds")
    await made.until(lambda: "## Worlds" in made.text)
    creative = roost.app.parts.directory.find(int(roost.guild.id), "Creative")[0]
    filled = await roost.admin.select(made.message, [creative.id])
    await filled.until(lambda: "**Creative**" in filled.text)

    settings = roost.app.parts.gate.book(int(roost.guild.id)).settings
    [group] = settings.groups.values()

    assert group.name == "Worlds"
    assert group.server_ids == (creative.id,)


async def test_the_channel_reads_the_guilds_language_and_the_member_their_own(
    roost: World, panel: SimPanel
) -> None:
    await roost.choose("language", "de")
    mia = await roost.member("mia", rights={"control.start"})

    started = await mia.slash(roost.channel, "power start", server="Creative")

    await started.until(lambda: "is running" in started.text)
    assert "gestartet" in public(roost.channel)[-1]
