"""The durable engine: work that outlives an interaction, the process and a kill -9.

A handler runs, writes checkpoints, and returns *sleep until* or *done*; it is entered again from
the top, so what comes before its look at the phase must have no effect. What it does outside the
database stands between `begin` and `end`: a handler that finds a step `UNKNOWN` was cut off inside
it, and reads the truth back before it acts. The file lock of the database is the lease: every claim
that stands at the start is a dead one's.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final, Generic, TypeVar
from uuid import uuid4

import msgspec
import structlog
from msgspec import Struct
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.store import jobs as rows
from bot.store.engine import Database
from bot.store.jobs import Checkpoint, JobRow, NewJob, Signal
from bot.supervisor import Supervisor

S = TypeVar("S", bound=Struct)
log = structlog.stdlib.get_logger(__name__)

PARALLEL: Final = 50
"""Handlers at a time; more due jobs wait their turn."""
FAILURES_AT_MOST: Final = 5
RETRY_SECONDS_AT_MOST: Final = 300.0
LOOK_AT_LEAST_EVERY: Final = 60.0
SET_BACK_SECONDS: Final = 5.0
"""A clock on the wall that lost this much against measured time was set back by somebody."""
"""Also where nothing is due: a clock that was set back must not make a job wait for ever."""


class LostJob(Exception):
    """Another worker has the job by now: stop at once, do nothing more."""


class Progress(Enum):
    """How far an effect outside the database has come."""

    NEW = "new"
    """Never begun: do it."""
    UNKNOWN = "unknown"
    """Begun, and nobody saw its end: read back what is true, then decide."""
    DONE = "done"
    """Skip it."""


class Sleep(Struct, frozen=True):
    """The handler waits; it is entered again at `until`, or when something is said to the job."""

    until: datetime


class Done(Struct, frozen=True):
    """The job is over."""

    outcome: str = "done"
    """Such as done, failed, cancelled or unknown; for lists and records."""


class Job(Generic[S]):
    """One job in the hands of its handler."""

    def __init__(self, row: JobRow, state: S, database: Database, clock: Clock) -> None:
        self.id = row.id
        self.guild_id = row.guild_id
        self.kind = row.kind
        self.subject_id = row.subject_id
        self.actor_id = row.actor_id
        self.made_at = row.made_at
        self.phase = row.phase
        self.state = state
        """Replaced as a whole by `save`; what is not saved is forgotten with the process."""
        self.was_cut_off = row.was_cut_off
        """Whether a worker died with it, so that a step may be half done."""
        self.failures = row.failures
        self._steps: dict[str, Any] = dict(row.steps)
        self._fence = row.fence
        self._taken: list[int] = []
        self._database = database
        self._clock = clock
        self._said = asyncio.Event()

    async def save(self, phase: str | None = None, state: S | None = None) -> None:
        """Write down how far it is. Signals that were read are dealt with by it.

        Raises:
            LostJob: Another worker has it.
        """
        async with self._database.write() as session:
            await self.save_in(session, phase, state)

    async def save_in(
        self, session: AsyncSession, phase: str | None = None, state: S | None = None
    ) -> None:
        """The same in the transaction of the caller, with what else belongs to it.

        Raises:
            LostJob: Another worker has it; let the transaction fail.
        """
        self.phase = phase if phase is not None else self.phase
        self.state = state if state is not None else self.state
        kept = await rows.checkpoint_job(
            session,
            guild_id=self.guild_id,
            job_id=self.id,
            fence=self._fence,
            wrote=self.checkpoint(),
        )
        if not kept:
            raise LostJob(self.id)
        log.debug("job checkpoint", job=self.id, kind=self.kind, phase=self.phase)
        self._taken.clear()

    async def begin(self, step: str) -> Progress:
        """The intent of an effect outside the database, written before it.

        Raises:
            LostJob: Another worker has it.
        """
        found = self._steps.get(step)
        if found is not None:
            return Progress.DONE if "done" in found else Progress.UNKNOWN
        self._steps[step] = {"begun": self._clock.now().isoformat()}
        await self.save()
        return Progress.NEW

    async def end(self, step: str, phase: str | None = None, state: S | None = None) -> None:
        """The result of an effect, written after it.

        Raises:
            LostJob: Another worker has it.
        """
        self._steps[step] = {**self._steps.get(step, {}), "done": self._clock.now().isoformat()}
        await self.save(phase, state)

    def begun_at(self, step: str) -> datetime | None:
        """When a step was begun."""
        found = self._steps.get(step)
        return datetime.fromisoformat(found["begun"]) if found and "begun" in found else None

    def forget(self, *steps: str) -> None:
        """Let steps be done afresh, all if none is named; kept by the next checkpoint."""
        for step in steps or tuple(self._steps):
            self._steps.pop(step, None)

    @property
    def has_news(self) -> bool:
        """Whether something was said since `signals` was asked, in the life of this handler."""
        return self._said.is_set()

    async def signals(self) -> list[Signal]:
        """What was said to the job, oldest first; gone with the next checkpoint."""
        self._said.clear()
        async with self._database.read() as session:
            found = await rows.list_signals(session, guild_id=self.guild_id, job_id=self.id)
        fresh = [signal for signal in found if signal.seq not in self._taken]
        self._taken += [signal.seq for signal in fresh]
        return fresh

    async def wait(self, seconds: float) -> bool:
        """Wait within a handler, cut short (True) by what is said to the job; long ones `Sleep`."""
        try:
            async with self._clock.timeout(seconds):
                await self._said.wait()
        except TimeoutError:
            return False
        return True

    def hear(self) -> None:
        """Something was said; for the engine."""
        self._said.set()

    def checkpoint(self) -> Checkpoint:
        """What would be written now; for the engine."""
        return Checkpoint(
            phase=self.phase,
            state=msgspec.to_builtins(self.state),
            steps=self._steps,
            taken=tuple(self._taken),
        )

    @property
    def fence(self) -> int:
        """What this worker's writes are known by; for the engine."""
        return self._fence


