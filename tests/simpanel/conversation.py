"""Playing the client's side of a recorded websocket conversation against the simulated node."""

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp

from demo.panel import SimPanel
from demo.panel.tokens import signed, token_id
from tests.clock import MovedClock
from tests.simpanel.forms import UUID

DAEMON = "\x1b[33m\x1b[1m[Pterodactyl Daemon]:\x1b[39m "
ADMIN = ["*", "admin.websocket.errors", "admin.websocket.install", "admin.websocket.transfer"]
WAIT = 5.0  # real seconds, for what needs none


class Line:
    """One websocket of the client's: keeps what comes, and knows when all has come."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.ws = ws
        self.events: list[tuple[str, list[str]]] = []
        self.ended = asyncio.Event()
        self._pong = asyncio.Event()
        self._reader = asyncio.create_task(self._read(), name="line")

    async def _read(self) -> None:
        try:
            async for message in self.ws:
                if message.type is aiohttp.WSMsgType.PONG:
                    self._pong.set()
                elif message.type is aiohttp.WSMsgType.TEXT:
                    assert message.data.endswith("\n")
                    body = json.loads(message.data)
                    self.events.append((body["event"], body.get("args", [])))
        finally:
            self.ended.set()
            self._pong.set()

    async def settle(self) -> None:
        """Wait until everything sent before was answered: pings are answered in turn."""
        for _ in range(3):
            if self.ended.is_set():
                return
            self._pong.clear()
            try:
                await self.ws.ping()
            except ConnectionError:
                return
            await asyncio.wait_for(self._pong.wait(), WAIT)

    async def send(self, event: str, *args: str) -> None:
        await self.ws.send_str(json.dumps({"event": event, "args": list(args)}))
        await self.settle()

    def names(self) -> list[str]:
        return [event for event, _ in self.events]

    def output(self) -> list[str]:
        """The text of all console lines, without the node's own."""
        texts = [args[0] for event, args in self.events if event == "console output"]
        return [text for text in texts if not text.startswith("\x1b[33m\x1b[1m[Pterodactyl")]

    async def close(self) -> None:
        await self.ws.close()
        await asyncio.wait_for(self._reader, WAIT)


async def dial(session: aiohttp.ClientSession, panel: SimPanel, server: str) -> Line:
    """Open the websocket of a server, without logging in."""
    node = panel.world.server(server).node
    url = f"{node.url}/api/servers/{panel.world.server(server).uuid}/ws"
    return Line(await session.ws_connect(url, origin=panel.url, autoping=False))


async def log_in(
    session: aiohttp.ClientSession, panel: SimPanel, server: str, *, user: str = "alice"
) -> Line:
    """Open it and authenticate with a token from the panel."""
    line = await dial(session, panel, server)
    record = panel.world.server(server)
    who = panel.world.user(user)
    rights = ["*"] if record.owner is who else record.permissions_of(who) or ADMIN
    await line.send("auth", panel.socket_token(who, record, rights))
    return line


