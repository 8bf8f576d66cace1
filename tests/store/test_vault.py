"""Keys at rest: sealed for one row, under a master key that is proved at the start."""

import base64
import os
import signal
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.clock import SYSTEM
from bot.secret import Secret
from bot.store import panels
from bot.store.engine import Database
from bot.store.errors import NotOpened, WrongKey
from bot.store.keys import Key, key_file
from bot.store.vault import Vault, owner_of, rekey
from tests.store.rows import some_panel

PANEL_KEY = Secret("a-key-of-a-panel-that-must-stay-secret")
ROW = owner_of(guild_id=1, table="panel", row_id="a")

REKEY = """
import asyncio, os, signal, sys
from pathlib import Path
from bot.clock import SYSTEM
from bot.store import vault
from bot.store.engine import Database

moment = sys.argv[2]

def killing(function):
    def instead(*args, **kwargs):
        if moment == f"before {function.__name__}":
            os.kill(os.getpid(), signal.SIGKILL)
        function(*args, **kwargs)
        if moment == f"after {function.__name__}":
            os.kill(os.getpid(), signal.SIGKILL)
    return instead

async def main():
    vault.write_key, vault.put_in_place = killing(vault.write_key), killing(vault.put_in_place)
    database = await Database.open(Path(sys.argv[1]), clock=SYSTEM)
    await vault.rekey(database, key=None, new_file=None, clock=SYSTEM)

asyncio.run(main())
"""


def a_key() -> Secret:
    return Secret(base64.b64encode(os.urandom(32)).decode())


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[Database]:
    database = await Database.open(path, clock=SYSTEM)
    try:
        yield database
    finally:
        await database.close()


async def connect_panel(database: Database, vault: Vault) -> panels.PanelRow:
    async with database.write() as session:
        row = await some_panel(session, guild_id=1)
        sealed = vault.seal(PANEL_KEY, owner=owner_of(guild_id=1, table="panel", row_id=row.id))
        found = await panels.replace_key(
            session,
            guild_id=1,
            panel_id=row.id,
            key_sealed=sealed,
            account_id="12",
            account_name="mia",
            is_root_admin=False,
            now=SYSTEM.now(),
        )
    assert found is not None
    return found


async def panel_key(database: Database, vault: Vault) -> str:
    async with database.read() as session:
        (row,) = await panels.list_panels(session, guild_id=1)
    owner = owner_of(guild_id=1, table="panel", row_id=row.id)
    return vault.unseal(row.key_sealed, owner=owner).reveal()


async def test_what_was_sealed_opens_for_its_row_only(database: Database) -> None:
    vault = await Vault.open(database, key=a_key(), clock=SYSTEM)
    sealed = vault.seal(PANEL_KEY, owner=ROW)

    assert vault.unseal(sealed, owner=ROW) == PANEL_KEY
    for other in (
        owner_of(guild_id=2, table="panel", row_id="a"),
        owner_of(guild_id=1, table="panel", row_id="b"),
        owner_of(guild_id=1, table="linked_key", row_id="a"),
    ):
        with pytest.raises(NotOpened):
            vault.unseal(sealed, owner=other)


async def test_a_damaged_value_does_not_open_whichever_byte_it_is(database: Database) -> None:
    vault = await Vault.open(database, key=a_key(), clock=SYSTEM)
    sealed = vault.seal(PANEL_KEY, owner=ROW)

    for place in range(len(sealed)):
        damaged = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        with pytest.raises(NotOpened):
            vault.unseal(damaged, owner=ROW)
    for length in range(len(sealed)):
        with pytest.raises(NotOpened):
            vault.unseal(sealed[:length], owner=ROW)


async def test_the_same_secret_is_sealed_differently_each_time_and_never_shown(
    database: Database,
) -> None:
    vault = await Vault.open(database, key=a_key(), clock=SYSTEM)
    first, second = (vault.seal(PANEL_KEY, owner=ROW) for _ in range(2))

    assert first != second
    assert PANEL_KEY.reveal().encode() not in first + second


