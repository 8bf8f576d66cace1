"""Durable jobs: what outlives an interaction and a restart of the bot, as rows.

A waiting job costs a row and no task. Who takes one raises its fence, and whatever that one writes
later names the fence it has: a worker that lost its job can change nothing any more.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

import msgspec
from msgspec import Struct
from sqlalchemy import and_, case, delete, exists, func, literal, select, true, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.tables import job, job_signal


class NewJob(Struct, frozen=True, kw_only=True):
    """A job about to be kept."""

    kind: str
    """Who carries it out; a stored contract."""
    state: Any
    """What its handler needs, as builtins that JSON can hold."""
    run_at: datetime
    key: str | None = None
    """Of jobs with the same key a guild has one at a time, such as `power <server id>`."""
    subject_id: str = ""
    """What it is about, for lists: a server's row id."""
    actor_id: int | None = None
    """Who asked for it."""
    phase: str = "new"


class JobRow(NewJob, frozen=True, kw_only=True):
    """A job; live as long as `outcome` is None."""

    id: str
    guild_id: int
    steps: dict[str, Any]
    """Effects outside the database by their name: when begun, and when done."""
    claimed_by: str | None
    fence: int
    was_cut_off: bool
    """Whether a worker died while it had the job."""
    failures: int
    trouble: str | None
    made_at: datetime
    outcome: str | None
    ended_at: datetime | None


class Signal(Struct, frozen=True, kw_only=True):
    """Something said to a job: a click, an event."""

    seq: int
    name: str
    payload: Any
    made_at: datetime


class Checkpoint(Struct, frozen=True, kw_only=True):
    """What a worker writes down of its job."""

    phase: str
    state: Any
    steps: dict[str, Any]
    taken: Sequence[int] = ()
    """Signals that are dealt with by it."""


async def add_job(
    session: AsyncSession,
    *,
    guild_id: int,
    new: NewJob,
    now: datetime,
    at_most: int | None = None,
) -> str | None:
    """Keep a job and return its id; None where the guild has a live one of the same key.

    Also None where it has `at_most` live ones; one statement looks and writes.
    """
    values = {
        **msgspec.structs.asdict(new),
        "id": str(uuid4()),
        "guild_id": guild_id,
        "steps": {},
        "made_at": now,
    }
    given = [literal(value, type_=job.c[name].type) for name, value in values.items()]
    live = select(func.count()).where(job.c.guild_id == guild_id, job.c.outcome.is_(None))
    # SQLite takes ON CONFLICT behind a SELECT only where that has a WHERE
    room = true() if at_most is None else live.scalar_subquery() < at_most
    statement = (
        insert(job)
        .from_select(list(values), select(*given).where(room))
        .on_conflict_do_nothing(
            index_elements=["guild_id", "key"], index_where=job.c.outcome.is_(None)
        )
        .returning(job.c.id)
    )
    made: str | None = (await session.execute(statement)).scalar_one_or_none()
    return made


async def get_job(session: AsyncSession, *, guild_id: int, job_id: str) -> JobRow | None:
    """A job, live or ended."""
    found = await session.execute(select(job).where(job.c.guild_id == guild_id, job.c.id == job_id))
    return msgspec.convert(found.one_or_none(), JobRow | None, from_attributes=True)


async def live_job(session: AsyncSession, *, guild_id: int, key: str) -> JobRow | None:
    """The live job of a key."""
    found = await session.execute(
        select(job).where(job.c.guild_id == guild_id, job.c.key == key, job.c.outcome.is_(None))
    )
    return msgspec.convert(found.one_or_none(), JobRow | None, from_attributes=True)


async def list_live_jobs(
    session: AsyncSession, *, guild_id: int, kinds: Iterable[str] | None = None
) -> list[JobRow]:
    """What is under way in a guild, oldest first; of some kinds, or all."""
    statement = select(job).where(job.c.guild_id == guild_id, job.c.outcome.is_(None))
    if kinds is not None:
        statement = statement.where(job.c.kind.in_(list(kinds)))
    found = (await session.execute(statement.order_by(job.c.made_at, job.c.id))).all()
    return msgspec.convert(found, list[JobRow], from_attributes=True)


async def count_live_jobs(session: AsyncSession, *, guild_id: int) -> int:
    """How many are under way or waiting in a guild."""
    statement = select(func.count()).where(job.c.guild_id == guild_id, job.c.outcome.is_(None))
    return int((await session.execute(statement)).scalar_one())


async def signal_job(
    session: AsyncSession, *, guild_id: int, job_id: str, name: str, payload: Any, now: datetime
) -> bool:
    """Say something to a job and make it due; False where it is over: that came too late."""
    statement = (
        update(job)
        .where(job.c.guild_id == guild_id, job.c.id == job_id, job.c.outcome.is_(None))
        .values(run_at=case((job.c.run_at < now, job.c.run_at), else_=now))
        .returning(job.c.id)
    )
    if (await session.execute(statement)).one_or_none() is None:
        return False
    await session.execute(
        insert(job_signal).values(
            guild_id=guild_id, job_id=job_id, name=name, payload=payload, made_at=now
        )
    )
    return True


async def list_signals(session: AsyncSession, *, guild_id: int, job_id: str) -> list[Signal]:
    """What was said to a job and is not dealt with yet, oldest first."""
    statement = (
        select(job_signal.c.seq, job_signal.c.name, job_signal.c.payload, job_signal.c.made_at)
        .where(job_signal.c.guild_id == guild_id, job_signal.c.job_id == job_id)
        .order_by(job_signal.c.seq)
    )
    found = (await session.execute(statement)).all()
    return msgspec.convert(found, list[Signal], from_attributes=True)


