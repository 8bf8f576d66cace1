"""A node's websocket for tests: real sockets, and every word of it said by the test."""

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self, TypeVar

from aiohttp import WSMsgType, web

from bot.clock import Clock
from bot.pterodactyl.address import AddressGuard
from bot.pterodactyl.console import Console
from bot.pterodactyl.console_events import Event, Status
from bot.pterodactyl.dial import Network
from bot.pterodactyl.errors import PanelError
from bot.pterodactyl.models import WebsocketCredentials
from bot.secret import Secret
from tests.clock import MovedClock

SERVER = "6513270e-269e-4d37-b2a7-4de452e6b438"
ORIGIN = "https://panel.example"
SOON = 5.0  # real seconds: nothing here takes a tenth of it
E = TypeVar("E", bound=Event)


class Talk:
    """One socket, seen from the node."""

    def __init__(self, request: web.Request, ws: web.WebSocketResponse) -> None:
        self.headers = request.headers
        self.path = request.path
        self.pings = 0
        self.closed_with: int | None = None
        self.answers_pings = True
        self.accepts_logins = False  # without the test's doing; the tokens are in `logins`
        self.logins: list[str] = []
        self._transport = request.transport
        self._ws = ws
        self._inbox: deque[tuple[str, list[str]]] = deque()
        self._news = asyncio.Event()
        self._ponged = asyncio.Event()
        self.ended = asyncio.Event()

    async def say(self, event: str, *args: str) -> None:
        frame: dict[str, object] = {"event": event}
        if args:
            frame["args"] = list(args)
        await self.say_raw(json.dumps(frame) + "\n")

    async def say_raw(self, text: str | bytes) -> None:
        if isinstance(text, bytes):
            await self._ws.send_frame(text, WSMsgType.TEXT)
        else:
            await self._ws.send_str(text)

    async def heard(self, event: str) -> list[str]:
        """The arguments of the next `event` from the client; others before it are skipped."""
        async with asyncio.timeout(SOON):
            while True:
                while self._inbox:
                    name, args = self._inbox.popleft()
                    if name == event:
                        return args
                self._news.clear()
                await self._news.wait()

    def unheard(self, event: str) -> int:
        """How many of `event` arrived and were not yet asked for."""
        return sum(name == event for name, _ in self._inbox)

    async def caught_up(self) -> None:
        """Return when the client has read all that was said so far."""
        self._ponged.clear()
        await self._ws.ping()
        async with asyncio.timeout(SOON):
            await self._ponged.wait()

    async def log_in(self, state: str = "running") -> str:
        """Accept the login; return its token."""
        (token,) = await self.heard("auth")
        await self.say("auth success")
        await self.say("status", state)
        return token

    async def close(self, code: int = 1000, reason: str = "") -> None:
        await self._ws.close(code=code, message=reason.encode(), drain=True)

    def cut(self) -> None:
        """End TCP without a closing frame."""
        if self._transport is not None:
            self._transport.abort()

    async def listen(self) -> None:
        try:
            while True:
                received = await self._ws.receive()
                if received.type is WSMsgType.TEXT:
                    frame = json.loads(received.data)
                    self._inbox.append((frame["event"], list(frame["args"])))
                    if frame["event"] == "auth" and self.accepts_logins:
                        self.logins.append(frame["args"][0])
                        await self.say("auth success")
                    self._news.set()
                elif received.type is WSMsgType.PING:
                    self.pings += 1
                    self._news.set()
                    if self.answers_pings:
                        await self._ws.pong(received.data)
                elif received.type is WSMsgType.PONG:
                    self._ponged.set()
                else:
                    if received.type is WSMsgType.CLOSE:
                        self.closed_with = received.data
                    return
        finally:
            self.ended.set()

    async def pinged(self, times: int) -> None:
        async with asyncio.timeout(SOON):
            while self.pings < times:
                self._news.clear()
                await self._news.wait()


class Node:
    """The node and, in `mint`, what the panel would answer."""

    def __init__(self) -> None:
        self.refusals: deque[tuple[int, str]] = deque()
        self.minted = 0
        self.mint_errors: deque[PanelError] = deque()
        self.path = f"/api/servers/{SERVER}/ws"
        self.port = 0
        self._talks: asyncio.Queue[Talk] = asyncio.Queue()
        app = web.Application()
        app.router.add_get("/{path:.*}", self._shake)
        self._runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=0.1)

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._runner.cleanup()

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}{self.path}"

    async def mint(self) -> WebsocketCredentials:
        self.minted += 1
        if self.mint_errors:
            raise self.mint_errors.popleft()
        return WebsocketCredentials(token=Secret(f"token-{self.minted}"), socket=self.url)

    async def talk(self) -> Talk:
        """The next connection."""
        async with asyncio.timeout(SOON):
            return await self._talks.get()

    def console(
        self,
        network: Network,
        *,
        queue_size: int = 2000,
        mint: Callable[[], Awaitable[WebsocketCredentials]] | None = None,
    ) -> Console:
        return Console(network, "1eab9400", mint or self.mint, origin=ORIGIN, queue_size=queue_size)

    async def _shake(self, request: web.Request) -> web.StreamResponse:
        if self.refusals:
            status, body = self.refusals.popleft()
            headers = {"Location": "/elsewhere"} if 300 <= status < 400 else {}
            return web.Response(status=status, text=body, headers=headers)
        ws = web.WebSocketResponse(autoping=False, timeout=0.2)
        await ws.prepare(request)
        talk = Talk(request, ws)
        self._talks.put_nowait(talk)
        await talk.listen()
        return ws


def network_for(clock: Clock) -> Network:
    return Network(AddressGuard.open(), clock=clock)


async def next_of(console: Console, kind: type[E]) -> E:
    """The next event of `kind`; others before it are skipped."""
    async with asyncio.timeout(SOON):
        async for event in console:
            if isinstance(event, kind):
                return event
    raise AssertionError(f"the console ended without a {kind.__name__}")


async def pass_time(clock: MovedClock, talk: Talk, seconds: float) -> None:
    """Move the clock in steps in which pings are answered over the real socket."""
    while seconds > 0:
        step = min(seconds, 5.0)
        await clock.advance(step)
        await talk.caught_up()
        seconds -= step


async def begun(console: Console, node: Node, state: str = "running") -> Talk:
    """A console that is logged in and has its `Status`."""
    console.start()
    talk = await node.talk()
    await talk.log_in(state)
    await next_of(console, Status)
    await talk.heard("send logs")
    return talk
