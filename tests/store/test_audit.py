"""The audit trail: one unbroken chain per guild, whole after erasures, and edits show."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from bot.store import audit
from bot.store.engine import Database
from bot.store.tables import audit as table
from tests.clock import START

GUILD = 1


def entry(**said: object) -> audit.NewEntry:
    given = {"kind": "intent", "reference": "r1", "actor_id": 7, "action": "power restart", **said}
    return audit.NewEntry(**given)  # type: ignore[arg-type]  # whatever the test says


async def write(database: Database, *entries: audit.NewEntry) -> list[audit.AuditRow]:
    async with database.write() as session:
        return [
            await audit.append(session, guild_id=GUILD, entry=each, now=START) for each in entries
        ]


async def verdict(database: Database, witness: audit.Head | None = None) -> audit.Verdict:
    async with database.read() as session:
        return await audit.verify(session, guild_id=GUILD, witness=witness)


async def test_entries_are_numbered_and_linked(database: Database) -> None:
    first, second = await write(database, entry(), entry(kind="result", outcome="done"))

    assert (first.seq, second.seq) == (1, 2)
    assert first.previous_hash == audit.FIRST
    assert second.previous_hash == first.hash
    assert (await verdict(database)).is_intact


async def test_an_entry_costs_one_statement(database: Database) -> None:
    before = database.statements
    await write(database, entry())

    assert database.statements - before == 1


async def test_two_hundred_entries_at_once_never_fork_the_chain(database: Database) -> None:
    await asyncio.gather(*(write(database, entry(reference=str(n))) for n in range(200)))

    found = await verdict(database)
    assert found.is_intact
    assert found.entries == 200


async def test_each_guild_has_a_chain_of_its_own(database: Database) -> None:
    await write(database, entry())
    async with database.write() as session:
        other = await audit.append(session, guild_id=2, entry=entry(), now=START)

    assert other.seq == 1
    assert other.previous_hash == audit.FIRST


async def test_an_entry_rolled_back_leaves_no_gap(database: Database) -> None:
    await write(database, entry())
    with suppress(LookupError):
        async with database.write() as session:
            await audit.append(session, guild_id=GUILD, entry=entry(), now=START)
            raise LookupError
    await write(database, entry())

    assert (await verdict(database)).entries == 2


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"outcome": "done"}, "it was changed"),
        ({"action": "backup delete"}, "it was changed"),
        ({"at": START + timedelta(seconds=1)}, "it was changed"),
        ({"server_id": "other"}, "it was changed"),
        ({"digest": "0" * 64}, "it was changed"),
        ({"seq": 9}, "entries are missing"),
        ({"previous_hash": "1" * 64}, "doesn't follow"),
        ({"actor_id": 8}, "who, why or detail was changed"),
        ({"why": "because"}, "who, why or detail was changed"),
        ({"detail": None}, "who, why or detail was changed"),
        ({"about_id": 5}, "the member it is about was changed"),
        ({"salt": None}, "added after an erasure"),
    ],
)
async def test_an_edit_shows_and_is_located(
    database: Database, changes: dict[str, object], problem: str
) -> None:
    made = await write(database, *(entry(detail="d", about_id=4) for _ in range(3)))
    async with database.write() as session:
        await session.execute(update(table).where(table.c.id == made[1].id).values(**changes))

    found = await verdict(database)

    assert not found.is_intact
    assert problem in (found.problem or "")
    assert found.broken_at in {2, 3}


async def test_an_entry_taken_out_shows(database: Database) -> None:
    await write(database, *(entry() for _ in range(4)))
    async with database.write() as session:
        await session.execute(delete(table).where(table.c.seq == 2))

    assert (await verdict(database)).broken_at == 3


async def test_entries_cut_off_the_end_show_to_who_has_the_head(database: Database) -> None:
    await write(database, *(entry() for _ in range(4)))
    async with database.read() as session:
        witness = await audit.head(session, guild_id=GUILD)
    async with database.write() as session:
        await session.execute(delete(table).where(table.c.seq > 2))

    assert (await verdict(database)).is_intact  # alone the chain can't tell
    assert "missing at the end" in ((await verdict(database, witness)).problem or "")


async def test_a_chain_rewritten_as_a_whole_shows_to_who_has_the_head(database: Database) -> None:
    await write(database, entry(), entry())
    async with database.read() as session:
        witness = await audit.head(session, guild_id=GUILD)
    async with database.write() as session:
        await session.execute(delete(table))
    await write(database, entry(), entry())

    assert (await verdict(database)).is_intact
    assert "witnessed" in ((await verdict(database, witness)).problem or "")


async def test_an_erased_person_is_gone_and_the_chain_stays_whole(database: Database) -> None:
    await write(
        database,
        entry(actor_id=7, why="my cat", detail="said by 7"),
        entry(actor_id=8, about_id=7, detail="said by 8"),
        entry(actor_id=8, why="other"),
    )
    async with database.write() as session:
        erased = await audit.erase_member(session, guild_id=GUILD, member_id=7)

    async with database.read() as session:
        newest, about, own = await audit.search(session, guild_id=GUILD)
    assert erased == 2
    assert (own.actor_id, own.why, own.detail, own.salt) == (None, None, None, None)
    assert (about.actor_id, about.about_id, about.detail) == (8, None, "said by 8")
    assert newest.why == "other"
    found = await verdict(database)
    assert found.is_intact
    assert (found.entries, found.erased) == (3, 2)


async def test_equal_words_have_unequal_digests(database: Database) -> None:
    first, second = await write(database, entry(), entry())

    assert first.digest != second.digest  # or an erased person could be guessed


async def test_search_finds_by_what_is_given_newest_first_and_pages(database: Database) -> None:
    async with database.write() as session:
        for number in range(6):
            await audit.append(
                session,
                guild_id=GUILD,
                entry=entry(
                    reference=f"r{number}",
                    actor_id=number % 2,
                    server_id="s" if number > 2 else None,
                    action="power stop" if number < 4 else "backup create",
                    kind="refusal" if number == 5 else "intent",
                ),
                now=START + timedelta(hours=number),
            )
    async with database.read() as session:

        async def found(**what: object) -> list[int]:
            rows = await audit.search(session, guild_id=GUILD, **what)  # type: ignore[arg-type]
            return [row.seq for row in rows]

        assert await found() == [6, 5, 4, 3, 2, 1]
        assert await found(limit=2, before_seq=5) == [4, 3]
        assert await found(actor_id=1) == [6, 4, 2]
        assert await found(server_id="s", action="power") == [4]
        assert await found(action="%") == []
        assert await found(kind="refusal") == [6]
        assert await found(reference="r2") == [3]
        assert await found(since=START + timedelta(hours=4)) == [6, 5]


async def test_an_intent_without_a_result_is_found_after_a_restart(database: Database) -> None:
    await write(
        database,
        entry(reference="a"),
        entry(reference="a", kind="result", outcome="done"),
        entry(reference="b"),
        entry(reference="c", kind="refusal"),
    )
    async with database.read() as session:
        left = await audit.unfinished(session, guild_id=GUILD)

    assert [row.reference for row in left] == ["b"]


async def test_a_text_without_end_is_cut(database: Database) -> None:
    (made,) = await write(database, entry(why="x" * 10_000))

    assert made.why is not None
    assert len(made.why) == audit.LONGEST_TEXT
    assert (await verdict(database)).is_intact


async def test_a_chain_longer_than_a_page_is_walked_to_its_end(database: Database) -> None:
    await write(database, *(entry() for _ in range(1203)))

    found = await verdict(database)
    assert found.entries == 1203
    assert found.head is not None
    assert found.head.seq == 1203


async def test_an_empty_chain_is_whole(database: Database) -> None:
    found = await verdict(database)

    assert found.is_intact
    assert found.head is None
