"""The context menus: run a message as a command, and what a member may do."""

from demo.panel import SimPanel
from tests.world import World, private

RUN = "Run as console command"
WHAT = "What may they do here?"


def typed(panel: SimPanel) -> list[str]:
    return [asked for asked in panel.asked if asked.endswith("/command")]


async def test_in_a_channel_that_stands_for_a_server_a_message_runs_there(
    roost: World, panel: SimPanel
) -> None:
    await roost.bind(roost.channel, "Survival")
    mia = await roost.member("mia", rights={"control.console"})
    message = await mia.say(roost.channel, "say hello")

    shown = await mia.menu(roost.channel, RUN, message)

    await shown.until(lambda: "Sent to **Survival**" in shown.text)
    assert "`say hello`" in shown.text
    assert len(typed(panel)) == 1


async def test_elsewhere_the_exact_command_and_the_server_are_shown_first(
    roost: World, panel: SimPanel
) -> None:
    mia = await roost.member("mia", rights={"control.console"}, server="Survival")
    message = await mia.say(roost.channel, "stop `now` ```x```")

    shown = await mia.menu(roost.channel, RUN, message)

    said = await private(shown)
    assert "**Survival**" in said
    assert "stop `now`" in said
    assert typed(panel) == []
    run = await mia.click(shown.message, label="Run")
    await run.until(lambda: "Sent to" in run.text)
    assert len(typed(panel)) == 1


async def test_several_lines_or_none_are_not_sent(roost: World, panel: SimPanel) -> None:
    await roost.bind(roost.channel, "Survival")
    mia = await roost.member("mia", rights={"control.console"})

    for content in ("one\ntwo", "x" * 2001):
        message = await roost.wire.messages.post(
            roost.channel, {"content": content[:2000]}, author=mia
        )
        message["content"] = content
        shown = await mia.menu(roost.channel, RUN, message)
        said = await private(shown)
        assert "One line at a time" in said or "characters" in said
    assert typed(panel) == []


async def test_without_the_right_a_message_is_not_run(roost: World, panel: SimPanel) -> None:
    await roost.bind(roost.channel, "Survival")
    mia = await roost.member("mia", rights={"control.start"})
    message = await mia.say(roost.channel, "op mia")

    shown = await mia.menu(roost.channel, RUN, message)

    assert "You can't use" in await private(shown)
    assert typed(panel) == []


async def test_an_admin_sees_each_right_with_the_rule_that_gives_it(
    roost: World, panel: SimPanel
) -> None:
    await roost.grant(roost.mods, "control.restart", server="Survival")
    mia = await roost.member("mia", roost.mods, denied={"file.*"}, server="Survival")

    shown = await roost.admin.menu(roost.channel, WHAT, mia)

    said = await private(shown)
    assert "What Mia may do here" in said
    assert "✅ **Survival**" in said
    assert "`control.restart`" in said
    assert f"<@&{roost.mods.id}>" in said
    assert "⛔ **Survival**: `file.create`" in said
    assert "**Lobby**" not in said


async def test_of_an_admin_it_says_everything_and_why(roost: World, panel: SimPanel) -> None:
    shown = await roost.admin.menu(roost.channel, WHAT, roost.admin)

    said = await private(shown)
    assert "**Survival**: everything" in said
    assert "has *Manage Server*" in said


async def test_a_member_without_rules_may_do_nothing(roost: World) -> None:
    mia = roost.guild.member("mia")

    shown = await roost.admin.menu(roost.channel, WHAT, mia)

    assert "Nothing: no rule speaks of them" in await private(shown)
