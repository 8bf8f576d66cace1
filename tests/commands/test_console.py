"""/console: what is typed arrives once, and what comes back is shown safely."""

import pytest

from demo.panel import SimPanel
from tests.world import World, private


async def test_a_command_shows_what_the_console_answers(roost: World, panel: SimPanel) -> None:
    mia = await roost.member("mia", rights={"control.console"})

    shown = await mia.slash(roost.channel, "console run", server="Survival", command="list")

    await shown.until(lambda: "players online" in shown.text)
    assert "Sent to **Survival**: `list`" in await private(shown)


async def test_the_last_lines_are_shown_with_buttons(roost: World, panel: SimPanel) -> None:
    panel.world.server("Survival").line("[INFO] the moon is full")
    mia = await roost.member("mia", rights={"control.console"})

    shown = await mia.slash(roost.channel, "console tail", server="Survival")

    await shown.until(lambda: "the moon is full" in shown.text)


async def test_following_shows_new_lines(roost: World, panel: SimPanel) -> None:
    mia = await roost.member("mia", rights={"control.console"})
    shown = await mia.slash(roost.channel, "console tail", server="Survival")
    await private(shown)

    followed = await mia.click(shown.message, label="Follow")
    await followed.until(lambda: "live for 5 minutes" in followed.text)
    panel.world.server("Survival").line("[INFO] a wolf howls")

    await followed.until(lambda: "a wolf howls" in followed.text)


async def test_hostile_lines_are_data(roost: World, panel: SimPanel) -> None:
    panel.world.server("Survival").line("@everyone ``` <@&1> \x1b[31mred\x1b[0m \u202eevil")
    mia = await roost.member("mia", rights={"control.console"})

    shown = await mia.slash(roost.channel, "console tail", server="Survival")

    await shown.until(lambda: "red" in shown.text)
    assert "\x1b" not in shown.text
    assert "\u202e" not in shown.text
    assert shown.text.count("```") == 2
    assert shown.message["_pings"] == []


async def test_a_command_by_form_runs_like_one_typed(roost: World, panel: SimPanel) -> None:
    mia = await roost.member("mia", rights={"control.console"})
    shown = await mia.slash(roost.channel, "console tail", server="Survival")
    await private(shown)

    form = await mia.click(shown.message, label="Command …")
    sent = await mia.submit(form, "say hello")

    await sent.until(lambda: "Sent to **Survival**: `say hello`" in sent.text)


@pytest.mark.parametrize(
    ("command", "says"),
    [("x" * 3000, "3000 characters"), ("   ", "is empty"), ("say a\nstop", "One line at a time")],
)
async def test_a_command_that_can_t_be_sent_is_told_and_not_sent(
    roost: World, panel: SimPanel, command: str, says: str
) -> None:
    mia = await roost.member("mia", rights={"control.console"})

    shown = await mia.slash(roost.channel, "console run", server="Survival", command=command)

    assert says in await private(shown)
    assert not [asked for asked in panel.asked if asked.endswith("/command")]


async def test_a_server_that_is_off_takes_no_commands(roost: World, panel: SimPanel) -> None:
    mia = await roost.member("mia", rights={"control.console"})

    shown = await mia.slash(roost.channel, "console run", server="Creative", command="list")

    assert "isn't running" in await private(shown)


async def test_the_right_to_restart_is_no_right_to_the_console(
    roost: World, panel: SimPanel
) -> None:
    mia = await roost.member("mia", rights={"control.restart"})

    shown = await mia.slash(roost.channel, "console tail", server="Survival")

    assert "You can't use" in await private(shown)
