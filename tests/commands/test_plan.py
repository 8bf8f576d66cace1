"""/plan: what is planned happens at its time, once, and only while it may."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.work.plans import Planned
from demo.panel import SimPanel
from tests.clock import MovedClock
from tests.wirecord import Member, Permission
from tests.world import World, private, public

BACKER = {"websocket.connect", "backup.create"}
RESTARTER = {"websocket.connect", "control.restart"}
HOUR = 3600.0


@pytest.fixture(scope="module")
def clock() -> MovedClock:
    return MovedClock()


async def passing(clock: MovedClock, seconds: float, *, step: float = 20.0) -> None:
    """Let so much time pass, with room for what real sockets bring."""
    left = seconds
    while left > 0:
        await clock.advance(min(step, left))
        await asyncio.sleep(0.015)
        left -= step


async def until(
    clock: MovedClock, check: Callable[[], object], *, step: float = 5.0, limit: float = 2 * HOUR
) -> None:
    """Let time pass until something is so."""
    passed = 0.0
    for _ in range(200):  # what is under way on sockets first
        if check():
            return
        await asyncio.sleep(0.005)
    while not check():
        assert passed < limit, "it did not happen"
        await passing(clock, step, step=step)
        passed += step


def said(world: World, text: str) -> bool:
    return any(text in one for one in public(world.channel))


def the_plan(world: World) -> Planned:
    (job_id, plan), *more = world.app.parts.plans._known[int(world.guild.id)].items()
    assert not more
    return Planned(job_id, plan)


async def staff(world: World, name: str, rights: set[str]) -> Member:
    """Somebody whom Discord shows /plan."""
    role = world.guild.role("Staff", Permission.MANAGE_MESSAGES)
    return await world.member(name, role, rights=rights)


async def plan(member: Member, world: World, what: str, **options: object) -> str:
    options.setdefault("server", "Survival")
    return await private(await member.slash(world.channel, f"plan {what}", **options))


async def test_a_planned_backup_is_made_at_its_time_and_told(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    mia = await staff(roost, "mia", BACKER)

    told = await plan(mia, roost, "backup", every="6h")

    assert "Planned." in told
    announced = await roost.posted("planned a backup of **Survival**: every 6 hours.")
    due = clock.now() + timedelta(hours=6)
    stamps = [f"<t:{int((due + timedelta(hours=6 * n)).timestamp())}:f>" for n in range(3)]
    assert all(stamp in announced for stamp in stamps)
    survival = panel.world.server("Survival")
    assert survival.backups == []

    await passing(clock, 6 * HOUR - 60, step=600)
    assert survival.backups == []
    await until(clock, lambda: said(roost, "is done"))

    (backup,) = survival.backups
    assert backup.name.startswith("plan ")
    assert len([one for one in public(roost.channel) if backup.name[:11] in one]) == 1


async def test_a_planned_restart_runs_by_the_workflow_with_a_warning_before(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    mia = await staff(roost, "mia", RESTARTER)
    await plan(mia, roost, "restart", at="in 2h")

    await until(clock, lambda: panel.count("POST */power"), step=20)

    await until(clock, lambda: said(roost, "running") or said(roost, "Up again"))
    print(public(roost.channel))
    assert panel.world.server("Survival").state == "running"
    await until(clock, lambda: not roost.app.parts.plans._known[int(roost.guild.id)])
