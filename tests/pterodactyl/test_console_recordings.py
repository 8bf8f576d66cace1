"""The recorded conversations, played by a websocket server: what the node said must come out."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bot.pterodactyl.console import Console
from bot.pterodactyl.console_events import (
    BackupCompleted,
    CaughtUp,
    Connected,
    ConsoleLine,
    DaemonError,
    DaemonMessage,
    Deleted,
    Disconnected,
    Event,
    InstallEnded,
    InstallOutput,
    InstallStarted,
    Lapsed,
    Lost,
    Network,
    RestoreEnded,
    Stats,
    Status,
    Throttled,
    TransferLog,
    TransferStatus,
)
from bot.pterodactyl.errors import Conflict, NodeFailed, NotAllowed, PanelError
from tests.clock import MovedClock
from tests.pterodactyl.console_node import SOON, Node, Talk, network_for

FINAL_TOKEN_ERRORS = {
    "missing connect permission": NotAllowed,
    "server uuid mismatch": NodeFailed,
}
FINAL_CODES: dict[int, type[PanelError]] = {4409: Conflict, 4400: NodeFailed}
ROOMY = 200_000


@dataclass
class Conversation:
    """One socket of a recording."""

    status: int = 101
    refusal: str = ""
    logs_in: bool = False
    frames: list[str] = field(default_factory=list)
    close: tuple[int, str] | None = None
    is_cut: bool = False
    is_left: bool = False  # the recorder closed it


def conversations(path: Path) -> dict[str, Conversation]:
    """The sockets of a recording by name; those that were never shaken hands with are left out."""
    found: dict[str, Conversation] = {}
    for line in path.read_text().rstrip().split("\n"):
        entry = json.loads(line)
        data, socket = entry["data"], entry.get("sock", "")
        if entry["dir"] == "meta":
            if "handshake_status" in data:
                talk = found.setdefault(socket, Conversation())
                talk.status, talk.refusal = data["handshake_status"], data.get("body", "")
            talk = found.get(socket, Conversation())
            if "close_received" in data and not talk.is_left:
                close = data["close_received"]
                talk.close = (close["code"], close["reason"])
            talk.is_left |= "close_sent" in data and not data["close_sent"].get("echo")
            talk.is_cut |= "tcp_closed" in data and talk.close is None and not talk.is_left
        elif entry["dir"] == "in" and not data.startswith("<"):
            found[socket].frames.append(data)
        elif entry["dir"] == "out" and '"auth"' in data:
            found[socket].logs_in = True
    return found


def expected(frames: list[str]) -> list[Event]:
    """What a listener is to see of these frames, read without the client's own reader."""
    seen: list[Event] = []
    for raw in frames:
        frame: dict[str, Any] = json.loads(raw)
        args = frame.get("args") or [""]
        match frame["event"], args[0]:
            case "auth success", _:
                if not any(isinstance(event, Connected) for event in seen):
                    seen.append(Connected())
            case "jwt error", text if any(error in text for error in FINAL_TOKEN_ERRORS):
                break
            case (("jwt error" | "token expiring" | "token expired"), _):
                pass
            case "console output", text:
                for line in text.split("\r\n"):
                    seen.append(ConsoleLine(line.rstrip("\r\n")))
                    if "[Pterodactyl Daemon]" in line and "too quickly" in line:
                        seen.append(Lost(cause="node"))
            case "stats", text:
                seen.append(stats(json.loads(text)))
            case "backup completed", text:
                seen.append(backup(json.loads(text)))
            case name, text:
                seen.append(PLAIN[name](text))
    return seen


PLAIN: dict[str, Callable[[str], Event]] = {
    "status": Status,
    "install started": lambda _: InstallStarted(),
    "install output": InstallOutput,
    "install completed": lambda _: InstallEnded(),
    "backup restore completed": lambda _: RestoreEnded(),
    "transfer status": TransferStatus,
    "transfer logs": TransferLog,
    "daemon message": DaemonMessage,
    "daemon error": DaemonError,
    "throttled": Throttled,
    "deleted": lambda _: Deleted(),
}


