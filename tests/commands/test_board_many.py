"""/board with more servers than one select holds, and across a restart of the bot."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.app import App, open_app
from bot.clock import Clock
from bot.config import Config
from demo.panel import SimPanel, big_world
from tests.logs import Secrets
from tests.wirecord import Channel, Shown, Wire, eventually, text_of
from tests.world import MASTER_KEY, World, config, private

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


@contextlib.asynccontextmanager
async def _running(wire: Wire, settings: Config) -> AsyncIterator[App]:
    """One life of the bot."""
    async with open_app(settings, guild_ready_seconds=0.05) as app:
        running = asyncio.create_task(app.bot.start(wire.token), name="bot")
        ready = asyncio.create_task(app.bot.wait_until_ready(), name="bot ready")
        await asyncio.wait({running, ready}, return_when=asyncio.FIRST_COMPLETED)
        yield app
    await running


async def test_a_board_is_the_same_message_after_a_restart_and_true_again(
    wire: Wire, panel: SimPanel, tmp_path: Path, secrets: Secrets
) -> None:
    secrets.add(MASTER_KEY)
    settings = config(wire, tmp_path)
    async with _running(wire, settings) as app:
        world = World(wire, app)
        await world.open()
        await world.connect(panel)
        shown = await world.admin.slash(world.channel, "board create")
        await private(shown)
        shown = await chosen(world, shown, 0, 2)
        await shown.until(lambda: "2 servers" in shown.text)
        done = await world.admin.click(shown.message, label="Post the board")
        await done.until(lambda: "stays true" in done.text)
        before = await _board(world.channel)
        await eventually(lambda: text_of(before).count("CPU") == 2, 20)
    game = panel.world.server("Server 0001").instance
    assert game is not None
    game.power("stop")

    async with _running(wire, settings) as world.app:
        await eventually(lambda: "offline" in text_of(before), 30)
        assert (await _board(world.channel))["id"] == before["id"]
        await world.close()


async def _board(channel: Channel) -> dict[str, object]:
    (found,) = await eventually(channel.public, 20)
    return found
