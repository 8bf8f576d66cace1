"""A public instance protects itself against haste: of anything, and of what costs a lot."""

import pytest

from bot.access.pace import Pace, TooFast
from tests.clock import MovedClock
from tests.world import A_MINUTE, COSTLY_A_MINUTE, World, private


async def test_a_member_in_haste_is_asked_to_wait_and_others_go_on(roost: World) -> None:
    mia = await roost.member("mia")
    tom = await roost.member("tom")

    answers = [await private(await mia.slash(roost.channel, "help")) for _ in range(A_MINUTE + 1)]

    assert "What you can do here" in answers[0]
    assert "That was a lot in a short time" in answers[-1]
    assert "What you can do here" in await private(await tom.slash(roost.channel, "help"))


async def test_a_member_in_haste_with_costly_reads_is_asked_to_wait_and_may_do_the_rest(
    roost: World,
) -> None:
    for _ in range(COSTLY_A_MINUTE):
        await private(await roost.admin.slash(roost.channel, "panel export"))

    said = await private(await roost.admin.slash(roost.channel, "panel export"))

    assert "That was a lot in a short time" in said
    assert "**Nova**" in await private(await roost.admin.slash(roost.channel, "panel list"))


async def test_a_spent_minute_is_over_after_a_minute() -> None:
    clock = MovedClock()
    pace = Pace(clock, a_minute=2)
    pace.check(1, 7)
    pace.check(1, 7)
    with pytest.raises(TooFast) as refused:
        pace.check(1, 7)
    assert refused.value.wait_seconds == pytest.approx(60)

    await clock.advance(60)

    pace.check(1, 7)
