"""What 100 boards of 10 servers cost the panel in an hour: tokens to renew, and nothing else."""

import asyncio
import base64
import tempfile
from pathlib import Path
from typing import Final

from msgspec import structs

from benchmarks.measure import Row
from bot.access.facts import Action, Actor
from bot.access.rights import ADMIN
from bot.app import App, open_app
from bot.config import (
    Config,
    DatabaseSettings,
    DiscordSettings,
    LimitSettings,
    NetworkSettings,
    SecretSettings,
)
from bot.fleet.known import State
from bot.fleet.players import NOT_ASKED
from bot.pterodactyl.console_session import RENEW_AFTER_SECONDS
from bot.secret import Secret
from bot.store.boards import BoardServer, NewBoard, Style
from bot.store.guilds import QueryPlace
from demo.panel import SimPanel, big_world
from tests.clock import MovedClock, flow
from tests.wirecord import Wire, eventually

BOARDS: Final = 100
SERVERS_EACH: Final = 10
HOUR: Final = 3600.0
STEP_SECONDS: Final = 10.0
MASTER_KEY: Final = base64.b64encode(bytes(32)).decode()
RUNNING_ONE_IN: Final = 5
STATS_EVERY_SECONDS: Final = 60.0
"""A node sends figures each second, and games are asked who plays: that costs the panel nothing,
but this machine an hour's worth of it."""
LISTS: Final = ("GET /", "GET /account")
"""The list of servers is read every five minutes whether there are boards or not."""


async def measure() -> list[Row]:
    """The row of boards."""
    clock = MovedClock()
    world = big_world(BOARDS * SERVERS_EACH, first_state="offline")
    for server in world.servers[::RUNNING_ONE_IN]:
        server.first_state = "running"
    for node in world.nodes:
        node.stats_every = STATS_EVERY_SECONDS
    panel = SimPanel(world, clock=clock, requests_a_minute=1_000_000)
    with tempfile.TemporaryDirectory() as folder:
        async with panel, Wire() as wire:
            wire.attach()
            settings = _config(wire, Path(folder))
            async with open_app(settings, clock=clock, guild_ready_seconds=0.05) as app:
                running = asyncio.create_task(app.bot.start(wire.token))
                ready = asyncio.create_task(app.bot.wait_until_ready())
                await asyncio.wait({running, ready}, return_when=asyncio.FIRST_COMPLETED)
                row = await _an_hour(app, wire, panel, clock)
            await running
    return [row]


def _config(wire: Wire, folder: Path) -> Config:
    return Config(
        discord=DiscordSettings(token=Secret(wire.token)),
        database=DatabaseSettings(path=folder / "roost.db"),
        secret=SecretSettings(key=Secret(MASTER_KEY)),
        network=NetworkSettings(allow=("127.0.0.0/8",), allow_http=True),
        limits=LimitSettings(boards_per_guild=BOARDS, watched_per_guild=BOARDS * SERVERS_EACH),
    )


async def _an_hour(app: App, wire: Wire, panel: SimPanel, clock: MovedClock) -> Row:
    guild = wire.guild("Nova")
    channel = guild.channel("status")
    await guild.announce()
    guild_id, channel_id = int(guild.id), int(channel.id)
    await eventually(lambda: guild_id in app.guilds.here)
    found = await app.parts.panels.examine(panel.url, Secret(panel.key("alice")))
    await app.parts.panels.add(guild_id, "Big", found, added_by=1)
    owner = Actor(1, "Owner", frozenset(), owns_guild=True, manages_guild=True)
    action = Action("board create", ADMIN)
    admitted = app.parts.gate.admit(guild_id, channel_id, owner, action, "R-BNCH")
    servers = app.parts.directory.of(guild_id)
    silent = {one.id: QueryPlace(game=NOT_ASKED) for one in servers}
    await app.parts.ruling.configure(
        admitted, lambda held: structs.replace(held, queries=silent), "players are not asked for"
    )
    for number in range(BOARDS):
        chosen = servers[number * SERVERS_EACH : (number + 1) * SERVERS_EACH]
        new = NewBoard(
            channel_id=channel_id,
            title=f"Board {number + 1}",
            style=Style.LINES,
            chart="",
            servers=tuple(BoardServer(one.id, one.name) for one in chosen),
            made_by=1,
        )
        await flow(clock, asyncio.create_task(app.parts.boards.create(admitted, new)))
    while not all(app.parts.hub.known(one).is_live for one in servers):
        await _pass(clock, STEP_SECONDS)
    await _pass(clock, 2 * RENEW_AFTER_SECONDS)
    panel.asked.clear()
    edits = len(wire.log)
    await _pass(clock, HOUR)
    asked = [one for one in panel.asked if one.partition("?")[0] not in LISTS]
    tokens = sum(one.endswith("/websocket") for one in asked)
    due = len(servers) * HOUR / RENEW_AFTER_SECONDS
    known = [app.parts.hub.known(one) for one in servers]
    live = sum(one.is_live for one in known)
    running = sum(one.state is State.RUNNING for one in known)
    return Row(
        "board_requests",
        len(asked) / due,
        "x",
        f"panel requests of {BOARDS} boards in an hour, to renewals due: ≤ 1",
        {
            "requests": f"{len(asked)}, {tokens} of them for tokens",
            "due": f"{due:.0f}",
            "servers live": f"{live} of {len(servers)}, {running} of them running",
            "calls to Discord": str(len(wire.log) - edits),
        },
    )


async def _pass(clock: MovedClock, seconds: float) -> None:
    while seconds > 0:
        await clock.advance(STEP_SECONDS)
        # everything that was sent in the step has to arrive within it
        for _ in range(20):
            await asyncio.sleep(0.002)
        seconds -= STEP_SECONDS
