"""Alerts of a panel that went away, beside others that take every question and never answer."""

from contextlib import AsyncExitStack

import pytest

from demo.panel import SimPanel, demo_world
from tests.alerts.scene import messages, set_alert
from tests.clock import MovedClock, passing, until
from tests.world import World


@pytest.fixture(scope="module")
def clock() -> MovedClock:
    return MovedClock()


async def test_panels_that_hang_delay_no_other_panel_s_alert(
    guild: World, panel: SimPanel, clock: MovedClock
) -> None:
    async with AsyncExitStack() as stack:
        for number in range(4):
            other = await stack.enter_async_context(SimPanel(demo_world(), clock=clock))
            await guild.connect(other, name=f"Another {number}")
            other.fault("hang", route="GET /account")
            stack.callback(other.faults_clear)
        await guild.connect(panel)
        await set_alert(guild, "panel")
        await passing(clock, 70)

        panel.fault("refused")

        took = await until(clock, lambda: messages(guild.channel, "Nova"), limit=600)
        assert took < 200  # each of the others takes 30 s of a look