class Player:
    """Plays a recorded conversation and keeps what each of its sockets heard."""

    def __init__(
        self, panel: SimPanel, clock: MovedClock, session: aiohttp.ClientSession, server: str
    ) -> None:
        self.panel = panel
        self.clock = clock
        self.session = session
        self.server = panel.world.server(server)
        self.lines: dict[str, Line] = {}
        self._at = 0.0

    async def play(self, entries: list[dict[str, Any]]) -> None:
        """Do what the client did and what was done outside, at the recorded times."""
        for entry in entries:
            if entry["dir"] == "in":
                continue
            await self._go_to(entry["t"])
            name = entry.get("sock", "")
            if entry["dir"] == "out":
                await self._say(self.lines[name], entry["data"])
            else:
                await self._happen(name, entry["data"])
            for line in self.lines.values():
                await line.settle()
        for line in self.lines.values():
            await line.close()

    async def _go_to(self, moment: float) -> None:
        while self._at < moment - 1e-9:
            step = min(1.0, moment - self._at)
            self._at += step
            await self.clock.advance(step)
            for line in self.lines.values():
                await line.settle()

    async def _say(self, line: Line, text: str) -> None:
        found = re.search(r"<jwt [^>]*>", text)
        if found is not None:
            text = text.replace(found[0], self._token(found[0]))
        elif text.startswith("<"):
            return  # bytes that no text frame may hold
        if not line.ended.is_set():
            await line.ws.send_str(text)

    def _token(self, described: str) -> str:
        """A token as the recording describes it."""
        told = dict(re.findall(r"([\w-]+)=(\[[^\]]*\]|\S+?)(?=[ >])", described + " "))
        # a scope may hold blanks
        if (
            scope := re.search(r"scope=([\w-]+(?: [\w-]+)*?)(?= [\w-]+=|>)", described)
        ) is not None:
            told["scope"] = scope[1]
        names = told.get("permissions", "[]").strip("[]")
        rights = ADMIN if names == "*+admin" else [name for name in names.split(",") if name]
        user = self.panel.world.user("admin" if told.get("user") == "1" else "alice")
        now = int(self.clock.now().timestamp())
        server_uuid = self.server.uuid if "server_uuid" not in told else "d" * 36
        claims: dict[str, object] = {
            "jti": token_id(user.id, self.server.uuid),
            "iat": now + int(told.get("iat", "+0s").strip("s")),
            "exp": now + int(told.get("exp", "+600s").strip("s")),
            "server_uuid": server_uuid,
            "permissions": rights,
            "user_uuid": user.uuid,
        }
        if "scope" in told:
            claims["scope"] = told["scope"]
        if "without" in told:
            del claims[told["without"]]
        secret = b"wrong" if "signed-with" in told else self.server.node.secret
        return signed({"typ": "JWT", "alg": told.get("alg", "HS256")}, claims, secret)

    async def _happen(self, name: str, data: dict[str, Any]) -> None:
        match data:
            case {"handshake_status": 101}:
                self.lines[name] = await dial(self.session, self.panel, self.server.uuid)
            case {"close_sent": {"code": 1000}} if name in self.lines:
                await self.lines[name].close()
            case {"http": {"path": path, "body": body}}:
                await self._call(path.rsplit("/", 1)[-1], body)
            case {"note": note} if "settings.suspended" in note:
                self.server.set_state("suspended" if "true" in note else "normal")
            case {"note": note} if '"remove"' in note:
                self.panel.world.remove_server(self.server.name)

    async def _call(self, what: str, body: dict[str, Any] | None) -> None:
        """What the panel asked of the node: here the panel is asked for it."""
        match what, body or {}:
            case "power", {"action": action}:
                await self._post("power", {"signal": action})
            case "commands", {"commands": lines}:
                await self._post("command", {"command": "\n".join(lines)})
            case "deny", _:
                self.panel.deny(self.panel.world.user("admin"), self.server)
            case "backup", _:
                await self._post("backups", {})
            case "install", _:
                await self._post("settings/reinstall", {})

    async def _post(self, path: str, body: dict[str, Any]) -> None:
        async with self.session.post(
            f"{self.panel.url}/api/client/servers/{self.server.uuid}/{path}",
            json=body,
            headers={"Authorization": f"Bearer {self.panel.key('alice')}"},
            allow_redirects=False,
        ) as response:
            await response.read()


def entries_of(path: Path) -> list[dict[str, Any]]:
    """A recorded conversation, line by line."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def heard(entries: list[dict[str, Any]], sock: str) -> list[tuple[str, list[str]]]:
    """What Wings said to one socket of a recording."""
    frames = [json.loads(entry["data"]) for entry in entries if _is_from_wings(entry, sock)]
    return [(frame["event"], frame.get("args", [])) for frame in frames]


def _is_from_wings(entry: dict[str, Any], sock: str) -> bool:
    return bool(entry["dir"] == "in" and entry.get("sock", "") == sock)


def gist(events: list[tuple[str, list[str]]]) -> list[str]:
    """Events without what differs from run to run: figures, game lines, ids, racing pairs."""
    told: list[str] = []
    for text in _texts(events):
        is_repeated = told and told[-1] == text
        if not (is_repeated and text.startswith(("stats", "jwt error", "install output"))):
            told.append(text)
    for number in range(len(told) - 1):
        if "Pulling Docker" in told[number] and "Finished pulling" in told[number + 1]:
            told[number], told[number + 1] = told[number + 1], told[number]
    return told


def _texts(events: list[tuple[str, list[str]]]) -> Iterator[str]:
    for event, args in events:
        if event == "stats":
            figures = json.loads(args[0])
            assert set(figures) == {
                "memory_bytes",
                "memory_limit_bytes",
                "cpu_absolute",
                "network",
                "uptime",
                "state",
                "disk_bytes",
            }
            if figures["state"] == "offline":
                yield "stats offline"
        elif event == "console output":
            if args[0].startswith(DAEMON):
                yield args[0]
        elif event == "backup completed":
            report = json.loads(args[0])
            yield f"{event} {sorted(report)} {report['is_successful']}"
        elif event == "install output":
            yield event
        else:
            yield UUID.sub("<id>", " ".join([event, *args]))
