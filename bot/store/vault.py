"""Panel keys at rest: sealed with AES-GCM under one master key that is not in the database.

A sealed value begins with a version, the id of the key that sealed it, and a nonce. The row it
belongs to is its associated data, so a value copied to another row, table or guild doesn't open.
The database keeps a check value, so a wrong key is refused at the start and not guild by guild.
"""

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final, Self

import structlog
from cryptography.exceptions import InvalidTag
from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.secret import Secret
from bot.store.engine import Database
from bot.store.errors import NotOpened, WrongKey
from bot.store.keys import Key, beside, find_key, key_file, put_in_place, write_key
from bot.store.tables import metadata, vault_check

log = structlog.stdlib.get_logger(__name__)

_VERSION: Final = b"\x01"
_KEY_ID: Final = slice(1, 5)
_NONCE: Final = slice(5, 17)
_CHECK_OWNER: Final = "vault_check"
_CHECK_TEXT: Final = "the key of this database"


class Vault:
    """Seals and unseals; made by `open`."""

    def __init__(self, key: Key) -> None:
        self._key = key

    @property
    def key_id(self) -> str:
        """Which key it is: 8 hex digits that give nothing away."""
        return self._key.id

    @classmethod
    async def open(cls, database: Database, *, key: Secret | None, clock: Clock) -> Self:
        """Find the master key and prove it against the database.

        Args:
            key: From the settings. Without one the file beside the database counts; for a new
                database that file is made, and announced in the log.

        Raises:
            WrongKey: Missing, malformed, or not the key of this database.
        """
        async with database.write() as session:
            checks = await _checks(session)
            chosen = _choose(key, key_file(database.path), checks)
            if not checks:
                await _keep_check(session, chosen, clock.now())
        return cls(chosen)

    @classmethod
    async def prove(cls, session: AsyncSession, *, file: Path, key: Secret | None) -> Self | None:
        """As `open`, but only looks; None when the database never had a key.

        Args:
            session: One that reads.
            file: `key_file` of the database.
            key: From the settings.

        Raises:
            WrongKey: Missing, malformed, or not the key of this database.
        """
        checks = await _checks(session)
        return cls(_choose(key, file, checks)) if checks else None

    def seal(self, plaintext: Secret, *, owner: str) -> bytes:
        """Encrypt for one row; `owner` comes from `owner_of`."""
        return _seal(self._key, plaintext, owner)

    def unseal(self, sealed: bytes, *, owner: str) -> Secret:
        """Decrypt what `seal` made for the same owner.

        Raises:
            NotOpened: It is damaged, of another row, or of another key.
        """
        return _unseal(self._key, sealed, owner)


def owner_of(*, guild_id: int, table: str, row_id: str) -> str:
    """The identity of a row that has a sealed column."""
    return f"{table}/{guild_id}/{row_id}"


async def rekey(
    database: Database, *, key: Secret | None, new_file: Path | None, clock: Clock
) -> Path:
    """Seal everything with a new key, in one transaction, and return the new key's file.

    The new key is on the disk before the database needs it, and the old one stays there (backups
    made until now need it), so whenever this is cut off one of the two opens what there is.

    Args:
        key: The one in the settings; None when the file beside the database counts.
        new_file: Where the new key lies or is to be written, where the settings give the old
            one; the settings must name it from then on. None rotates the file beside the database.

    Raises:
        WrongKey: The old key isn't this database's, or the new one is the old.
        NotOpened: A row doesn't open with the old key; nothing was changed.
    """
    file = key_file(database.path)
    async with database.write() as session:
        old = _choose(key, file, await _checks(session))
        new = _new_key(file, new_file)
        if new.id == old.id:
            raise WrongKey(f"The master key in {new_file} is the one in use; name a new file.")
        await _reseal(session, old, new)
        await session.execute(delete(vault_check))
        await _keep_check(session, new, clock.now())
    if new_file is not None:
        return new_file
    put_in_place(file, new)
    log.warning("back up the new master key", file=str(file), old_key=str(beside(file, old.id)))
    return file


async def _reseal(session: AsyncSession, old: Key, new: Key) -> None:
    for table in metadata.sorted_tables:
        for column in table.c:
            if not column.info.get("sealed"):
                continue
            rows = select(table.c.guild_id, table.c.id, column.label("sealed"))
            for guild_id, row_id, sealed in (await session.execute(rows)).all():
                owner = owner_of(guild_id=guild_id, table=table.name, row_id=row_id)
                again = _seal(new, _unseal(old, sealed, owner), owner)
                await session.execute(
                    update(table)
                    .where(table.c.guild_id == guild_id, table.c.id == row_id)
                    .values({column: again})
                )


def _choose(given: Secret | None, file: Path, checks: Mapping[str, bytes]) -> Key:
    if given is not None:
        source = "in the settings"
        chosen: Key | None = Key.parse(given, source=source)
    else:
        source = f"in {file}"
        chosen = find_key(file, checks.keys())
    if chosen is None:
        if checks:
            raise WrongKey(
                f"The master key {', '.join(checks)} of this database is missing: put {file} back"
                " from your backup, or name the key with ROOST_SECRET_KEY_FILE."
            )
        chosen = Key.make()
        write_key(file, chosen)
        log.warning(
            "made a master key: back this file up, panel keys can't be read without it",
            file=str(file),
        )
    if checks:
        _prove(chosen, source, checks)
    return chosen


def _prove(key: Key, source: str, checks: Mapping[str, bytes]) -> None:
    try:
        _unseal(key, checks[key.id], _CHECK_OWNER)
    except (KeyError, NotOpened):
        raise WrongKey(
            f"The master key {source} ({key.id}) is not the one this database was sealed with"
            f" ({', '.join(checks)}): give that one, or the database that belongs to this key."
        ) from None


def _new_key(file: Path, new_file: Path | None) -> Key:
    if new_file is None:
        new = Key.make()
        write_key(beside(file, new.id), new)
        return new
    existing = find_key(new_file, ())
    if existing is not None:
        return existing
    new = Key.make()
    write_key(new_file, new)
    return new


async def _checks(session: AsyncSession) -> dict[str, bytes]:
    found = await session.execute(select(vault_check.c.key_id, vault_check.c.sealed))
    return {row.key_id: row.sealed for row in found.all()}


async def _keep_check(session: AsyncSession, key: Key, now: datetime) -> None:
    sealed = _seal(key, Secret(_CHECK_TEXT), _CHECK_OWNER)
    await session.execute(insert(vault_check).values(key_id=key.id, sealed=sealed, made_at=now))


def _seal(key: Key, plaintext: Secret, owner: str) -> bytes:
    nonce = os.urandom(_NONCE.stop - _NONCE.start)
    prefix = _VERSION + bytes.fromhex(key.id) + nonce
    return prefix + key.cipher().encrypt(nonce, plaintext.reveal().encode(), owner.encode())


def _unseal(key: Key, sealed: bytes, owner: str) -> Secret:
    if sealed[:1] != _VERSION or sealed[_KEY_ID].hex() != key.id:
        raise NotOpened(f"The sealed value of {owner} is not of the key {key.id}.")
    try:
        opened = key.cipher().decrypt(sealed[_NONCE], sealed[_NONCE.stop :], owner.encode())
    except (InvalidTag, ValueError):
        raise NotOpened(f"The sealed value of {owner} is damaged or of another row.") from None
    return Secret(opened.decode())
