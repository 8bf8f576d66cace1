"""/power: the server does it, the channel sees it, and every ending is told as it is."""

import asyncio

from demo.panel import SimPanel
from tests.wirecord import Permission
from tests.world import World, private, public

POWER = "POST /servers/{}/power"


async def test_a_started_server_is_told_to_be_running_and_how_long_it_took(
    roost: World, panel: SimPanel
) -> None:
    mia = await roost.member("mia", rights={"control.start"})

    shown = await mia.slash(roost.channel, "power start", server="Creative")

    await shown.until(lambda: "is running" in shown.text)
    assert "It took" in await private(shown)
    assert "**Mia** started **Creative**" in await roost.posted("Up in")
    assert panel.world.server("Creative").state == "running"


async def test_a_stopped_server_is_told_to_be_offline(roost: World, panel: SimPanel) -> None:
    mia = await roost.member("mia", rights={"control.stop"})

    shown = await mia.slash(roost.channel, "power stop", server="Lobby", reason="event over")

    await shown.until(lambda: "is offline" in shown.text)
    assert "**Mia** stopped **Lobby**: *event over*" in await roost.posted("Off in")


async def test_one_public_message_is_edited_instead_of_several_sent(
    roost: World, panel: SimPanel
) -> None:
    mia = await roost.member("mia", rights={"control.restart"})

    shown = await mia.slash(roost.channel, "power restart", server="Survival")

    await shown.until(lambda: "is running" in shown.text)
    assert len(public(roost.channel)) == 1


async def test_starting_what_runs_says_so_and_sends_nothing(roost: World, panel: SimPanel) -> None:
    mia = await roost.member("mia", rights={"control.start"})

    shown = await mia.slash(roost.channel, "power start", server="Survival")

    await shown.until(lambda: "already" in shown.text)
    assert not [asked for asked in panel.asked if asked.endswith("/power")]


async def test_killing_asks_first_and_happens_once(roost: World, panel: SimPanel) -> None:
    mia = await roost.member("mia", rights={"control.stop"})
    shown = await mia.slash(roost.channel, "power kill", server="Survival")
    assert "nothing is saved" in await private(shown)
    assert [c.get("label") for c in _buttons(shown.message)] == ["Cancel", "Kill"]

    first, second = await asyncio.gather(
        mia.click(shown.message, label="Kill"), mia.click(shown.message, label="Kill")
    )

    await first.until(lambda: "is offline" in first.text + second.text)
    await first.until(lambda: "once, not twice" in first.text + second.text)
    sent = [asked for asked in panel.asked if asked.endswith("/power")]
    assert len(sent) == 1


async def test_a_cancelled_kill_kills_nothing(roost: World, panel: SimPanel) -> None:
    mia = await roost.member("mia", rights={"control.stop"})
    shown = await mia.slash(roost.channel, "power kill", server="Survival")
    await private(shown)
    question = shown.message
    kill = next(c["custom_id"] for c in _buttons(question) if c.get("label") == "Kill")

    cancelled = await mia.click(question, label="Cancel")

    await cancelled.until(lambda: "Nothing was changed" in cancelled.text)
    assert not [asked for asked in panel.asked if asked.endswith("/power")]
    assert str(kill) not in str(shown.message)


async def test_a_question_deleted_under_its_button_stops_nothing_that_was_agreed_to(
    roost: World, panel: SimPanel
) -> None:
    mia = await roost.member("mia", rights={"control.stop"})
    shown = await mia.slash(roost.channel, "power kill", server="Survival")
    await private(shown)
    panel.fault("slow", route="POST */power", seconds=0.05)

    await mia.click(shown.message, label="Kill")
    await roost.wire.forget(shown.message)

    assert "killed **Survival**" in await roost.posted("Off in")
    assert panel.count(POWER) == 1


async def test_a_role_lost_between_question_and_click_is_refused(
    roost: World, panel: SimPanel
) -> None:
    mods = roost.mods
    await roost.grant(mods, "control.stop")
    mia = await roost.member("mia", mods)
    shown = await mia.slash(roost.channel, "power kill", server="Survival")
    await private(shown)

    await mia.take(mods)
    refused = await mia.click(shown.message, label="Kill")

    await refused.until(lambda: "can't use" in refused.text)
    assert not [asked for asked in panel.asked if asked.endswith("/power")]


