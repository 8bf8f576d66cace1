"""What waiting jobs cost: a bot with 5,000 of them that has nothing to do, and one that starts."""

import asyncio
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Final

from msgspec import Struct, structs

from benchmarks.measure import Row
from bot.clock import SYSTEM, SystemClock
from bot.store import guilds, jobs
from bot.store.engine import Database
from bot.store.jobs import NewJob
from bot.supervisor import Supervisor
from bot.work.engine import Done, Job, Jobs, Sleep

WAITING: Final = 5000
GUILDS: Final = 50
IDLE_SECONDS: Final = 20.0
PLENTY: Final = 1_000_000


class _Nothing(Struct, frozen=True, kw_only=True):
    """A job that keeps as much as a restart does."""

    text: str = ""


async def measure() -> list[Row]:
    """The rows of waiting jobs."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "jobs.db"
        await _fill(path)
        return [await _idle(path), await _restart(path)]


async def _fill(path: Path) -> None:
    database = await Database.open(path, clock=SYSTEM)
    now = SYSTEM.now()
    new = NewJob(
        kind="wait", state={"text": "x" * 900}, run_at=now + timedelta(days=1), key="", phase="wait"
    )
    async with database.write() as session:
        for guild_id in range(1, GUILDS + 1):
            await guilds.guild_joined(session, guild_id=guild_id, now=now)
        for number in range(WAITING):
            each = structs.replace(
                new, key=str(number), run_at=new.run_at + timedelta(seconds=number)
            )
            await jobs.add_job(session, guild_id=1 + number % GUILDS, new=each, now=now)
    await database.close()


async def _idle(path: Path) -> Row:
    """Processor time of the engine while nothing is due, in % of one core."""
    async with _Running(path) as running:
        await asyncio.sleep(1.0)
        began, cpu = time.perf_counter(), time.process_time()
        await asyncio.sleep(IDLE_SECONDS)
        taken = (time.process_time() - cpu) / (time.perf_counter() - began)
        assert running.done == 0
    return Row("jobs_idle", taken * 100, "%", f"CPU with {WAITING:,} jobs waiting: < 2")


async def _restart(path: Path) -> Row:
    """Seconds from opening the database until a job that is due was carried out.

    One job is due when it begins, as after a restart of the bot; the rest waits.
    """
    database = await Database.open(path, clock=SYSTEM)
    now = SYSTEM.now()
    due = NewJob(kind="wait", state={"text": ""}, run_at=now, key="due", phase="wait")
    async with database.write() as session:
        await jobs.add_job(session, guild_id=7, new=due, now=now)
    await database.close()
    began = time.perf_counter()
    async with _Running(path) as running:
        await running.worked.wait()
        taken = time.perf_counter() - began
    return Row("jobs_restart", taken, "s", f"until work goes on with {WAITING:,} waiting: < 2")


class _Running:
    """The engine over a database, as a bot runs it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.worked = asyncio.Event()
        self.done = 0

    async def __aenter__(self) -> "_Running":
        clock = SystemClock()
        self._database = await Database.open(self._path, clock=clock)
        self._supervisor = Supervisor(clock)
        engine = Jobs(
            self._database,
            self._supervisor,
            clock,
            guilds=lambda: frozenset(range(1, GUILDS + 1)),
            jobs_per_guild=PLENTY,
        )
        engine.register("wait", _Nothing, self._work, failed=self._failed)
        await engine.prepare()
        self._supervisor.keep("jobs", engine.run)
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self._supervisor.close(within=2.0)
        await self._database.close()

    async def _work(self, _job: Job[_Nothing]) -> Sleep | Done:
        self.done += 1
        self.worked.set()
        return Done()

    async def _failed(self, _job: Job[_Nothing]) -> None:
        raise RuntimeError("the benchmark's own job broke")