async def test_the_first_start_makes_a_key_for_the_owner_alone_and_asks_to_back_it_up(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "roost.db"
    async with opened(path) as database:
        first = await Vault.open(database, key=None, clock=SYSTEM)
    file = tmp_path / "roost.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    announced = " ".join(record.getMessage() for record in caplog.records)
    assert "back this file up" in announced
    assert str(file) in announced
    assert file.read_text().strip() not in announced

    async with opened(path) as database:
        again = await Vault.open(database, key=None, clock=SYSTEM)
    assert again.key_id == first.key_id


async def test_no_key_is_made_where_the_settings_give_one(tmp_path: Path) -> None:
    async with opened(tmp_path / "roost.db") as database:
        await Vault.open(database, key=a_key(), clock=SYSTEM)

    assert not key_file(tmp_path / "roost.db").exists()


async def test_a_wrong_key_is_refused_at_the_start_and_named_by_its_id(database: Database) -> None:
    right, wrong = a_key(), a_key()
    vault = await Vault.open(database, key=right, clock=SYSTEM)

    with pytest.raises(WrongKey) as refused:
        await Vault.open(database, key=wrong, clock=SYSTEM)

    assert vault.key_id in str(refused.value)
    assert Key.parse(wrong, source="").id in str(refused.value)
    assert wrong.reveal() not in str(refused.value)


async def test_a_lost_key_file_is_not_replaced_by_a_new_key(tmp_path: Path) -> None:
    path = tmp_path / "roost.db"
    async with opened(path) as database:
        await Vault.open(database, key=None, clock=SYSTEM)
        key_file(path).unlink()

        with pytest.raises(WrongKey, match="missing"):
            await Vault.open(database, key=None, clock=SYSTEM)

    assert not key_file(path).exists()


@pytest.mark.parametrize("text", ["x", "correct horse battery staple", "é" * 44, "QUJD", "f" * 63])
async def test_what_is_no_key_is_refused_without_showing_it(database: Database, text: str) -> None:
    with pytest.raises(WrongKey, match="openssl rand") as refused:
        await Vault.open(database, key=Secret(text), clock=SYSTEM)

    assert f" {text} " not in str(refused.value)


@pytest.mark.parametrize(
    "written",
    [
        lambda raw: raw.hex(),
        lambda raw: base64.b64encode(raw).decode(),
        lambda raw: base64.urlsafe_b64encode(raw).decode().rstrip("="),
        lambda raw: f"  {base64.b64encode(raw).decode()}\n",
    ],
    ids=["hex", "base64", "url-safe, unpadded", "with blanks around"],
)
def test_a_key_may_be_written_in_several_ways(written: Callable[[bytes], str]) -> None:
    raw = bytes(range(220, 252))
    assert (
        Key.parse(Secret(written(raw)), source="").id == Key.parse(Secret(raw.hex()), source="").id
    )


async def test_looking_at_a_new_database_makes_no_key(database: Database) -> None:
    file = key_file(database.path)
    async with database.read() as session:
        assert await Vault.prove(session, file=file, key=None) is None

    assert not file.exists()


async def test_a_rekeyed_database_opens_with_the_new_key_alone(tmp_path: Path) -> None:
    path = tmp_path / "roost.db"
    async with opened(path) as database:
        old = await Vault.open(database, key=None, clock=SYSTEM)
        await connect_panel(database, old)
        await rekey(database, key=None, new_file=None, clock=SYSTEM)

        new = await Vault.open(database, key=None, clock=SYSTEM)
        assert new.key_id != old.key_id
        assert await panel_key(database, new) == PANEL_KEY.reveal()
        with pytest.raises(NotOpened):
            await panel_key(database, old)
    assert (tmp_path / f"roost.key.{old.key_id}").is_file()


async def test_a_backup_from_before_a_rekey_finds_its_key_again(tmp_path: Path) -> None:
    path, saved = tmp_path / "roost.db", tmp_path / "saved.db"
    async with opened(path) as database:
        old = await Vault.open(database, key=None, clock=SYSTEM)
        await connect_panel(database, old)
        await database.backup(saved)
        await rekey(database, key=None, new_file=None, clock=SYSTEM)
    saved.replace(path)

    async with opened(path) as database:
        vault = await Vault.open(database, key=None, clock=SYSTEM)
        assert vault.key_id == old.key_id
        assert await panel_key(database, vault) == PANEL_KEY.reveal()


async def test_a_key_from_the_settings_is_turned_into_one_in_a_file_to_name_there(
    database: Database, tmp_path: Path
) -> None:
    old_key, file = a_key(), tmp_path / "new.key"
    await connect_panel(database, await Vault.open(database, key=old_key, clock=SYSTEM))

    assert await rekey(database, key=old_key, new_file=file, clock=SYSTEM) == file

    vault = await Vault.open(database, key=Secret(file.read_text()), clock=SYSTEM)
    assert await panel_key(database, vault) == PANEL_KEY.reveal()
    with pytest.raises(WrongKey):
        await Vault.open(database, key=old_key, clock=SYSTEM)


async def test_a_rekey_that_meets_a_damaged_row_changes_nothing(database: Database) -> None:
    vault = await Vault.open(database, key=None, clock=SYSTEM)
    await connect_panel(database, vault)
    async with database.write() as session:
        await some_panel(session, guild_id=2, key_sealed=b"damaged")

    with pytest.raises(NotOpened, match="panel/2/"):
        await rekey(database, key=None, new_file=None, clock=SYSTEM)

    again = await Vault.open(database, key=None, clock=SYSTEM)
    assert again.key_id == vault.key_id
    assert await panel_key(database, again) == PANEL_KEY.reveal()


@pytest.mark.parametrize(
    "moment",
    ["before write_key", "after write_key", "before put_in_place", "after put_in_place"],
)
async def test_a_rekey_killed_at_any_point_leaves_a_key_that_opens(
    tmp_path: Path, moment: str
) -> None:
    path = tmp_path / "roost.db"
    async with opened(path) as database:
        await connect_panel(database, await Vault.open(database, key=None, clock=SYSTEM))

    killed = subprocess.run([sys.executable, "-c", REKEY, str(path), moment], check=False)
    assert killed.returncode == -signal.SIGKILL

    async with opened(path) as database:
        vault = await Vault.open(database, key=None, clock=SYSTEM)
        assert await panel_key(database, vault) == PANEL_KEY.reveal()
        await rekey(database, key=None, new_file=None, clock=SYSTEM)
