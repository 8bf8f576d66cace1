"""/power while the panel is away: in each phase the truth is told, and it comes to an end."""

from collections.abc import AsyncIterator

import pytest

from demo.panel import SimPanel
from demo.panel.faults import Fault
from tests.clock import MovedClock, passing, until
from tests.commands.test_power_countdown import commands, planned, powers, said
from tests.wirecord import Member
from tests.world import World, public


@pytest.fixture(scope="module")
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture(autouse=True)
async def back_in_the_end(panel: SimPanel, clock: MovedClock) -> AsyncIterator[None]:
    """What a fault still holds is let go before the panel closes."""
    yield
    panel.faults_clear()
    await passing(clock, 120)


@pytest.fixture
async def mia(roost: World) -> Member:
    return await roost.member("mia", rights={"control.restart", "control.start", "control.stop"})


def away(panel: SimPanel) -> tuple[Fault, Fault]:
    """The panel and its node: nothing listens, and no console says anything any more."""
    faults = panel.fault("refused"), panel.fault("refused", on="node")
    panel.drop_sockets()
    return faults


async def test_away_during_the_countdown_it_restarts_all_the_same_once_it_is_back(
    roost: World, panel: SimPanel, clock: MovedClock, mia: Member
) -> None:
    await planned(roost, clock, mia, delay="10m")
    await passing(clock, 60)
    away(panel)
    await passing(clock, 420)
    panel.faults_clear()

    report = await said(roost, clock, "Up again in", limit=600)

    assert "**Mia** restarted **Survival**" in report
    assert powers(panel) == ["stop", "start"]


async def test_away_when_the_countdown_ends_nothing_is_done_and_that_is_said(
    roost: World, panel: SimPanel, clock: MovedClock, mia: Member
) -> None:
    await planned(roost, clock, mia, delay="1m")
    away(panel)

    report = await said(roost, clock, "was not carried out", limit=300)

    assert "doesn't answer" in report
    assert "Nothing was changed" in report
    assert panel.world.server("Survival").state == "running"
    panel.faults_clear()
    assert powers(panel) == []


async def test_away_while_it_saves_the_report_doesn_t_say_that_it_saved(
    roost: World, panel: SimPanel, clock: MovedClock, mia: Member
) -> None:
    panel.fault("refused", route="POST */command")

    await mia.slash(roost.channel, "power restart", server="Survival", delay="10s")

    report = await said(roost, clock, "Up again in", limit=300)
    assert "saving not confirmed" in report
    assert " saved" not in report
    assert powers(panel) == ["stop", "start"]


async def test_away_when_the_backup_is_to_begin_it_asks_how_to_go_on(
    roost: World, panel: SimPanel, clock: MovedClock, mia: Member
) -> None:
    panel.fault("refused", route="POST */backups")

    await mia.slash(roost.channel, "power restart", server="Survival", backup_first=True)

    question = await said(roost, clock, "Go on without it?", limit=300)
    assert "doesn't answer" in question
    assert powers(panel) == []
    assert panel.world.server("Survival").state == "running"


async def test_away_for_a_moment_while_the_backup_is_made_it_waits_for_it(
    roost: World, panel: SimPanel, clock: MovedClock, mia: Member
) -> None:
    panel.world.server("Survival").backup_seconds = 600.0
    await mia.slash(roost.channel, "power restart", server="Survival", backup_first=True)
    await said(roost, clock, "is made first")

    fault = panel.fault("refused", route="GET */backups*")
    await passing(clock, 300)
    fault.cancel()
    panel.faults_clear()

    report = await said(roost, clock, "Up again in", limit=900)
    assert "backup **Before the restart" in report
    assert powers(panel) == ["stop", "start"]


async def test_away_for_long_while_the_backup_is_made_it_asks_instead_of_waiting_for_ever(
    roost: World, panel: SimPanel, clock: MovedClock, mia: Member
) -> None:
    panel.world.server("Survival").backup_seconds = 9000.0
    await mia.slash(roost.channel, "power restart", server="Survival", backup_first=True)
    await said(roost, clock, "is made first")
    panel.fault("refused", route="GET */backups*")

    question = await said(roost, clock, "Go on without it?", limit=2400)

    assert "doesn't answer" in question
    assert powers(panel) == []