async def checkpoint_job(
    session: AsyncSession, *, guild_id: int, job_id: str, fence: int, wrote: Checkpoint
) -> bool:
    """Write down how far a job has come; False where another worker has it by now."""
    statement = (
        update(job)
        .where(_held(guild_id, job_id, fence))
        .values(phase=wrote.phase, state=wrote.state, steps=wrote.steps)
        .returning(job.c.id)
    )
    if (await session.execute(statement)).one_or_none() is None:
        return False
    await _drop_signals(session, guild_id, job_id, wrote.taken)
    return True


async def rest_job(
    session: AsyncSession,
    *,
    guild_id: int,
    job_id: str,
    fence: int,
    wrote: Checkpoint,
    until: datetime,
    now: datetime,
    failures: int = 0,
    trouble: str | None = None,
) -> bool:
    """Let a job wait until a moment, or not at all where a signal came meanwhile."""
    await _drop_signals(session, guild_id, job_id, wrote.taken)
    said = exists().where(job_signal.c.guild_id == guild_id, job_signal.c.job_id == job_id)
    statement = (
        update(job)
        .where(_held(guild_id, job_id, fence))
        .values(
            phase=wrote.phase,
            state=wrote.state,
            steps=wrote.steps,
            run_at=until if failures else case((said, now), else_=until),
            claimed_by=None,
            was_cut_off=False,
            failures=failures,
            trouble=trouble,
        )
        .returning(job.c.id)
    )
    return (await session.execute(statement)).one_or_none() is not None


async def end_job(
    session: AsyncSession,
    *,
    guild_id: int,
    job_id: str,
    fence: int,
    wrote: Checkpoint,
    outcome: str,
    now: datetime,
    trouble: str | None = None,
) -> bool:
    """Close a job; what is said to it from now on comes too late."""
    await _drop_signals(session, guild_id, job_id, wrote.taken)
    statement = (
        update(job)
        .where(_held(guild_id, job_id, fence))
        .values(
            phase=wrote.phase,
            state=wrote.state,
            steps=wrote.steps,
            claimed_by=None,
            outcome=outcome,
            ended_at=now,
            trouble=trouble,
        )
        .returning(job.c.id)
    )
    return (await session.execute(statement)).one_or_none() is not None


async def let_go_jobs(session: AsyncSession, *, guild_id: int) -> int:
    """Take a guild's jobs out of the hands of their workers, which were stopped."""
    statement = (
        update(job)
        .where(job.c.guild_id == guild_id, job.c.claimed_by.is_not(None))
        .values(claimed_by=None, was_cut_off=True)
        .returning(job.c.id)
    )
    return len((await session.execute(statement)).all())


async def drop_ended_jobs(session: AsyncSession, *, guild_id: int, before: datetime) -> int:
    """Delete jobs that ended before a moment, with the names in them."""
    statement = delete(job).where(job.c.guild_id == guild_id, job.c.ended_at < before)
    return len((await session.execute(statement.returning(job.c.id))).all())


async def claim_jobs(
    session: AsyncSession,
    *,
    guild_ids: Iterable[int],
    kinds: Iterable[str],
    worker: str,
    at_most: int,
    now: datetime,
) -> list[JobRow]:
    """Take up to `at_most` due jobs, the longest due first."""
    due = (
        select(job.c.id)
        .where(_due(guild_ids, kinds), job.c.run_at <= now)
        .order_by(job.c.run_at)
        .limit(at_most)
    )
    statement = (
        update(job)
        .where(job.c.id.in_(due))
        .values(claimed_by=worker, fence=job.c.fence + 1)
        .returning(job)
    )
    found = (await session.execute(statement)).all()
    return msgspec.convert(found, list[JobRow], from_attributes=True)


async def next_due(
    session: AsyncSession, *, guild_ids: Iterable[int], kinds: Iterable[str]
) -> datetime | None:
    """When the next waiting job is due; None where none waits."""
    statement = select(job.c.run_at).where(_due(guild_ids, kinds)).order_by(job.c.run_at).limit(1)
    found: datetime | None = (await session.execute(statement)).scalar_one_or_none()
    return found


async def bring_forward(
    session: AsyncSession, *, guild_ids: Iterable[int], kinds: Iterable[str], to: datetime
) -> int:
    """Let every job that waits for a later time look at once; how many those were."""
    statement = (
        update(job)
        .where(_due(guild_ids, kinds), job.c.run_at > to)
        .values(run_at=to)
        .returning(job.c.id)
    )
    return len((await session.execute(statement)).all())


async def void_claims(session: AsyncSession) -> int:
    """Take back every claim. At the start of the one process that holds the file each is dead."""
    statement = (
        update(job)
        .where(job.c.claimed_by.is_not(None))
        .values(claimed_by=None, was_cut_off=True)
        .returning(job.c.id)
    )
    return len((await session.execute(statement)).all())


def _due(guild_ids: Iterable[int], kinds: Iterable[str]) -> Any:
    return and_(
        job.c.outcome.is_(None),
        job.c.claimed_by.is_(None),
        job.c.guild_id.in_(list(guild_ids)),
        job.c.kind.in_(list(kinds)),
    )


def _held(guild_id: int, job_id: str, fence: int) -> Any:
    return and_(
        job.c.guild_id == guild_id,
        job.c.id == job_id,
        job.c.fence == fence,
        job.c.claimed_by.is_not(None),
        job.c.outcome.is_(None),
    )


async def _drop_signals(
    session: AsyncSession, guild_id: int, job_id: str, taken: Sequence[int]
) -> None:
    if taken:
        await session.execute(
            delete(job_signal).where(
                job_signal.c.guild_id == guild_id,
                job_signal.c.job_id == job_id,
                job_signal.c.seq.in_(taken),
            )
        )
