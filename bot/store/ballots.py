"""Who said what in a vote, an approval or as the second person: one ballot a member."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import Struct
from sqlalchemy import case, delete, exists, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.tables import ballot, job


class Ballot(Struct, frozen=True, kw_only=True):
    """What a member last said."""

    member_id: int
    is_for: bool
    changes: int
    """How often they changed their mind."""
    made_at: datetime


async def cast_ballot(
    session: AsyncSession,
    *,
    guild_id: int,
    job_id: str,
    member_id: int,
    is_for: bool,
    now: datetime,
) -> Ballot | None:
    """Keep what a member says, in place of what they said before; None where the job is over."""
    live = select(job.c.id).where(
        job.c.guild_id == guild_id, job.c.id == job_id, job.c.outcome.is_(None)
    )
    if (await session.execute(select(exists(live)))).scalar_one() is False:
        return None
    statement = insert(ballot).values(
        guild_id=guild_id, job_id=job_id, member_id=member_id, is_for=is_for, changes=0, made_at=now
    )
    kept = statement.on_conflict_do_update(
        index_elements=["guild_id", "job_id", "member_id"],
        set_={
            "is_for": is_for,
            "changes": case(
                (ballot.c.is_for != is_for, ballot.c.changes + 1), else_=ballot.c.changes
            ),
        },
    ).returning(ballot)
    row = (await session.execute(kept)).one()
    return msgspec.convert(row, Ballot, from_attributes=True)


async def list_ballots(session: AsyncSession, *, guild_id: int, job_id: str) -> Sequence[Ballot]:
    """All ballots of a job, the first cast first."""
    statement = (
        select(ballot)
        .where(ballot.c.guild_id == guild_id, ballot.c.job_id == job_id)
        .order_by(ballot.c.made_at, ballot.c.member_id)
    )
    found = (await session.execute(statement)).all()
    return msgspec.convert(found, list[Ballot], from_attributes=True)


async def drop_ballots(
    session: AsyncSession, *, guild_id: int, job_id: str, member_ids: Sequence[int]
) -> int:
    """Take out what members said whose voice no longer counts; how many it were."""
    statement = delete(ballot).where(
        ballot.c.guild_id == guild_id,
        ballot.c.job_id == job_id,
        ballot.c.member_id.in_(list(member_ids)),
    )
    return len((await session.execute(statement.returning(ballot.c.member_id))).all())


async def drop_member_ballots(session: AsyncSession, *, guild_id: int, member_id: int) -> int:
    """Erase what a member said."""
    statement = delete(ballot).where(ballot.c.guild_id == guild_id, ballot.c.member_id == member_id)
    return len((await session.execute(statement.returning(ballot.c.job_id))).all())
