"""A member who left has no key here any more, at the latest a day later."""

import pytest

from bot.wiring.guilds import LOOK_WHO_LEFT_SECONDS
from demo.panel import SimPanel
from tests.clock import MovedClock
from tests.wirecord import eventually
from tests.world import World, private


@pytest.fixture(scope="module")
def clock() -> MovedClock:
    return MovedClock()


async def test_the_key_of_a_member_who_left_is_erased_and_that_of_one_who_stays_is_not(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    await roost.switch("linking_allowed")
    mia, tom = await roost.member("mia"), await roost.member("tom")
    for who in (mia, tom):
        form = await who.slash(roost.channel, "link")
        assert "Linked" in await private(await who.submit(form, panel.key("bob")))
    links, guild_id = roost.app.parts.links, int(roost.guild.id)

    await mia.leave()
    await clock.advance(LOOK_WHO_LEFT_SECONDS + 1)

    await eventually(lambda: links.members(guild_id) == [int(tom.id)])
