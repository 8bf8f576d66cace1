"""What tests of alerts share: time that moves in steps sockets can follow, and what is seen."""

import asyncio
from collections.abc import Callable

import aiohttp

from demo.panel import SimPanel
from tests.clock import MovedClock
from tests.wirecord import Channel, Json, components_of, text_of
from tests.world import World, private

SERVER = "Survival"
STEP_SECONDS = 2.0


async def until(clock: MovedClock, what: Callable[[], object], *, within: float = 900.0) -> None:
    """Move time on in small steps until something holds."""
    for _ in range(int(within / STEP_SECONDS)):
        for _ in range(5):
            if what():
                return
            await asyncio.sleep(0.002)
        await clock.advance(STEP_SECONDS)
    assert what(), f"it did not come within {within:.0f} s"


async def pass_time(clock: MovedClock, seconds: float, *, step: float = STEP_SECONDS) -> None:
    """Let time go by, in steps small enough for sockets to keep up."""
    for _ in range(int(seconds / step)):
        await clock.advance(step)
        await asyncio.sleep(0.004)


async def set_alert(world: World, event: str, **options: object) -> str:
    """Set an alert as the admin does; what was answered."""
    shown = await world.admin.slash(world.channel, "alerts set", event=event, **options)
    said = await private(shown)
    assert "Alert set" in said or "Alert replaced" in said, said
    return said


async def watched(world: World, clock: MovedClock, server: str = SERVER) -> None:
    """Wait until the bot hears the server's node, history and all."""
    (found,) = world.app.parts.directory.find(int(world.guild.id), server)
    await until(clock, lambda: world.app.parts.hub.known(found).is_live)
    await pass_time(clock, 6)


def messages(channel: Channel, text: str) -> list[Json]:
    """The public messages with a text in them."""
    return [one for one in channel.public() if text in text_of(one)]


def labels(message: Json) -> list[str]:
    """What its buttons say."""
    return [one["label"] for one in components_of(message["components"]) if one.get("label")]


async def back_up_on_panel(panel: SimPanel, name: str) -> None:
    """Somebody makes a backup on the panel itself."""
    uuid = panel.world.server(SERVER).uuid
    url = f"{panel.url}/api/client/servers/{uuid}/backups"
    async with aiohttp.ClientSession() as session:
        headers = {"Authorization": f"Bearer {panel.key('alice')}"}
        async with session.post(url, json={"name": name}, headers=headers) as answer:
            assert answer.status == 200