async def test_away_when_it_is_to_stop_nothing_is_done_and_that_is_said(
    roost: World, panel: SimPanel, clock: MovedClock, mia: Member
) -> None:
    away(panel)

    shown = await mia.slash(roost.channel, "power stop", server="Survival")

    await until(clock, lambda: "doesn't answer" in shown.text)
    assert "Nothing was changed" in shown.text
    assert panel.world.server("Survival").state == "running"
    assert powers(panel) == []


async def test_cut_off_while_it_is_told_to_stop_it_looks_and_says_what_it_found(
    roost: World, panel: SimPanel, clock: MovedClock, mia: Member
) -> None:
    panel.fault("refused", route="POST */power")

    shown = await mia.slash(roost.channel, "power stop", server="Survival")

    await until(clock, lambda: "I'm checking" in shown.text)
    await until(clock, lambda: "I looked: **Survival** is running as before" in shown.text)


async def gone_after_the_stop(
    roost: World, panel: SimPanel, clock: MovedClock, who: Member, how: str
) -> None:
    """A restart whose panel goes away when the stop was sent: for good, or for the start alone."""
    survival = panel.world.server("Survival")
    survival.stop_seconds = 20.0
    if how == "cut":
        panel.fault("refused", route="POST */power", after=1)
    await who.slash(roost.channel, "power restart", server="Survival", delay="10s")
    await until(clock, lambda: powers(panel) == ["stop"])
    if how == "down":
        panel.fault("refused")
    await until(clock, lambda: survival.state == "offline")


@pytest.mark.parametrize("how", ["down", "cut"])
async def test_away_between_stop_and_start_it_goes_on_trying(
    roost: World, panel: SimPanel, clock: MovedClock, mia: Member, how: str
) -> None:
    await gone_after_the_stop(roost, panel, clock, mia, how)
    if how == "down":
        assert "It is off" in await said(roost, clock, "I go on trying", limit=300)
    await passing(clock, 240)
    panel.faults_clear()

    assert "**Mia** restarted **Survival**" in await said(roost, clock, "Up again in", limit=300)
    assert panel.world.server("Survival").state == "running"
    assert len(public(roost.channel)) == 1


@pytest.mark.parametrize("how", ["down", "cut"])
async def test_away_for_long_between_stop_and_start_the_report_says_that_it_is_off(
    roost: World, panel: SimPanel, clock: MovedClock, mia: Member, how: str
) -> None:
    await gone_after_the_stop(roost, panel, clock, mia, how)

    report = await said(roost, clock, "not started again", limit=1500)

    assert "It is off." in report
    assert "Nothing was changed" not in report
    assert "was not carried out" not in report
    panel.faults_clear()
    await mia.click(roost.channel.public()[-1], label="Start")
    await until(clock, lambda: panel.world.server("Survival").state == "running")


async def test_who_lost_the_right_between_stop_and_start_doesn_t_make_the_report_lie(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    await roost.grant(roost.mods, "control.restart")
    tom = await roost.member("tom", roost.mods)
    await gone_after_the_stop(roost, panel, clock, tom, "down")
    await said(roost, clock, "I go on trying", limit=300)

    await tom.take(roost.mods)
    panel.faults_clear()

    report = await said(roost, clock, "not started again", limit=300)
    assert "**Tom** may no longer do it" in report
    assert powers(panel) == ["stop"]


async def test_away_while_it_comes_up_it_is_unknown_and_told_once_it_is_seen(
    roost: World, panel: SimPanel, clock: MovedClock, mia: Member
) -> None:
    panel.world.server("Survival").boot_seconds = 30.0
    await mia.slash(roost.channel, "power restart", server="Survival", delay="10s")
    await until(clock, lambda: powers(panel) == ["stop", "start"])
    away(panel)
    await passing(clock, 240)
    panel.faults_clear()

    assert "**Mia** restarted **Survival**" in await said(roost, clock, "Up again in", limit=300)
    assert powers(panel) == ["stop", "start"]


async def test_away_for_good_while_it_comes_up_it_ends_as_unknown(
    roost: World, panel: SimPanel, clock: MovedClock, mia: Member
) -> None:
    panel.world.server("Survival").boot_seconds = 30.0
    await mia.slash(roost.channel, "power restart", server="Survival", delay="10s")
    await until(clock, lambda: powers(panel) == ["stop", "start"])
    away(panel)

    report = await said(roost, clock, "I stop watching now", limit=1500)

    assert "whether the restart worked is unknown" in report
    panel.faults_clear()
    assert powers(panel) == ["stop", "start"]
    assert commands(panel)[-1] == "save-all flush"
