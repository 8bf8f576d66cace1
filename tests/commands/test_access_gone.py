"""Roles and members that are no more: their rules go, and nothing falls open with them."""

from datetime import timedelta

import pytest

from bot.wiring.guilds import LOOK_WHO_LEFT_SECONDS
from demo.panel import SimPanel
from tests.clock import MovedClock
from tests.wirecord import eventually
from tests.world import World, private


@pytest.fixture(scope="module")
def clock() -> MovedClock:
    return MovedClock()


def subjects(world: World) -> set[int]:
    return {rule.subject_id for rule in world.app.parts.gate.book(int(world.guild.id)).all}


async def test_the_rules_of_a_deleted_role_go_and_the_record_says_so(
    roost: World, panel: SimPanel
) -> None:
    await roost.grant(roost.mods, "control.start")

    await roost.mods.delete()

    await eventually(lambda: int(roost.mods.id) not in subjects(roost))
    listed = await roost.admin.slash(roost.channel, "audit list", action="access revoke")
    assert "role gone" in await private(listed)


async def test_a_list_of_a_deleted_role_keeps_the_rest_shut(roost: World, panel: SimPanel) -> None:
    shown = await roost.admin.slash(roost.channel, "access console")
    await private(shown)
    form = await roost.admin.click(shown.message, label="Allow …")
    made = await roost.admin.submit(form, "list", for_this_role=[roost.mods.id])
    await made.until(lambda: "Allowed for" in made.text)
    await roost.mods.delete()
    mia = await roost.member("mia", rights={"control.console"})

    ran = await mia.slash(roost.channel, "console run", server="Survival", command="stop")

    assert "not on the list" in await private(ran)
    shown = await roost.admin.slash(roost.channel, "access console")
    assert "that role is gone" in await private(shown)


async def test_the_rules_of_who_left_go_with_the_daily_look(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    mia = await roost.member("mia", rights={"control.start"})
    tom = await roost.member("tom", rights={"control.start"})
    await mia.leave()

    await clock.advance(LOOK_WHO_LEFT_SECONDS + 1)

    await eventually(lambda: int(mia.id) not in subjects(roost))
    assert int(tom.id) in subjects(roost)


async def test_rules_that_ran_out_are_dropped(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    shown = await roost.admin.slash(
        roost.channel,
        "access grant",
        right="control.start",
        role=roost.mods,
        **{"for": "1h"},
    )
    await private(shown)
    assert int(roost.mods.id) in subjects(roost)

    await clock.advance(timedelta(hours=2).total_seconds())

    await eventually(lambda: int(roost.mods.id) not in subjects(roost))