Handler = Callable[[Job[S]], Awaitable[Sleep | Done]]
Told = Callable[[Job[S]], Awaitable[None]]


class _Kind(Struct, Generic[S], frozen=True):
    """How jobs of a kind are carried out."""

    state: type[S]
    handler: Handler[S]
    failed: Told[S]


class Jobs:
    """Keeps jobs, wakes those that are due, and hands them to their handlers."""

    def __init__(
        self,
        database: Database,
        supervisor: Supervisor,
        clock: Clock,
        *,
        guilds: Callable[[], frozenset[int]],
        jobs_per_guild: int,
    ) -> None:
        """Args:
        guilds: Those whose jobs this process runs.
        jobs_per_guild: How many may be live at a time.
        """
        self._database = database
        self._supervisor = supervisor
        self._clock = clock
        self._guilds = guilds
        self._jobs_per_guild = jobs_per_guild
        self._worker = str(uuid4())
        self._kinds: dict[str, _Kind[Any]] = {}
        self._running: dict[str, tuple[Job[Any], asyncio.Task[None]]] = {}
        self._wake = asyncio.Event()
        self._ahead = self._ahead_by()

    def register(self, kind: str, state: type[S], handler: Handler[S], *, failed: Told[S]) -> None:
        """Say who carries out a kind.

        Args:
            kind: A stored contract: jobs of it may wait in the database.
            state: What its jobs hold; new fields need defaults, since older jobs lack them.
            handler: Is entered from the top each time.
            failed: Tells people where the handler broke for good.
        """
        if kind in self._kinds:
            raise ValueError(f"two handlers of {kind}")
        self._kinds[kind] = _Kind(state, handler, failed)

    async def submit(
        self,
        session: AsyncSession,
        *,
        guild_id: int,
        kind: str,
        state: Struct,
        key: str | None = None,
        subject_id: str = "",
        actor_id: int | None = None,
        run_at: datetime | None = None,
        phase: str = "new",
        within_limit: bool = False,
    ) -> str | None:
        """Keep a job with the transaction it belongs to; it runs once that is committed.

        Returns:
            Its id; None where a live one has this key, or, `within_limit`, where the guild has as
            many as it may.
        """
        if not isinstance(state, self._kinds[kind].state):
            raise TypeError(f"a job of {kind} holds {self._kinds[kind].state.__name__}")
        now = self._clock.now()
        new = NewJob(
            kind=kind,
            state=msgspec.to_builtins(state),
            run_at=run_at or now,
            key=key,
            subject_id=subject_id,
            actor_id=actor_id,
            phase=phase,
        )
        at_most = self._jobs_per_guild if within_limit else None
        made = await rows.add_job(session, guild_id=guild_id, new=new, now=now, at_most=at_most)
        event.listen(session.sync_session, "after_commit", lambda _: self.wake(), once=True)
        return made

    async def signal(
        self,
        session: AsyncSession,
        *,
        guild_id: int,
        job_id: str,
        name: str,
        payload: object = None,
    ) -> bool:
        """Say something to a job, in one transaction with what it rests on (its audit entry).

        Returns:
            False where the job is over, which is for the one who clicked to hear.
        """
        told = await rows.signal_job(
            session,
            guild_id=guild_id,
            job_id=job_id,
            name=name,
            payload=payload,
            now=self._clock.now(),
        )
        if told:
            event.listen(
                session.sync_session, "after_commit", lambda _: self._hear(job_id), once=True
            )
        return told

    async def is_full(self, session: AsyncSession, *, guild_id: int) -> bool:
        """Whether a guild has as many live jobs as it may."""
        count = await rows.count_live_jobs(session, guild_id=guild_id)
        return count >= self._jobs_per_guild

    def wake(self) -> None:
        """Look at once for what is due."""
        self._wake.set()

    async def let_go(self, guild_id: int) -> None:
        """Stop working for a guild; its jobs stay where they are, until it is back or erased."""
        tasks = [task for job, task in self._running.values() if job.guild_id == guild_id]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        async with self._database.write() as session:
            await rows.let_go_jobs(session, guild_id=guild_id)

    async def prepare(self) -> None:
        """Take over what a former process left; once, before `run`."""
        async with self._database.write() as session:
            cut_off = await rows.void_claims(session)
        if cut_off:
            log.warning("jobs were cut off", count=cut_off)

    async def run(self) -> None:
        """Hand out due jobs, for as long as the bot lives."""
        while True:
            self._wake.clear()
            await self._heed_clock()
            room = PARALLEL - len(self._running)
            if room > 0 and await self._hand_out(room):
                continue
            try:
                async with self._clock.timeout(await self._pause() if room > 0 else None):
                    await self._wake.wait()
            except TimeoutError:
                pass

    async def _hand_out(self, room: int) -> int:
        due = await self._next_due()
        if due is None or due > self._clock.now():
            return 0
        async with self._database.write() as session:
            claimed = await rows.claim_jobs(
                session,
                guild_ids=self._guilds(),
                kinds=self._kinds,
                worker=self._worker,
                at_most=room,
                now=self._clock.now(),
            )
        for row in claimed:
            name = f"job {row.kind} {row.id}"
            kind = self._kinds[row.kind]
            try:
                state = msgspec.convert(row.state, kind.state)
            except msgspec.ValidationError:
                log.exception("job unreadable", job=row.id, kind=row.kind)
                await self._close_unreadable(row)
                continue
            job: Job[Any] = Job(row, state, self._database, self._clock)
            self._running[row.id] = (job, self._supervisor.start(name, self._carry_out(job)))
        return len(claimed)

    async def _heed_clock(self) -> None:
        """Jobs wait for times of the clock on the wall; once it was set back, each looks anew."""
        ahead = self._ahead_by()
        if ahead < self._ahead - SET_BACK_SECONDS:
            async with self._database.write() as session:
                count = await rows.bring_forward(
                    session, guild_ids=self._guilds(), kinds=self._kinds, to=self._clock.now()
                )
            log.warning("clock was set back", seconds=round(self._ahead - ahead), jobs=count)
        self._ahead = ahead

    def _ahead_by(self) -> float:
        """Seconds by which the clock on the wall is ahead of measured time."""
        return self._clock.now().timestamp() - self._clock.monotonic()

    async def _next_due(self) -> datetime | None:
        async with self._database.read() as session:
            return await rows.next_due(session, guild_ids=self._guilds(), kinds=self._kinds)

    async def _pause(self) -> float:
        due = await self._next_due()
        if due is None:
            return LOOK_AT_LEAST_EVERY
        seconds = (due - self._clock.now()).total_seconds()
        return min(max(seconds, 0.0), LOOK_AT_LEAST_EVERY)

    async def _carry_out(self, job: Job[Any]) -> None:
        kind = self._kinds[job.kind]
        try:
            try:
                result = await kind.handler(job)
            except LostJob:
                raise
            except Exception as error:  # noqa: BLE001  # whatever broke must not end the engine
                await self._failed(job, kind, error)
            else:
                await self._keep(job, result)
        except LostJob:
            log.warning("job taken over", job=job.id, kind=job.kind)
        finally:
            self._running.pop(job.id, None)
            self.wake()

    async def _keep(self, job: Job[Any], result: Sleep | Done) -> None:
        if isinstance(result, Sleep):
            kept = await self._rest(job, result.until)
        else:
            kept = await self._end(job, result.outcome)
        if not kept:
            raise LostJob(job.id)

    async def _rest(
        self, job: Job[Any], until: datetime, *, failures: int = 0, trouble: str | None = None
    ) -> bool:
        async with self._database.write() as session:
            return await rows.rest_job(
                session,
                guild_id=job.guild_id,
                job_id=job.id,
                fence=job.fence,
                wrote=job.checkpoint(),
                until=until,
                now=self._clock.now(),
                failures=failures,
                trouble=trouble,
            )

    async def _end(self, job: Job[Any], outcome: str, *, trouble: str | None = None) -> bool:
        async with self._database.write() as session:
            return await rows.end_job(
                session,
                guild_id=job.guild_id,
                job_id=job.id,
                fence=job.fence,
                wrote=job.checkpoint(),
                outcome=outcome,
                now=self._clock.now(),
                trouble=trouble,
            )

    async def _failed(self, job: Job[Any], kind: _Kind[Any], error: Exception) -> None:
        failures, trouble = job.failures + 1, type(error).__name__
        log.error("job failed", job=job.id, kind=job.kind, failures=failures, exc_info=error)
        if failures < FAILURES_AT_MOST:
            pause = timedelta(seconds=min(2.0**failures, RETRY_SECONDS_AT_MOST))
            until = self._clock.now() + pause
            kept = await self._rest(job, until, failures=failures, trouble=trouble)
        else:
            kept = await self._end(job, "failed", trouble=trouble)
        if kept and failures >= FAILURES_AT_MOST:
            try:
                await kind.failed(job)
            except Exception:
                log.exception("failure of a job not told", job=job.id, kind=job.kind)

    async def _close_unreadable(self, row: JobRow) -> None:
        async with self._database.write() as session:
            await rows.end_job(
                session,
                guild_id=row.guild_id,
                job_id=row.id,
                fence=row.fence,
                wrote=Checkpoint(phase=row.phase, state=row.state, steps=row.steps),
                outcome="failed",
                now=self._clock.now(),
                trouble="unreadable",
            )

    def _hear(self, job_id: str) -> None:
        running = self._running.get(job_id)
        if running is not None:
            running[0].hear()
        self.wake()
