"""`roost doctor`: finds what is wrong, says how to mend it, and shows no secret."""

import sys
from collections.abc import Mapping
from pathlib import Path

import discord
import pytest

from bot.clock import SYSTEM, Clock
from bot.doctor import Finding, examine, intents_findings
from bot.secret import Secret
from bot.store import guilds, panels
from bot.store.engine import Database
from bot.store.keys import key_file
from bot.store.vault import Vault, owner_of
from demo.panel import SimPanel
from tests.conftest import ROOT
from tests.logs import Secrets
from tests.wirecord import Wire

GUILD = 42
PLAIN = discord.Intents(guilds=True)


class Patient:
    """An installation to look at: a folder, the environment, and a database where it has one."""

    def __init__(self, folder: Path, wire: Wire) -> None:
        self.path = folder / "data" / "roost.db"
        self.environ: dict[str, str] = {
            "ROOST_DATABASE_PATH": str(self.path),
            "ROOST_DISCORD_TOKEN": wire.token,
            "ROOST_NETWORK_ALLOW": "127.0.0.1",
            "ROOST_NETWORK_ALLOW_HTTP": "true",
        }

    async def connect(self, url: str, key: str, name: str = "Home") -> None:
        """Store a panel as the bot does."""
        database = await Database.open(self.path, clock=SYSTEM)
        try:
            vault = await Vault.open(database, key=None, clock=SYSTEM)
            owner = owner_of(guild_id=GUILD, table="panel", row_id=name)
            new = panels.NewPanel(
                id=name,
                name=name,
                url=url,
                key_sealed=vault.seal(Secret(key), owner=owner),
                account_id="1",
                account_name="alice",
                is_root_admin=False,
                added_by=7,
            )
            async with database.write() as session:
                now = SYSTEM.now()
                await guilds.guild_joined(session, guild_id=GUILD, now=now)
                await panels.add_panel(session, guild_id=GUILD, new=new, at_most=9, now=now)
        finally:
            await database.close()

    async def examined(
        self,
        *,
        file: Path | None = None,
        environ: Mapping[str, str] | None = None,
        intents: discord.Intents = PLAIN,
    ) -> list[Finding]:
        said = await examine(
            file, self.environ if environ is None else environ, intents=intents, clock=SYSTEM
        )
        for finding in said:
            assert finding.text[-1] in ".?", finding
            assert not finding.is_wrong or finding.text
        return said


@pytest.fixture(scope="module")
def clock() -> Clock:
    return SYSTEM


@pytest.fixture
def patient(tmp_path: Path, wire: Wire) -> Patient:
    return Patient(tmp_path, wire)


def about(findings: list[Finding], subject: str) -> Finding:
    found = [finding for finding in findings if finding.subject.startswith(subject)]
    assert found, [finding.line() for finding in findings]
    return found[-1]


async def test_a_healthy_installation_is_fine_throughout(patient: Patient, panel: SimPanel) -> None:
    await patient.connect(panel.url, panel.key("alice"))

    findings = await patient.examined()

    assert {finding.state for finding in findings} <= {"fine", "note"}
    assert about(findings, "Token").text == "Discord knows it: the bot is Roost."
    assert about(findings, "Database").state == "fine"
    assert about(findings, "Key").state == "fine"
    home = about(findings, "Panel “Home”")
    assert home.state == "fine"
    assert "answers as alice" in home.text
    assert "7 servers" in home.text


async def test_a_new_installation_is_told_what_the_first_start_makes(patient: Patient) -> None:
    findings = await patient.examined()

    assert about(findings, "Database").state == "note"
    assert "first start" in about(findings, "Database").text
    assert not patient.path.parent.exists()


async def test_settings_that_cannot_be_read_are_the_only_finding(patient: Patient) -> None:
    findings = await patient.examined(environ={"ROOST_LOG_LEVL": "info"})

    assert [finding.is_wrong for finding in findings] == [True]
    assert "ROOST_LOG_LEVEL" in findings[0].text


