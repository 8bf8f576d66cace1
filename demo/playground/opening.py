"""Opens the playground: panel, bot, Discord and page, in this order, and closes them in reverse."""

import asyncio
import base64
import contextlib
import contextvars
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot import logs
from bot.app import App, open_app
from bot.config import (
    Config,
    DatabaseSettings,
    LimitSettings,
    NetworkSettings,
    SecretSettings,
)
from bot.secret import Secret
from bot.supervisor import Supervisor
from demo.panel import SimPanel, World, demo_world
from demo.playground.guild import Guild
from demo.playground.stage import Page, PortUnusable, Stage, WallClock

UNUSABLE: Final = 2
"""Exit code where the port has to be freed, or another one named."""


@dataclass(frozen=True)
class Playground:
    """All of it, while it is open."""

    panel: SimPanel
    app: App
    stage: Stage
    guild: Guild
    page: Page


@contextlib.asynccontextmanager
async def open_playground(
    folder: Path, *, port: int = 0, world: World | None = None
) -> AsyncIterator[Playground]:
    """Open everything; the page can be used at once.

    Args:
        folder: Where the bot's database goes.
        port: Where the page listens; 0 takes a free one.
        world: What the simulated panel knows; `demo_world` with players if not said.

    Raises:
        PortUnusable: The page can't listen there.
    """
    clock = WallClock()
    context = contextvars.copy_context()
    async with (
        SimPanel(world or demo_world(chatter=True), clock=clock) as panel,
        open_app(_config(folder), clock=clock, supervisor=Supervisor(clock, context)) as app,
    ):
        for server in panel.world.servers:
            await panel.open_query(server.name)
        stage = Stage(app.bot, context)
        guild = Guild(stage.env)
        async with stage:
            await guild.furnish(app, panel)
            async with stage.page(guild.channel, guild.people, port=port) as page:
                yield Playground(panel, app, stage, guild, page)


def main(*, port: int = 8899) -> int:
    """Run until SIGINT, SIGTERM or the page's own menu ends it; the exit code."""
    logs.setup(level="warning")
    try:
        asyncio.run(_serve(port))
    except PortUnusable as error:
        sys.stderr.write(
            f"Port {error.port} can't be used: {error.reason}. End what listens there (another"
            " playground?), or choose another port with --port.\n"
        )
        return UNUSABLE
    return 0


async def _serve(port: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    with tempfile.TemporaryDirectory(prefix="roost-demo-") as folder:
        async with open_playground(Path(folder), port=port) as playground:
            _say(f"Open {playground.page.url}")
            _say("It listens on this machine only. Ctrl+C ends it; nothing is kept.")
            waits = [
                asyncio.create_task(stop.wait(), name="signals"),
                asyncio.create_task(playground.page.ended(), name="page ended"),
            ]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for wait in waits:
                wait.cancel()


def _config(folder: Path) -> Config:
    return Config(
        database=DatabaseSettings(path=folder / "roost.db"),
        secret=SecretSettings(key=Secret(base64.b64encode(os.urandom(32)).decode())),
        network=NetworkSettings(allow=("127.0.0.1",), allow_http=True),
        limits=LimitSettings(interactions_per_minute=600, costly_per_minute=60),
    )


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()  # whoever reads it by a pipe waits for the address
