"""Migrations: they agree with the tables, carry rows over, and happen whole or not at all."""

import asyncio
import shutil
import sqlite3
from pathlib import Path

import msgspec
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine

from bot.clock import SYSTEM
from bot.store import bindings, jobs, schema, servers
from bot.store.engine import Database
from bot.store.errors import DatabaseBroken, DatabaseTooNew
from bot.store.tables import metadata
from bot.work.follows import FollowJob
from tests.clock import START
from tests.store.rows import seen_server, some_panel

NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = {head!r}
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("panel") as panel:
        panel.add_column(sa.Column("colour", sa.Text(), nullable=False, server_default="blue"))
        panel.alter_column("url", new_column_name="address")
    {then}
"""


def with_a_next_step(folder: Path, then: str = "") -> Path:
    """The steps of today and one more that makes the table `panel` anew, then runs `then`."""
    steps = folder / "steps of tomorrow"
    shutil.copytree(schema.STEPS, steps, ignore=shutil.ignore_patterns("__pycache__"))
    text = NEXT.format(head=schema.newest(), then=then)
    (steps / "versions" / "9999_tomorrow.py").write_text(text)
    return steps


async def database_with_rows(path: Path) -> None:
    database = await Database.open(path, clock=SYSTEM)
    async with database.write() as session:
        panel = await some_panel(session, guild_id=1)
        found = await servers.save_seen(
            session, guild_id=1, panel_id=panel.id, seen=[seen_server()], now=START
        )
        await bindings.bind_channel(session, guild_id=1, channel_id=5, server_id=found[0].id)
    await database.close()


async def test_tables_and_migrations_agree(tmp_path: Path) -> None:
    path = tmp_path / "roost.db"
    await schema.upgrade(path)

    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, metadata)
    engine.dispose()

    assert differences == []


async def test_a_step_that_makes_a_table_anew_keeps_the_rows_that_refer_to_it(
    tmp_path: Path,
) -> None:
    path = tmp_path / "roost.db"
    await database_with_rows(path)

    await schema.upgrade(path, steps=with_a_next_step(tmp_path))

    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT address, colour FROM panel").fetchall() == [
            ("https://panel.example", "blue")
        ]
        assert connection.execute("SELECT count(*) FROM server").fetchone() == (1,)
        assert connection.execute("SELECT channel_id FROM channel_binding").fetchone() == (5,)
        kept = connection.execute("PRAGMA foreign_key_list(server)").fetchall()
        assert {row[2] for row in kept} == {"panel"}
    connection.close()


@pytest.mark.parametrize(
    "then",
    ["op.execute('DELETE FROM panel')", "op.execute('SELECT nothing FROM nowhere')"],
    ids=["orphans rows", "fails"],
)
async def test_a_step_that_goes_wrong_leaves_the_database_as_it_was(
    tmp_path: Path, then: str
) -> None:
    path = tmp_path / "roost.db"
    await database_with_rows(path)
    before = schema.revision(path)

    with pytest.raises(DatabaseBroken):
        await schema.upgrade(path, steps=with_a_next_step(tmp_path, then))

    assert schema.revision(path) == before
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT url FROM panel").fetchall() == [
            ("https://panel.example",)
        ]
    connection.close()
    database = await Database.open(path, clock=SYSTEM)
    await database.close()


async def test_a_database_of_a_later_version_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "roost.db"
    await database_with_rows(path)
    await schema.upgrade(path, steps=with_a_next_step(tmp_path))

    with pytest.raises(DatabaseTooNew, match="later version"):
        await Database.open(path, clock=SYSTEM)

    assert schema.revision(path) == "9999"


async def test_a_file_without_tables_stands_at_no_step(tmp_path: Path) -> None:
    path = tmp_path / "roost.db"
    path.touch()

    assert schema.revision(path) is None
    await schema.upgrade(path)
    assert schema.revision(path) == schema.newest()


async def test_two_databases_may_be_migrated_at_the_same_time(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.db" for number in range(3)]

    await asyncio.gather(*(schema.upgrade(path) for path in paths))

    assert {schema.revision(path) for path in paths} == {schema.newest()}


async def test_what_was_followed_before_there_were_jobs_goes_on_as_one(tmp_path: Path) -> None:
    path, steps = tmp_path / "roost.db", tmp_path / "steps of yesterday"
    shutil.copytree(schema.STEPS, steps, ignore=shutil.ignore_patterns("__pycache__"))
    for file in (steps / "versions").glob("[0-9]*.py"):
        if int(file.name[:4]) >= 9:
            file.unlink()
    await schema.upgrade(path, steps=steps)
    at = "2026-11-23 09:00:00.000000"
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO guild (guild_id, joined_at) VALUES (1, ?)", (at,))
        row = "(?, 1, 'backup', 'our row', ?, 'nightly', 7, 'Mia', 5, 6, ?, ?)"
        names = (
            "id, guild_id, kind, server_id, subject_id, title, actor_id, actor_name, channel_id,"
            " message_id, began_at, outcome"
        )
        for follow_id, uuid, outcome in (("a", "b1", None), ("b", "b1", None), ("c", "b2", "done")):
            connection.execute(
                f"INSERT INTO follow ({names}) VALUES {row}", (follow_id, uuid, at, outcome)
            )
    connection.close()

    database = await Database.open(path, clock=SYSTEM)
    async with database.read() as session:
        found = await jobs.list_live_jobs(session, guild_id=1)
    await database.close()

    assert [(one.kind, one.key, one.subject_id) for one in found] == [
        ("backup", "backup b1", "our row")
    ]
    state = msgspec.convert(found[0].state, FollowJob)
    assert (state.title, state.told.channel_id, state.told.message_id) == ("nightly", 5, 6)
    assert found[0].made_at == START
