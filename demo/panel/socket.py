"""One websocket of the node: login, tokens that run out, orders, events (contract: console.md)."""

import asyncio
import uuid
from collections import deque
from typing import Final

from aiohttp import WSCloseCode, WSMsgType, web

from demo.panel.clock import Clock
from demo.panel.frames import Bucket, asked, frame
from demo.panel.instance import Instance, PowerError
from demo.panel.node import Node
from demo.panel.tasks import Tasks
from demo.panel.tokens import BadToken, opened

QUEUED_FRAMES: Final = 20_000
TICK_SECONDS: Final = 30.0
EXPIRING_SECONDS: Final = 60.0
LOGIN_SECONDS: Final = 30.0  # newer nodes cut who has not logged in by then
LISTENERS: Final = 30  # newer nodes allow so many a server
GENERIC: Final = "an unexpected error was encountered while handling this request"
_RIGHTS: Final = {
    "start": "control.start",
    "stop": "control.stop",
    "restart": "control.restart",
    "kill": "control.stop",
}


class Socket:
    """A connection from its handshake to its end."""

    def __init__(
        self, ws: web.WebSocketResponse, request: web.BaseRequest, instance: Instance, clock: Clock
    ) -> None:
        self._ws = ws
        self._request = request
        self._instance = instance
        self._clock = clock
        self._tasks = Tasks()
        self._claims: dict[str, object] | None = None
        self._expires = 0.0
        self._was_in = False
        self._frames: deque[str | None] = deque(maxlen=QUEUED_FRAMES)
        self._waiting = asyncio.Event()
        self._end: tuple[int | None, str] = (None, "")
        self._buckets = {
            "global": Bucket(clock, 10, 0.2),
            "auth": Bucket(clock, 2, 5.0),
            "send logs": Bucket(clock, 2, 5.0),
            "send command": Bucket(clock, 10, 1.0),
            "": Bucket(clock, 4, 1.0),
        }

    async def talk(self) -> None:
        """Serve it until one side ends it."""
        self._instance.sockets.add(self)
        writer = self._tasks.start("frames", self._write())
        if self._node.newer:
            self._tasks.start("login", self._watch_login())
        try:
            async for message in self._ws:
                if message.type is WSMsgType.BINARY and self._node.newer:
                    continue
                text = message.data
                if isinstance(text, bytes):
                    text = text.decode(errors="replace")
                if isinstance(text, str) and (order := asked(text)) is not None:
                    self._take(*order)
                if writer.done():
                    break
        finally:
            self._instance.forget(self)
            await self._tasks.close()

    def deliver(self, text: str, right: str | None) -> None:
        """Pass on an event of the server, unless the token says no."""
        if (trouble := self._trouble()) is not None:
            self._put(frame("jwt error", trouble))
        elif right is None or self._may(right):
            self._put(text)

    async def cram(self, data: bytes) -> None:
        """Send bytes as a text frame at once, also such as no honest node would send."""
        await self._ws.send_frame(data, WSMsgType.TEXT)

    def end(self, code: int | None, reason: str) -> None:
        """Close it after what was said; without a code it is cut."""
        self._end = code, reason
        self._put(None)

    @property
    def _node(self) -> Node:
        return self._instance.server.node

    def _put(self, text: str | None) -> None:
        self._frames.append(text)
        self._waiting.set()

    def _send(self, event: str, *args: str) -> None:
        self.deliver(frame(event, *args), None)

    async def _write(self) -> None:
        while True:
            await self._waiting.wait()
            self._waiting.clear()
            while self._frames:
                text = self._frames.popleft()
                if text is None:
                    await self._finish()
                    return
                try:
                    await self._ws.send_str(text)
                except ConnectionError:
                    return

    async def _finish(self) -> None:
        code, reason = self._end
        if code is not None:
            await self._ws.close(code=code, message=reason.encode())
        elif self._request.transport is not None:
            self._request.transport.close()

    def _take(self, event: str, args: list[str]) -> None:
        if self._node.newer and not self._is_admitted(event):
            return
        if event == "auth":
            self._log_in("".join(args))
            return
        if (trouble := self._trouble()) is not None:
            self._put(frame("jwt error", trouble))
            return
        if self._node.newer and self._instance.server.status == "suspended":
            self.end(None, "")
            return
        text = "".join(args)
        match event:
            case "send stats":
                self._send("stats", self._instance.stats_text(is_pushed=False))
            case "send logs":
                for line in self._instance.history():
                    self._send("console output", line)
            case "send command" if self._may("control.console"):
                self._instance.type(text)
            case "set state" if _RIGHTS.get(text) is None or self._may(_RIGHTS[text]):
                self._instance.power(text, self._fail)

    def _is_admitted(self, event: str) -> bool:
        for name in ("global", event):
            bucket = self._buckets.get(name) or self._buckets[""]
            if not (taken := bucket.take()):
                if taken is None:
                    self._put(frame("throttled", name))
                return False
        return True

    def _log_in(self, token: str) -> None:
        try:
            claims = opened(token, self._node.secret)
        except BadToken:
            self._put(frame("daemon error", f"Error Event [{uuid.uuid4()}]: {GENERIC}"))
            return
        trouble = self._fault_of(claims, at_login=True)
        if trouble is not None:
            self._put(frame("jwt error", f"Error Event [{uuid.uuid4()}]: {trouble}"))
            return
        is_first, self._was_in = not self._was_in, True
        if is_first and self._node.newer and len(self._instance.listeners) >= LISTENERS:
            self._put(frame("daemon error", f"Error Event [{uuid.uuid4()}]: {GENERIC}"))
            self.end(None, "")
            return
        self._claims, self._expires = claims, _number(claims.get("exp"))
        self._put(frame("auth success"))
        if is_first:
            self._tasks.start("token", self._watch_token())
            self._send("status", self._instance.state)
            server = self._instance.server
            is_idle = not self._instance.is_installing and not server.is_transferring
            if self._instance.state == "offline" and is_idle:
                self._send("stats", self._instance.stats_text(is_pushed=False))
            self._instance.watch(self)

    def _fault_of(self, claims: dict[str, object], *, at_login: bool) -> str | None:
        if _number(claims.get("exp")) <= self._clock.now().timestamp():
            return "jwt: exp claim is invalid"
        issued, booted = claims.get("iat"), self._node.booted_at
        denied = self._node.denied.get(str(claims.get("jti")), -1)
        since = max(denied, int(booted.timestamp()) if booted is not None else 0)
        if not isinstance(issued, int) or issued <= since:
            return "jwt: created too far in past (denylist)"
        scope = str(claims.get("scope", "")).split()
        if not _may(claims, "websocket.connect") or (self._node.newer and "websocket" not in scope):
            return "jwt: missing connect permission"
        is_ours = claims.get("server_uuid") == self._instance.server.uuid
        if not is_ours and (not at_login or self._node.newer):
            return "jwt: server uuid mismatch"
        return None

    def _trouble(self) -> str | None:
        if self._claims is None:
            return "jwt: no jwt present"
        return self._fault_of(self._claims, at_login=False)

    def _may(self, right: str) -> bool:
        return self._claims is not None and _may(self._claims, right)

    def _fail(self, error: PowerError) -> None:
        text = str(error) if error.is_plain or self._may("admin.websocket.errors") else GENERIC
        self._send("daemon error", f"Error Event [{uuid.uuid4()}]: {text}")

    async def _watch_token(self) -> None:
        while True:
            await self._clock.sleep(TICK_SECONDS)
            left = self._expires - self._clock.now().timestamp()
            if left <= 0:
                self._send("token expired")
            elif left <= EXPIRING_SECONDS:
                self._send("token expiring")

    async def _watch_login(self) -> None:
        await self._clock.sleep(LOGIN_SECONDS)
        if self._claims is None:
            self.end(None, "")


async def refuse_suspended(ws: web.WebSocketResponse) -> None:
    """What newer nodes do with a socket to a suspended server."""
    await ws.close(code=4409, message=b"server is suspended")


async def go_away(ws: web.WebSocketResponse) -> None:
    """The panel is being closed."""
    await ws.close(code=WSCloseCode.GOING_AWAY)


def _may(claims: dict[str, object], right: str) -> bool:
    granted = claims.get("permissions")
    if not isinstance(granted, list):
        return False
    # the star of an owner does not reach what only administrators have
    return right in granted or ("*" in granted and not right.startswith("admin."))


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
