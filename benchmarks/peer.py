"""A process apart that answers: its work is not counted as the client's.

`python -m benchmarks.peer` prints its two ports (HTTP and websocket) and serves until its input
ends. `python -m benchmarks.peer 500 10` lists 500 servers whose consoles say 10 lines a second,
each with the moment it was said; a third number is how many events each has after a login.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from aiohttp import WSMsgType, web
from msgspec import Struct

RECORDINGS: Final = Path(__file__).resolve().parent.parent / "tests" / "recordings" / "panel"
SERVERS: Final = 200
LISTED: Final = 100
LINE: Final = "[12:34:56] [Server thread/INFO]: Steve joined the game at {} with 20.0 health"
STATS: Final = (
    '{"cpu_absolute":12.126,"disk_bytes":123456789,"memory_bytes":2068480000,'
    '"memory_limit_bytes":5888000000,"network":{"rx_bytes":1854,"tx_bytes":486},'
    '"state":"running","uptime":2017}'
)


class Addresses(Struct, frozen=True):
    """Where the peer process listens."""

    panel: str
    sockets: str


@asynccontextmanager
async def peer(*arguments: str) -> AsyncIterator[Addresses]:
    """Run the process for the time of the block."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.peer",
        *arguments,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        http, sockets = map(int, (await process.stdout.readline()).split())
        yield Addresses(f"http://127.0.0.1:{http}", f"ws://127.0.0.1:{sockets}")
    finally:
        process.stdin.close()
        await process.wait()


def recorded(name: str) -> dict[str, Any]:
    """The body of a recorded answer."""
    body: dict[str, Any] = json.loads((RECORDINGS / f"{name}.json").read_text())["response"]["body"]
    return body


def answers(servers: int = LISTED, sockets: str = "") -> dict[str, bytes]:
    """Path below the API's root → body, made of recorded ones."""
    listed = recorded("servers_list")
    first = listed["data"][0]
    listed["data"] = [_named(first, number) for number in range(servers)]
    listed["meta"]["pagination"] = {
        "total": servers,
        "count": servers,
        "per_page": servers,
        "current_page": 1,
        "total_pages": 1,
        "links": {},
    }
    bodies = {
        "": json.dumps(listed).encode(),
        "account": json.dumps(recorded("account_bob")).encode(),
    }
    single = recorded("server_by_uuid")
    resources = json.dumps(recorded("resources_running")).encode()
    websocket = recorded("websocket")
    if sockets:
        websocket["data"] = {"token": "token", "socket": f"{sockets}/api/servers/a/ws"}
    told = json.dumps(websocket).encode()
    for number in range(max(SERVERS, servers)):
        for path in (f"servers/{_identifier(number)}", f"servers/{uuid_of(number)}"):
            bodies[path] = json.dumps(_named(single, number)).encode()
            bodies[f"{path}/resources"] = resources
            bodies[f"{path}/websocket"] = told
    return bodies


def _identifier(number: int) -> str:
    return f"{number:08x}"


def uuid_of(number: int) -> str:
    """Of a server, by its number."""
    return f"{number:08x}-269e-4d37-b2a7-4de452e6b438"


def identifiers() -> Iterator[str]:
    """Of the servers that can be asked for."""
    return map(_identifier, range(SERVERS))


def _named(server: dict[str, Any], number: int) -> dict[str, Any]:
    one: dict[str, Any] = json.loads(json.dumps(server))
    one["attributes"]["identifier"] = _identifier(number)
    one["attributes"]["uuid"] = uuid_of(number)
    one["attributes"]["name"] = f"Server {number}"
    return one


class Panel(asyncio.Protocol):
    """As little of a web server as answers a keep-alive GET."""

    bodies: dict[str, bytes]
    sent = 0
    since = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._buffer = b""

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            head, self._buffer = self._buffer.split(b"\r\n\r\n", 1)
            target = head.split(b" ", 2)[1].decode().partition("?")[0]
            self._transport.write(self._answer(target))

    def _answer(self, target: str) -> bytes:
        kind = type(self)
        if time.monotonic() - kind.since > 60:
            kind.since, kind.sent = time.monotonic(), 0
        kind.sent += 1
        body = self.bodies.get(target.removeprefix("/api/client").strip("/"))
        status = "200 OK" if body is not None else "404 Not Found"
        body = body or b"{}"
        head = (
            f"HTTP/1.1 {status}\r\n"
            "Content-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n"
            "X-RateLimit-Limit: 1000000\r\n"
            f"X-RateLimit-Remaining: {1_000_000 - kind.sent}\r\n\r\n"
        )
        return head.encode() + body


