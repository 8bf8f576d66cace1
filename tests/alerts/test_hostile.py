"""Names and lines nobody should have, in what is posted by itself: no ping, no markup, no trick."""

import pytest

from bot.clock import Clock
from demo.panel import SimPanel
from tests.alerts.scene import back_up_on_panel, messages, set_alert
from tests.clock import MovedClock, passing, until
from tests.commands.test_hostile_names import NAMES, _is_tame, _texts
from tests.wirecord import text_of
from tests.world import World, private

CHOSEN = ("empty", "everyone", "role", "backticks", "markdown", "turned round", "control")


@pytest.fixture(scope="module")
def clock() -> Clock:
    return MovedClock()


@pytest.mark.parametrize("name", [NAMES[one] for one in CHOSEN], ids=CHOSEN)
async def test_nothing_that_is_posted_by_itself_pings_or_breaks_out(
    guild: World, panel: SimPanel, clock: MovedClock, name: str
) -> None:
    server = panel.world.server("Survival")
    server.name = server.description = name
    await guild.connect(panel)
    (found,) = [
        one
        for one in guild.app.parts.directory.of(int(guild.guild.id))
        if one.identifier == server.identifier
    ]
    for event in ("crash", "state", "backup", "disk", "panel"):
        await set_alert(guild, event)
    shown = await guild.admin.slash(
        guild.channel, "mirror create", server=server.identifier, channel=guild.channel
    )
    assert "goes to" in await private(shown)
    shown = await guild.admin.slash(guild.channel, "board create", title=name[:80] or "Board")
    await private(shown)
    shown = await guild.admin.select(shown.message, [found.id])
    await shown.until(lambda: "1 server" in shown.text)
    done = await guild.admin.click(shown.message, label="Post the board")
    await until(clock, lambda: "stays true" in done.text)
    await until(clock, lambda: guild.app.parts.hub.known(found).is_live)
    await passing(clock, 6)

    for line in name.splitlines() or [""]:
        server.line(f"Zoe said {line} to all")
    await passing(clock, 10)
    server.crash(1)
    await until(clock, lambda: messages(guild.channel, "It was down for"))
    server.name = "Survival"  # the node's part finds it by name
    await back_up_on_panel(panel, name or "unnamed")
    server.name = name
    await until(clock, lambda: messages(guild.channel, "is done"))

    assert messages(guild.channel, "Zoe said")
    for message in guild.channel.public():
        assert not message["_pings"], text_of(message)
        for text in _texts(message):
            assert _is_tame(text) or message.get("webhook_id"), text
        if message.get("webhook_id"):
            assert message["content"].count("```") == 2
            assert "\u202e" not in message["content"]
