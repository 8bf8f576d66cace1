"""The real `roost run` in a process of its own: start, stop, and coming back."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from demo.panel import SimPanel
from tests.wirecord import Member, Spec, Wire, eventually
from tests.world import MASTER_KEY

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 5.0
STOPPED_SECONDS = 5.0


def _settings(wire: Wire, folder: Path) -> dict[str, str]:
    return {
        "ROOST_DISCORD_TOKEN": wire.token,
        "ROOST_DATABASE_PATH": str(folder / "roost.db"),
        "ROOST_SECRET_KEY": MASTER_KEY,
        "ROOST_NETWORK_ALLOW": "127.0.0.0/8",
        "ROOST_NETWORK_ALLOW_HTTP": "true",
        "ROOST_LOG_FORMAT": "json",
    }


class Running:
    """One process of the bot, and what it logged."""

    def __init__(self, wire: Wire, folder: Path) -> None:
        self.wire = wire
        self.folder = folder
        self.log = folder / "log.txt"
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> float:
        """Start it and wait until Discord has identified it; the seconds that took."""
        began = time.monotonic()
        self.process = await self.wire.launch(
            [sys.executable, "-m", "bot", "run"],
            cwd=ROOT,
            env=_settings(self.wire, self.folder),
            log=self.log,
        )
        await self.wire.ready()
        await eventually(lambda: bool(self.wire.commands["global"]))
        return time.monotonic() - began

    async def stop(self, how: signal.Signals) -> float:
        """End it and wait; the seconds that took."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(how)
        await asyncio.wait_for(self.process.wait(), 15)
        return time.monotonic() - began


@pytest.fixture
async def wire(spec: Spec) -> AsyncIterator[Wire]:
    """A Discord of its own for each test: the processes come and go."""
    async with Wire(spec=spec) as alone:
        yield alone
        assert alone.violations == []


@pytest.fixture
async def bot(wire: Wire, tmp_path: Path) -> AsyncIterator[Running]:
    running = Running(wire, tmp_path)
    yield running
    if running.process is not None and running.process.returncode is None:
        running.process.kill()
        await running.process.wait()


async def _world(wire: Wire) -> tuple[Member, Member]:
    guild = wire.guild("Nova")
    mods = guild.role("Mods")
    boss = guild.member("boss", owner=True)
    return boss, guild.member("mia", mods)


async def _connect(boss: Member, panel: SimPanel) -> None:
    channel = next(iter(boss.guild.channels.values()))
    form = await boss.slash(channel, "panel add")
    added = await boss.submit(form, "Nova", panel.url, panel.key("alice"))
    await added.until(lambda: "is connected" in added.text)


async def test_it_is_ready_soon_answers_and_ends_soon_with_nothing_left_half_written(
    wire: Wire, bot: Running, panel: SimPanel
) -> None:
    boss, mia = await _world(wire)
    channel = boss.guild.channel("ops")
    ready = await bot.start()
    assert ready < READY_SECONDS * _slack()
    await _connect(boss, panel)
    granted = await boss.slash(channel, "access grant", member=mia, right="moderator")
    await granted.until(lambda: "Set on" in granted.text)
    restarted = await mia.slash(channel, "power restart", server="Survival")
    await restarted.until(lambda: "is running" in restarted.text)

    took = await bot.stop(signal.SIGTERM)

    assert took < STOPPED_SECONDS
    assert bot.process is not None
    assert bot.process.returncode == 0
    log = bot.log.read_text()
    assert panel.key("alice") not in log
    assert wire.token not in log
    assert '"level": "error"' not in log


async def test_killed_and_started_again_it_knows_everything_and_its_buttons_work(
    wire: Wire, bot: Running, panel: SimPanel
) -> None:
    boss, mia = await _world(wire)
    channel = boss.guild.channel("ops")
    await bot.start()
    await _connect(boss, panel)
    granted = await boss.slash(channel, "access grant", member=mia, right="moderator")
    await granted.until(lambda: "Set on" in granted.text)
    card = await mia.slash(channel, "server info", server="Survival")
    await card.until(lambda: "Survival" in card.text)

    await bot.stop(signal.SIGKILL)
    await bot.start()
    pressed = await mia.click(card.message, label="Restart")

    await pressed.until(lambda: "is running" in pressed.text)


async def test_a_webhook_can_be_made_before_discord_has_told_of_every_guild(
    wire: Wire, bot: Running, panel: SimPanel
) -> None:
    boss, _ = await _world(wire)
    channel = boss.guild.channel("ops")
    await bot.start()
    await _connect(boss, panel)

    mirrored = await boss.slash(channel, "mirror create", server="Survival", channel=channel)

    await mirrored.until(lambda: "goes to" in mirrored.text)
    assert "can't be heard" not in mirrored.text
    await bot.stop(signal.SIGTERM)  # before the panel goes, to which it would connect again


async def test_a_form_sent_after_a_restart_still_arrives(
    wire: Wire, bot: Running, panel: SimPanel
) -> None:
    boss, _mia = await _world(wire)
    channel = boss.guild.channel("ops")
    await bot.start()
    form = await boss.slash(channel, "panel add")

    await bot.stop(signal.SIGKILL)
    await bot.start()
    added = await boss.submit(form, "Nova", panel.url, panel.key("alice"))

    await added.until(lambda: "is connected" in added.text)


async def test_commands_are_not_registered_again_when_nothing_changed(
    wire: Wire, bot: Running
) -> None:
    await _world(wire)
    await bot.start()
    await bot.stop(signal.SIGTERM)
    before = len([one for one in wire.log if one["method"] == "PUT"])

    await bot.start()

    after = len([one for one in wire.log if one["method"] == "PUT"])
    assert after == before


async def test_a_wrong_token_is_told_in_words(wire: Wire, bot: Running) -> None:
    settings = _settings(wire, bot.folder) | {"ROOST_DISCORD_TOKEN": "not-the-token"}
    process = await wire.launch(
        [sys.executable, "-m", "bot", "run"], cwd=ROOT, env=settings, log=bot.log
    )

    code = await asyncio.wait_for(process.wait(), 20)

    assert code == 1
    assert "Discord refuses the token" in bot.log.read_text()


async def test_an_intent_that_is_switched_off_is_told_in_words(wire: Wire, bot: Running) -> None:
    wire.privileged = 0
    settings = _settings(wire, bot.folder) | {"ROOST_DISCORD_MESSAGE_CONTENT": "true"}
    process = await wire.launch(
        [sys.executable, "-m", "bot", "run"], cwd=ROOT, env=settings, log=bot.log
    )

    code = await asyncio.wait_for(process.wait(), 20)

    assert code == 1
    assert "switch on Message Content Intent" in bot.log.read_text()
    assert "message_content" in bot.log.read_text()


def _slack() -> float:
    """A machine that is busy with other tests is slower; alone it is held to the limit."""
    return 3.0 if os.environ.get("PYTEST_XDIST_WORKER") else 1.0