def frames(count: int) -> bytes:
    """`count` events as they travel: lines, and one `stats` among twenty."""
    out = bytearray()
    for number in range(count):
        if number % 20 == 19:
            frame = {"event": "stats", "args": [STATS]}
        else:
            frame = {"event": "console output", "args": [LINE.format(number)]}
        text = json.dumps(frame, separators=(",", ":")).encode() + b"\n"
        out += b"\x81" + (
            bytes((len(text),)) if len(text) < 126 else b"\x7e" + len(text).to_bytes(2, "big")
        )
        out += text
    return bytes(out)


class Discord:
    """As little of Discord's API as a client needs to log in and to send by webhooks."""

    async def me(self, _request: web.Request) -> web.Response:
        return _json({"id": "1", "username": "bot", "discriminator": "0", "avatar": None})

    async def application(self, _request: web.Request) -> web.Response:
        return _json(
            {
                "id": "1",
                "name": "bot",
                "icon": None,
                "description": "",
                "bot_public": True,
                "bot_require_code_grant": False,
                "verify_key": "",
                "flags": 0,
                "owner": {"id": "1", "username": "o", "discriminator": "0", "avatar": None},
            }
        )

    async def execute(self, request: web.Request) -> web.Response:
        await request.read()
        hook = request.match_info["id"]
        return _json(
            {
                "id": "1",
                "channel_id": hook,
                "author": {"id": hook, "username": "s", "discriminator": "0", "avatar": None},
                "content": "",
                "timestamp": "2026-01-01T00:00:00+00:00",
                "edited_timestamp": None,
                "tts": False,
                "mention_everyone": False,
                "mentions": [],
                "mention_roles": [],
                "attachments": [],
                "embeds": [],
                "pinned": False,
                "type": 0,
            }
        )


def _json(body: object) -> web.Response:
    limits = {"X-RateLimit-Limit": "1000", "X-RateLimit-Remaining": "999", "Via": "1.1 peer"}
    limits |= {"X-RateLimit-Reset-After": "1", "Content-Type": "application/json"}
    return web.Response(body=json.dumps(body).encode(), headers=limits)


class Consoles:
    """The websockets; with a pace each says so many lines a second, with their moments."""

    def __init__(self, lines_a_second: float, at_login: int) -> None:
        self._pace = lines_a_second
        self._at_login = frames(at_login)
        self._transports: set[asyncio.Transport] = set()

    async def flood(self, request: web.Request) -> web.Response:
        """Let every console say so many events."""
        made = frames(int(request.match_info["count"]))
        for transport in self._transports:
            transport.write(made)
        return web.Response()

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Log in whoever asks; `send command` with a number sends that many events."""
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        made: dict[int, bytes] = {}
        talking: asyncio.Task[None] | None = None
        transport = request.transport
        assert transport is not None
        self._transports.add(transport)
        async for received in ws:
            if received.type is not WSMsgType.TEXT:
                continue
            frame = json.loads(received.data)
            if frame["event"] == "auth":
                await ws.send_str('{"event":"auth success"}\n')
                await ws.send_str('{"event":"status","args":["running"]}\n')
                transport.write(self._at_login)
                if self._pace and talking is None:
                    talking = asyncio.create_task(self._talk(ws))
            elif frame["event"] == "send command":
                count = int(frame["args"][0])
                flood = made.setdefault(count, frames(count))
                transport.write(flood)  # framed already: the client is what is measured
        self._transports.discard(transport)
        if talking is not None:
            talking.cancel()
        return ws

    async def _talk(self, ws: web.WebSocketResponse) -> None:
        number = 0
        while not ws.closed:
            await asyncio.sleep(1 / self._pace)
            number += 1
            text = LINE.format(f"{number} said at <{time.monotonic():.3f}>")
            frame = {"event": "console output", "args": [text]}
            await ws.send_str(json.dumps(frame, separators=(",", ":")) + "\n")


async def main() -> None:
    servers, pace, at_login = (float(one) for one in (*sys.argv[1:], *("0", "0", "0"))[:3])
    consoles = Consoles(pace, int(at_login))
    loop = asyncio.get_running_loop()
    app = web.Application(client_max_size=64 << 20)
    discord = Discord()
    app.router.add_get("/api/v10/users/@me", discord.me)
    app.router.add_get("/api/v10/oauth2/applications/@me", discord.application)
    app.router.add_post("/api/v10/webhooks/{id}/{token}", discord.execute)
    app.router.add_get("/flood/{count}", consoles.flood)
    app.router.add_get("/{path:.*}", consoles.serve)
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
    port = runner.addresses[0][1]
    Panel.bodies = answers(int(servers), f"ws://127.0.0.1:{port}") if servers else answers()
    panel = await loop.create_server(Panel, "127.0.0.1", 0, backlog=512)
    print(panel.sockets[0].getsockname()[1], port, flush=True)
    await asyncio.to_thread(sys.stdin.read)
    panel.close()
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main())
