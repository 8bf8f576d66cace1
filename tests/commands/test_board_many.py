"""/board with more servers than one select holds."""

from collections.abc import AsyncIterator

import pytest

from bot.clock import Clock
from demo.panel import SimPanel, big_world
from tests.logs import Secrets
from tests.wirecord import Channel, Shown, eventually, text_of
from tests.world import World, private

SERVERS = 60


@pytest.fixture
async def panel(clock: Clock, secrets: Secrets) -> AsyncIterator[SimPanel]:
    world = big_world(SERVERS)
    secrets.add(*(key.text for key in world.keys.values()))
    async with SimPanel(world, clock=clock, requests_a_minute=100_000) as panel:
        yield panel


def ids(world: World, first: int, last: int) -> list[str]:
    servers = world.app.parts.directory.of(int(world.guild.id))
    return [server.id for server in servers[first:last]]


async def chosen(world: World, shown: Shown, first: int, last: int) -> Shown:
    return await world.admin.select(shown.message, ids(world, first, last))


async def turned(world: World, shown: Shown, page: int) -> Shown:
    leafed = await world.admin.click(shown.message, label="▶")
    await leafed.until(lambda: f"page {page} of 3" in leafed.text)
    return leafed


async def test_twenty_five_servers_of_three_pages_stand_on_one_board_and_a_26th_is_refused(
    roost: World,
) -> None:
    shown = await roost.admin.slash(roost.channel, "board create", title="All of it")
    assert "page 1 of 3" in await private(shown)
    shown = await chosen(roost, shown, 0, 12)
    await shown.until(lambda: "12 servers" in shown.text)
    shown = await turned(roost, shown, 2)
    shown = await chosen(roost, shown, 25, 38)
    await shown.until(lambda: "25 servers" in shown.text)
    last = await turned(roost, shown, 3)
    refused = await chosen(roost, last, 50, 51)
    await refused.until(lambda: "too many for one board" in refused.text)

    done = await roost.admin.click(last.message, label="Post the board")
    await done.until(lambda: "stays true" in done.text)
    board = await _board(roost.channel)
    assert text_of(board).count("Server 00") == 25
    await eventually(lambda: text_of(board).count("CPU") == 25, 20)
    assert len(text_of(board)) <= 4000


async def test_a_server_is_found_by_a_search(roost: World) -> None:
    shown = await roost.admin.slash(roost.channel, "board create")
    await private(shown)
    form = await roost.admin.click(shown.message, label="Search …")
    found = await roost.admin.submit(form, "0047")
    await found.until(lambda: "0047" in found.text)
    nothing = await roost.admin.click(found.message, label="Search …")
    empty = await roost.admin.submit(nothing, "no such thing")
    await empty.until(lambda: "No server of that name" in empty.text)


async def test_a_choice_of_yesterday_or_of_somebody_else_is_refused(roost: World) -> None:
    shown = await roost.admin.slash(roost.channel, "board create")
    await private(shown)
    other = roost.guild.member("other", *roost.admin.roles)
    shown.message["_seen_by"] = other.id  # as if the message were theirs
    said = await other.select(shown.message, ids(roost, 0, 1))
    await said.until(lambda: "too old" in said.text)


async def _board(channel: Channel) -> dict[str, object]:
    (found,) = await eventually(channel.public, 20)
    return found
