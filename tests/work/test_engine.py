"""Durable jobs: they run when due, hear signals, and survive the death of their worker."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec import Struct

from bot.store.engine import Database
from bot.store.jobs import get_job
from bot.supervisor import Supervisor
from bot.work.engine import Done, Job, Jobs, LostJob, Progress, Sleep
from tests.clock import START, MovedClock
from tests.wirecord import eventually

GUILD = 111


class Count(Struct, frozen=True):
    """What the jobs of these tests hold."""

    number: int = 0


Handler = Callable[[Job[Count]], Awaitable[Sleep | Done]]


async def _quiet(_job: Job[Count]) -> None:
    """Nobody is to be told."""


class Bench:
    """A database, and engines that come and go over it."""

    def __init__(self, database: Database, clock: MovedClock) -> None:
        self.database = database
        self.clock = clock
        self.here = {GUILD}

    @asynccontextmanager
    async def engine(
        self, handler: Handler, *, failed: Callable[[Job[Count]], Awaitable[None]] = _quiet
    ) -> AsyncIterator[Jobs]:
        """One life of the process."""
        supervisor, here = Supervisor(self.clock), self.here
        jobs = Jobs(
            self.database,
            supervisor,
            self.clock,
            guilds=lambda: frozenset(here),
            jobs_per_guild=3,
        )
        jobs.register("count", Count, handler, failed=failed)
        await jobs.prepare()
        supervisor.keep("jobs", jobs.run)
        yield jobs
        await supervisor.close(within=1)

    async def submit(self, jobs: Jobs, *, after: float = 0, key: str | None = None) -> str | None:
        async with self.database.write() as session:
            return await jobs.submit(
                session,
                guild_id=GUILD,
                kind="count",
                state=Count(),
                key=key,
                run_at=self.clock.now() + timedelta(seconds=after),
            )

    async def signal(self, jobs: Jobs, job_id: str, name: str) -> bool:
        async with self.database.write() as session:
            return await jobs.signal(session, guild_id=GUILD, job_id=job_id, name=name)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    clock = MovedClock()
    database = await Database.open(tmp_path / "roost.db", clock=clock)
    yield Bench(database, clock)
    await database.close()


async def test_a_job_runs_when_it_is_due_and_not_before(bench: Bench) -> None:
    ran: list[float] = []

    async def handler(job: Job[Count]) -> Done:
        ran.append((bench.clock.now() - START).total_seconds())
        return Done()

    async with bench.engine(handler) as jobs:
        await bench.submit(jobs, after=600)
        await bench.submit(jobs)
        await eventually(lambda: len(ran) == 1)
        for _ in range(12):
            await bench.clock.advance(60)
            await asyncio.wait([asyncio.create_task(bench.database.answers())])
        await eventually(lambda: len(ran) == 2)
    assert ran[0] == 0
    assert ran[1] >= 600


async def test_a_signal_wakes_a_sleeping_job_and_comes_too_late_for_an_ended_one(
    bench: Bench,
) -> None:
    heard: list[str] = []

    async def handler(job: Job[Count]) -> Sleep | Done:
        heard.extend(signal.name for signal in await job.signals())
        return Done() if heard else Sleep(bench.clock.now() + timedelta(days=1))

    async with bench.engine(handler) as jobs:
        job_id = await bench.submit(jobs)
        assert job_id is not None
        assert await bench.signal(jobs, job_id, "now")
        await eventually(lambda: heard == ["now"] and not jobs._running)

        assert not await bench.signal(jobs, job_id, "again")


async def test_a_signal_between_two_sleeps_is_not_slept_over(bench: Bench) -> None:
    inside, go_on = asyncio.Event(), asyncio.Event()
    heard: list[str] = []

    async def handler(job: Job[Count]) -> Sleep | Done:
        heard.extend(signal.name for signal in await job.signals())
        if heard:
            return Done()
        inside.set()
        await go_on.wait()
        return Sleep(bench.clock.now() + timedelta(days=1))

    async with bench.engine(handler) as jobs:
        job_id = await bench.submit(jobs)
        assert job_id is not None
        await inside.wait()
        await bench.signal(jobs, job_id, "now")
        go_on.set()

        await eventually(lambda: heard == ["now"])


async def test_a_step_cut_off_by_a_death_is_unknown_to_the_next_life(bench: Bench) -> None:
    seen: list[tuple[Progress, bool, int]] = []
    dying = asyncio.Event()

    async def first_life(job: Job[Count]) -> Sleep | Done:
        await job.save("acting", Count(7))
        seen.append((await job.begin("power"), job.was_cut_off, job.state.number))
        dying.set()
        await asyncio.Event().wait()
        return Done()

    async def second_life(job: Job[Count]) -> Sleep | Done:
        seen.append((await job.begin("power"), job.was_cut_off, job.state.number))
        await job.end("power")
        seen.append((await job.begin("power"), job.was_cut_off, job.state.number))
        return Done()

    async with bench.engine(first_life) as jobs:
        await bench.submit(jobs)
        await dying.wait()
    async with bench.engine(second_life):
        await eventually(lambda: len(seen) == 3)
    assert seen == [
        (Progress.NEW, False, 7),
        (Progress.UNKNOWN, True, 7),
        (Progress.DONE, True, 7),
    ]


async def test_a_worker_that_lost_its_job_writes_nothing(bench: Bench) -> None:
    lost: list[bool] = []
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def slow(job: Job[Count]) -> Sleep | Done:
        inside.set()
        await go_on.wait()
        try:
            await job.save("mine", Count(1))
        except LostJob:
            lost.append(True)
            raise
        return Done()

    async def quick(job: Job[Count]) -> Sleep | Done:
        await job.save("theirs", Count(2))
        lost.append(False)
        return Sleep(bench.clock.now() + timedelta(days=1))

    async with bench.engine(slow) as first:
        job_id = await bench.submit(first)
        await inside.wait()
        bench.here.clear()  # the first takes nothing any more
        bench.here = {GUILD}
        async with bench.engine(quick):
            await eventually(lambda: lost == [False])
        go_on.set()
        await eventually(lambda: lost == [False, True])
    async with bench.database.read() as session:
        kept = await get_job(session, guild_id=GUILD, job_id=str(job_id))
    assert kept is not None
    assert (kept.phase, kept.state) == ("theirs", {"number": 2})


async def test_one_live_job_a_key_and_another_after_it_ended(bench: Bench) -> None:
    ended: list[str] = []

    async def handler(job: Job[Count]) -> Done:
        ended.append(job.id)
        return Done()

    async with bench.engine(handler) as jobs:
        first = await bench.submit(jobs, after=60, key="power x")
        assert await bench.submit(jobs, key="power x") is None
        assert first is not None
        await bench.signal(jobs, first, "now")
        await eventually(lambda: ended == [first])
        await eventually(lambda: not jobs._running)

        assert await bench.submit(jobs, key="power x") is not None


async def test_a_handler_that_keeps_breaking_is_tried_five_times_and_then_told(
    bench: Bench, expected_errors: Callable[[str], None]
) -> None:
    expected_errors("job failed")
    tries: list[int] = []
    told: list[str] = []

    async def handler(job: Job[Count]) -> Done:
        tries.append(job.failures)
        raise RuntimeError("broken")

    async def failed(job: Job[Count]) -> None:
        told.append(job.id)

    async with bench.engine(handler, failed=failed) as jobs:
        job_id = await bench.submit(jobs)
        for count in range(1, 6):
            await eventually(_tried(tries, count, jobs))
            await bench.clock.advance(60)
        await eventually(lambda: told == [job_id])
    assert tries == [0, 1, 2, 3, 4]


def _tried(tries: list[int], count: int, jobs: Jobs) -> Callable[[], bool]:
    return lambda: len(tries) == count and not jobs._running


async def test_jobs_of_a_guild_that_is_not_here_wait_until_it_is(bench: Bench) -> None:
    ran: list[str] = []

    async def handler(job: Job[Count]) -> Done:
        ran.append(job.id)
        return Done()

    bench.here = set()
    async with bench.engine(handler) as jobs:
        job_id = await bench.submit(jobs)
        await bench.clock.advance(120)
        assert ran == []

        bench.here.add(GUILD)
        jobs.wake()

        await eventually(lambda: ran == [job_id])
