"""/backup restore as a workflow: stopped, restored, started again; never sent twice unseen."""

import pytest

from demo.panel import SimPanel
from tests.clock import MovedClock, passing, until
from tests.commands.test_backup import made, sent
from tests.commands.test_power_countdown import deafen, powers, said
from tests.wirecord import Member, Shown
from tests.world import World, public

RIGHTS = {"backup.*", "control.*"}


@pytest.fixture(scope="module")
def clock() -> MovedClock:
    return MovedClock()


async def ordered(
    roost: World, clock: MovedClock, who: Member, server: str = "Survival", **options: object
) -> Shown:
    """Order a restore and confirm it; the private answer."""
    shown = await who.slash(
        roost.channel, "backup restore", server=server, backup="nightly", **options
    )
    await until(clock, lambda: "replaces" in shown.text)
    form = await who.click(shown.message, label="Restore")
    return await who.submit(form, server)


def restores(panel: SimPanel) -> int:
    """How often the panel has begun to restore, by its own log."""
    return sum(one.event == "server:backup.restore" for one in panel.world.activities)


async def test_a_running_server_is_stopped_restored_and_started_again_in_one_message(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    made(panel, "nightly")
    mia = await roost.member("mia", rights=RIGHTS)

    answer = await ordered(roost, clock, mia)

    report = await said(roost, clock, "It runs again.")
    assert "**Mia** restored **Survival** from **nightly**." in report
    assert powers(panel) == ["stop", "start"]
    assert len(public(roost.channel)) == 1
    assert "How it ends is posted here" in answer.text
    listed = await roost.admin.slash(roost.channel, "audit list")
    await until(clock, lambda: "backup restore" in listed.text)


async def test_a_server_that_was_off_stays_off(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    made(panel, "nightly", server="Creative")
    mia = await roost.member("mia", rights=RIGHTS)

    await ordered(roost, clock, mia, "Creative")

    await said(roost, clock, "It is off now.")
    assert powers(panel) == []


async def test_what_failed_is_not_started(roost: World, panel: SimPanel, clock: MovedClock) -> None:
    made(panel, "nightly").archive = None
    mia = await roost.member("mia", rights=RIGHTS)

    await ordered(roost, clock, mia)

    await said(roost, clock, "may be incomplete")
    assert powers(panel) == ["stop"]


async def test_who_may_not_start_leaves_it_off_and_says_so(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    made(panel, "nightly")
    mia = await roost.member("mia", rights=RIGHTS, denied={"control.start"})

    await ordered(roost, clock, mia)

    report = await said(roost, clock, "It is off. `/power start` starts it.")
    assert "**Mia** may not start it." in report
    assert powers(panel) == ["stop"]


async def test_cancelled_while_it_stops_touches_no_file_and_starts_it_again(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    made(panel, "nightly")
    panel.world.server("Survival").stop_seconds = 20.0
    mia = await roost.member("mia", rights=RIGHTS)
    await ordered(roost, clock, mia)
    await said(roost, clock, "It is stopped first")
    listed = await mia.slash(roost.channel, "jobs")
    await until(clock, lambda: "waits for the server to go off" in listed.text)
    assert listed.text.count("**Survival**") == 1

    await mia.click(listed.message, label="Cancel")

    report = await said(roost, clock, "It runs again.")
    assert "**Mia** cancelled it. No file was touched." in report
    assert restores(panel) == 0
    assert powers(panel) == ["stop", "start"]


async def test_a_server_that_does_not_stop_is_killed_only_once_somebody_agreed(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    made(panel, "nightly")
    deafen(panel)
    mia = await roost.member("mia", rights=RIGHTS)
    await ordered(roost, clock, mia)
    await said(roost, clock, "but it doesn't stop", limit=200)
    await passing(clock, 120)
    assert powers(panel) == ["stop"]

    asked = await mia.click(roost.channel.public()[-1], label="Kill …")
    await until(clock, lambda: "nothing is saved" in asked.text)
    await mia.click(asked.message, label="Kill")

    await said(roost, clock, "It runs again.")
    assert powers(panel) == ["stop", "kill", "start"]
    assert restores(panel) == 1


async def test_a_second_one_is_refused_while_the_first_is_under_way(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    made(panel, "nightly")
    panel.world.server("Survival").stop_seconds = 20.0
    mia = await roost.member("mia", rights=RIGHTS)
    await ordered(roost, clock, mia)
    await said(roost, clock, "It is stopped first")

    answer = await ordered(roost, clock, mia)

    await until(clock, lambda: "being restored already" in answer.text)
    await said(roost, clock, "It runs again.")
    assert restores(panel) == 1


async def test_while_somebody_restarts_it_nothing_is_restored(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    made(panel, "nightly")
    mia = await roost.member("mia", rights=RIGHTS)
    await mia.slash(roost.channel, "power restart", server="Survival", delay="10m")
    await said(roost, clock, "restarts **Survival**")

    answer = await ordered(roost, clock, mia)

    await until(clock, lambda: "is at it already" in answer.text)
    assert not sent(panel, "/restore")
    assert len(public(roost.channel)) == 1


async def test_a_request_that_never_arrived_is_sent_again_by_the_panels_own_log(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    made(panel, "nightly", server="Creative")
    panel.fault("drop", route="POST */restore", times=1)
    mia = await roost.member("mia", rights=RIGHTS)

    await ordered(roost, clock, mia, "Creative")

    await said(roost, clock, "It is off now.")
    assert len(sent(panel, "/restore")) == 2
    assert restores(panel) == 1


async def test_a_request_without_an_answer_is_not_sent_again_where_it_arrived(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    made(panel, "nightly", server="Creative")
    panel.fault("drop", route="POST */restore", times=1, is_done=True)
    mia = await roost.member("mia", rights=RIGHTS)

    await ordered(roost, clock, mia, "Creative")

    await said(roost, clock, "It is off now.")
    assert len(sent(panel, "/restore")) == 1


async def test_where_no_log_tells_it_stays_unknown_and_is_not_sent_again(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    made(panel, "nightly", server="Creative")
    panel.fault("403", route="GET */activity")
    panel.fault("drop", route="POST */restore", times=1)
    mia = await roost.member("mia", rights=RIGHTS)

    await ordered(roost, clock, mia, "Creative")

    await said(roost, clock, "doesn't show whether it began")
    assert len(sent(panel, "/restore")) == 1


async def test_a_refusal_stays_private_where_the_channel_heard_nothing(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    made(panel, "nightly", server="Creative")
    panel.fault("403", route="POST */restore")
    mia = await roost.member("mia", rights=RIGHTS)

    answer = await ordered(roost, clock, mia, "Creative")

    await until(clock, lambda: "`R-" in answer.text)
    assert public(roost.channel) == []
