"""Follows: a promise to tell is kept once, and not kept for ever."""

from datetime import timedelta

from bot.store import follows
from bot.store.engine import Database
from bot.store.follows import FollowRow, Outcome
from tests.clock import START

LATER = START + timedelta(minutes=5)


async def opened(database: Database, guild_id: int = 1) -> FollowRow:
    new = follows.NewFollow(
        kind="backup",
        server_id="s",
        subject_id="b",
        title="nightly",
        actor_id=7,
        actor_name="Mia",
        channel_id=5,
    )
    async with database.write() as session:
        return await follows.open_follow(session, guild_id=guild_id, new=new, now=START)


async def close(database: Database, row: FollowRow) -> FollowRow | None:
    async with database.write() as session:
        return await follows.close_follow(
            session, guild_id=1, follow_id=row.id, outcome=Outcome.DONE, now=LATER
        )


async def test_of_two_who_see_the_end_only_the_first_closes_it(database: Database) -> None:
    row = await opened(database)
    async with database.write() as session:
        assert await follows.note_follow_message(
            session, guild_id=1, follow_id=row.id, message_id=9
        )

    first, second = await close(database, row), await close(database, row)

    assert first is not None
    assert (first.message_id, first.outcome, first.ended_at) == (9, Outcome.DONE, LATER)
    assert second is None


async def test_only_open_ones_are_taken_up_again(database: Database) -> None:
    kept, ended = await opened(database), await opened(database)
    await opened(database, guild_id=2)
    await close(database, ended)

    async with database.read() as session:
        found = await follows.list_open_follows(session, guild_id=1)

    assert [row.id for row in found] == [kept.id]


async def test_a_message_is_not_noted_on_what_was_closed(database: Database) -> None:
    row = await opened(database)
    await close(database, row)

    async with database.write() as session:
        noted = await follows.note_follow_message(
            session, guild_id=1, follow_id=row.id, message_id=9
        )

    assert not noted


async def test_what_ended_long_ago_is_forgotten_and_what_is_open_stays(
    database: Database,
) -> None:
    await opened(database)
    await close(database, await opened(database))

    async with database.write() as session:
        gone = await follows.drop_closed_follows(
            session, guild_id=1, before=LATER + timedelta(days=7)
        )
        left = await follows.list_open_follows(session, guild_id=1)

    assert gone == 1
    assert len(left) == 1
