"""Alerts through hours in which Discord takes nothing: none is lost, and none stays open."""

import pytest

from bot.clock import Clock
from demo.panel import SimPanel
from tests.alerts.scene import messages, set_alert
from tests.clock import MovedClock, passing, until
from tests.wirecord import Permission
from tests.world import World, public

AWAY, BACK = "doesn't answer", "answers again"


@pytest.fixture(scope="module")
def clock() -> Clock:
    return MovedClock()


@pytest.mark.parametrize("cause", ["trouble", "refusal"])
async def test_what_begins_while_discord_takes_nothing_is_told_afterwards(
    roost: World, panel: SimPanel, clock: MovedClock, cause: str
) -> None:
    await set_alert(roost, "panel")
    await passing(clock, 130, step=5.0)
    await begin(roost, cause)

    panel.fault("refused")
    await passing(clock, 7200, step=30.0)
    assert public(roost.channel) == []
    await end(roost, cause)

    await until(clock, lambda: messages(roost.channel, AWAY), limit=600)
    panel.faults_clear()
    await until(clock, lambda: messages(roost.channel, BACK))
    assert len(public(roost.channel)) == 1


@pytest.mark.parametrize("cause", ["trouble", "refusal"])
async def test_what_ends_while_discord_takes_nothing_is_told_as_over_afterwards(
    roost: World, panel: SimPanel, clock: MovedClock, cause: str
) -> None:
    await set_alert(roost, "panel")
    await passing(clock, 130, step=5.0)
    panel.fault("refused")
    await until(clock, lambda: messages(roost.channel, AWAY))
    await begin(roost, cause)

    panel.faults_clear()
    await passing(clock, 7200, step=30.0)
    assert not messages(roost.channel, BACK)
    await end(roost, cause)

    await until(clock, lambda: messages(roost.channel, BACK), limit=600)
    assert len(public(roost.channel)) == 1


async def begin(world: World, cause: str) -> None:
    """Let Discord take nothing in the channel from now on."""
    if cause == "trouble":
        for method in ("POST", "PATCH"):
            world.wire.fault(method, f"/channels/{world.channel.id}/messages", 400, 100_000)
    else:
        await world.channel.deny(Permission.VIEW_CHANNEL | Permission.SEND_MESSAGES)


async def end(world: World, cause: str) -> None:
    """Let it take messages again."""
    if cause == "trouble":
        world.wire.clear_faults()
    else:
        await world.channel.deny(Permission(0))
