"""/setup: from the invite to a working button, in steps that can be left and taken up again."""

import pytest

from demo.panel import SimPanel
from tests.wirecord import Permission, Shown, components_of, eventually
from tests.world import World, private, public


def rights(world: World, role_id: str) -> set[tuple[str, str | None]]:
    book = world.app.parts.gate.book(int(world.guild.id))
    return {(one.right, one.scope_id) for one in book.all if str(one.subject_id) == role_id}


def due(shown: Shown) -> list[str]:
    """The buttons in colour: the next step."""
    found = components_of(shown.message["components"])
    return [one["label"] for one in found if one.get("style") == 1]


async def test_an_admin_goes_from_the_invite_to_a_restarted_server(
    guild: World, panel: SimPanel
) -> None:
    shown = await guild.admin.slash(guild.channel, "setup")
    said = await private(shown)
    assert "▫️ **Panel**: connect one" in said
    assert "▫️ **Roles**" in said
    assert due(shown) == ["Panel …"]

    form = await guild.admin.click(shown.message, label="Panel …")
    added = await guild.admin.submit(form, "Nova", panel.url, panel.key("alice"))
    said = await private(added)
    assert "is connected" in said
    assert "On all 7 servers: everything" in said
    roles = await guild.admin.click(added.message, label="Roles …")
    await roles.until(lambda: "**moderator**" in roles.text)
    assert "On the panel itself: bob: about *player*" in roles.text
    role = await guild.admin.select(roles.message, [guild.mods.id])
    await role.until(lambda: "What may" in role.text)
    where = await guild.admin.select(role.message, ["moderator"])
    await where.until(lambda: "On which servers?" in where.text)
    done = await guild.admin.click(where.message, label="On all 7 servers")

    await done.until(lambda: "Roost is ready" in done.text)
    mia = guild.guild.member("mia", guild.mods)
    restarted = await mia.slash(guild.channel, "power restart", server="Survival")
    await restarted.until(lambda: "is running" in restarted.text)


async def test_what_was_left_undone_is_there_again_at_the_next_run(
    roost: World, panel: SimPanel
) -> None:
    shown = await roost.admin.slash(roost.channel, "setup")
    said = await private(shown)

    assert "✅ **Panel**: **Nova**" in said
    assert "▫️ **Roles**" in said
    assert "1 step is missing" in said
    assert due(shown) == ["Roles …"]


async def test_a_preset_can_be_given_on_some_servers_alone(roost: World, panel: SimPanel) -> None:
    shown = await roost.admin.slash(roost.channel, "setup")
    await private(shown)
    found = {s.name: s.id for s in roost.app.parts.directory.of(int(roost.guild.id))}
    roles = await roost.admin.click(shown.message, label="Roles …")
    await roles.until(lambda: "Who may do what" in roles.text)
    role = await roost.admin.select(roles.message, [roost.mods.id])
    await role.until(lambda: "What may" in role.text)
    where = await roost.admin.select(role.message, ["viewer"])
    await where.until(lambda: "On which servers?" in where.text)

    await roost.admin.select(where.message, [found["Lobby"], found["Creative"]])

    await eventually(
        lambda: (
            rights(roost, roost.mods.id)
            == {("websocket.connect", found["Lobby"]), ("websocket.connect", found["Creative"])}
        )
    )


async def test_a_second_choice_for_a_role_takes_the_place_of_the_first(
    roost: World, panel: SimPanel
) -> None:
    await roost.grant(roost.mods, "manager")
    shown = await roost.admin.slash(roost.channel, "setup")
    await private(shown)
    roles = await roost.admin.click(shown.message, label="Roles …")
    await roles.until(lambda: "**manager** · all servers" in roles.text)
    role = await roost.admin.select(roles.message, [roost.mods.id])
    await role.until(lambda: "What may" in role.text)
    where = await roost.admin.select(role.message, ["viewer"])
    await where.until(lambda: "On which servers?" in where.text)

    await roost.admin.click(where.message, label="On all 7 servers")

    await eventually(lambda: rights(roost, roost.mods.id) == {("websocket.connect", None)})


async def test_the_test_message_goes_to_the_channel(roost: World) -> None:
    shown = await roost.admin.slash(roost.channel, "setup")
    await private(shown)

    tested = await roost.admin.click(shown.message, label="Test message")

    await tested.settled()
    await roost.posted("Roost works here")


async def test_a_channel_is_told_its_server_and_tried_out(roost: World, panel: SimPanel) -> None:
    other = roost.guild.channel("survival")
    shown = await roost.admin.slash(roost.channel, "setup")
    await private(shown)
    channels = await roost.admin.click(shown.message, label="Channels …")
    await channels.until(lambda: "Where a channel stands for a server" in channels.text)
    card = await roost.admin.select(channels.message, [other.id])
    await card.until(lambda: "stands for no server" in card.text)
    server = roost.app.parts.directory.find(int(roost.guild.id), "Survival")[0]
    bound = await roost.admin.select(card.message, [server.id])
    await bound.until(lambda: "stands for **Survival**" in bound.text)

    await roost.admin.click(bound.message, label="Test message")

    await eventually(lambda: any("Roost works here" in said for said in public(other)))


async def test_a_channel_that_is_shut_to_the_bot_is_said(roost: World, panel: SimPanel) -> None:
    other = roost.guild.channel("closed")
    await other.deny(Permission.SEND_MESSAGES)
    shown = await roost.admin.slash(roost.channel, "setup")
    await private(shown)
    channels = await roost.admin.click(shown.message, label="Channels …")
    await channels.until(lambda: "Where a channel stands for a server" in channels.text)
    card = await roost.admin.select(channels.message, [other.id])
    await card.until(lambda: "I can't write there" in card.text)

    tested = await roost.admin.click(card.message, label="Test message")

    await tested.until(lambda: f"I can't write in <#{other.id}>" in tested.text)


async def test_a_role_that_discord_shows_no_staff_commands_is_named(
    roost: World, panel: SimPanel
) -> None:
    await roost.grant(roost.mods, "operator")
    shown = await roost.admin.slash(roost.channel, "setup")
    said = await private(shown)
    assert f"<@&{roost.mods.id}> can't see the staff commands yet" in said

    staff = await roost.admin.click(shown.message, label="Staff …")

    await staff.until(lambda: "Integrations" in staff.text)
    assert "`/files`" in staff.text or "</files:" in staff.text
    assert f"<@&{roost.mods.id}>" in staff.text


@pytest.mark.parametrize("permission", [Permission.MANAGE_MESSAGES, Permission.ADMINISTRATOR])
async def test_a_role_that_sees_the_staff_commands_is_not_named(
    roost: World, panel: SimPanel, permission: Permission
) -> None:
    seeing = roost.guild.role("Seeing", permission)
    roost.admin.roles.append(roost.guild.role("Top"))
    await roost.grant(seeing, "operator")

    said = await private(await roost.admin.slash(roost.channel, "setup"))

    assert "can't see the staff commands" not in said


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
