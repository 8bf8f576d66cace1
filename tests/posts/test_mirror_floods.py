"""Floods, limits and outages: they enter by the websocket and are counted at the webhook."""

import asyncio
import re
import resource
from collections.abc import AsyncIterator

import pytest

from bot.posts.batches import PENDING_CHARACTERS
from bot.posts.mirrors import Mirror
from demo.panel import SimPanel
from tests.wirecord import Channel, Permission, eventually, text_of
from tests.world import World, private

PIECE, PAUSE_SECONDS = 1500, 0.11  # below the 2,000 lines in 100 ms that Wings lets pass
GROWN_MIB = 60
_LINE = re.compile(r"flood (\d+) of")
_SAID = re.compile(r"flood \d+ of|too quickly -- throttling")  # by the game or the node
_DROPPED = re.compile(r"… (\d+) lines? dropped …")


def said(world: World, channel: Channel) -> list[str]:
    """What each message of a mirror said in full: its file where it has one, else its text."""
    found = []
    for message in channel.public():
        if not message.get("webhook_id"):
            continue
        files = message["attachments"]
        content = world.wire.files[files[0]["id"]].decode() if files else text_of(message)
        found.append(content)
    return found


def numbers(texts: list[str]) -> list[int]:
    return [int(number) for text in texts for number in _LINE.findall(text)]


def dropped(texts: list[str]) -> int:
    return sum(int(number) for text in texts for number in _DROPPED.findall(text))


async def begin(world: World, channel: Channel, server: str) -> Mirror:
    shown = await world.admin.slash(world.channel, "mirror create", server=server, channel=channel)
    assert "goes to" in await private(shown)
    guild_id = int(world.guild.id)
    found = next(s for s in world.app.parts.directory.of(guild_id) if s.name == server)
    assert await world.app.parts.hub.wait_live(found, 10, caught_up=True)
    return world.app.parts.mirrors.of(guild_id)[-1]


@pytest.fixture
async def limited(roost: World) -> AsyncIterator[World]:
    """With Discord's own limits for webhooks."""
    roost.wire.limit("POST", r"/webhooks/\d+", 5, per=2.0)
    yield roost
    roost.wire.clear_faults()


async def flood(panel: SimPanel, server: str, count: int) -> None:
    for start in range(0, count, PIECE):
        end = min(start + PIECE, count)
        panel.world.server(server).lines(
            f"[12:00:00 INFO]: flood {number} of a game that went wild"
            for number in range(start, end)
        )
        await asyncio.sleep(PAUSE_SECONDS)


@pytest.mark.parametrize(
    "count", [6_000, pytest.param(100_000, marks=[pytest.mark.long, pytest.mark.timeout(300)])]
)
async def test_a_flood_is_told_to_the_last_line_and_hurts_nobody_else(
    limited: World, panel: SimPanel, count: int
) -> None:
    loud, quiet = limited.guild.channel("loud"), limited.guild.channel("quiet")
    mirror = await begin(limited, loud, "Survival")
    await begin(limited, quiet, "Lobby")
    mia = await limited.member("mia", rights={"control.console"})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    flooding = asyncio.create_task(flood(panel, "Survival", count))
    await eventually(lambda: numbers(said(limited, loud)))
    panel.world.server("Lobby").line("a quiet word")
    await eventually(lambda: "a quiet word" in "".join(said(limited, quiet)), 5)
    shown = await mia.slash(limited.channel, "server list")
    assert "Survival" in await private(shown)
    assert mirror.batch.characters <= PENDING_CHARACTERS
    await flooding
    panel.world.server("Survival").line("after the flood")
    await eventually(lambda: "after the flood" in "".join(said(limited, loud)), 40)

    texts = said(limited, loud)
    seen = numbers(texts)
    assert seen == sorted(set(seen)), "a line twice, or out of order"
    assert len(seen) + dropped(texts) == count
    assert limited.wire.limited == 0, "what the headers allow was heeded"
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < GROWN_MIB * 1024


