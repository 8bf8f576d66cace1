"""An address that can be shut and opened again at once, as a test needs it."""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable

from aiohttp import StreamReader, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import RawRequestMessage
from aiohttp.web_protocol import RequestHandler

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
_BODY_BYTES = 512 * 1024 * 1024
_BACKLOG = 1024


class Listening:
    """An HTTP server on one port; the port stays the same when it is shut and opened again."""

    def __init__(self, handler: Handler, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._web = web.Server(handler, request_factory=_request, access_log=None)
        self._server: asyncio.Server | None = None
        self._opening: asyncio.Task[None] | None = None
        self._wants_open = False

    @property
    def url(self) -> str:
        return f"http://{self._host}:{self._port}"

    async def open(self) -> None:
        """Bind the address and serve."""
        self.listen()
        if self._opening is not None:
            await self._opening

    def listen(self) -> None:
        """Serve again after `shut`; who connects from now on is answered."""
        if self._wants_open:
            return
        self._wants_open = True
        bound = socket.socket(socket.AF_INET6 if ":" in self._host else socket.AF_INET)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((self._host, self._port))
        bound.listen(_BACKLOG)
        bound.setblocking(False)
        self._port = bound.getsockname()[1]
        self._opening = asyncio.get_running_loop().create_task(self._serve(bound))

    def shut(self) -> None:
        """Refuse connections at once and break the open ones."""
        self._wants_open = False
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in self._web.connections:
            if connection.transport is not None:
                connection.transport.abort()

    async def close(self) -> None:
        """End for good."""
        if self._opening is not None:
            await self._opening
        self.shut()
        await self._web.shutdown(timeout=0.2)

    async def _serve(self, bound: socket.socket) -> None:
        server = await asyncio.get_running_loop().create_server(
            self._web, sock=bound, backlog=_BACKLOG
        )
        if self._wants_open and self._server is None:
            self._server = server
        else:
            with contextlib.suppress(OSError):
                server.close()


def _request(
    message: RawRequestMessage,
    payload: StreamReader,
    protocol: RequestHandler,
    writer: AbstractStreamWriter,
    task: "asyncio.Task[None]",
) -> web.BaseRequest:
    loop = asyncio.get_running_loop()
    return web.BaseRequest(
        message, payload, protocol, writer, task, loop, client_max_size=_BODY_BYTES
    )
