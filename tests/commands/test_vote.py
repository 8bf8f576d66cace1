"""Votes: one public message, one vote each, decided once, carried out as of that moment."""

from bot.store.policies import Terms
from demo.panel import SimPanel
from tests.commands.community import allow, call_vote
from tests.world import World, private

POWER = "POST /servers/{}/power"


async def test_a_vote_that_is_carried_restarts_the_server(roost: World, panel: SimPanel) -> None:
    await allow(roost, "restart", Terms(how="vote", quorum=2))
    mia, tom = await roost.member("mia"), await roost.member("tom")

    message = await call_vote(roost, mia)
    assert "**1 of 2** for it" in await roost.posted("1 of 2")
    voted = await tom.click(message, label="For it")

    assert "Your vote counts" in await private(voted)
    await roost.posted("The vote carried it")
    await roost.posted("Up again in")
    assert panel.count(POWER) == 1
