"""The command line, as an operator calls it: in a process of its own, in a folder of its own."""

import asyncio
import json
import os
import re
import sqlite3
import sys
from pathlib import Path

import pytest
from msgspec import Struct

from bot.clock import SYSTEM
from bot.store.engine import Database

ROOT = Path(__file__).parent.parent
TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GwIrEc.not-a-token-but-it-looks-like-one-here"


class Ended(Struct, frozen=True):
    code: int
    out: str
    err: str


async def roost(folder: Path, *args: str, **environ: str) -> Ended:
    """Run `roost`, with a bare environment."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        *args,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "NO_COLOR": "1", **environ},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        out, err = await process.communicate()
    return Ended(process.returncode or 0, out.decode(), err.decode())


def is_one_sentence(text: str) -> bool:
    return len(text.strip().splitlines()) == 1 and "Traceback" not in text


async def test_help_names_every_command_and_an_empty_call_shows_it(tmp_path: Path) -> None:
    shown = await roost(tmp_path, "--help")

    assert shown.code == 0
    for command in ("run", "demo", "doctor", "migrate", "rekey", "backup", "commands"):
        assert re.search(rf"(?m)^  {command} ", shown.out)
    empty = await roost(tmp_path)
    assert "doctor" in empty.out + empty.err


async def test_the_version_is_told(tmp_path: Path) -> None:
    shown = await roost(tmp_path, "--version")

    assert re.fullmatch(r"roost \d+\.\d+\.\d+\n", shown.out)


async def test_commands_as_json_are_a_list_on_stdout_and_nothing_else(tmp_path: Path) -> None:
    shown = await roost(tmp_path, "commands", "--json")

    listed = json.loads(shown.out)
    assert (shown.code, shown.err) == (0, "")
    assert {"power", "panel", "why"} <= {command["name"] for command in listed}
    assert list(tmp_path.iterdir()) == []


async def test_commands_need_no_usable_settings(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[broken")

    shown = await roost(tmp_path, "commands", ROOST_NONSENSE="1")

    assert shown.code == 0
    assert "power" in shown.out


@pytest.mark.parametrize(
    ("command", "text", "environ", "told"),
    [
        ("run", "[log]\nlevel = 'loud'", {}, "`level` in [log]"),
        ("run", "", {"ROOST_LOG_LEVL": "info"}, "did you mean `ROOST_LOG_LEVEL`?"),
        ("migrate", "[lgo]", {}, "did you mean `log`?"),
        ("rekey", "[lgo]", {}, "did you mean `log`?"),
        ("backup copy.db", "[lgo]", {}, "did you mean `log`?"),
    ],
)
async def test_a_wrong_setting_is_one_sentence_and_code_2(
    tmp_path: Path, command: str, text: str, environ: dict[str, str], told: str
) -> None:
    (tmp_path / "config.toml").write_text(text)

    ended = await roost(tmp_path, *command.split(), **environ)

    assert ended.code == 2
    assert ended.out == ""
    assert told in ended.err
    assert is_one_sentence(ended.err)


async def test_a_missing_token_is_one_sentence_and_nothing_is_made(tmp_path: Path) -> None:
    ended = await roost(tmp_path, "run")

    assert ended.code == 2
    assert "ROOST_DISCORD_TOKEN" in ended.err
    assert is_one_sentence(ended.err)
    assert list(tmp_path.iterdir()) == []


async def test_the_settings_file_is_named_by_option_or_variable(tmp_path: Path) -> None:
    (tmp_path / "my.toml").write_text("[database]\npath = 'mine/x.db'")

    assert (await roost(tmp_path, "--config", "my.toml", "migrate")).code == 0
    assert (tmp_path / "mine" / "x.db").is_file()
    by_variable = await roost(tmp_path, "migrate", ROOST_CONFIG="other.toml")
    assert by_variable.code == 2
    assert "other.toml" in by_variable.err


async def test_migrate_makes_the_tables_and_says_where_it_stands(tmp_path: Path) -> None:
    for _ in range(2):
        ended = await roost(tmp_path, "migrate")
        assert ended.code == 0
        assert re.search(r"is at step \d{4}\.\n$", ended.out)

    with sqlite3.connect(tmp_path / "data" / "roost.db") as connection:
        assert connection.execute("SELECT count(*) FROM panel").fetchone() == (0,)
    connection.close()


async def test_a_database_in_use_is_one_sentence_but_can_be_backed_up(tmp_path: Path) -> None:
    path = tmp_path / "data" / "roost.db"
    database = await Database.open(path, clock=SYSTEM)
    try:
        for command in ("run", "migrate", "rekey"):
            ended = await roost(tmp_path, command, ROOST_DISCORD_TOKEN=TOKEN)
            assert ended.code == 2, command
            assert f"process {os.getpid()}" in ended.err
            assert is_one_sentence(ended.err), command
            assert TOKEN not in ended.err + ended.out

        saved = await roost(tmp_path, "backup", "saved.db")
        assert saved.code == 0
        assert "saved.db" in saved.out
    finally:
        await database.close()
    assert (tmp_path / "saved.db").is_file()


async def test_a_backup_replaces_no_file_and_needs_a_database(tmp_path: Path) -> None:
    nothing = await roost(tmp_path, "backup", "saved.db")
    assert nothing.code == 2
    assert "no database" in nothing.err

    await roost(tmp_path, "migrate")
    (tmp_path / "saved.db").write_text("mine")
    refused = await roost(tmp_path, "backup", "saved.db")
    assert refused.code == 2
    assert (tmp_path / "saved.db").read_text() == "mine"


async def test_rekey_turns_the_key_beside_the_database_and_keeps_the_old_one(
    tmp_path: Path,
) -> None:
    first = await roost(tmp_path, "rekey")
    key = (tmp_path / "data" / "roost.key").read_text()
    second = await roost(tmp_path, "rekey")

    assert (first.code, second.code) == (0, 0)
    assert (tmp_path / "data" / "roost.key").read_text() != key
    kept = [file.read_text() for file in (tmp_path / "data").glob("roost.key.*")]
    assert key in kept
    for shown in (first, second):
        assert key.strip() not in shown.out + shown.err


async def test_rekey_of_a_key_from_the_settings_needs_a_place_for_the_new_one(
    tmp_path: Path,
) -> None:
    old = "00" * 32
    refused = await roost(tmp_path, "rekey", ROOST_SECRET_KEY=old)
    assert refused.code == 2
    assert "--new-key-file" in refused.err

    turned = await roost(tmp_path, "rekey", "--new-key-file", "new.key", ROOST_SECRET_KEY=old)
    assert turned.code == 0
    assert "ROOST_SECRET_KEY_FILE=new.key" in turned.out

    wrong = await roost(tmp_path, "run", ROOST_SECRET_KEY=old, ROOST_DISCORD_TOKEN=TOKEN)
    assert wrong.code == 2
    assert "not the one" in wrong.err
    assert old not in wrong.err


async def test_rekey_with_a_place_but_no_key_in_the_settings_is_refused(tmp_path: Path) -> None:
    refused = await roost(tmp_path, "rekey", "--new-key-file", "new.key")

    assert refused.code == 2
    assert not (tmp_path / "new.key").exists()
