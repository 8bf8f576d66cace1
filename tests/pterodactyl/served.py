"""A panel that says what a test wants: real sockets, and every way of failing on them."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass
class Heard:
    """One request as it came in."""

    method: str
    target: str
    headers: dict[str, str]  # by lower-case names
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def segments(self) -> list[str]:
        return [unquote(part) for part in self.path.split("/")]

    @property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(urlsplit(self.target).query, keep_blank_values=True)

    @property
    def json(self) -> object:
        return json.loads(self.body)


@dataclass
class Said:
    """One answer, or one way of not giving it."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    announced: int | None = None  # a Content-Length that isn't the body's
    hangs: bool = False
    resets_after: int | None = None  # bytes of the raw answer
    drips: bool = False

    @classmethod
    def of(cls, value: object, status: int = 200, **headers: str) -> "Said":
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return cls(
            status,
            json.dumps(value).encode(),
            {"Content-Type": "application/json", **named},
        )

    @classmethod
    def error(cls, status: int, code: str, detail: str = "No.", **headers: str) -> "Said":
        entry = {"code": code, "status": str(status), "detail": detail}
        return cls.of({"errors": [entry]}, status, **headers)

    @classmethod
    def page(cls, status: int = 200) -> "Said":
        text = b"<html><body>Checking your browser</body></html>"
        return cls(status, text, {"Content-Type": "text/html; charset=utf-8"})

    def raw(self) -> bytes:
        length = len(self.body) if self.announced is None else self.announced
        head = [f"HTTP/1.1 {self.status} Said", f"Content-Length: {length}"]
        head += [f"{name}: {text}" for name, text in self.headers.items()]
        return "\r\n".join(head).encode() + b"\r\n\r\n" + self.body


Answerer = Callable[[Heard], Said | Awaitable[Said]]


class Served:
    """The listening end; `answer` decides, `heard` remembers."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.answer: Answerer = lambda _: Said(204)
        self.asked = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._begin, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Nobody listens from now on; open connections end."""
        if self._server is None:
            return
        self._server.close()
        talks = list(self._talks)
        for talk in talks:
            talk.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None

    async def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.current_task()
        assert talk is not None
        self._talks.add(talk)
        try:
            await self._talk(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._talks.discard(talk)
            writer.close()
            with suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            first, *lines = head.decode("latin-1").split("\r\n")
            method, target, _ = first.split(" ", 2)
            pairs = (line.split(": ", 1) for line in lines if line)
            headers = {name.lower(): text for name, text in pairs}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            heard = Heard(method, target, headers, body)
            self.heard.append(heard)
            self.asked.set()
            said = self.answer(heard)
            if not isinstance(said, Said):
                said = await said
            if said.hangs:
                await asyncio.Event().wait()
            raw = said.raw()
            if said.resets_after is not None:
                writer.write(raw[: said.resets_after])
                await writer.drain()
                transport = writer.transport
                assert isinstance(transport, asyncio.Transport)
                transport.abort()
                return
            if said.drips:
                writer.write(raw[:-5])
                await writer.drain()
                await asyncio.Event().wait()
            writer.write(raw)
            await writer.drain()


@asynccontextmanager
async def serving() -> AsyncIterator[Served]:
    served = Served()
    await served.start()
    try:
        yield served
    finally:
        await served.stop()
