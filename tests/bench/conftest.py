"""A small bot on Wirecord, one for each module."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.bench.parrot import Parrot
from tests.wirecord import Channel, Guild, Member, Wire, eventually


@pytest_asyncio.fixture(scope="module")
async def parrot(wire: Wire) -> AsyncIterator[Parrot]:
    async with Parrot() as bot:
        running = asyncio.create_task(bot.start(wire.token))
        await wire.ready()
        await bot.wait_until_ready()
        yield bot
    await running


class Place:
    """A guild of its own for one test."""

    def __init__(self, wire: Wire, bot: Parrot, guild: Guild) -> None:
        self.wire = wire
        self.bot = bot
        self.guild = guild
        self.channel: Channel = guild.channel("ops")
        self.mia: Member = guild.member("mia")


@pytest.fixture
async def place(wire: Wire, parrot: Parrot) -> Place:
    place = Place(wire, parrot, wire.guild("Nova"))
    await place.guild.announce()
    await eventually(lambda: parrot.get_guild(int(place.guild.id)))
    return place
