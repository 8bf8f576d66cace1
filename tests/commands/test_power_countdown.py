"""/power with a countdown: warned of, put off, brought forward, cancelled; and what comes first."""

import asyncio
import copy

import msgspec
import pytest

from bot.store.policies import Terms
from demo.panel import SimPanel
from tests.clock import MovedClock, passing, until
from tests.commands.community import allow
from tests.commands.test_plan import playing
from tests.wirecord import Json, Member
from tests.world import World, private, public


@pytest.fixture(scope="module")
def clock() -> MovedClock:
    return MovedClock()


def commands(panel: SimPanel) -> list[str]:
    """What was typed into consoles."""
    return [
        str(msgspec.json.decode(one.body)["command"])
        for one in panel.requests
        if one.path.endswith("/command")
    ]


def powers(panel: SimPanel) -> list[str]:
    return [
        str(msgspec.json.decode(one.body)["signal"])
        for one in panel.requests
        if one.path.endswith("/power")
    ]


def deafen(panel: SimPanel) -> None:
    """Let the game of Survival ignore every stop."""
    instance = panel.world.server("Survival").instance
    assert instance is not None
    instance.game().ignores_stop = True


async def planned(
    roost: World, clock: MovedClock, who: Member, command: str = "power restart", **options: object
) -> Json:
    """Begin a countdown; its message."""
    before = len(roost.channel.public())
    options = {"server": "Survival", "delay": "10"} | options
    shown = await who.slash(roost.channel, command, **options)
    await until(clock, lambda: "Planned" in shown.text)
    await until(clock, lambda: len(roost.channel.public()) > before)
    return roost.channel.public()[-1]


async def said(roost: World, clock: MovedClock, text: str, *, limit: float = 300) -> str:
    await until(clock, lambda: any(text in one for one in public(roost.channel)), limit=limit)
    return next(one for one in public(roost.channel) if text in one)


