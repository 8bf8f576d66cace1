"""Brings a database file to the tables of this version, by the steps in `migrations`.

Runs before the engines open: with foreign keys off, because SQLite changes a table by making a
new one and dropping the old, and the drop would take the rows that refer to it along.
"""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import alembic.command
import alembic.util
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, create_engine, event, pool
from sqlalchemy.exc import DBAPIError

import bot
from bot.store.errors import DatabaseBroken, DatabaseTooNew

BUSY_S: Final = 5.0
_ALEMBIC: Final = threading.Lock()  # it keeps what it is doing in its module, not in an object
STEPS: Final = Path(bot.__file__).resolve().parent.parent / "migrations"


async def upgrade(path: Path, *, steps: Path = STEPS) -> None:
    """Run the steps that are missing, all in one transaction: all of them or none.

    Raises:
        DatabaseTooNew: The file knows a step that this version doesn't.
        DatabaseBroken: It is no database, or a step met rows it can't carry over.
    """
    await asyncio.to_thread(_upgrade, path, steps)


def revision(path: Path) -> str | None:
    """The step the file stands at; None for a file without tables. Blocking.

    Raises:
        DatabaseBroken: It is no database.
    """
    with _connected(path, begin="BEGIN") as connection:
        return _current(connection)


def newest() -> str:
    """The last step of this version."""
    return _head(_config(STEPS))


def _upgrade(path: Path, steps: Path) -> None:
    config = _config(steps)
    with _connected(path, begin="BEGIN IMMEDIATE") as connection:
        if _current(connection) == _head(config):
            return
        config.attributes["connection"] = connection
        try:
            with _ALEMBIC:
                alembic.command.upgrade(config, "head")
        except alembic.util.CommandError:
            raise DatabaseTooNew(
                f"The database {path} was made by a later version of Roost (step"
                f" {_current(connection)}): run that version, or go back to a backup."
            ) from None
        orphan = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if orphan is not None:
            raise DatabaseBroken(f"The database {path} has rows of {orphan[0]} that lost theirs.")


@contextlib.contextmanager
def _connected(path: Path, *, begin: str) -> Iterator[Connection]:
    """A connection within a transaction, committed when the block ends well."""
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        poolclass=pool.NullPool,
        connect_args={"timeout": BUSY_S},
        hide_parameters=True,
    )

    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = OFF")

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", lambda opened: opened.exec_driver_sql(begin))
    try:
        with engine.begin() as connection:
            yield connection
    except DBAPIError as error:
        raise DatabaseBroken(f"The database {path} can't be used: {error.orig}.") from None


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _head(config: Config) -> str:
    head = ScriptDirectory.from_config(config).get_current_head()
    if head is None:
        raise RuntimeError("the migrations are not installed")
    return head


def _config(steps: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(steps).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
