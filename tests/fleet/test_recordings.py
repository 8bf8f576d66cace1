"""The recorded conversations, held against the hub: all is heard, what is known is true."""

import asyncio
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from bot.fleet.feeds import RING_LINES
from bot.fleet.hub import Fallback, Listener
from bot.fleet.known import State, power_state
from bot.pterodactyl.console_events import (
    CaughtUp,
    ConsoleLine,
    Disconnected,
    Event,
    Lapsed,
    Lost,
    Stats,
    Status,
)
from demo.panel import SimPanel
from tests.fleet.conftest import Fleet
from tests.pterodactyl.console_node import SOON, Node
from tests.pterodactyl.test_console_recordings import (
    Conversation,
    conversations,
    expected,
    final_error,
    names,
    play,
)

OF_OURS = (Disconnected, CaughtUp, Lapsed, Fallback)
ASKED_ABOUT = {
    "install started",
    "install completed",
    "backup restore completed",
    "transfer status",
}
"""After these the panel is asked, for the node tells no outcome."""
KEPT = 1000
"""Events that wait for a listener at most; floods are longer."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "recording" in metafunc.fixturenames:
        folder = Path(metafunc.config.getoption("--recordings")) / "wings"
        metafunc.parametrize("recording", names(folder))


@pytest.mark.recording
async def test_a_watched_server_is_known_as_its_node_told(
    fleet: Fleet, panel: SimPanel, recording: str, recordings: Path
) -> None:
    talks = conversations(recordings / "wings" / f"{recording}.jsonl")
    assert talks
    for recorded in talks.values():
        await _check(fleet, panel, recorded)


async def _check(fleet: Fleet, panel: SimPanel, recorded: Conversation) -> None:
    server = fleet.server("Survival")
    final = final_error(recorded)
    heard: list[Event] = []
    async with Node() as node:
        panel.world.nodes[0].url = f"http://127.0.0.1:{node.port}"
        if recorded.status != 101:
            node.refusals.append((recorded.status, recorded.refusal))
        async with fleet.hub.watch(server) as listener:
            reading = asyncio.create_task(_read(listener, heard))
            if recorded.status == 101:
                talk = await node.talk()
                with suppress(ConnectionError):  # the client leaves when told something final
                    await play(talk, recorded, fleet.clock)
                    if final is None:
                        await talk.caught_up()
                await _settled(heard)
                _check_known(fleet, recorded, is_over=final is not None)
                if recorded.close:
                    await talk.close(*recorded.close)
                else:
                    talk.cut()
            await fleet.until(lambda: any(isinstance(one, Disconnected) for one in heard))
            if recorded.status == 101:
                told = [event for event in heard if not isinstance(event, OF_OURS)]
                if not any(isinstance(event, Lost) and event.cause == "queue" for event in told):
                    assert told == expected(recorded.frames)
            assert not fleet.hub.known(server).is_live
            assert not reading.done()  # whoever watches goes on
            reading.cancel()
            await asyncio.wait({reading})
        fleet.hub.forget(server.id)


def _check_known(fleet: Fleet, recorded: Conversation, *, is_over: bool) -> None:
    server = fleet.server("Survival")
    told = expected(recorded.frames)
    states = [one.state for one in told if isinstance(one, Stats | Status) and one.state]
    known = fleet.hub.known(server)
    events = {json.loads(raw)["event"] for raw in recorded.frames}
    if states and not is_over and not events & ASKED_ABOUT and "deleted" not in events:
        assert known.state is power_state(states[-1])
    if "deleted" in events and not events & ASKED_ABOUT:
        assert known.state is State.GONE
    lines = [one.text for one in told if isinstance(one, ConsoleLine)]
    if len(lines) <= KEPT:
        assert [line.text for line in fleet.hub.lines(server, RING_LINES)] == lines[-RING_LINES:]


async def _read(listener: Listener, heard: list[Any]) -> None:
    async for event in listener:
        heard += [event]


async def _settled(heard: list[Event]) -> None:
    """Return once nothing more comes."""
    before = -1
    async with asyncio.timeout(SOON):
        while len(heard) != before:
            before = len(heard)
            await asyncio.sleep(0.02)
