"""The sockets of the panel client: two sessions whose every dial is judged, and no redirects.

The connector's socket factory is the only place that sees each dial (HTTP, websocket, literals,
each of the addresses a name leads to), so the guard stands there. It raises no OSError: with one,
aiohttp would go on to the next address and hide why.
"""

import socket
import ssl
from collections.abc import Callable
from contextvars import ContextVar
from typing import Final

from aiohttp import (
    AddrInfoType,
    AsyncResolver,
    ClientConnectionError,
    ClientConnectorError,
    ClientHandlerType,
    ClientOSError,
    ClientRequest,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    ClientWebSocketResponse,
    ClientWSTimeout,
    DummyCookieJar,
    ServerDisconnectedError,
    TCPConnector,
)
from aiohttp.abc import AbstractResolver
from yarl import URL

from bot.clock import Clock
from bot.pterodactyl.address import SCHEMES, AddressGuard
from bot.pterodactyl.errors import AddressRefused, NotThePanel, PanelError
from bot.pterodactyl.pulse import Pulse

BODY_CAP_BYTES: Final = 16 * 1024 * 1024
"""No answer is read beyond this: 100 servers with everything included are about 1 MiB."""

MESSAGE_CAP_BYTES: Final = 1024 * 1024
"""No websocket message beyond this: the longest line of Wings is 64 KiB, six times that escaped."""

CONNECT_SECONDS: Final = 10.0
"""For a name's resolution, the dial and TLS together."""

KEEPALIVE_SECONDS: Final = 30.0
PLACES_AT_MOST: Final = 1000
"""Schemes and hosts remembered as allowed; each dial is judged again all the same."""

CHUNK_BYTES: Final = 64 * 1024
USER_AGENT: Final = "Roost (Pterodactyl client)"
NO_LIMITS: Final = ClientTimeout(total=None, connect=None, sock_connect=None, sock_read=None)
"""Limits are the clock's, so that they can be moved."""


_REPEATED: Final = (ClientOSError, ServerDisconnectedError)
"""After these aiohttp sends a GET, PUT or DELETE once more by itself."""
_WEBSOCKET_LIMITS: Final = ClientWSTimeout(ws_receive=None, ws_close=1.0)


class _Dial:
    """One request's way to a socket: the host it names, and whether the guard refused it."""

    __slots__ = ("host", "refusal")

    def __init__(self, host: str) -> None:
        self.host = host
        self.refusal: AddressRefused | None = None


# The socket factory is told the address alone; tasks of happy eyeballs inherit the context.
_DIAL: ContextVar[_Dial] = ContextVar("dial")


