"""How many play on a server, asked of the game itself. Unknown is a value, and never 0."""

import asyncio
import importlib
import ipaddress
import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from enum import Enum
from typing import Final

import structlog
from msgspec import Struct

from bot.clock import Clock
from bot.fleet.directory import Server
from bot.pterodactyl import AddressGuard
from bot.pterodactyl.errors import AddressRefused
from bot.store.guilds import QueryPlace
from bot.supervisor import Supervisor

log = structlog.stdlib.get_logger(__name__)

QUERY_SECONDS: Final = 3.0
"""For the name, the dial and the answer together."""
FRESH_SECONDS: Final = 25.0
AT_ONCE: Final = 64

GAMES: Final = ("minecraft", "bedrock", "source")
NOT_ASKED: Final = "none"
DEFAULT_PORTS: Final = {"minecraft": 25565, "bedrock": 19132, "source": 27015}
_MARKS: Final = (
    ("bedrock", "bedrock"),
    ("pocketmine", "bedrock"),
    ("java", "minecraft"),
    ("minecraft", "minecraft"),
    ("games:rust", "source"),
    ("games:source", "source"),
    ("games:valheim", "source"),
    ("games:ark", "source"),
    ("games:arma", "source"),
    ("games:dayz", "source"),
    ("srcds", "source"),
)
"""What an image's name gives away; most images serve many games, and then an admin says it."""
_PORT_BEHIND: Final = {"games:valheim": 1}
"""Games that answer beside the port they are played on."""
_BEDROCK_PORT: Final = 19132
_HOST: Final = re.compile(r"(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?")

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


class Why(Enum):
    """Why it isn't known how many play."""

    NOT_YET = "not yet asked"
    OFF = "an admin switched asking off"
    NO_GAME = "the image doesn't tell the game"
    NO_ADDRESS = "no address"
    NO_NAME = "the name leads nowhere"
    REFUSED = "the address may not be dialled"
    NO_ANSWER = "no answer"
    UNREADABLE = "an answer that can't be read"
    HIDDEN = "the game doesn't say"


class Counted(Struct, frozen=True):
    """What a game said, and when."""

    online: int
    most: int | None
    names: tuple[str, ...]
    """Some of who play, where the game tells; foreign text."""
    at: datetime


class Uncounted(Struct, frozen=True):
    """Nobody knows how many play: neither empty nor full."""

    why: Why
    at: datetime | None = None
    setting: str = ""
    """The line of config.toml that would let the address through, where that is the reason."""


PlayerCount = Counted | Uncounted


def is_empty(count: PlayerCount) -> bool:
    """Whether it is known that nobody plays."""
    return isinstance(count, Counted) and count.online == 0


class Asking(Struct, frozen=True):
    """Which game is asked where."""

    game: str
    host: str
    port: int
    ip: str | None = None
    """Where it is asked when the host, an alias of the panel's, doesn't lead to the game."""

    @property
    def hosts(self) -> tuple[str, ...]:
        """Each place in the order in which it is tried."""
        return (self.host,) if self.ip in (None, self.host) else (self.host, self.ip or "")


def guessed_game(server: Server) -> str:
    """The protocol that the image gives away; "" where it doesn't."""
    image = server.image.casefold()
    for mark, game in _MARKS:
        if mark in image:
            return game
    return "bedrock" if (server.address or "").endswith(f":{_BEDROCK_PORT}") else ""


def asking_of(server: Server, place: QueryPlace | None) -> Asking | Why:
    """Where a server is asked: as an admin said, else by its image and primary allocation."""
    place = place or QueryPlace()
    if place.game == NOT_ASKED:
        return Why.OFF
    game = place.game or guessed_game(server)
    if not game:
        return Why.NO_GAME
    own_host, own_port = read_address(server.address or "") or ("", None)
    host, port = read_address(place.address) or ("", None)
    if not host and port is None and own_port is not None:
        image = server.image.casefold()
        own_port += next((n for mark, n in _PORT_BEHIND.items() if mark in image), 0)
    asked_host = host or own_host
    asked_port = port or (DEFAULT_PORTS[game] if host else own_port)
    if not asked_host or asked_port is None or asked_port > 65535:
        return Why.NO_ADDRESS
    return Asking(game, asked_host, asked_port, None if host else server.ip)


def read_address(text: str) -> tuple[str, int | None] | None:
    """Read `host:port`, `host`, `[v6]:port` or `:port` (its host is ""); None where it is none."""
    typed = text.strip()
    host, port = typed, ""
    if typed.startswith("["):
        host, bracket, port = typed[1:].partition("]")
        if not bracket or (port and not port.startswith(":")):
            return None
        port = port.removeprefix(":")
    elif typed.count(":") <= 1:
        host, _colon, port = typed.partition(":")
    if port and not (port.isascii() and port.isdecimal() and 1 <= int(port) <= 65535):
        return None
    if not host:
        return ("", int(port)) if port else None
    if not _HOST.fullmatch(host) and not _is_address(host):
        return None
    return host, int(port) if port else None