def stats(told: dict[str, Any]) -> Stats:
    return Stats(
        **{name: told[name] for name in told if name not in {"uptime", "network"}},
        uptime_ms=told["uptime"],
        network=Network(**told["network"]),
    )


def backup(told: dict[str, Any]) -> BackupCompleted:
    size = told.pop("file_size")
    return BackupCompleted(**told, size_bytes=size)


def final_error(talk: Conversation) -> type[PanelError] | None:
    """What the conversation must end with for good; frames behind it are cut off."""
    for at, raw in enumerate(talk.frames):
        frame = json.loads(raw)
        if frame["event"] == "jwt error":
            for text, error in FINAL_TOKEN_ERRORS.items():
                if text in frame["args"][0]:
                    del talk.frames[at + 1 :]
                    return error
    return FINAL_CODES.get(talk.close[0]) if talk.close else None


async def play(talk: Talk, recorded: Conversation, clock: MovedClock) -> None:
    """Say what the node said; the time between is left out, but for what the client waits for."""
    if recorded.logs_in:
        await talk.heard("auth")
    rest = list(recorded.frames)
    is_refused = False
    while rest:
        said = rest.pop(0)
        frame = json.loads(said)
        if frame["event"] == "auth success":
            if is_refused:  # the client asks the panel for another token first
                await talk.caught_up()
                await clock.advance(6.0)
                await talk.heard("auth")
            await talk.say_raw(said)
            await talk.heard("send logs")
            await clock.advance(3.0)  # the history is over, so what follows is live
            break
        await talk.say_raw(said)
        is_refused |= frame["args"][0].startswith("Error Event [") or frame["args"] == ["auth"]
    for raw in rest:
        await talk.say_raw(raw)


class Listener:
    """Reads a console in the background."""

    def __init__(self, console: Console) -> None:
        self.seen: list[Event] = []
        self.left = asyncio.Event()
        self._console = console
        self._task = asyncio.create_task(self._read())

    async def _read(self) -> PanelError | None:
        try:
            async for event in self._console:
                self.seen.append(event)
                if isinstance(event, Disconnected):
                    self.left.set()
        except PanelError as error:
            return error
        return None

    async def ended(self) -> PanelError | None:
        """What the iteration raised in the end."""
        async with asyncio.timeout(SOON):
            return await self._task


def names(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.jsonl"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "recording" in metafunc.fixturenames:
        folder = Path(metafunc.config.getoption("--recordings")) / "wings"
        metafunc.parametrize("recording", names(folder))


@pytest.mark.recording
async def test_what_a_node_said_comes_out_typed_complete_and_in_order(
    recording: str, recordings: Path
) -> None:
    talks = conversations(recordings / "wings" / f"{recording}.jsonl")
    for recorded in talks.values():
        await check(recorded)
    assert talks


async def check(recorded: Conversation) -> None:
    clock = MovedClock()
    network = network_for(clock)
    final = final_error(recorded)
    async with Node() as node:
        if recorded.status != 101:
            node.refusals.append((recorded.status, recorded.refusal))
        console = node.console(network, queue_size=ROOMY)
        listener = Listener(console)
        console.start()
        if recorded.status == 101:
            talk = await node.talk()
            with suppress(ConnectionError):  # the client leaves when told something final
                await play(talk, recorded, clock)
                if final is None:
                    await talk.caught_up()
                if recorded.close:
                    await talk.close(*recorded.close)
                elif recorded.is_cut:
                    talk.cut()
        if recorded.status != 101 or recorded.close or recorded.is_cut or final:
            async with asyncio.timeout(SOON):
                await listener.left.wait()
        if final is None:
            await console.close()
        raised = await listener.ended()
        await console.close()
    await network.close()

    ends = [event for event in listener.seen if isinstance(event, Disconnected)]
    of_ours = (Disconnected, CaughtUp, Lapsed)
    rest = [event for event in listener.seen if not isinstance(event, of_ours)]
    assert rest == expected(recorded.frames)
    assert type(raised) is (final or type(None))
    assert [end.again_in is None for end in ends] == [final is not None] * len(ends)
    if recorded.close:
        assert [end.code for end in ends] == [recorded.close[0]]