async def test_a_second_action_on_the_same_server_joins_the_first(
    roost: World, panel: SimPanel
) -> None:
    panel.world.server("Survival").boot_seconds = 1.5
    mia = await roost.member("mia", rights={"control.restart"})
    tom = await roost.member("tom", rights={"control.restart"})
    first = await mia.slash(roost.channel, "power restart", server="Survival")
    await first.until(lambda: "Sent" in first.text)

    second = await tom.slash(roost.channel, "power restart", server="Survival")

    await second.until(lambda: "at it already" in second.text)
    await first.until(lambda: "is running" in first.text)
    sent = [asked for asked in panel.asked if asked.endswith("/power")]
    assert len(sent) == 1


async def test_without_the_right_the_rule_and_its_holders_are_named(
    roost: World, panel: SimPanel
) -> None:
    mods = roost.mods
    await roost.grant(mods, "control.restart")
    tom = await roost.member("tom")

    shown = await tom.slash(roost.channel, "power restart", server="Survival")

    said = await private(shown)
    assert "You can't use" in said
    assert "*restart*" in said
    assert f"<@&{mods.id}>" in said
    assert "R-" in said
    assert not [asked for asked in panel.asked if asked.endswith("/power")]


async def test_a_denial_wins_over_a_grant(roost: World, panel: SimPanel) -> None:
    mods = roost.mods
    await roost.grant(mods, "control.*")
    mia = await roost.member("mia", mods, denied={"control.stop"})

    shown = await mia.slash(roost.channel, "power stop", server="Survival")

    assert "is denied" in await private(shown)


async def test_what_the_panel_key_lacks_is_refused_before_the_panel_is_asked(
    guild: World, panel: SimPanel
) -> None:
    await guild.connect(panel, account="bob")
    mia = await guild.member("mia", rights={"control.*"})

    shown = await mia.slash(guild.channel, "power restart", server="Survival")

    said = await private(shown)
    assert "connected here has no right" in said
    assert "`control.restart`" in said


async def test_where_the_bot_may_not_write_the_outcome_stays_private(
    roost: World, panel: SimPanel
) -> None:
    mia = await roost.member("mia", rights={"control.start"})
    await roost.channel.deny(Permission.SEND_MESSAGES)

    shown = await mia.slash(roost.channel, "power start", server="Creative")

    await shown.until(lambda: "is running" in shown.text)
    assert public(roost.channel) == []


async def test_a_post_that_somebody_deleted_doesn_t_stop_the_answer(
    roost: World, panel: SimPanel
) -> None:
    panel.world.server("Creative").boot_seconds = 0.6
    mia = await roost.member("mia", rights={"control.start"})
    shown = await mia.slash(roost.channel, "power start", server="Creative")
    await roost.posted("Waiting for it")

    await roost.wire.forget(roost.channel.public()[-1])

    await shown.until(lambda: "is running" in shown.text)


async def test_an_action_the_node_dropped_is_told_to_have_done_nothing_or_reached(
    roost: World, panel: SimPanel
) -> None:
    """A suspended server answers 409; the member hears the state, not the code."""
    mia = await roost.member("mia", rights={"control.start"})

    shown = await mia.slash(roost.channel, "power start", server="Unpaid")

    await shown.until(lambda: "suspended" in shown.text)
    assert "409" not in shown.text
    assert "Nothing was changed" in shown.text


async def test_a_hostile_reason_pings_nobody_and_breaks_nothing(
    roost: World, panel: SimPanel
) -> None:
    mia = await roost.member("mia", rights={"control.start"})
    reason = "@everyone <@&1> **bold** `x` \u202eabc\u200b"

    shown = await mia.slash(roost.channel, "power start", server="Creative", reason=reason)

    await shown.until(lambda: "is running" in shown.text)
    posts = roost.channel.public()
    assert posts[-1]["_pings"] == []
    assert "\u202e" not in posts[-1]["content"]
    assert "\\*\\*bold" in posts[-1]["content"]


async def test_two_hundred_members_at_once_all_get_an_answer(roost: World, panel: SimPanel) -> None:
    members = [roost.guild.member(f"m{number}") for number in range(200)]

    shown = await asyncio.gather(
        *(one.slash(roost.channel, "power restart", server="Survival") for one in members)
    )

    for one in shown:
        await one.settled(timeout=60)
        assert "You can't use" in one.text


def _buttons(message: dict[str, object]) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []

    def walk(parts: object) -> None:
        for part in parts if isinstance(parts, list) else []:
            if part.get("type") == 2:
                found.append(part)
            walk(part.get("components"))

    walk(message.get("components"))
    return found
