"""The playground's world: who may do what in it, and who sees what comes of it."""

import asyncio

import simcord

from demo.panel import demo_world
from demo.playground import Playground
from tests.playground.conftest import SEEN_WITHIN, seen_by, until_seen


async def test_a_member_restarts_the_server_they_may_restart_and_all_see_it_come_up(
    playground: Playground,
) -> None:
    mia, channel = playground.guild.member, playground.guild.channel

    async with playground.stage.turn():
        await mia.slash(channel, "power restart", server="Survival", reason="lag spikes")

    await until_seen(playground, None, "restarted **Survival**")
    await until_seen(playground, mia, "**Survival** is running")
    assert playground.panel.world.server("Survival").state == "running"
    assert any("power" in asked for asked in playground.panel.asked)


async def test_what_a_member_may_not_do_is_told_to_them_alone(playground: Playground) -> None:
    mia, max_ = playground.guild.member, playground.guild.moderator

    async with playground.stage.turn():
        await mia.slash(playground.guild.channel, "power restart", server="Lobby")

    await until_seen(playground, mia, "You can't use")
    assert "You can't use" not in await seen_by(playground, max_)
    assert "You can't use" not in await seen_by(playground, None)
    assert not any("power" in asked for asked in playground.panel.asked)


async def test_a_moderator_reads_and_types_into_a_console(playground: Playground) -> None:
    max_ = playground.guild.moderator

    async with playground.stage.turn():
        await max_.slash(playground.guild.channel, "console run", server="Survival", command="tps")

    await until_seen(playground, max_, "TPS from last 1m")


async def test_only_the_admin_is_shown_the_admins_commands(playground: Playground) -> None:
    guild = playground.guild

    async with playground.stage.turn():
        await guild.admin.slash(guild.channel, "panel list")
        try:
            await guild.moderator.slash(guild.channel, "panel list")
        except simcord.SetupError as refused:
            hidden = str(refused)

    assert "default-member-permissions" in hidden
    await until_seen(playground, guild.admin, "7 servers")


async def test_servers_are_offered_by_their_first_letters_where_they_may_be_used(
    playground: Playground,
) -> None:
    guild = playground.guild

    async with playground.stage.turn():
        of_mia = await guild.member.autocomplete(guild.channel, "power restart", "server", "")
        of_max = await guild.moderator.autocomplete(guild.channel, "power restart", "server", "")

    owned = {server.name for server in demo_world().servers if server.owner.username == "alice"}
    assert [choice["name"] for choice in of_mia] == ["Survival"]
    assert {choice["name"] for choice in of_max} == owned


async def test_the_first_message_names_who_one_can_be_and_commands_that_there_are(
    playground: Playground,
) -> None:
    said = await seen_by(playground, playground.guild.member)

    assert all(name in said for name in ("Mia", "Max", "Ada"))
    ids = playground.app.bot.command_ids
    assert f"</power restart:{ids['power']}>" in said


async def test_a_crash_opens_an_incident_in_the_channel(playground: Playground) -> None:
    survival = playground.panel.world.server("Survival")
    (known,) = playground.app.parts.directory.find(playground.guild.id, "Survival")
    async with asyncio.timeout(SEEN_WITHIN):
        while not (
            f"turns {known.identifier}" in playground.app.supervisor.names
            and playground.app.parts.hub.known(known).is_live
        ):
            await asyncio.sleep(0.05)

    survival.crash(1)

    await until_seen(playground, None, "Survival crashed")
    await until_seen(playground, None, "Exit code 1")