async def test_players_are_warned_at_set_minutes_and_then_it_restarts_and_says_how_long(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    mia = await roost.member("mia", rights={"control.restart"})
    await planned(roost, clock, mia, reason="update")
    assert "**Mia** restarts **Survival**" in public(roost.channel)[-1]

    await passing(clock, 605)
    report = await said(roost, clock, "Up again in")

    assert "**Mia** restarted **Survival**: *update*" in report
    assert "players warned" in report
    assert "saved" in report
    warned = [line for line in commands(panel) if line.startswith("say ")]
    assert [line.split(" in ")[1] for line in warned] == [
        "10 minutes.",
        "5 minutes.",
        "1 minute.",
    ]
    assert commands(panel)[-1] == "save-all flush"
    assert powers(panel) == ["stop", "start"]
    assert len(public(roost.channel)) == 1


async def test_it_can_be_put_off_and_brought_forward_by_who_holds_the_right(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    mia = await roost.member("mia", rights={"control.restart"})
    tom = await roost.member("tom", rights={"control.restart"})
    message = await planned(roost, clock, mia)

    await tom.click(message, label="Postpone 15")
    await said(roost, clock, "Postponed by **Tom**")
    await passing(clock, 660)
    assert powers(panel) == []
    await tom.click(message, label="Now")

    assert "brought forward by **Tom**" in await said(roost, clock, "Up again in")
    assert powers(panel) == ["stop", "start"]


async def test_a_cancelled_one_does_nothing_and_tells_the_players(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    mia = await roost.member("mia", rights={"control.restart"})
    message = await planned(roost, clock, mia)
    await until(clock, lambda: commands(panel))

    await mia.click(message, label="Cancel")

    assert "Nothing was done to it" in await said(roost, clock, "**Mia** cancelled")
    await passing(clock, 700)
    assert powers(panel) == []
    assert "Called off" in commands(panel)[-1]
    assert _labels(roost.channel.public()[-1]) == []


async def test_who_cancels_during_the_backup_tells_the_players_who_were_warned(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    panel.world.server("Survival").backup_seconds = 200.0
    mia = await roost.member("mia", rights={"control.restart"})
    message = await planned(roost, clock, mia, delay="1m", backup_first=True)
    await said(roost, clock, "is made first …")

    await mia.click(message, label="Cancel")

    await said(roost, clock, "**Mia** cancelled")
    assert "Called off" in commands(panel)[-1]
    await passing(clock, 300)
    assert powers(panel) == []


async def test_what_a_policy_demands_holds_when_the_countdown_is_over(
    guild: World, panel: SimPanel, clock: MovedClock
) -> None:
    survival = await playing(panel, [])
    await guild.connect(panel)
    await allow(guild, "restart", Terms(only_empty=True))
    mia = await guild.member("mia")
    await planned(guild, clock, mia, delay="1m")

    survival.players.append("Mira")
    await passing(clock, 65)

    told = await said(guild, clock, "was not carried out")
    assert "1 player is on **Survival**, and it has to be empty." in told
    assert "Called off" in commands(panel)[-1]
    assert powers(panel) == []


async def test_a_second_order_is_told_when_the_first_comes_and_where_its_buttons_are(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    mia = await roost.member("mia", rights={"control.restart"})
    tom = await roost.member("tom", rights={"control.restart"})
    message = await planned(roost, clock, mia)

    shown = await tom.slash(roost.channel, "power restart", server="Survival")

    await until(clock, lambda: "**Mia** announced a restart of **Survival**" in shown.text)
    assert f"Its message in <#{roost.channel.id}> brings it forward" in shown.text
    assert len(public(roost.channel)) == 1
    await mia.click(message, label="Cancel")
    await until(clock, lambda: "**Mia** cancelled" in shown.text)


async def test_who_may_only_ask_is_told_whom_to_ask_of_a_countdown(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    await allow(roost, "restart", Terms(how="vote", quorum=2))
    mia = await roost.member("mia", rights={"control.restart"})
    tom = await roost.member("tom")
    message = await planned(roost, clock, mia)

    refused = await tom.click(message, label="Postpone 5")

    await until(clock, lambda: "ask **Mia**, or somebody who has it" in refused.text)
    assert "Postponed" not in public(roost.channel)[-1]


async def test_who_may_cancel_their_own_and_no_more_is_told_so(
    guild: World, panel: SimPanel, clock: MovedClock
) -> None:
    await playing(panel, [])
    await guild.connect(panel)
    await allow(guild, "restart", Terms(only_empty=True))
    mia = await guild.member("mia")
    message = await planned(guild, clock, mia)

    refused = await mia.click(message, label="Postpone 5")

    await until(clock, lambda: "What you asked for you may cancel." in refused.text)
    await mia.click(message, label="Cancel")
    await said(guild, clock, "**Mia** cancelled")


async def test_a_failed_report_says_what_was_done_on_the_way(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    panel.world.server("Survival").crashes_on_start = True
    mia = await roost.member("mia", rights={"control.restart"})
    await planned(roost, clock, mia, delay="1m")
    await passing(clock, 65)

    report = await said(roost, clock, "failed: it went off again")

    assert "players warned" in report
    assert "saved" in report


async def test_a_click_without_the_right_is_refused(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    mia = await roost.member("mia", rights={"control.restart"})
    tom = await roost.member("tom", rights={"control.console"})
    message = await planned(roost, clock, mia)

    refused = await tom.click(message, label="Now")

    await until(clock, lambda: "can't use" in refused.text)
    assert powers(panel) == []


async def test_of_two_clicks_at_once_one_counts_and_the_other_hears_so(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    mia = await roost.member("mia", rights={"control.restart"})
    tom = await roost.member("tom", rights={"control.restart"})
    message = await planned(roost, clock, mia)
    old = copy.deepcopy(message)

    first, second = await asyncio.gather(
        mia.click(message, label="Cancel"), tom.click(message, label="Now")
    )

    # a cancel that comes before anything was sent counts in any case
    await said(roost, clock, "**Mia** cancelled")
    await passing(clock, 30)
    assert powers(panel) == []
    late = await tom.click(old, label="Now")
    await until(clock, lambda: "Too late" in late.text)
    assert "faster" not in first.text
    assert second.text == "" or "faster" in second.text


async def test_a_role_lost_between_countdown_and_action_stops_it(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    await roost.grant(roost.mods, "control.restart")
    mia = await roost.member("mia", roost.mods)
    await planned(roost, clock, mia, delay="1m")

    await mia.take(roost.mods)
    await passing(clock, 65)

    assert "may no longer do it" in await said(roost, clock, "was not carried out")
    assert powers(panel) == []


async def test_a_member_who_left_restarts_nothing_any_more(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    mia = await roost.member("mia", rights={"control.restart"})
    await planned(roost, clock, mia, delay="1m")

    await mia.leave()
    await passing(clock, 65)

    assert "no longer here" in await said(roost, clock, "was not carried out")
    assert powers(panel) == []


async def test_a_server_that_is_gone_meanwhile_ends_it_in_words(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    mia = await roost.member("mia", rights={"control.restart"})
    await planned(roost, clock, mia, delay="1m")
    removed = await roost.admin.slash(roost.channel, "panel remove", panel="Nova")
    await private(removed)
    await roost.admin.click(removed.message, label="Remove")
    await until(clock, lambda: not roost.app.parts.directory.of(int(roost.guild.id)))

    await passing(clock, 65)

    assert "no longer connected" in await said(roost, clock, "was not carried out")


async def test_a_backup_comes_first_and_is_waited_for(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    panel.world.server("Survival").backup_seconds = 200.0
    mia = await roost.member("mia", rights={"control.restart"})

    await mia.slash(roost.channel, "power restart", server="Survival", backup_first=True)

    await said(roost, clock, "is made first")
    assert powers(panel) == []
    report = await said(roost, clock, "Up again in", limit=600)
    assert "backup **Before the restart R" in report
    assert powers(panel) == ["stop", "start"]
    assert len(panel.world.server("Survival").backups) == 1
    assert len(public(roost.channel)) == 1


async def test_without_its_backup_it_asks_how_to_go_on(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    survival = panel.world.server("Survival")
    survival.backup_seconds, survival.fails_backups = 5.0, True
    mia = await roost.member("mia", rights={"control.restart"})
    tom = await roost.member("tom", rights={"control.restart"})
    await mia.slash(roost.channel, "power restart", server="Survival", backup_first=True)
    await said(roost, clock, "Go on without it?")
    assert powers(panel) == []

    await tom.click(roost.channel.public()[-1], label="Go on without")

    assert "without the backup, as **Tom** said" in await said(roost, clock, "Up again in")
    assert powers(panel) == ["stop", "start"]


async def test_nobody_who_answers_lets_it_be(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    panel.world.server("Lobby").backup_limit = 0
    mia = await roost.member("mia", rights={"control.restart"})
    await mia.slash(roost.channel, "power restart", server="Lobby", backup_first=True)
    await said(roost, clock, "Go on without it?")

    await passing(clock, 1805)

    await said(roost, clock, "Nobody said how to go on")
    assert powers(panel) == []


async def test_what_doesn_t_stop_is_killed_only_once_somebody_agreed(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    deafen(panel)
    mia = await roost.member("mia", rights={"control.restart", "control.stop"})
    await mia.slash(roost.channel, "power restart", server="Survival", delay="10s")
    await passing(clock, 15)
    await said(roost, clock, "doesn't stop", limit=200)
    await passing(clock, 120)
    assert powers(panel) == ["stop"]

    asked = await mia.click(roost.channel.public()[-1], label="Kill …")
    await until(clock, lambda: "nothing is saved" in asked.text)
    await mia.click(asked.message, label="Kill")

    assert "killed, as **Mia** agreed" in await said(roost, clock, "Up again in")
    assert powers(panel) == ["stop", "kill", "start"]


async def test_a_restart_at_once_that_hangs_comes_up_after_the_kill(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    deafen(panel)
    mia = await roost.member("mia", rights={"control.restart", "control.stop"})
    await mia.slash(roost.channel, "power restart", server="Survival")
    await said(roost, clock, "doesn't stop", limit=200)

    killed = await mia.slash(roost.channel, "power kill", server="Survival")
    await until(clock, lambda: "nothing is saved" in killed.text)
    await mia.click(killed.message, label="Kill")

    await said(roost, clock, "Up again in")
    assert powers(panel) == ["restart", "kill"]


async def test_a_clock_that_was_set_back_makes_no_countdown_longer(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    mia = await roost.member("mia", rights={"control.restart"})
    await planned(roost, clock, mia, delay="5m")

    clock.set_back(3 * 3600)
    await passing(clock, 420)

    await said(roost, clock, "Up again in")
    assert powers(panel) == ["stop", "start"]


async def test_a_countdown_that_ended_while_the_bot_was_away_is_announced_anew(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    mia = await roost.member("mia", rights={"control.restart"})
    await planned(roost, clock, mia, delay="5m")
    await until(clock, lambda: commands(panel))

    clock.set_back(-1800)  # the wall went on while nothing here ran
    told = await said(roost, clock, "I was away when it was due, so I announce it anew")

    assert "**Mia** restarts **Survival**" in told
    assert powers(panel) == []
    assert "Cancel" in _labels(roost.channel.public()[-1])
    await until(clock, lambda: len(commands(panel)) == 2)
    await passing(clock, 65)
    await said(roost, clock, "Up again in")
    assert powers(panel) == ["stop", "start"]
    assert len(public(roost.channel)) == 1


async def test_jobs_shows_it_and_cancels_it(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    mia = await roost.member("mia", rights={"control.restart"})
    eve = roost.guild.member("eve")
    await planned(roost, clock, mia)
    hidden = await eve.slash(roost.channel, "jobs")
    await until(clock, lambda: "Nothing that is for you" in hidden.text)

    listed = await mia.slash(roost.channel, "jobs")
    await until(clock, lambda: "counts down" in listed.text)
    assert "**Survival**: restart by **Mia**" in listed.text
    cancelled = await mia.click(listed.message, label="Cancel")

    await until(clock, lambda: "Cancelled" in cancelled.text)
    await said(roost, clock, "**Mia** cancelled")
    assert powers(panel) == []


@pytest.mark.parametrize("typed", ["soon", "-5", "25h", "1d", "٣", "10 minutes please", "1e3"])
async def test_what_is_no_countdown_is_refused_and_does_nothing(
    roost: World, panel: SimPanel, clock: MovedClock, typed: str
) -> None:
    mia = await roost.member("mia", rights={"control.restart"})

    shown = await mia.slash(roost.channel, "power restart", server="Survival", delay=typed)

    await until(clock, lambda: "no countdown" in shown.text)
    assert powers(panel) == []


def _labels(message: Json) -> list[str]:
    found: list[str] = []

    def walk(parts: object) -> None:
        for part in parts if isinstance(parts, list) else []:
            if part.get("type") == 2:
                found.append(str(part.get("label")))
            walk(part.get("components"))

    walk(message.get("components"))
    return found


async def test_a_policy_that_may_kill_does_where_a_kill_takes_one(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    deafen(panel)
    await allow(roost, "restart", Terms(may_kill=True))
    mia = await roost.member("mia")

    await mia.slash(roost.channel, "power restart", server="Survival")

    assert "killed, since it didn't stop in time" in await said(
        roost, clock, "Up again in", limit=400
    )
    assert powers(panel) == ["stop", "kill", "start"]


async def test_no_policy_kills_where_a_kill_takes_two(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    deafen(panel)
    await allow(roost, "restart", Terms(may_kill=True))
    await roost.choose("two_person", "kill")
    tom = await roost.member("tom", rights={"control.stop"})
    kim = await roost.member("kim", rights={"control.stop"})
    shown = await roost.admin.slash(roost.channel, "policy edit", action="restart")
    assert "is killed only once two members agreed" in await private(shown)
    mia = await roost.member("mia")

    await mia.slash(roost.channel, "power restart", server="Survival")
    assert "takes two members here" in await said(roost, clock, "doesn't stop", limit=300)
    await passing(clock, 60)
    assert powers(panel) == ["stop"]

    asked = await tom.click(roost.channel.public()[-1], label="Kill …")
    await until(clock, lambda: "nothing is saved" in asked.text)
    await tom.click(asked.message, label="Kill")
    await said(roost, clock, "A second yes: ")
    await passing(clock, 10)
    assert powers(panel) == ["stop"]
    await kim.click(roost.channel.public()[-1], label="Agree")

    assert "so the server is killed now" in await said(roost, clock, "so the server is killed")
    assert "killed, as **Tom** agreed" in await said(roost, clock, "Up again in")
    assert powers(panel) == ["stop", "kill", "start"]
