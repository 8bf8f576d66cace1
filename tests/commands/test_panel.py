"""/panel: connecting one, and everything that may be wrong with it."""

import pytest

from demo.panel import SimPanel
from tests.world import World, private


async def _add(world: World, name: str, url: str, key: str) -> str:
    form = await world.admin.slash(world.channel, "panel add")
    shown = await world.admin.submit(form, name, url, key)
    return await private(shown)


async def test_a_panel_is_connected_and_says_what_it_sees(guild: World, panel: SimPanel) -> None:
    said = await _add(guild, "Nova", panel.url, panel.key("alice"))

    assert "**Nova** is connected as **alice**" in said
    assert "**Survival**" in said


async def test_the_key_never_shows_again(guild: World, panel: SimPanel) -> None:
    await _add(guild, "Nova", panel.url, panel.key("alice"))

    listed = await private(await guild.admin.slash(guild.channel, "panel list"))
    tested = await private(await guild.admin.slash(guild.channel, "panel test", panel="Nova"))

    database = (guild.app.parts.database.path).read_bytes()
    wal = guild.app.parts.database.path.with_name("roost.db-wal")
    everything = database + (wal.read_bytes() if wal.exists() else b"")
    secret = panel.key("alice")[16:]
    assert secret not in listed + tested
    assert secret.encode() not in everything


async def test_panel_test_tells_account_latency_and_rights(guild: World, panel: SimPanel) -> None:
    await guild.connect(panel, account="bob")

    said = await private(await guild.admin.slash(guild.channel, "panel test", panel="Nova"))

    assert "answers in" in said
    assert "**bob**" in said
    assert "On **Survival**: console; in part start and stop, files; not backups" in said
    assert said.count("everything") == 0


async def test_servers_on_which_a_key_may_do_the_same_stand_together(
    roost: World, panel: SimPanel
) -> None:
    said = await private(await roost.admin.slash(roost.channel, "panel test", panel="Nova"))

    assert "On all 7 servers: everything." in said
    assert said.count("everything") == 1


async def test_removing_asks_then_erases(roost: World, panel: SimPanel) -> None:
    asked = await roost.admin.slash(roost.channel, "panel remove", panel="Nova")
    assert "erases its key" in await private(asked)

    done = await roost.admin.click(asked.message, label="Remove")

    await done.until(lambda: "disconnected" in done.text)
    listed = await private(await roost.admin.slash(roost.channel, "panel list"))
    assert "No panel is connected" in listed


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("not a url", "no address that I may dial"),
        ("ftp://panel.example.com", "no address that I may dial"),
        ("https://user:pw@panel.example.com", "no address that I may dial"),
        ("http://10.0.0.7", "[network]"),
        ("http://169.254.169.254/latest", "no address that I may dial"),
    ],
)
async def test_an_address_that_can_t_be_used_is_named_with_the_next_step(
    guild: World, url: str, says: str
) -> None:
    said = await _add(guild, "Bad", url, "ptlc_" + "a" * 43)

    assert says in said
    assert "Nothing was connected" in said


async def test_a_web_site_that_is_no_panel_is_told_as_such(guild: World, panel: SimPanel) -> None:
    panel.fault("html200", route="GET *")

    said = await _add(guild, "Web", panel.url, panel.key("alice"))

    assert "Something else than the panel answers" in said


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("ptlc_with blank inside", "That is no key"),
        ("ptla_" + "a" * 43, "application key"),
        ("ptlc_" + "a" * 43, "no longer accepts"),
    ],
)
async def test_a_key_that_can_t_be_used_is_named_with_the_next_step(
    guild: World, panel: SimPanel, key: str, says: str
) -> None:
    said = await _add(guild, "Nova", panel.url, key)

    assert says in said
    assert "the key wasn't kept" in said
    assert key not in said


async def test_blanks_and_line_breaks_around_a_key_don_t_matter(
    guild: World, panel: SimPanel
) -> None:
    said = await _add(guild, "Nova", f" {panel.url}/ ", f"  {panel.key('alice')}\n")

    assert "is connected" in said


async def test_a_key_bound_to_other_addresses_is_told(guild: World, panel: SimPanel) -> None:
    said = await _add(guild, "Nova", panel.url, panel.key("alice_iplocked"))

    assert "Allowed IPs" in said


async def test_a_key_without_servers_is_connected_with_the_next_step(
    guild: World, panel: SimPanel
) -> None:
    said = await _add(guild, "Nova", panel.url, panel.key("eve"))

    assert "sees no server yet" in said


async def test_a_root_administrators_key_is_asked_about_first(
    guild: World, panel: SimPanel
) -> None:
    form = await guild.admin.slash(guild.channel, "panel add")
    asked = await guild.admin.submit(form, "Root", panel.url, panel.key("admin"))
    assert "root administrator" in await private(asked)
    listed = await private(await guild.admin.slash(guild.channel, "panel list"))
    assert "No panel is connected" in listed

    done = await guild.admin.click(asked.message, label="Connect all the same")

    await done.until(lambda: "is connected as" in done.text)


async def test_two_panels_of_one_name_are_not_let_in(roost: World, panel: SimPanel) -> None:
    said = await _add(roost, "nova", panel.url, panel.key("alice"))

    assert "one of that name already" in said


async def test_members_don_t_get_in(roost: World) -> None:
    mia = await roost.member("mia")

    with pytest.raises(PermissionError):
        await mia.slash(roost.channel, "panel list")


async def test_another_guilds_panel_is_unknown_here(roost: World, panel: SimPanel) -> None:
    other = World(roost.wire, roost.app)
    await other.open()
    try:
        own = roost.app.parts.panels.of(int(roost.guild.id))[0]

        said = await private(await other.admin.slash(other.channel, "panel test", panel=own.id))

        assert "I know no panel" in said
    finally:
        await other.close()