class Network:
    """Owns the sessions. `api` carries keys, `nodes` (nodes, storage, websockets) never does.

    Args:
        guard: What may be dialled.
        clock: By which every limit is measured.
        resolver: Of host names; where None, one without threads, whom no slow name holds up.
        tls: Certificates to trust; the system's where None. Verification is never off.
        body_cap_bytes: The most that is read of one answer.
    """

    def __init__(
        self,
        guard: AddressGuard,
        *,
        clock: Clock,
        resolver: AbstractResolver | None = None,
        tls: ssl.SSLContext | None = None,
        body_cap_bytes: int = BODY_CAP_BYTES,
    ) -> None:
        self.guard = guard
        self.clock = clock
        self.body_cap_bytes = body_cap_bytes
        self.pulse = Pulse(clock)
        """By which the websockets are pinged."""
        self.on_answer: Callable[[PanelError | None, float], None] | None = None
        """Hears of each request to a panel that ended: its error, if any, and its seconds."""
        self._resolver = resolver
        self._own_resolver: AsyncResolver | None = None
        self._tls = tls
        self._api: ClientSession | None = None
        self._nodes: ClientSession | None = None
        self._is_closed = False
        # all that a guard looks at in a URL that aiohttp has taken name and password off
        self._judged_places: set[tuple[str, str | None, int | None]] = set()

    @property
    def api(self) -> ClientSession:
        """For the panel; made on first use. Raises RuntimeError once closed."""
        if self._api is None:
            self._api = self._made()
        return self._api

    @property
    def nodes(self) -> ClientSession:
        """For nodes and storages; made on first use. Raises RuntimeError once closed."""
        if self._nodes is None:
            self._nodes = self._made()
        return self._nodes

    async def open_websocket(self, url: str, *, origin: str) -> ClientWebSocketResponse[bool]:
        """Shake hands with a node, which wants the panel's URL as `origin`, byte for byte.

        Messages are left as bytes, control frames are given out.

        Raises:
            AddressRefused: The guard, or no websocket's address.
            NotThePanel: A redirect.
            TimeoutError: No handshake within 2 × `CONNECT_SECONDS`.
            aiohttp.WSServerHandshakeError: Refused, with `status`.
            aiohttp.ClientError: Any other fault of the connection.
        """
        target = parsed(url)
        if target.scheme not in {"ws", "wss"}:
            raise AddressRefused("not the address of a websocket", host=target.raw_host or "")
        async with self.clock.timeout(2 * CONNECT_SECONDS):
            return await self.nodes.ws_connect(
                target,
                origin=origin,
                autoping=False,
                max_msg_size=MESSAGE_CAP_BYTES,
                decode_text=False,
                timeout=_WEBSOCKET_LIMITS,
            )

    async def addresses(self, host: str, port: int) -> list[str]:
        """Where a name leads; the guard has still to judge them. The limit is the caller's.

        Raises:
            OSError: It leads nowhere.
        """
        found = await self._names().resolve(host, port, socket.AF_UNSPEC)
        return [one["host"] for one in found]

    async def close(self) -> None:
        """Close both sessions and with them every connection."""
        self._is_closed = True
        await self.pulse.close()
        for session in (self._api, self._nodes):
            if session is not None:
                await session.close()
        if self._own_resolver is not None:
            await self._own_resolver.close()

    def _names(self) -> AbstractResolver:
        # threads would be waited for when the process ends, as long as the slowest name takes
        if self._is_closed:
            raise RuntimeError("the client is closed")
        if self._resolver is None:
            self._resolver = self._own_resolver = AsyncResolver()
        return self._resolver

    def _made(self) -> ClientSession:
        connector = TCPConnector(
            socket_factory=self._socket,
            resolver=self._names(),
            ssl=self._tls or True,
            limit=0,  # requests are limited by the panel's budget, and a websocket holds its place
            keepalive_timeout=KEEPALIVE_SECONDS,
        )
        return ClientSession(
            connector=connector,
            cookie_jar=DummyCookieJar(),
            trust_env=False,
            timeout=NO_LIMITS,
            middlewares=(self._judged,),
            headers={"User-Agent": USER_AGENT},
        )

    def _socket(self, info: AddrInfoType) -> socket.socket:
        dial = _DIAL.get()
        try:
            self.guard.check_dial(dial.host, str(info[4][0]))
        except AddressRefused as refusal:
            dial.refusal = refusal
            raise
        return socket.socket(info[0], info[1], info[2])

    async def _judged(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        url = request.url
        place = (url.scheme, url.raw_host, url.explicit_port)
        if place not in self._judged_places:
            self.guard.check_url(url)
            if len(self._judged_places) < PLACES_AT_MOST:
                self._judged_places.add(place)
        dial = _Dial(url.raw_host or "")
        earlier = _DIAL.set(dial)
        try:
            response = await handler(request)
        except Exception as failure:
            if dial.refusal is not None:  # of several addresses, aiohttp reports one
                raise dial.refusal from None
            if isinstance(failure, _REPEATED) and not isinstance(failure, ClientConnectorError):
                # aiohttp would repeat it, and the second DELETE of a thing that is gone is a 404
                raise ClientConnectionError(str(failure) or type(failure).__name__) from None
            raise
        finally:
            _DIAL.reset(earlier)
        if 300 <= response.status < 400:
            response.close()
            raise NotThePanel(f"a redirect ({response.status}) from {request.url.raw_host}")
        return response


def parsed(url: str, *, is_encoded: bool = False) -> URL:
    """A URL that is one; `is_encoded` leaves it as it is, for a signature may cover it.

    Raises:
        AddressRefused: It is none; the message doesn't repeat it, for it may hold a token.
    """
    try:
        target = URL(url, encoded=is_encoded)
        is_usable = (
            target.scheme in SCHEMES
            and bool(target.raw_host and target.port)
            and target.raw_user is None  # aiohttp would make it an Authorization
            and target.raw_password is None
        )
    except ValueError:
        is_usable = False
    if not is_usable:  # aiohttp's own error would repeat it
        raise AddressRefused("this is no address of a panel, node or storage")
    return target


async def read_capped(response: ClientResponse, cap_bytes: int) -> tuple[bytes, bool]:
    """Read at most `cap_bytes`; also tell whether that was all.

    The connection is closed where it was not, so nothing more is received.
    """
    content = response.content
    parts: list[bytes] = []
    size = 0
    while not content.at_eof():
        part = await content.readany()
        size += len(part)
        if size > cap_bytes:
            parts.append(part[: cap_bytes - size])
            response.close()
            return b"".join(parts), False
        parts.append(part)
    return parts[0] if len(parts) == 1 else b"".join(parts), True
