"""The SQLite file: one writer, many readers, one process.

Everything that writes goes through a pool of a single connection whose transactions begin with
BEGIN IMMEDIATE, so what a transaction read is still true when it writes. Readers have a pool of
their own, can't write, and see one moment for the length of a `read()`.
"""

import asyncio
import fcntl
import os
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final, Self, TypeVar

import structlog
from sqlalchemy import URL, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine

from bot.clock import Clock
from bot.store import schema
from bot.store.audit import sha256_hex
from bot.store.errors import DatabaseBroken, DatabaseInUse, StoreError

T = TypeVar("T")
log = structlog.stdlib.get_logger(__name__)

READERS: Final = 4
BUSY_MS: Final = 5000  # `roost backup` and people with a shell are the only others at the file
LONG_WRITE_S: Final = 1.0
"""A transaction that held the writer longer is logged: somebody awaited more than the store."""

_WRITER_PRAGMAS: Final = (
    f"PRAGMA busy_timeout = {BUSY_MS}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # NORMAL may lose the last commits when the power goes
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",  # what was erased is gone from the file, not just unlinked
)
_READER_PRAGMAS: Final = (f"PRAGMA busy_timeout = {BUSY_MS}", "PRAGMA query_only = ON")


class _Session(AsyncSession):
    """A session whose steps are carried out whole, whoever is cancelled meanwhile.

    A statement cut off in the driver can leave a connection behind that holds the write lock for
    good, and a commit cut off is neither known to be done nor not. So a cancelled task waits for
    its statement (milliseconds) and is cancelled then.
    """

    async def connection(self, *args: Any, **kwargs: Any) -> AsyncConnection:
        return await _whole(super().connection(*args, **kwargs))

    async def execute(self, *args: Any, **kwargs: Any) -> Any:
        return await _whole(super().execute(*args, **kwargs))

    async def commit(self) -> None:
        await _whole(super().commit())

    async def close(self) -> None:
        await _whole(super().close())


async def _whole(work: Coroutine[Any, Any, T]) -> T:
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        if not task.cancelled():
            task.exception()  # looked at, so that it isn't reported as lost
        raise cancelled
    return task.result()


class Database:
    """An open database; made by `open`, ended by `close`."""

    def __init__(
        self, path: Path, *, clock: Clock, lock: int, writer: AsyncEngine, reader: AsyncEngine
    ) -> None:
        self.path = path
        self.statements = 0
        """Statements sent since the start, for benchmarks; BEGIN and COMMIT don't count."""
        self.on_statement: Callable[[str], None] | None = None
        """Told of each of them, likewise."""
        self._clock = clock
        self._lock = lock
        self._writer = writer
        self._reader = reader
        for engine in (writer, reader):
            event.listen(engine.sync_engine, "before_cursor_execute", self._count)

    @classmethod
    async def open(cls, path: Path, *, clock: Clock) -> Self:
        """Take the file (made where missing, with its folder), bring its tables up to date.

        Raises:
            DatabaseInUse: Another process has it.
            DatabaseTooNew: A later version of Roost migrated it.
            DatabaseBroken: It can't be opened, is damaged, or is no database.
        """
        path, lock = _take(path)
        try:
            await schema.upgrade(path)
            writer = _engine(path, pragmas=_WRITER_PRAGMAS, begin="BEGIN IMMEDIATE", size=1)
            reader = _engine(path, pragmas=_READER_PRAGMAS, begin="BEGIN", size=READERS)
            database = cls(path, clock=clock, lock=lock, writer=writer, reader=reader)
            async with database.write():  # the writer sets WAL before a reader comes
                pass
        except DBAPIError as error:
            os.close(lock)
            raise DatabaseBroken(f"The database {path} can't be opened: {error.orig}.") from None
        except BaseException:
            os.close(lock)
            raise
        return database

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """The writer, alone: commits at the end, rolls back when the block raises.

        Nothing but the store is to be awaited within. Once the block has ended the commit is
        carried out even if the task is cancelled, so nobody is left between done and not done.
        """
        async with _Session(self._writer) as session:
            await session.connection()  # BEGIN IMMEDIATE: here the wait for the writer is over
            began = self._clock.monotonic()
            yield session
            await session.commit()
            held = self._clock.monotonic() - began
            if held > LONG_WRITE_S:
                log.warning("a transaction held the writer long", seconds=round(held, 2))

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session that can't write and sees one moment, however long it is used."""
        async with _Session(self._reader) as session:
            yield session

    async def answers(self, within: float = 2.0) -> bool:
        """Whether the file can be read at this moment (for /healthz)."""
        try:
            async with self._clock.timeout(within), self.read() as session:
                await session.execute(text("SELECT 1"))
        except (DBAPIError, TimeoutError):
            return False
        return True

    async def backup(self, target: Path) -> None:
        """Write a consistent copy beside the running bot; see `copy`."""
        await asyncio.to_thread(copy, self.path, target)

    async def close(self) -> None:
        """Let go of the file. The last connection folds the write-ahead log into it."""
        await self._reader.dispose()
        await self._writer.dispose()
        os.close(self._lock)

    def _count(self, _conn: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("BEGIN"):
            return
        self.statements += 1
        if self.on_statement is not None:
            self.on_statement(statement)


def copy(source: Path, target: Path) -> None:
    """Copy a database while others use it; the copy is whole or not there at all.

    Only its owner may read the copy. Blocking; `target` must not exist.

    Raises:
        StoreError: No such database, the target exists, or the disk refused.
    """
    if not source.is_file():
        raise StoreError(f"There is no database at {source}.")
    if target.exists():
        raise StoreError(f"{target} exists already; give a name that is free.")
    partial = target.with_name(f"{target.name}.partial")
    try:
        os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        origin, made = sqlite3.connect(source, timeout=BUSY_MS / 1000), sqlite3.connect(partial)
        try:
            origin.backup(made)  # all pages in one step: one moment, under one read lock
            made.execute("PRAGMA journal_mode = DELETE")  # a single file, nothing beside it
        finally:
            made.close()
            origin.close()
        with partial.open("rb") as written:
            os.fsync(written.fileno())
        os.link(partial, target)  # unlike rename it never replaces what appeared meanwhile
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"The copy to {target} failed: {error}.") from None
    finally:
        with suppress(OSError):
            partial.unlink()