class Players:
    """Asks games, one question per server at a time, and remembers the answers."""

    def __init__(
        self,
        guard: AddressGuard,
        supervisor: Supervisor,
        clock: Clock,
        *,
        resolve: Resolve,
        place: Callable[[Server], QueryPlace | None],
    ) -> None:
        """Args:
        guard: Judges every address before it is dialled.
        resolve: From a host and port to addresses; OSError where they lead nowhere.
        place: What admins set of a server.
        """
        self._guard = guard
        self._supervisor = supervisor
        self._clock = clock
        self._place = place
        self._resolve = resolve
        self._is_imported = False
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._known: dict[str, PlayerCount] = {}
        self._asking: dict[str, asyncio.Task[PlayerCount]] = {}

    def known(self, server: Server) -> PlayerCount:
        """What was last heard, without asking; `at` tells its age."""
        return self._known.get(server.id, Uncounted(Why.NOT_YET))

    async def count(self, server: Server, *, fresh_seconds: float = FRESH_SECONDS) -> PlayerCount:
        """What the game says now, or said within `fresh_seconds`; within about `QUERY_SECONDS`.

        Whatever goes wrong is a reason in the answer; nothing is raised.
        """
        known = self.known(server)
        if known.at is not None:
            age = (self._clock.now() - known.at).total_seconds()
            if 0 <= age < fresh_seconds:
                return known
        asking = self._asking.get(server.id)
        if asking is None or asking.done():
            asking = self._supervisor.start(f"players {server.id}", self._ask(server))
            self._asking[server.id] = asking
        return await asyncio.shield(asking)

    def forget(self, server_id: str) -> None:
        """Drop what was heard: the server is gone, or is asked elsewhere now."""
        self._known.pop(server_id, None)
        self._asking.pop(server_id, None)  # who waits for that answer gets it; it isn't kept

    async def _ask(self, server: Server) -> PlayerCount:
        asking = asking_of(server, self._place(server))
        if isinstance(asking, Why):
            count: PlayerCount = Uncounted(asking, self._clock.now())
        else:
            async with self._slots:
                count = await self._answered(server, asking)
        if self._asking.get(server.id) is asyncio.current_task():
            self._asking.pop(server.id)
            self._known[server.id] = count
        return count

    async def _answered(self, server: Server, asking: Asking) -> PlayerCount:
        if not self._is_imported:  # opengsq takes some 200 ms: in a thread, once a game is asked
            await asyncio.to_thread(importlib.import_module, "bot.fleet.query")
            self._is_imported = True
        first: Uncounted | None = None
        for host in asking.hosts:
            limit = QUERY_SECONDS / len(asking.hosts)
            count = await self._asked(asking, host, limit)
            if isinstance(count, Counted):
                return count
            log.debug("players unknown", server=server.identifier, why=count.why.name)
            first = first or count
        return first or Uncounted(Why.NO_ADDRESS, self._clock.now())

    async def _asked(self, asking: Asking, host: str, limit: float) -> PlayerCount:
        from bot.fleet import query  # noqa: PLC0415

        def unknown(why: Why, setting: str = "") -> Uncounted:
            return Uncounted(why, self._clock.now(), setting)

        try:
            async with self._clock.timeout(limit):
                try:
                    address = await self._judged(host, asking.port)
                except (OSError, UnicodeError):
                    return unknown(Why.NO_NAME)
                said = await query.ask(query.Game(asking.game), host, address, asking.port)
        except AddressRefused as refused:
            return unknown(Why.REFUSED, refused.setting or "")
        except (TimeoutError, OSError):
            return unknown(Why.NO_ANSWER)
        except query.Hidden:
            return unknown(Why.HIDDEN)
        except Exception:  # noqa: BLE001  # what a stranger's bytes break here is his doing
            return unknown(Why.UNREADABLE)
        return Counted(said.online, said.most, said.names, self._clock.now())

    async def _judged(self, host: str, port: int) -> str:
        """The literal address to dial: resolved once, judged, and dialled as it is.

        Raises:
            AddressRefused: None of them may be dialled.
            OSError, UnicodeError: The name leads nowhere.
        """
        if _is_address(host):
            found: Sequence[str] = [host]
        else:
            found = await self._resolve(host, port)
        refusal: AddressRefused | None = None
        for address in sorted(found, key=lambda one: ":" in one):  # games listen on v4 first
            try:
                self._guard.check_dial(host, address)
            except AddressRefused as refused:
                refusal = refusal or refused
                continue
            return address
        raise refusal or OSError("no address")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
