"""The sockets through which opengsq asks a game: one judged address, little taken, nothing left.

opengsq's own sockets resolve names by themselves, keep whatever a host sends, and wait on where the
other end has hung up. These speak to the one address that was judged, take no more than an answer
needs, and end at once when the other end does. Limits of time are the asker's.
"""

import asyncio
from collections import deque
from contextvars import ContextVar
from types import TracebackType
from typing import Final, Self

STREAM_BYTES_AT_MOST: Final = 512 * 1024
"""A Minecraft status with its icon and the list of its mods; known ones stay below 300 KiB."""
DATAGRAM_BYTES_AT_MOST: Final = 8192
DATAGRAMS_KEPT: Final = 8
VARINT_BYTES_AT_MOST: Final = 5
SIMPLE: Final = b"\xff\xff\xff\xff"
"""What a Source answer in one packet begins with. Split ones may be bombs of bzip2: not taken."""
_PONG: Final = 0x1C
_PONG_HEAD_BYTES: Final = 35
_PONG_FIELDS: Final = 12
_PONG_NUMBERS: Final = frozenset({9, 10, 11})

way: ContextVar[tuple[str, int]] = ContextVar("way")
"""The address and port that were judged; whatever opengsq names is not dialled."""


class Unreadable(Exception):
    """The answer is none that this game gives."""


class _Ears(asyncio.Protocol, asyncio.DatagramProtocol):
    """Takes what comes, up to a limit, and tells when nothing more will."""

    def __init__(self) -> None:
        self._heard: deque[bytes] = deque()
        self._bytes = 0
        self._arrived = asyncio.Event()
        self._end: Exception | None = None
        self._stream: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._stream = transport

    def data_received(self, data: bytes) -> None:
        self._bytes += len(data)
        if self._bytes > STREAM_BYTES_AT_MOST:
            self._over(Unreadable("more than any status"))
            if self._stream is not None:
                self._stream.close()
            return
        self._keep(data)

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002
        if len(self._heard) < DATAGRAMS_KEPT and len(data) <= DATAGRAM_BYTES_AT_MOST:
            self._keep(data)

    def error_received(self, exc: Exception) -> None:
        self._over(exc)

    def connection_lost(self, exc: Exception | None) -> None:
        self._over(exc or ConnectionResetError("the other end hung up"))

    async def next(self) -> bytes:
        """The next piece, in order.

        Raises:
            Unreadable: Too much came.
            OSError: Nothing more will come.
        """
        while not self._heard:
            if self._end is not None:
                raise self._end
            self._arrived.clear()
            await self._arrived.wait()
        return self._heard.popleft()

    def _keep(self, data: bytes) -> None:
        self._heard.append(data)
        self._arrived.set()

    def _over(self, why: Exception) -> None:
        self._end = self._end or why
        self._arrived.set()


class _Line:
    """What opengsq does with a socket."""

    def __init__(self) -> None:
        self._ears = _Ears()
        self._stream: asyncio.Transport | None = None
        self._datagrams: asyncio.DatagramTransport | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for open_one in (self._stream, self._datagrams):
            if open_one is not None:
                open_one.abort()

    def settimeout(self, value: float) -> None:
        """Limits are the clock's, around the whole question."""


class StreamLine(_Line):
    """A connection that gives out Minecraft's packets whole."""

    async def connect(self, remote_addr: object) -> None:  # noqa: ARG002  # the judged one counts
        host, port = way.get()
        loop = asyncio.get_running_loop()
        self._stream, _ = await loop.create_connection(lambda: self._ears, host, port)

    def send(self, data: bytes) -> None:
        if self._stream is not None:
            self._stream.write(data)

    async def recv(self, size: int | None = None) -> bytes:  # noqa: ARG002  # a packet has its own
        """One packet with its length in front.

        Raises:
            Unreadable: It is none, or too long.
        """
        got = bytearray()
        while True:
            got += await self._ears.next()
            whole = _packet_bytes(got)
            if whole is not None and len(got) >= whole:
                return bytes(got[:whole])


class DatagramLine(_Line):
    """Packets to and from one address."""

    async def connect(self, remote_addr: object) -> None:  # noqa: ARG002  # the judged one counts
        loop = asyncio.get_running_loop()
        self._datagrams, _ = await loop.create_datagram_endpoint(
            lambda: self._ears, remote_addr=way.get()
        )

    def send(self, data: bytes) -> None:
        if self._datagrams is not None:
            self._datagrams.sendto(data)

    async def recv(self, size: int | None = None) -> bytes:  # noqa: ARG002  # a packet has its own
        """One packet of a Source answer.

        Raises:
            Unreadable: It is none, or split.
        """
        packet = await self._ears.next()
        if not packet.startswith(SIMPLE):
            raise Unreadable("no answer in one packet")
        return packet

    @staticmethod
    async def communicate(
        protocol: object,  # noqa: ARG004  # names the host, and the judged one counts
        data: bytes,
        source_port: int | None = None,  # noqa: ARG004  # any will do
    ) -> bytes:
        """Ask a Bedrock server; numbers at the end that older ones leave out become 0."""
        with DatagramLine() as line:
            await line.connect(None)
            line.send(data)
            return _padded(await line._ears.next())


def _packet_bytes(got: bytes | bytearray) -> int | None:
    """How long the packet is with its length in front; None where that isn't all there yet."""
    length = 0
    for index, byte in enumerate(got[:VARINT_BYTES_AT_MOST]):
        length |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            if length > STREAM_BYTES_AT_MOST:
                raise Unreadable("longer than any status")
            return index + 1 + length
    if len(got) >= VARINT_BYTES_AT_MOST:
        raise Unreadable("no length")
    return None


def _padded(pong: bytes) -> bytes:
    if len(pong) <= _PONG_HEAD_BYTES or pong[0] != _PONG:
        raise Unreadable("no pong")
    fields = pong[_PONG_HEAD_BYTES:].split(b";")[:_PONG_FIELDS]
    fields += [b""] * (_PONG_FIELDS - len(fields))
    said = [b"0" if n in _PONG_NUMBERS else field for n, field in enumerate(fields)]
    return pong[:_PONG_HEAD_BYTES] + b";".join(said) + b";"