@asynccontextmanager
async def looking(path: Path) -> AsyncIterator[AsyncSession]:
    """Read a database that another process may have open; takes no lock and migrates nothing.

    Raises:
        DatabaseBroken: It is no database, or can't be read.
    """
    engine = _engine(path, pragmas=_READER_PRAGMAS, begin="BEGIN", size=1)
    try:
        async with _Session(engine) as session:
            yield session
    except DBAPIError as error:
        raise DatabaseBroken(f"The database {path} can't be read: {error.orig}.") from None
    finally:
        await engine.dispose()


def in_use(path: Path) -> bool:
    """Whether a process holds the database, without taking it.

    Raises:
        DatabaseBroken: This user may not even look.
    """
    try:
        lock = os.open(_lock_path(path.absolute()), os.O_RDONLY)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise DatabaseBroken(f"The lock of {path} can't be read: {error.strerror}.") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def _take(path: Path) -> tuple[Path, int]:
    path = path.absolute()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # made here, so that nobody but the owner may read it; -wal and -shm take its permissions
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        lock = os.open(_lock_path(path), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise DatabaseBroken(
            f"The database {path} can't be opened: {error.strerror} ({error.filename or path})."
        ) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = os.pread(lock, 20, 0).decode("ascii", "replace").strip()
        os.close(lock)
        if not isinstance(error, BlockingIOError):
            raise DatabaseBroken(
                f"The database {path} can't be locked: {error.strerror}; put it on a local disk."
            ) from None
        raise DatabaseInUse(
            f"The database {path} is in use by another process"
            f"{f' (process {holder})' if holder else ''}; stop that one first."
        ) from None
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    return path, lock


def _lock_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.lock")


def _engine(path: Path, *, pragmas: tuple[str, ...], begin: str, size: int) -> AsyncEngine:
    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=str(path)),
        pool_size=size,
        max_overflow=0,
        hide_parameters=True,  # what is written into the log must not quote rows
    )

    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # or the driver begins by itself, and too late
        connection.create_function("sha256_hex", 1, sha256_hex)
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(pragma)
        cursor.close()

    event.listen(engine.sync_engine, "connect", prepare)
    event.listen(engine.sync_engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine
