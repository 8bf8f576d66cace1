"""The first whole path: from a slash command to a panel and back."""

from demo.panel import SimPanel
from tests.world import World, private


async def test_a_member_restarts_a_server_and_hears_when_it_is_up(
    roost: World, panel: SimPanel
) -> None:
    await roost.connect(panel)
    mia = await roost.member("mia", rights={"control.restart"})

    shown = await mia.slash(roost.channel, "power restart", server="Survival", reason="lag")

    await shown.until(lambda: "is running" in shown.text)
    said = await roost.posted("Up again in")
    assert "**Mia** restarted **Survival**: *lag*" in said
    print(await private(shown), said)
