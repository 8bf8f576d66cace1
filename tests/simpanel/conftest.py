"""A simulated panel with the world of the recordings, on a clock that is moved."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from demo.panel import SimPanel, recorded_world
from tests.clock import MovedClock
from tests.simpanel.asking import Caller


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def panel(clock: MovedClock, recordings: Path) -> AsyncIterator[SimPanel]:
    async with SimPanel(recorded_world(), clock=clock, recordings=recordings) as panel:
        yield panel


@pytest.fixture
def alice(panel: SimPanel, session: aiohttp.ClientSession) -> Caller:
    return Caller(panel, session, "alice")


@pytest.fixture
def bob(panel: SimPanel, session: aiohttp.ClientSession) -> Caller:
    return Caller(panel, session, "bob")
