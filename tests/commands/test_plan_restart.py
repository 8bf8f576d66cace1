"""Plans across restarts of the bot, and with a clock that is set back."""

import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.config import Config
from demo.panel import SimPanel
from tests.clock import MovedClock, passing, until
from tests.commands.test_plan import BACKER, HOUR, plan, said, staff, the_plan
from tests.logs import Secrets
from tests.running import running
from tests.wirecord import Wire
from tests.world import MASTER_KEY, World, config, public


@pytest.fixture(scope="module")
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def settings(wire: Wire, tmp_path: Path, secrets: Secrets) -> Config:
    secrets.add(MASTER_KEY)
    return config(wire, tmp_path)


@contextlib.asynccontextmanager
async def first_life(
    wire: Wire, settings: Config, panel: SimPanel, clock: MovedClock, every: str
) -> AsyncIterator[World]:
    async with running(wire, settings, clock) as app:
        world = World(wire, app)
        await world.open()
        await world.connect(panel)
        mia = await staff(world, "mia", BACKER)
        assert "Planned." in await plan(mia, world, "backup", every=every)
        yield world


async def test_a_time_missed_by_little_is_made_up_for(
    wire: Wire, settings: Config, panel: SimPanel, clock: MovedClock
) -> None:
    async with first_life(wire, settings, panel, clock, "6h") as world:
        pass
    await clock.advance(6 * HOUR + 600)

    async with running(wire, settings, clock) as world.app:
        await until(clock, lambda: said(world, "is done"))
        assert len(panel.world.server("Survival").backups) == 1
        await world.close()


async def test_a_time_missed_by_much_is_left_out_and_said(
    wire: Wire, settings: Config, panel: SimPanel, clock: MovedClock
) -> None:
    async with first_life(wire, settings, panel, clock, "6h") as world:
        pass
    await clock.advance(20 * HOUR)

    async with running(wire, settings, clock) as world.app:
        await until(clock, lambda: said(world, "was left out: I was away then"))
        assert panel.world.server("Survival").backups == []
        assert sum("left out" in one for one in public(world.channel)) == 1
        await until(clock, lambda: the_plan(world).plan.last == "missed", step=1)
        due = the_plan(world).plan.due_at
        assert due is not None
        assert timedelta() < due - clock.now() <= timedelta(hours=6)
        await world.close()


async def test_a_bot_that_ends_between_due_and_done_makes_one_backup_and_tells_once(
    wire: Wire, settings: Config, panel: SimPanel, clock: MovedClock
) -> None:
    survival = panel.world.server("Survival")
    survival.backup_seconds = 300.0
    async with first_life(wire, settings, panel, clock, "6h") as world:
        await passing(clock, 6 * HOUR - 30, step=1800)
        await until(clock, lambda: said(world, "is being made"))

    async with running(wire, settings, clock) as world.app:
        await until(clock, lambda: said(world, "is done"), limit=3 * HOUR)
        assert len(survival.backups) == 1
        told = [one for one in public(world.channel) if survival.backups[0].name[:11] in one]
        assert len(told) == 1
        await world.close()


async def test_a_backup_whose_answer_was_lost_is_found_and_not_made_twice(
    wire: Wire, settings: Config, panel: SimPanel, clock: MovedClock
) -> None:
    async with first_life(wire, settings, panel, clock, "6h") as world:
        panel.fault("reset", route="POST */backups", times=1, is_done=True)
        panel.fault("503", route="GET */backups", times=2)
        await passing(clock, 6 * HOUR - 30, step=1800)
        await until(clock, lambda: said(world, "is done"))
        assert len(panel.world.server("Survival").backups) == 1
        await world.close()


async def test_a_backup_that_never_began_is_begun_again(
    wire: Wire, settings: Config, panel: SimPanel, clock: MovedClock
) -> None:
    async with first_life(wire, settings, panel, clock, "6h") as world:
        panel.fault("reset", route="POST */backups", times=1)
        await passing(clock, 6 * HOUR - 30, step=1800)
        await until(clock, lambda: said(world, "is done"))
        assert len(panel.world.server("Survival").backups) == 1
        await world.close()


async def test_a_clock_that_is_set_back_makes_no_time_come_twice(
    wire: Wire, settings: Config, panel: SimPanel, clock: MovedClock
) -> None:
    async with first_life(wire, settings, panel, clock, "day 04:00") as world:
        due = the_plan(world).plan.due_at
        assert due is not None
        await passing(clock, (due - clock.now()).total_seconds() - 30, step=1800)
        await until(clock, lambda: said(world, "is done"))
        await until(clock, lambda: the_plan(world).plan.last == "done")

        clock._start -= timedelta(hours=3)
        await passing(clock, 5 * HOUR, step=1800)

        assert len(panel.world.server("Survival").backups) == 1
        again = the_plan(world).plan.due_at
        assert again == due + timedelta(days=1)
        await world.close()