async def test_a_readable_file_with_a_token_in_it_is_pointed_out(
    patient: Patient, tmp_path: Path, wire: Wire
) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f"[discord]\ntoken = '{wire.token}'\n")
    for mode, state in ((0o644, "note"), (0o600, "fine")):
        file.chmod(mode)
        assert about(await patient.examined(file=file), "Settings").state == state


async def test_a_missing_token_says_where_to_get_one(patient: Patient) -> None:
    del patient.environ["ROOST_DISCORD_TOKEN"]

    finding = about(await patient.examined(), "Token")

    assert finding.is_wrong
    assert "discord.com/developers" in finding.mend


async def test_a_token_discord_does_not_know_is_named_as_such(patient: Patient, wire: Wire) -> None:
    patient.environ["ROOST_DISCORD_TOKEN"] = wire.token[:-4] + "xxxx"

    finding = about(await patient.examined(), "Token")

    assert finding.is_wrong
    assert "401" in finding.text
    assert "Reset Token" in finding.mend


@pytest.mark.parametrize(
    ("status", "state", "told"), [(429, "note", "wait"), (503, "wrong", "503")]
)
async def test_discord_in_trouble_is_not_taken_for_a_wrong_token(
    patient: Patient, wire: Wire, status: int, state: str, told: str
) -> None:
    wire.fault("GET", "/users/@me", status, times=1)

    finding = about(await patient.examined(), "Token")

    assert finding.state == state
    assert told in finding.text


async def test_an_unreachable_discord_is_named_as_such(
    patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discord.http.Route, "BASE", "http://127.0.0.1:1/api/v10")

    finding = about(await patient.examined(), "Token")

    assert finding.is_wrong
    assert "can't be reached" in finding.text


def test_intents_the_bot_asks_for_must_be_switched_on() -> None:
    wanted = discord.Intents(guilds=True, message_content=True)

    assert not intents_findings(PLAIN, 0)[0].is_wrong
    (missing,) = intents_findings(wanted, 0)
    assert missing.is_wrong
    assert "Message Content Intent" in missing.text
    assert "Privileged Gateway Intents" in missing.mend
    for flag in (1 << 18, 1 << 19):
        assert not intents_findings(wanted, flag)[0].is_wrong


async def test_reading_messages_takes_an_intent_that_is_looked_at(patient: Patient) -> None:
    patient.environ["ROOST_DISCORD_MESSAGE_CONTENT"] = "true"

    finding = about(await patient.examined(), "Intents")

    assert finding.is_wrong
    assert "Message Content Intent" in finding.text


async def test_a_running_bot_does_not_hinder_the_look(patient: Patient, panel: SimPanel) -> None:
    await patient.connect(panel.url, panel.key("alice"))
    database = await Database.open(patient.path, clock=SYSTEM)
    try:
        async with database.write() as session:
            await guilds.guild_joined(session, guild_id=GUILD, now=SYSTEM.now())
            findings = await patient.examined()
    finally:
        await database.close()

    assert "in use by a running bot" in about(findings, "Database").text
    assert about(findings, "Panel").state == "fine"


async def test_a_lost_or_foreign_master_key_is_wrong(patient: Patient, panel: SimPanel) -> None:
    await patient.connect(panel.url, panel.key("alice"))
    patient.environ["ROOST_SECRET_KEY"] = "11" * 32
    foreign = about(await patient.examined(), "Key")
    del patient.environ["ROOST_SECRET_KEY"]
    key_file(patient.path).unlink()
    lost = about(await patient.examined(), "Key")

    assert foreign.is_wrong
    assert "not the one" in foreign.text
    assert lost.is_wrong
    assert "missing" in lost.text
    assert not key_file(patient.path).exists()


async def test_what_is_no_database_is_wrong(patient: Patient) -> None:
    patient.path.parent.mkdir()
    patient.path.write_bytes(b"a letter" * 1000)

    assert about(await patient.examined(), "Database").is_wrong


