"""A crash becomes one incident: told at once, followed, closed when the server is well again."""

import asyncio
from collections.abc import Callable

import pytest

from bot.clock import Clock
from demo.panel import SimPanel
from tests.clock import MovedClock
from tests.wirecord import Channel, Json, components_of, text_of
from tests.world import World, private, public

SERVER = "Survival"
STEP_SECONDS = 2.0


@pytest.fixture(scope="module")
def clock() -> Clock:
    return MovedClock()


async def until(clock: MovedClock, what: Callable[[], object], *, within: float = 900.0) -> None:
    """Move time on in small steps until something holds."""
    for _ in range(int(within / STEP_SECONDS)):
        for _ in range(5):
            if what():
                return
            await asyncio.sleep(0.002)
        await clock.advance(STEP_SECONDS)
    assert what(), "it never came"


async def pass_time(clock: MovedClock, seconds: float) -> None:
    """Let time go by in steps small enough for sockets to keep up."""
    for _ in range(int(seconds / STEP_SECONDS)):
        await clock.advance(STEP_SECONDS)
        await asyncio.sleep(0.004)


async def alert(world: World, clock: MovedClock, event: str, **options: object) -> str:
    """Set an alert as the admin does; what was answered."""
    shown = await world.admin.slash(world.channel, "alerts set", event=event, **options)
    said = await private(shown)
    assert "Alert set" in said, said
    return said


async def watched(world: World, clock: MovedClock, server: str = SERVER) -> None:
    """Wait until the bot hears the server's node."""
    (found,) = world.app.parts.directory.find(int(world.guild.id), server)
    await until(clock, lambda: world.app.parts.hub.known(found).is_live)


def messages(channel: Channel, text: str) -> list[Json]:
    return [one for one in channel.public() if text in text_of(one)]


def labels(message: Json) -> list[str]:
    return [one["label"] for one in components_of(message["components"]) if one.get("label")]


async def test_a_crash_is_told_in_one_message_and_closed_when_the_server_is_well(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    await alert(roost, clock, "crash", server=SERVER)
    await watched(roost, clock)

    panel.world.server(SERVER).line("[Server thread/INFO]: Zoe[/203.0.113.7:50100] logged in")
    panel.world.server(SERVER).crash(1)

    await until(clock, lambda: messages(roost.channel, "crashed"))
    (message,) = messages(roost.channel, "crashed")
    assert "Exit code 1" in text_of(message)
    assert labels(message) == ["Restart", "Log", "Acknowledge"]
    assert [one["filename"] for one in message["attachments"]] == ["last-lines.log"]
    await until(clock, lambda: messages(roost.channel, "runs again since"))
    await until(clock, lambda: messages(roost.channel, "It was down for"))
    assert len(public(roost.channel)) == 1
    assert labels(roost.channel.public()[0]) == []
