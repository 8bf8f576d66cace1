"""/audit list, looked at closer: all that is kept, and what the panel's own log says of it."""

import re

from demo.panel import SimPanel
from tests.wirecord import Shown, eventually
from tests.world import World, private


async def closer(world: World, action: str) -> Shown:
    """The newest entry of an action."""
    listed = await world.admin.slash(world.channel, "audit list", action=action)
    await private(listed)
    (seq,) = re.findall(r"'value': '(\d+)'", str(listed.message))[:1]
    shown = await world.admin.select(listed.message, [seq], custom_id="r:audit-entry")
    await private(shown)
    return shown


async def test_the_panel_s_own_log_is_found_by_event_account_and_line(
    roost: World, panel: SimPanel
) -> None:
    for line in ("say hello", "list"):
        ran = await roost.admin.slash(roost.channel, "console run", server="Survival", command=line)
        assert "Sent to" in await private(ran)

    said = (await closer(roost, "console run")).text

    assert "has it: `server:console.command` by the account **alice**" in said
    assert "`list`" in said
    assert "**Took**" in said
    assert re.search(r"entry \d+, \d+ · `R-", said)


async def test_what_the_panel_does_not_know_is_said(roost: World, panel: SimPanel) -> None:
    ran = await roost.admin.slash(roost.channel, "console run", server="Survival", command="list")
    assert "Sent to" in await private(ran)
    panel.world.activities.clear()

    said = (await closer(roost, "console run")).text

    assert "has no entry of that kind" in said


async def test_without_the_right_to_the_log_it_is_unknown(guild: World, panel: SimPanel) -> None:
    await guild.connect(panel, account="bob")
    ran = await guild.admin.slash(guild.channel, "console run", server="Survival", command="list")
    assert "Sent to" in await private(ran)

    said = (await closer(guild, "console run")).text

    assert "unknown, as the connected account has no right `activity.read`" in said


async def test_a_refusal_is_shown_and_nothing_is_looked_for(roost: World, panel: SimPanel) -> None:
    mia = await roost.member("mia", rights={"control.start"})
    await private(await mia.slash(roost.channel, "console run", server="Survival", command="x"))
    await eventually(lambda: not any("refusal" in one for one in roost.app.supervisor.names))

    said = (await closer(roost, "console run")).text

    assert "refused" in said
    assert "keeps nothing of this kind" in said
