"""`roost demo` as a process: it says where to look, and goes when it is told to."""

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest

from tests.conftest import ROOT

ENDS_WITHIN = 5.0  # seconds
Launch = Callable[[int], Awaitable[Process]]


@pytest.fixture
async def launch(tmp_path: Path) -> AsyncIterator[Launch]:
    """Start `roost demo` on a port, with an empty home and nothing of ours in its environment."""
    started: list[Process] = []

    async def start(port: int) -> Process:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ROOST_")}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "demo", "--port", str(port)),
            cwd=ROOT,
            env={**kept, "HOME": str(tmp_path), "TMPDIR": str(tmp_path)},
            stdout=PIPE,
            stderr=PIPE,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_it_says_where_the_page_is_and_ends_when_told_to_with_nothing_left(
    launch: Launch, tmp_path: Path, number: signal.Signals
) -> None:
    process = await launch(0)
    assert process.stdout is not None
    line = (await process.stdout.readline()).decode()

    address = line.removeprefix("Open ").strip()
    async with aiohttp.ClientSession() as session, session.get(address) as page:
        assert page.status == 200
    process.send_signal(number)
    async with asyncio.timeout(ENDS_WITHIN):
        _, errors = await process.communicate()

    assert address.startswith("http://localhost:")
    assert address.endswith("/#demo")
    assert process.returncode == 0
    assert b"Traceback" not in errors
    assert b"error" not in errors
    assert list(tmp_path.glob("roost-demo-*")) == []


async def test_a_taken_port_is_one_sentence_that_names_the_way_out(launch: Launch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        process = await launch(port)
        said, errors = await process.communicate()

    told = errors.decode().splitlines()[-1]
    assert process.returncode == 2
    assert f"Port {port} can't be used: address already in use." in told
    assert "--port" in told
    assert b"Traceback" not in errors
    assert said == b""
