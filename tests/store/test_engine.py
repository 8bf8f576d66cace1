"""The SQLite file: one writer, many readers, one process; nothing half written."""

import asyncio
import os
import random
import signal
import sqlite3
import stat
import sys
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, StatementError

from bot.clock import SYSTEM
from bot.store import audit, guilds
from bot.store.engine import Database, copy, in_use, looking
from bot.store.errors import DatabaseBroken, DatabaseInUse, StoreError
from bot.store.tables import guild
from tests.clock import START, MovedClock

ENTRY = audit.NewEntry(kind="change", reference="ref", actor_id=1, action="access grant")

WRITER = """
import asyncio, sys
from pathlib import Path
from bot.clock import SYSTEM
from bot.store import audit, guilds
from bot.store.engine import Database

async def main():
    database = await Database.open(Path(sys.argv[1]), clock=SYSTEM)
    print("open", flush=True)
    while True:
        async with database.write() as session:
            row = await audit.append(session, guild_id=1, now=SYSTEM.now(), entry=audit.NewEntry(
                kind="change", reference="r", actor_id=1, action="a"))
            await guilds.guild_joined(session, guild_id=row.seq, now=SYSTEM.now())
        print(row.seq, flush=True)

asyncio.run(main())
"""


async def start_writer(path: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", WRITER, str(path), stdout=asyncio.subprocess.PIPE
    )