class Counter:
    """A second who listens at the node: how many lines it let pass."""

    def __init__(self) -> None:
        self.count = 0

    def deliver(self, text: str, right: str | None) -> None:
        assert right is None
        self.count += len(_SAID.findall(text))

    def end(self, code: int | None, reason: str) -> None:
        raise AssertionError(f"{code} {reason}")


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_of_a_flood_that_the_node_throttles_every_line_that_passed_is_accounted_for(
    limited: World, panel: SimPanel
) -> None:
    loud, quiet = limited.guild.channel("loud"), limited.guild.channel("quiet")
    mirror = await begin(limited, loud, "Survival")
    await begin(limited, quiet, "Lobby")
    mia = await limited.member("mia", rights={"control.console"})
    counter = Counter()
    node = panel.world.server("Survival").instance
    assert node is not None
    node.listeners.add(counter)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    for start in range(0, 100_000, 5000):
        panel.world.server("Survival").lines(
            f"[12:00:00 INFO]: flood {number} of a game that went wild"
            for number in range(start, start + 5000)
        )
        await asyncio.sleep(PAUSE_SECONDS)
        assert mirror.batch.characters <= PENDING_CHARACTERS
    panel.world.server("Lobby").line("a quiet word")
    shown = await mia.slash(limited.channel, "server list")
    assert "Survival" in await private(shown)
    await eventually(lambda: "a quiet word" in "".join(said(limited, quiet)), 5)
    panel.world.server("Survival").line("after the flood")
    await eventually(lambda: "after the flood" in "".join(said(limited, loud)), 40)
    node.listeners.discard(counter)

    texts = said(limited, loud)
    shown_lines = sum(len(_SAID.findall(text)) for text in texts)
    assert counter.count < 100_000
    assert shown_lines + dropped(texts) == counter.count
    assert "the node dropped lines" in "".join(texts)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < GROWN_MIB * 1024


async def test_what_the_node_dropped_is_told_without_a_number(
    limited: World, panel: SimPanel
) -> None:
    await begin(limited, limited.channel, "Survival")

    panel.world.server("Survival").lines(f"flood {number} of all at once" for number in range(5000))

    await eventually(lambda: "the node dropped lines" in "".join(said(limited, limited.channel)))
    assert len(numbers(said(limited, limited.channel))) < 5000


async def test_a_storm_of_429_is_waited_out_and_no_line_is_lost(
    roost: World, panel: SimPanel
) -> None:
    mirror = await begin(roost, roost.channel, "Survival")
    hook = roost.wire.webhooks_of(roost.channel)[0]
    path = f"/webhooks/{hook['id']}/"
    roost.wire.fault("POST", path, 429, times=5, retry_after=0.2)

    for number in range(20):
        panel.world.server("Survival").line(f"flood {number} of a storm")
        await asyncio.sleep(0.02)

    await eventually(lambda: len(numbers(said(roost, roost.channel))) == 20)
    tried = [one for one in roost.wire.log if one["path"].startswith(path)]
    assert len(tried) <= 7
    assert mirror.dropped == 0


async def test_trouble_of_discord_s_own_loses_no_line(roost: World, panel: SimPanel) -> None:
    await begin(roost, roost.channel, "Survival")
    roost.wire.fault("POST", r"/webhooks/\d+/", 500, times=5)

    panel.world.server("Survival").line("flood 1 of bad luck")

    await eventually(lambda: numbers(said(roost, roost.channel)) == [1], 30)


async def test_a_dropped_gateway_stops_no_mirror(roost: World, panel: SimPanel) -> None:
    await begin(roost, roost.channel, "Survival")
    await roost.wire.drop_gateway()

    panel.world.server("Survival").line("flood 1 of darkness")

    await eventually(lambda: numbers(said(roost, roost.channel)) == [1])
    await eventually(roost.wire.identified.is_set)


async def test_a_node_that_was_away_is_said_and_what_was_missed_comes(
    roost: World, panel: SimPanel
) -> None:
    await begin(roost, roost.channel, "Survival")
    panel.world.server("Survival").line("flood 1 of before")
    await eventually(lambda: numbers(said(roost, roost.channel)) == [1])

    panel.drop_sockets("Survival")
    panel.world.server("Survival").line("flood 2 of meanwhile")

    await eventually(lambda: numbers(said(roost, roost.channel)) == [1, 2], 30)


async def test_without_the_permission_one_refusal_is_told_and_all_comes_when_it_is_back(
    roost: World, panel: SimPanel
) -> None:
    told = roost.guild.channel("audit")
    await private(await roost.admin.slash(roost.channel, "audit channel", channel=told))
    await begin(roost, roost.channel, "Survival")
    (hook,) = roost.wire.webhooks_of(roost.channel)
    await roost.channel.deny(Permission.MANAGE_WEBHOOKS)
    roost.wire.webhooks.pop(hook["id"])

    panel.world.server("Survival").line("flood 1 of silence")
    await eventually(lambda: any("Manage Webhooks" in text_of(m) for m in told.public()))
    made = _creations(roost)
    panel.world.server("Survival").line("flood 2 of silence")
    listed = await roost.admin.slash(roost.channel, "mirror list")
    assert "Manage Webhooks" in await private(listed)
    assert _creations(roost) == made
    await roost.channel.deny(Permission(0))

    await eventually(lambda: numbers(said(roost, roost.channel)) == [1, 2], 30)
    assert len([m for m in told.public() if "Manage Webhooks" in text_of(m)]) == 1


def _creations(world: World) -> int:
    path = f"/channels/{world.channel.id}/webhooks"
    return sum(one["method"] == "POST" and one["path"] == path for one in world.wire.log)
