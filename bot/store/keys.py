"""Master keys, and the file beside the database that holds one where the settings don't.

The file is `roost.key` for `roost.db`. Keys of earlier times lie beside it as `roost.key.<id>`;
backups of those times need them.
"""

import base64
import binascii
import hashlib
import os
import secrets
from collections.abc import Collection
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from bot.secret import Secret
from bot.store.errors import WrongKey


class Key(Struct, frozen=True):
    """A master key and its id (8 hex digits), which tells keys apart and gives nothing away."""

    secret: Secret
    id: str

    @classmethod
    def parse(cls, secret: Secret, *, source: str) -> Self:
        """Read 32 bytes in base64 (either alphabet) or hex.

        Raises:
            WrongKey: It is something else; the text names `source`.
        """
        text = secret.reveal().strip()
        try:
            if len(text) == 64:
                raw = bytes.fromhex(text)
            else:
                padded = text + "=" * (-len(text) % 4)
                raw = base64.b64decode(padded, altchars=b"-_" if {*"-_"} & {*text} else None)
        except (ValueError, binascii.Error):
            raw = b""
        if len(raw) != 32:
            raise WrongKey(
                f"The master key {source} is not 32 bytes in base64 or hex;"
                " make one with `openssl rand -base64 32`."
            )
        return cls(Secret(raw.hex()), hashlib.sha256(b"roost key id" + raw).hexdigest()[:8])

    @classmethod
    def make(cls) -> Self:
        """A new random key."""
        return cls.parse(Secret(secrets.token_hex(32)), source="made")

    def cipher(self) -> AESGCM:
        """The cipher with this key."""
        return AESGCM(bytes.fromhex(self.secret.reveal()))


def key_file(database: Path) -> Path:
    """Where the key of a database lies when the settings give none."""
    return database.with_suffix(".key")


def read_key(file: Path) -> Key | None:
    """The key in a file; None when there is no such file.

    Raises:
        WrongKey: It can't be read, or holds something else.
    """
    try:
        text = file.read_text("ascii")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise WrongKey(f"The master key in {file} can't be read: {reason}.") from None
    return Key.parse(Secret(text), source=f"in {file}")


def write_key(file: Path, key: Key) -> None:
    """Write a new file that only its owner may read, and see it onto the disk.

    Raises:
        FileExistsError: There is one; a key is never overwritten.
    """
    text = base64.b64encode(bytes.fromhex(key.secret.reveal())) + b"\n"
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(handle, text)
        os.fsync(handle)
    finally:
        os.close(handle)
    _sync_folder(file.parent)


def find_key(file: Path, wanted: Collection[str]) -> Key | None:
    """The key with one of the wanted ids, in `file` or among the earlier ones beside it.

    What lay beside is put in its place: a rotation was cut off before it could, or an older
    database came back from a backup.
    """
    current = read_key(file)
    if current is not None and current.id in wanted:
        return current
    for key_id in sorted(wanted):
        found = read_key(beside(file, key_id))
        if found is not None and found.id == key_id:
            put_in_place(file, found)
            return found
    return current


def put_in_place(file: Path, key: Key) -> None:
    """Make `key`, which lies beside, the one in `file`; the one before is kept under its id."""
    before = read_key(file)
    if before is not None:
        file.rename(beside(file, before.id))
    beside(file, key.id).rename(file)
    _sync_folder(file.parent)


def beside(file: Path, key_id: str) -> Path:
    """Where a key other than the current one is kept."""
    return file.with_name(f"{file.name}.{key_id}")


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
