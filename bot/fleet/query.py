"""Asks a game how many play, in its own protocol; what it answers is read as a stranger's."""

import re
from collections.abc import Sequence
from enum import Enum
from typing import Final, Protocol

from msgspec import Struct
from opengsq.protocols import minecraft, raknet, source

from bot.fleet.query_socket import (
    VARINT_BYTES_AT_MOST,
    DatagramLine,
    StreamLine,
    Unreadable,
    way,
)

minecraft.TcpClient = StreamLine
source.UdpClient = DatagramLine
raknet.UdpClient = DatagramLine

PLAYERS_BELIEVED: Final = 1_000_000
NAMES_AT_MOST: Final = 100
NAME_CHARACTERS: Final = 32
NAMES_ASKED_BELOW: Final = 64
"""More names than that don't fit one packet, and split ones aren't taken."""
_NO_LIMIT: Final = 3600.0
_COLOUR: Final = re.compile("§.", re.DOTALL)
_MINECRAFT_NAME: Final = re.compile(r"[.*]?[A-Za-z0-9_]{2,16}")


class Game(Enum):
    """The protocols that are spoken."""

    MINECRAFT = "minecraft"
    BEDROCK = "bedrock"
    SOURCE = "source"


class Answer(Struct, frozen=True):
    """What a game said."""

    online: int
    most: int | None = None
    """How many may play; None where it doesn't say."""
    names: tuple[str, ...] = ()
    """Some of who play, where the game tells; foreign text."""


class Hidden(Exception):
    """The game answers, but doesn't say how many play."""


class _Reader(Protocol):
    def read_bytes(self, count: int) -> bytes: ...


class _Minecraft(minecraft.Minecraft):  # type: ignore[misc]  # opengsq has no types
    """Minecraft's status, with numbers that end."""

    def _unpack_varint(self, br: _Reader) -> int:
        number = 0
        for index in range(VARINT_BYTES_AT_MOST):
            read = br.read_bytes(1)
            if not read:
                break
            number |= (read[0] & 0x7F) << (7 * index)
            if read[0] < 0x80:
                return number
        raise Unreadable("no number")


async def ask(game: Game, host: str, address: str, port: int) -> Answer:
    """Ask once; the caller sets the limit of time.

    Args:
        game: Whose protocol is spoken.
        host: As players type it, which Minecraft wants to hear.
        address: The literal address that was judged; the only one dialled.
        port: Of the game's answers.

    Raises:
        Hidden: It doesn't say.
        OSError: Nobody answers there.
        Exception: Whatever reading a stranger's answer may raise.
    """
    way.set((address, port))
    match game:
        case Game.MINECRAFT:
            return minecraft_answer(
                await _Minecraft(host, port, _NO_LIMIT).get_status(strip_color=False)
            )
        case Game.BEDROCK:
            status = await raknet.RakNet(host, port, _NO_LIMIT).get_status()
            return Answer(_number(status.num_players), _number(status.max_players))
        case Game.SOURCE:
            return await _ask_source(source.Source(host, port, _NO_LIMIT))


def minecraft_answer(said: object) -> Answer:
    """Read a status.

    Raises:
        Hidden, Unreadable: It doesn't say, or says nonsense.
    """
    if not isinstance(said, dict):
        raise Unreadable("no status")
    players = said.get("players")
    if players is None:
        raise Hidden
    if not isinstance(players, dict):
        raise Unreadable("no players")
    online = _number(players.get("online"))
    sample = players.get("sample")
    return Answer(online, _number(players.get("max")), _sampled(sample, online))


def _sampled(sample: object, online: int) -> tuple[str, ...]:
    """The names of a sample; many servers put slogans there, which are no names."""
    if not isinstance(sample, list) or len(sample) > min(online, NAMES_AT_MOST):
        return ()
    told = [one.get("name") for one in sample if isinstance(one, dict)]
    bare = [_COLOUR.sub("", one) for one in told if isinstance(one, str) and len(one) < 100]
    return tuple(one for one in bare if _MINECRAFT_NAME.fullmatch(one))


async def _ask_source(asked: "source.Source") -> Answer:
    info = await asked.get_info()
    playing, bots = _number(info.players), _number(info.bots)
    # the engine counts its bots among the players
    online = playing - bots if bots <= playing else playing
    names: tuple[str, ...] = ()
    if 0 < playing < NAMES_ASKED_BELOW and not bots:
        names = await _names(asked)
    return Answer(online, _number(info.max_players), names)


async def _names(asked: "source.Source") -> tuple[str, ...]:
    """Who plays; a game that tells how many need not tell who."""
    try:
        players: Sequence[object] = await asked.get_players()
    except Exception:  # noqa: BLE001  # whatever a stranger's packet breaks, the number stands
        return ()
    told = [getattr(one, "name", "") for one in players[:NAMES_AT_MOST]]
    return tuple(one[:NAME_CHARACTERS] for one in told if isinstance(one, str) and one.strip())


def _number(said: object) -> int:
    if not isinstance(said, int) or isinstance(said, bool) or not 0 <= said <= PLAYERS_BELIEVED:
        raise Unreadable("no number of players")
    return said