async def said(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(30):
        return (await process.stdout.readline()).decode().strip()


async def test_a_write_is_there_for_readers_once_its_block_ended(database: Database) -> None:
    async with database.write() as session:
        await guilds.guild_joined(session, guild_id=1, now=START)
        async with database.read() as reader:
            assert await guilds.get_guild(reader, guild_id=1) is None

    async with database.read() as reader:
        assert await guilds.get_guild(reader, guild_id=1) is not None


async def test_a_block_that_raises_leaves_nothing(database: Database) -> None:
    with suppress(LookupError):
        async with database.write() as session:
            await guilds.guild_joined(session, guild_id=1, now=START)
            raise LookupError

    async with database.read() as session:
        assert await guilds.list_guilds(session) == []


async def test_a_reader_sees_one_moment_for_as_long_as_it_reads(database: Database) -> None:
    async with database.read() as reader:
        assert await guilds.list_guilds(reader) == []
        async with database.write() as session:
            await guilds.guild_joined(session, guild_id=1, now=START)
        assert await guilds.list_guilds(reader) == []


async def test_a_reader_cannot_write(database: Database) -> None:
    async with database.read() as session:
        with pytest.raises(DBAPIError, match="readonly"):
            await guilds.guild_joined(session, guild_id=1, now=START)


async def test_two_hundred_writers_that_read_before_they_write_lose_no_update(
    database: Database,
) -> None:
    async def count_up() -> None:
        async with database.write() as session:
            seen = (await session.execute(select(func.count()).select_from(guild))).scalar_one()
            await asyncio.sleep(0)
            await guilds.guild_joined(session, guild_id=seen + 1, now=START)

    await asyncio.gather(*(count_up() for _ in range(200)))

    async with database.read() as session:
        assert len(await guilds.list_guilds(session)) == 200


async def test_writers_cancelled_at_any_moment_block_nobody_and_leave_nothing_half_done(
    database: Database,
) -> None:
    finished: set[int] = set()

    async def join_and_audit(number: int) -> None:
        async with database.write() as session:
            await guilds.guild_joined(session, guild_id=number, now=START)
            await audit.append(session, guild_id=number, entry=ENTRY, now=START)
        finished.add(number)

    chance = random.Random(7)
    for number in range(1, 120):
        task = asyncio.create_task(join_and_audit(number))
        async with asyncio.timeout(10):
            for _ in range(chance.randrange(40)):
                await asyncio.sleep(0.0001)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async with asyncio.timeout(10):
        await join_and_audit(1000)
    async with database.read() as session:
        joined = {row.guild_id for row in await guilds.list_guilds(session)}
        assert finished <= joined
        for number in range(1, 120):
            assert (await audit.head(session, guild_id=number) is not None) == (number in joined)


async def test_a_write_that_takes_long_is_named_in_the_log(
    database: Database, clock: MovedClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with database.write():
        await clock.advance(3)

    assert any("held the writer" in record.getMessage() for record in caplog.records)


async def test_only_statements_are_counted(database: Database) -> None:
    before = database.statements
    async with database.write() as session:
        await guilds.guild_joined(session, guild_id=1, now=START)
    async with database.read() as session:
        await guilds.list_guilds(session)

    assert database.statements - before == 2


async def test_a_second_process_is_refused_with_path_and_holder(tmp_path: Path) -> None:
    path = tmp_path / "roost.db"
    process = await start_writer(path)
    try:
        assert await said(process) == "open"

        with pytest.raises(DatabaseInUse) as refused:
            await Database.open(path, clock=SYSTEM)

        assert str(path) in str(refused.value)
        assert str(process.pid) in str(refused.value)
        assert in_use(path)
    finally:
        process.kill()
        await process.communicate()
    assert not in_use(path)


async def test_kill_9_loses_nothing_that_was_committed_and_leaves_nothing_half(
    tmp_path: Path,
) -> None:
    path = tmp_path / "roost.db"
    confirmed = 0
    for _ in range(4):
        process = await start_writer(path)
        assert await said(process) == "open"
        for _ in range(random.randrange(1, 12)):
            confirmed = int(await said(process))
        process.send_signal(signal.SIGKILL)
        rest, _ = await process.communicate()
        confirmed = max([confirmed, *map(int, rest.decode().split())])

    database = await Database.open(path, clock=SYSTEM)
    try:
        async with database.read() as session:
            verdict = await audit.verify(session, guild_id=1)
            joined = await guilds.list_guilds(session)
    finally:
        await database.close()
    assert verdict.is_intact
    assert verdict.entries >= confirmed
    assert [row.guild_id for row in joined] == list(range(1, verdict.entries + 1))


async def test_a_copy_taken_while_others_write_is_whole(database: Database, tmp_path: Path) -> None:
    stop = asyncio.Event()

    async def keep_writing() -> None:
        while not stop.is_set():
            async with database.write() as session:
                await audit.append(session, guild_id=1, entry=ENTRY, now=START)

    writing = asyncio.create_task(keep_writing())
    copies = [tmp_path / f"copy-{number}.db" for number in range(5)]
    for target in copies:
        await database.backup(target)
    stop.set()
    await writing

    for target in copies:
        assert stat.S_IMODE(target.stat().st_mode) == 0o600
        async with looking(target) as session:
            assert (await audit.verify(session, guild_id=1)).is_intact
            check = await session.execute(text("PRAGMA integrity_check"))
            assert check.scalar_one() == "ok"
    assert not list(tmp_path.glob("*.partial"))


async def test_a_copy_never_replaces_a_file(database: Database, tmp_path: Path) -> None:
    target = tmp_path / "precious.db"
    target.write_text("mine")

    with pytest.raises(StoreError, match="exists already"):
        await database.backup(target)

    assert target.read_text() == "mine"


def test_a_copy_says_where_there_is_nothing_to_copy_or_no_place(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no database"):
        copy(tmp_path / "none.db", tmp_path / "copy.db")
    sqlite3.connect(tmp_path / "some.db").close()
    (tmp_path / "some.db").touch()
    with pytest.raises(StoreError, match="failed"):
        copy(tmp_path / "some.db", tmp_path / "no" / "folder" / "copy.db")


async def test_only_the_owner_may_read_the_files(database: Database) -> None:
    async with database.write() as session:
        await guilds.guild_joined(session, guild_id=1, now=START)

    for file in database.path.parent.glob("roost.db*"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


async def test_the_path_may_hold_any_character(tmp_path: Path) -> None:
    path = tmp_path / "a b%#?&ü" / "roost.db"

    for _ in range(2):
        database = await Database.open(path, clock=SYSTEM)
        await database.close()

    assert path.is_file()


async def test_a_closed_database_is_one_file_without_a_log_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "roost.db"
    database = await Database.open(path, clock=SYSTEM)
    async with database.write() as session:
        await guilds.guild_joined(session, guild_id=1, now=START)
    async with database.read() as session:
        await guilds.list_guilds(session)
    await database.close()

    assert sorted(file.name for file in tmp_path.iterdir()) == ["roost.db", "roost.db.lock"]


async def test_what_is_no_database_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "roost.db"
    path.write_bytes(b"this is a letter, not a database. " * 100)

    with pytest.raises(DatabaseBroken) as refused:
        await Database.open(path, clock=SYSTEM)

    assert str(path) in str(refused.value)
    assert not in_use(path)


async def test_a_folder_that_cannot_be_made_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(DatabaseBroken, match="can't be opened"):
        await Database.open(tmp_path / "file" / "roost.db", clock=SYSTEM)


async def test_a_database_opens_again_after_a_failed_start(tmp_path: Path) -> None:
    path = tmp_path / "roost.db"
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(DatabaseBroken):
        await Database.open(path, clock=SYSTEM)
    path.unlink()

    database = await Database.open(path, clock=SYSTEM)
    assert await database.answers()
    await database.close()


async def test_what_was_erased_is_gone_from_the_file(tmp_path: Path) -> None:
    path = tmp_path / "roost.db"
    said_by_mia = "because-my-cat-sat-on-the-keyboard "
    database = await Database.open(path, clock=SYSTEM)
    entry = audit.NewEntry(
        kind="intent", reference="r", actor_id=7, action="power stop", why=said_by_mia * 40
    )
    async with database.write() as session:
        for guild_id in (1, 2):
            for _ in range(20):
                await audit.append(session, guild_id=guild_id, entry=entry, now=START)
    async with database.write() as session:
        await audit.erase_member(session, guild_id=1, member_id=7)
        await guilds.erase_guild(session, guild_id=2)
    await database.close()

    assert said_by_mia.encode() not in path.read_bytes()


async def test_moments_come_back_aware_and_a_naive_one_is_refused(database: Database) -> None:
    async with database.write() as session:
        made = await guilds.guild_joined(session, guild_id=1, now=START)
        assert made.joined_at == START
        assert made.joined_at.utcoffset() == timedelta(0)
        with pytest.raises(StatementError, match="without a zone"):
            await guilds.guild_joined(session, guild_id=2, now=START.replace(tzinfo=None))


def test_the_lock_goes_with_the_process_not_with_the_file(tmp_path: Path) -> None:
    (tmp_path / "roost.db.lock").write_text(f"{os.getpid()}\n")

    assert not in_use(tmp_path / "roost.db")
