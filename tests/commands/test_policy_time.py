"""What a policy allows when: pauses, quotas, quiet hours, windows; also on a day of 25 hours."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.store.policies import Terms
from demo.panel import SimPanel
from tests.clock import MovedClock, passing, until
from tests.commands.community import allow
from tests.commands.test_access import grouped
from tests.wirecord import Member, Shown
from tests.world import World, public

HOUR = 3600.0
MINUTE = 60.0
POWER = "POST /servers/{}/power"
BEFORE_THE_CHANGE = datetime(2026, 10, 24, 22, 30, tzinfo=UTC)
"""Half past midnight in Berlin, where 03:00 becomes 02:00 on the 25th of October."""


@pytest.fixture(scope="module")
def clock() -> MovedClock:
    return MovedClock(BEFORE_THE_CHANGE)


def leap(clock: MovedClock, to: datetime) -> None:
    """Let the clock on the wall show another time; nothing that waits notices."""
    clock.set_back((clock.now() - to).total_seconds())


async def asked(roost: World, clock: MovedClock, who: Member, server: str = "Creative") -> Shown:
    """Ask for a start; what comes of it once it is answered."""
    shown = await who.slash(roost.channel, "power start", server=server)
    await until(clock, lambda: shown.text and "Waiting" not in shown.text)
    return shown


async def started(roost: World, clock: MovedClock, panel: SimPanel, who: Member) -> None:
    """A start that is let through, and the server off again for the next."""
    shown = await asked(roost, clock, who)
    await until(clock, lambda: "is running" in shown.text)
    instance = panel.world.server("Creative").instance
    assert instance is not None
    instance.jump("offline")
    await passing(clock, 5)


async def test_a_member_waits_for_their_own_pause_and_others_don_t(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    await allow(roost, "start", Terms(member_pause_minutes=30))
    mia, tom = await roost.member("mia"), await roost.member("tom")
    await started(roost, clock, panel, mia)

    again = await asked(roost, clock, mia)

    assert "You asked for something a short while ago. Next time: <t:" in again.text
    await started(roost, clock, panel, tom)
    await passing(clock, 31 * MINUTE)
    await started(roost, clock, panel, mia)
    assert panel.count(POWER) == 3


async def test_a_quota_is_used_up_until_the_guild_s_day_is_over(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    leap(clock, BEFORE_THE_CHANGE)
    await roost.enter("time_zone", "Berlin")
    await allow(roost, "start", Terms(daily_quota=2))
    mia, tom = await roost.member("mia"), await roost.member("tom")
    await started(roost, clock, panel, mia)
    await started(roost, clock, panel, tom)

    third = await asked(roost, clock, mia)

    assert "2 times a day, and these are used up" in third.text
    midnight = datetime(2026, 10, 25, 23, 0, tzinfo=UTC)  # of a day that has 25 hours
    assert f"<t:{int(midnight.timestamp())}:R>" in third.text
    leap(clock, midnight - timedelta(seconds=30))
    refused = await asked(roost, clock, tom)
    assert "used up" in refused.text
    leap(clock, midnight + timedelta(seconds=1))
    await started(roost, clock, panel, mia)


async def test_quiet_hours_end_when_the_clock_of_the_place_says_so(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    await roost.enter("time_zone", "Berlin")
    await allow(roost, "start", Terms(quiet_from=22 * 60, quiet_until=6 * 60))
    mia = await roost.member("mia")
    leap(clock, BEFORE_THE_CHANGE)

    refused = await asked(roost, clock, mia)

    assert "These are quiet hours here, until <t:" in refused.text
    morning = datetime(2026, 10, 25, 5, 0, tzinfo=UTC)  # six o'clock, after the change
    assert f"<t:{int(morning.timestamp())}:t>" in refused.text
    leap(clock, morning + timedelta(seconds=1))
    await started(roost, clock, panel, mia)


async def test_a_pause_noted_before_the_clock_was_set_back_keeps_nobody_out(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    await allow(roost, "start", Terms(server_pause_minutes=60))
    mia = await roost.member("mia")
    await started(roost, clock, panel, mia)
    assert "a short while ago" in (await asked(roost, clock, mia)).text

    clock.set_back(3 * HOUR)

    await started(roost, clock, panel, mia)
    assert "a short while ago" in (await asked(roost, clock, mia)).text


async def test_a_vote_is_open_no_longer_when_the_clock_is_set_back(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    await allow(roost, "restart", Terms(how="vote", quorum=2, window_minutes=10))
    mia = await roost.member("mia")
    await roost.member("tom")
    shown = await mia.slash(roost.channel, "power restart", server="Survival")
    await until(clock, lambda: "You may call a vote" in shown.text)
    await mia.click(shown.message, label="Call the vote")
    await until(clock, lambda: public(roost.channel))

    clock.set_back(5 * HOUR)
    await passing(clock, 13 * MINUTE)

    await until(clock, lambda: "Too few voted for it in time" in public(roost.channel)[-1])
    assert panel.count(POWER) == 0


async def test_an_approval_ends_with_its_window(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    await allow(roost, "restart", Terms(how="approval", window_minutes=10))
    mia = await roost.member("mia")
    shown = await mia.slash(roost.channel, "power restart", server="Survival")
    await until(clock, lambda: "You may ask" in shown.text)
    await mia.click(shown.message, label="Ask for it")
    await until(clock, lambda: public(roost.channel))

    await passing(clock, 9 * MINUTE)
    assert "Approve:" in public(roost.channel)[-1]
    await passing(clock, 2 * MINUTE)

    await until(clock, lambda: "Nobody agreed in time" in public(roost.channel)[-1])


async def test_who_approved_and_lost_the_right_before_it_is_done_approved_nothing(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    await allow(roost, "restart", Terms(how="approval"))
    await roost.grant(roost.mods, "control.restart")
    mia, tom = await roost.member("mia"), roost.guild.member("tom", roost.mods)
    shown = await mia.slash(roost.channel, "power restart", server="Survival")
    await until(clock, lambda: "You may ask" in shown.text)
    await mia.click(shown.message, label="Ask for it")
    await until(clock, lambda: public(roost.channel))
    roost.wire.fault("GET", f"/guilds/.*/members/{mia.id}", 500, times=50)

    agreed = await tom.click(roost.channel.public()[-1], label="Approve")
    await until(clock, lambda: "You agreed" in agreed.text)
    await passing(clock, 5)
    await tom.take(roost.mods)
    roost.wire.clear_faults()

    await until(clock, lambda: "no longer has the right" in public(roost.channel)[-1])
    assert panel.count(POWER) == 0


async def test_of_several_policies_the_most_specific_holds(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    group_id = await grouped(roost, "Creative", "Modded")
    (creative,) = roost.app.parts.directory.find(int(roost.guild.id), "Creative")
    mia = await roost.member("mia")
    await roost.member("tom")

    async def may(server: str) -> str:
        return (await asked(roost, clock, mia, server)).text

    await allow(roost, "start", Terms(how="approval"))
    assert "You may ask to start **Creative**" in await may("Creative")
    vote = Terms(how="vote", quorum=2)
    await allow(roost, "start", vote, scope="group", scope_id=group_id)
    assert "You may call a vote to start **Creative**" in await may("Creative")
    assert "You may call a vote to start **Modded**" in await may("Modded")
    assert "You may ask to start **Lobby**" in await may("Lobby")
    role = Terms(role_id=int(roost.mods.id))
    await allow(roost, "start", role, scope="server", scope_id=creative.id)
    assert "can't use" in await may("Creative")
    assert "You may call a vote to start **Modded**" in await may("Modded")
