"""What ships around the bot: the image's health check and its build."""

import asyncio
import os
import re
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.observe import Health, Metrics, Observer

ROOT = Path(__file__).resolve().parents[2]
CHECK = ROOT / "deploy" / "healthcheck.py"


async def healthcheck(port: str) -> int:
    """Run it as the image does; its exit code."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(CHECK),
        env={**os.environ, "ROOST_OBSERVE_PORT": port},
        stdout=asyncio.subprocess.DEVNULL,
    )
    return await process.wait()


@asynccontextmanager
async def observed(*, gateway: bool) -> AsyncIterator[str]:
    """The real /healthz on a free port."""

    async def probe() -> Health:
        return Health(gateway=gateway, database=True, heartbeat_age_s=1.0)

    observer = Observer(Metrics(), probe)
    port = await observer.start("127.0.0.1", 0)
    try:
        yield str(port)
    finally:
        await observer.close()


async def test_a_bot_that_is_well_is_healthy() -> None:
    async with observed(gateway=True) as port:
        assert await healthcheck(port) == 0


async def test_a_bot_without_discord_is_unhealthy() -> None:
    async with observed(gateway=False) as port:
        assert await healthcheck(port) == 1


async def test_a_bot_that_does_not_listen_is_unhealthy() -> None:
    async with observed(gateway=True) as port:
        pass

    assert await healthcheck(port) == 1


async def test_a_check_that_is_switched_off_is_never_unhealthy() -> None:
    assert await healthcheck("") == 0


@pytest.mark.skipif(shutil.which("awk") is None, reason="no awk")
async def test_the_image_takes_its_build_backend_from_the_lock() -> None:
    steps = (ROOT / "Dockerfile").read_text("utf-8")
    found = re.search(r"awk '([^']+)' requirements-dev\.lock", steps)
    assert found is not None

    process = await asyncio.create_subprocess_exec(
        "awk", found[1], str(ROOT / "requirements-dev.lock"), stdout=asyncio.subprocess.PIPE
    )
    lines = (await process.communicate())[0].decode().splitlines()

    assert lines[0].startswith("setuptools==")
    assert len(lines) > 1
    assert all("--hash=sha256:" in line for line in lines[1:])


def test_the_image_is_made_of_named_files_alone() -> None:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    ignored = [line for line in lines if line and not line.startswith("#")]

    assert ignored[0] == "*"  # config.toml, data and secrets never reach an image
    for line in ignored:
        if line.startswith("!"):
            assert (ROOT / line[1:]).exists(), line
