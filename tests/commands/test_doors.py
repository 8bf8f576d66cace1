"""Every way in declares what it needs, and nothing leads to two places."""

from typing import Any

import discord
import pytest
from discord import app_commands

from bot.access.rights import ADMIN, ANYONE, RECIPE, RIGHTS, SEES_ONE
from bot.app import App
from bot.client import bare_tree, payload_of
from demo.panel import SimPanel
from tests.wirecord import Wire
from tests.world import World, private

KNOWN = {ADMIN, ANYONE, SEES_ONE, RECIPE, *RIGHTS}


def _leaves() -> list[app_commands.Command[Any, ..., Any]]:
    return [one for one in bare_tree().walk_commands() if isinstance(one, app_commands.Command)]


def test_every_command_declares_a_right_that_means_something() -> None:
    for one in _leaves():
        assert one.extras.get("right") in KNOWN, one.qualified_name


def test_every_context_menu_declares_a_right() -> None:
    tree = bare_tree()
    for kind in (discord.AppCommandType.user, discord.AppCommandType.message):
        for one in tree.get_commands(type=kind):
            assert one.extras.get("right") in KNOWN, one.name


def test_every_command_is_for_guilds_alone() -> None:
    for one in bare_tree().get_commands():
        contexts = one.allowed_contexts
        assert contexts is not None, one.name
        assert contexts.guild, one.name
        assert not contexts.dm_channel, one.name
        assert not contexts.private_channel, one.name


def test_options_that_name_a_server_belong_to_commands_that_resolve_it() -> None:
    """Only admin commands, and those for anyone, take a server that isn't acted on."""
    for one in _leaves():
        has_server = any(option.name == "server" for option in one.parameters)
        if has_server and one.extras["right"] not in (ADMIN, ANYONE):
            assert one.extras["on_server"], one.qualified_name


async def test_every_component_declares_a_right_and_has_a_verb_of_its_own(app: App) -> None:
    doors = app.bot.doors.all
    assert doors
    for door in doors:
        assert door.action.right in KNOWN, door.verb
    assert len({door.verb for door in doors}) == len(doors)


async def test_what_is_registered_is_what_the_command_line_prints(app: App, wire: Wire) -> None:
    printed = {(one["type"], one["name"]): one for one in await payload_of(bare_tree())}
    assert {(one["type"], one["name"]) for one in wire.commands["global"]} == set(printed)
    for registered in wire.commands["global"]:
        own = printed[registered["type"], registered["name"]]
        assert own.items() <= registered.items(), registered["name"]


async def test_commands_are_registered_once_and_their_ids_kept(app: App, wire: Wire) -> None:
    puts = [one for one in wire.log if one["method"] == "PUT" and "commands" in one["path"]]
    assert len(puts) == 1
    assert app.bot.command_ids


async def test_commands_in_an_answer_can_be_pressed_by_who_is_shown_them(
    roost: World, panel: SimPanel
) -> None:
    mia = await roost.member("mia", rights={"control.restart"})

    for member, command, is_shown in (
        (mia, "power restart", True),
        (mia, "files read", False),
        (roost.admin, "files read", True),
    ):
        said = await private(await member.slash(roost.channel, "why", command=command))
        assert (f"</{command}:" in said) is is_shown
        assert (f"`/{command}`" in said) is not is_shown


async def test_a_button_of_an_older_version_is_answered(roost: World) -> None:
    mia = await roost.member("mia")
    message = await _card_with(roost, "r:no-such-door:1")

    shown = await mia.click(message, custom_id="r:no-such-door:1")

    assert "older version" in await private(shown)


async def test_a_form_nobody_knows_any_more_gives_the_text_back(roost: World) -> None:
    mia = await roost.member("mia", rights={"control.console"})
    shown = await mia.slash(roost.channel, "console tail", server="Survival")
    await private(shown)
    form = await mia.click(shown.message, label="Command …")
    assert form.modal is not None
    form.modal["custom_id"] = "r:gone-form:1"

    sent = await mia.submit(form, "say a long thing that took a while to type")

    assert "a long thing that took a while" in await private(sent)


@pytest.mark.parametrize("custom_id", ["r:restart:", "r:restart:../x", "r:restart:zz", "x", "r:"])
async def test_a_forged_custom_id_does_nothing(
    roost: World, panel: SimPanel, custom_id: str
) -> None:
    mia = await roost.member("mia", rights={"control.restart"})
    message = await _card_with(roost, custom_id)

    shown = await mia.click(message, custom_id=custom_id)

    await private(shown)
    assert not [asked for asked in panel.asked if asked.endswith("/power")]


async def test_a_server_of_another_guild_looks_like_none(roost: World, panel: SimPanel) -> None:
    other = World(roost.wire, roost.app)
    await other.open()
    try:
        server = roost.app.parts.directory.find(int(roost.guild.id), "Survival")[0]
        said = await private(
            await other.admin.slash(other.channel, "server info", server=server.id)
        )
        unknown = await private(
            await other.admin.slash(other.channel, "server info", server="no-such-thing")
        )
        assert "I found no server" in said
        assert "I found no server" in unknown
        message = await _card_with(other, f"r:restart:{server.id}")
        pressed = await other.admin.click(message, custom_id=f"r:restart:{server.id}")
        assert "I found no server" in await private(pressed)
    finally:
        await other.close()


async def test_a_server_deleted_between_choice_and_click_is_told(
    roost: World, panel: SimPanel
) -> None:
    mia = await roost.member("mia", rights={"control.restart"})
    panel.world.remove_server("Survival")

    shown = await mia.slash(roost.channel, "power restart", server="Survival")

    await shown.until(lambda: "knows no such thing any more" in shown.text)


async def test_buttons_of_the_card_work_after_a_restart_of_the_bot(
    roost: World, panel: SimPanel
) -> None:
    """Nothing of a message is kept in memory: a fresh set of doors takes the press."""
    mia = await roost.member("mia", rights={"control.start"})
    shown = await mia.slash(roost.channel, "server info", server="Creative")
    await shown.until(lambda: "Creative" in shown.text)
    assert not roost.app.bot.persistent_views
    assert not roost.app.bot._connection._view_store._views

    started = await mia.click(shown.message, label="Start")

    await started.until(lambda: "is running" in started.text)


async def test_autocomplete_offers_only_what_this_member_may_use(
    roost: World, panel: SimPanel
) -> None:
    mia = await roost.member("mia", rights={"control.start"}, server="Creative")

    offered = await mia.autocomplete(roost.channel, "power start", "server", "")
    none = await mia.autocomplete(roost.channel, "power stop", "server", "")

    assert [choice["name"] for choice in offered] == ["Creative"]
    assert none == []


async def _card_with(world: World, custom_id: str) -> Any:
    """A message of the bot's with a button that carries `custom_id`."""
    channel = world.app.bot.get_channel(int(world.channel.id))
    assert isinstance(channel, discord.TextChannel)
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Button(label="x", custom_id=custom_id))
    view.stop()
    await channel.send("x", view=view)
    return world.channel.public()[-1]
