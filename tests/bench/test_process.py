"""A bot in a process of its own, killed and started again while Discord lives on."""

import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.logs import Secrets
from tests.wirecord import Spec, Wire, text_of

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "tests.bench.parrot"]


@pytest.fixture
async def alone(spec: Spec) -> AsyncIterator[Wire]:
    async with Wire(spec=spec) as wire:
        yield wire


async def test_discord_is_still_there_when_a_killed_bot_starts_again(
    alone: Wire, tmp_path: Path, secrets: Secrets
) -> None:
    guild = alone.guild("Nova")
    channel, mia = guild.channel("ops"), guild.member("mia")
    log, env = tmp_path / "log", {"PARROT_TOKEN": alone.token}
    process = await alone.launch(COMMAND, ROOT, env=env, log=log)
    await alone.ready()
    shown = await mia.slash(channel, "buttons")

    process.send_signal(signal.SIGKILL)
    await process.wait()
    again = await alone.launch(COMMAND, ROOT, env=env, log=log)
    await alone.ready()

    assert [text_of(message) for message in channel.public()] == ["choose"]
    kept = await mia.click(shown.message, label="Keep")
    assert kept.text == "kept 7"
    assert alone.violations == []
    again.send_signal(signal.SIGTERM)
    await again.wait()
    secrets.add(*alone.secrets())
    assert secrets.found_in(log.read_text()) == []


async def test_a_view_of_an_earlier_run_is_answered_by_nobody(alone: Wire, tmp_path: Path) -> None:
    guild = alone.guild("Nova")
    channel, mia = guild.channel("ops"), guild.member("mia")
    log, env = tmp_path / "log", {"PARROT_TOKEN": alone.token}
    process = await alone.launch(COMMAND, ROOT, env=env, log=log)
    await alone.ready()
    shown = await mia.slash(channel, "buttons")
    process.kill()
    await process.wait()
    await alone.launch(COMMAND, ROOT, env=env, log=log)
    await alone.ready()

    with pytest.raises(TimeoutError, match="did not respond"):
        await mia.click(shown.message, label="Change")
