"""One life of the bot, on Wirecord."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from bot.app import App, open_app
from bot.clock import SYSTEM, Clock
from bot.config import Config
from tests.known_names import KnownNames
from tests.wirecord import Wire


@contextlib.asynccontextmanager
async def running(wire: Wire, settings: Config, clock: Clock = SYSTEM) -> AsyncIterator[App]:
    """The bot from the moment it is ready; behind it nothing of it runs any more."""
    async with open_app(
        settings, clock=clock, resolver=KnownNames(), guild_ready_seconds=0.05
    ) as app:
        bot = asyncio.create_task(app.bot.start(wire.token), name="bot")
        ready = asyncio.create_task(app.bot.wait_until_ready(), name="bot ready")
        await asyncio.wait({bot, ready}, return_when=asyncio.FIRST_COMPLETED)
        if not ready.done():
            ready.cancel()
            await bot  # it ended instead; this says why
        yield app
    await bot