async def test_a_database_without_tables_is_to_be_migrated(patient: Patient) -> None:
    database = await Database.open(patient.path, clock=SYSTEM)
    async with database.write() as session:
        connection = await session.connection()
        await connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    await database.close()

    finding = about(await patient.examined(), "Database")

    assert finding.state == "note"
    assert "roost migrate" in finding.mend


@pytest.mark.parametrize(
    ("kind", "state", "told"),
    [
        ("refused", "wrong", "can't be reached"),
        ("html200", "wrong", "a page for people"),
        ("redirect", "wrong", "a page for people"),
        ("maintenance", "wrong", "down"),
        ("500", "wrong", "error"),
    ],
)
async def test_a_panel_in_trouble_is_told_in_words(
    patient: Patient, panel: SimPanel, kind: str, state: str, told: str
) -> None:
    await patient.connect(panel.url, panel.key("alice"))
    panel.fault(kind)

    finding = about(await patient.examined(), "Panel")

    assert finding.state == state
    assert told in finding.text


@pytest.mark.parametrize(
    ("account", "state", "told"),
    [
        ("admin", "note", "root administrator"),
        ("eve", "note", "0 servers"),
        ("alice_iplocked", "wrong", "from this machine's address"),
        ("admin_application", "wrong", "application key"),
    ],
)
async def test_the_kind_of_key_is_told_and_the_better_one(
    patient: Patient, panel: SimPanel, account: str, state: str, told: str
) -> None:
    await patient.connect(panel.url, panel.key(account))

    finding = about(await patient.examined(), "Panel")

    assert (finding.state, told in finding.text) == (state, True), finding.line()
    assert finding.mend


async def test_a_key_deleted_on_the_panel_is_told_as_unknown(
    patient: Patient, panel: SimPanel
) -> None:
    await patient.connect(panel.url, panel.key("alice")[:-4] + "0000")

    finding = about(await patient.examined(), "Panel")

    assert finding.is_wrong
    assert "does not know the key" in finding.text
    assert "API Credentials" in finding.mend


async def test_a_panel_that_demands_two_factors_says_so(patient: Patient, panel: SimPanel) -> None:
    panel.demands_2fa = "all"
    await patient.connect(panel.url, panel.key("alice"))

    assert "two-factor" in about(await patient.examined(), "Panel").text


async def test_a_private_address_names_the_setting_that_allows_it(
    patient: Patient, panel: SimPanel
) -> None:
    await patient.connect(panel.url, panel.key("alice"))
    patient.environ["ROOST_NETWORK_ALLOW"] = ""

    finding = about(await patient.examined(), "Panel")

    assert finding.is_wrong
    assert "[network] allow" in finding.mend


async def test_one_broken_panel_does_not_hide_the_others(patient: Patient, panel: SimPanel) -> None:
    await patient.connect("http://127.0.0.1:1", panel.key("alice"), "Broken")
    await patient.connect(panel.url, panel.key("alice"), "Working")

    findings = await patient.examined()

    assert about(findings, "Panel “Broken”").is_wrong
    assert about(findings, "Panel “Working”").state == "fine"


async def test_the_command_ends_with_1_when_something_is_wrong_and_shows_no_secret(
    patient: Patient, panel: SimPanel, wire: Wire, secrets: Secrets, tmp_path: Path
) -> None:
    await patient.connect(panel.url, panel.key("alice"))
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    environ = {**patient.environ, "PYTHONPATH": str(ROOT)}
    secrets.add(key_file(patient.path).read_text().strip())
    for broken, code in ((False, 0), (True, 1)):
        log = tmp_path / f"shown-{code}"
        if broken:
            environ["ROOST_SECRET_KEY"] = "11" * 32
        process = await wire.launch(
            [sys.executable, "-m", "bot", "doctor"], folder, env=environ, log=log
        )
        assert await process.wait() == code
        shown = log.read_text()
        assert "✓ Token: Discord knows it" in shown
        assert ("✗" in shown) == broken
        assert "Traceback" not in shown
        assert secrets.found_in(shown) == []
        assert panel.key("alice") not in shown
    assert list(folder.iterdir()) == []
