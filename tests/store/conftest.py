"""A real database file for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.store.engine import Database
from tests.clock import MovedClock


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
async def database(tmp_path: Path, clock: MovedClock) -> AsyncIterator[Database]:
    database = await Database.open(tmp_path / "roost.db", clock=clock)
    yield database
    await database.close()
