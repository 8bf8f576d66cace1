"""What tests of alerts share: time that moves in steps sockets can follow, and what is seen."""

import aiohttp

from demo.panel import SimPanel
from tests.clock import MovedClock, passing, until
from tests.wirecord import Channel, Json, components_of, text_of
from tests.world import World, private

SERVER = "Survival"


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
    await passing(clock, 6)


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
