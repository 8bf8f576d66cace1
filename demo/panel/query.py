"""What game servers answer to who asks how many play, over real sockets.

Minecraft's status over TCP, Source's A2S over UDP, Bedrock's pong over UDP; each with the manners
of a game that is broken or hostile.
"""

import asyncio
import bz2
import json
import socket
import struct
import zlib
from typing import TYPE_CHECKING, Final, Literal

from demo.panel.clock import Clock

if TYPE_CHECKING:
    from demo.panel.server import Server

Manner = Literal[
    "silent", "slow", "garbage", "huge", "endless", "reset", "types", "hidden", "bomb", "names"
]
SLOW_SECONDS: Final = 2.0
_INFO: Final = b"\xff\xff\xff\xffTSource Engine Query\0"
_PLAYERS: Final = b"\xff\xff\xff\xffU"
_CHALLENGE: Final = b"\x0a\x0b\x0c\x0d"
_MAGIC: Final = bytes.fromhex("00ffff00fefefefefdfdfdfd12345678")
_ICON_CHARACTERS: Final = 12_000


class Responder:
    """Answers for one server while it runs; `manner` spoils the answers, None is well-behaved."""

    def __init__(self, server: "Server", clock: Clock) -> None:
        self.server: Final = server
        self.manner: Manner | None = None
        self.asked = 0
        self.open_connections = 0
        self._clock = clock
        self._tcp: asyncio.Server | None = None
        self._udp: asyncio.DatagramTransport | None = None
        self._work: set[asyncio.Task[None]] = set()

    async def open(self, host: str, port: int) -> int:
        """Listen, at `port` if it is free, and return the port."""
        loop = asyncio.get_running_loop()
        is_stream = self.server.egg.game == "minecraft"
        bound = socket.socket(type=socket.SOCK_STREAM if is_stream else socket.SOCK_DGRAM)
        if is_stream:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((host, port))
        except OSError:
            bound.bind((host, 0))
        bound.setblocking(False)
        if is_stream:
            self._tcp = await asyncio.start_server(self._status, sock=bound)
        else:
            self._udp, _ = await loop.create_datagram_endpoint(lambda: _Udp(self), sock=bound)
        return int(bound.getsockname()[1])

    async def close(self) -> None:
        """Stop listening and let go who waits."""
        if self._udp is not None:
            self._udp.close()
        if self._tcp is not None:
            self._tcp.close()
        for _ in range(3):
            await asyncio.sleep(0)  # whoever was just let in begins, so that they can be let go
        for task in self._work:
            task.cancel()
        if self._work:
            await asyncio.wait(self._work, timeout=1.0)

    def heard(self, packet: bytes, answer: "_Udp", address: tuple[str, int]) -> None:
        """Take a datagram; who isn't running doesn't answer."""
        self.asked += 1
        if self.server.state == "running" and self.manner != "silent":
            task = asyncio.get_running_loop().create_task(self._reply(packet, answer, address))
            self._work.add(task)
            task.add_done_callback(self._work.discard)

    async def _reply(self, packet: bytes, answer: "_Udp", address: tuple[str, int]) -> None:
        if self.manner == "slow":
            await self._clock.sleep(SLOW_SECONDS)
        is_bedrock = self.server.egg.game == "bedrock"
        said = self._pong(packet) if is_bedrock else self._a2s(packet)
        match self.manner:
            case "garbage":
                said = [b"\x00\x01" * 40]
            case "huge":
                said = [said[0] + b"x" * 60_000]
            case "endless":
                said = [b"\xfe\xff\xff\xff" + bytes([n]) * 1200 for n in range(200)]
            case "bomb":
                said = [_bomb()]
        for each in said:
            answer.send(each, address)

    def _a2s(self, packet: bytes) -> list[bytes]:
        lobby = self.server.lobby
        if packet.startswith(_INFO):
            if not packet.endswith(_CHALLENGE):
                return [b"\xff\xff\xff\xffA" + _CHALLENGE]
            name = self.server.name.encode() * (40 if self.manner == "names" else 1)
            numbers = bytes([len(lobby.players), lobby.max_players, 0])
            if self.manner == "types":
                numbers = b""
            text = b"\x11" + name + b"\0Procedural Map\0rust\0Rust\0\x00\x00" + numbers
            return [b"\xff\xff\xff\xffI" + text + b"dl\x00\x01" + b"1.0\0"]
        if packet.startswith(_PLAYERS):
            if not packet.endswith(_CHALLENGE):
                return [b"\xff\xff\xff\xffA" + _CHALLENGE]
            rows = [
                b"\x00" + self._named(player) + b"\0" + struct.pack("<lf", 0, 60.0)
                for player in lobby.players
            ]
            return [b"\xff\xff\xff\xffD" + bytes([len(rows)]) + b"".join(rows)]
        return []

    def _named(self, player: str) -> bytes:
        return (player * 30 + "\u202e@everyone" if self.manner == "names" else player).encode()

    def _pong(self, packet: bytes) -> list[bytes]:
        if not packet.startswith(b"\x01") or _MAGIC not in packet:
            return []
        lobby = self.server.lobby
        online: object = "many" if self.manner == "types" else len(lobby.players)
        fields = ("MCPE", self.server.name, 766, "1.21.50", online, lobby.max_players, 1, "world")
        text = ";".join(map(str, fields)).encode() + b";"
        return [b"\x1c" + packet[1:9] + bytes(8) + _MAGIC + struct.pack(">H", len(text)) + text]

    async def _status(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked += 1
        self.open_connections += 1
        task = asyncio.current_task()
        if task is not None:
            self._work.add(task)
        try:
            await self._converse(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # who asked went away, or the panel closes
        finally:
            if task is not None:
                self._work.discard(task)
            self.open_connections -= 1
            writer.transport.abort()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.server.state != "running" or self.manner == "reset":
            return
        await reader.readexactly(4)
        match self.manner:
            case "silent":
                await reader.read()
                return
            case "slow":
                await self._clock.sleep(SLOW_SECONDS)
            case "garbage":
                writer.write(b"SSH-2.0-OpenSSH_9.6\r\n" + b"\xff" * 100_000)
                await writer.drain()
                return
            case "endless":
                writer.write(b"\xff\xff\xff\x7f")  # some 256 MiB to come
                while not reader.at_eof():
                    writer.write(b"{" * 65_536)
                    await writer.drain()
                return
        packet = self._json()
        # as proxies do: the length first, the rest in pieces
        for piece in (packet[:1], packet[1:7], packet[7:]):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        await reader.read()

    def _json(self) -> bytes:
        lobby = self.server.lobby
        sample = [{"name": name, "id": "0" * 36} for name in lobby.players[:12]]
        if self.manner == "names":
            sample = [{"name": "§a§l@everyone join discord.example", "id": "0"}]
        players: dict[str, object] | None = {
            "max": lobby.max_players,
            "online": len(lobby.players),
            "sample": sample,
        }
        if self.manner == "types":
            players = {"max": None, "online": "3", "sample": "nobody"}
        told: dict[str, object] = {
            "version": {"name": "Paper 1.21.4", "protocol": 769},
            "description": {"text": "A server of the playground"},
            "favicon": "data:image/png;base64," + "A" * _ICON_CHARACTERS,
        }
        if self.manner != "hidden":
            told["players"] = players
        if self.manner == "huge":
            told["favicon"] = "A" * 900_000
        if self.manner == "bomb":
            return _framed(b"[" * 100_000)
        return _framed(json.dumps(told).encode())


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, responder: Responder) -> None:
        self._responder = responder
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # 3.11 doesn't call it its class

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._responder.heard(data, self, addr)

    def send(self, data: bytes, address: tuple[str, int]) -> None:
        if self._transport is not None:
            self._transport.sendto(data, address)


def _framed(text: bytes) -> bytes:
    body = b"\x00" + _varint(len(text)) + text
    return _varint(len(body)) + body


def _varint(number: int) -> bytes:
    out = bytearray()
    while number >= 0x80:
        out.append(0x80 | number & 0x7F)
        number >>= 7
    return bytes((*out, number))


def _bomb() -> bytes:
    """A split packet that says it is compressed: a few bytes that would unpack to 64 MiB."""
    zeros = bytes(64 << 20)
    packed = bz2.compress(zeros)
    head = struct.pack("<llBBLL", -2, 1, 1, 0, len(zeros), zlib.crc32(zeros))
    return head + packed
