"""The servers that the connected panels showed, in memory: lists, choices and free text."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from msgspec import Struct


class Server(Struct, frozen=True):
    """A server as its panel last listed it."""

    id: str
    """Our row; stable for as long as the panel stays connected."""
    guild_id: int
    panel_id: str
    panel_name: str
    identifier: str
    uuid: str
    name: str
    description: str = ""
    node: str = ""
    image: str = ""
    address: str | None = None
    """Host and port of the primary allocation, as players type it."""
    ip: str | None = None
    """That allocation's own address, where `address` has an alias."""
    key_rights: frozenset[str] = frozenset()
    status: str | None = None
    """The panel's word for a state in which it refuses nearly everything; None = normal."""
    memory_limit_bytes: int = 0
    disk_limit_bytes: int = 0
    cpu_limit_percent: int = 0
    """Limits: 0 = unlimited."""
    seen_at: datetime | None = None


class Directory:
    """All servers by guild; answers from memory only."""

    def __init__(self) -> None:
        self._guilds: dict[int, dict[str, Server]] = {}
        self._folded: dict[str, str] = {}
        self._told: list[Callable[[int, str], None]] = []

    def when_listed(self, tell: Callable[[int, str], None]) -> None:
        """Call `tell` with guild and panel whenever a panel's servers were read again."""
        self._told.append(tell)

    def replace_panel(self, guild_id: int, panel_id: str, servers: Iterable[Server]) -> None:
        """Set what a panel shows now; a server it no longer shows is gone from here."""
        guild = self._guilds.setdefault(guild_id, {})
        for old in [s.id for s in guild.values() if s.panel_id == panel_id]:
            del guild[old]
            self._folded.pop(old, None)
        for server in servers:
            guild[server.id] = server
            self._folded[server.id] = _searchable(server)
        for tell in self._told:
            tell(guild_id, panel_id)

    def replace(self, server: Server) -> None:
        """Set what a panel shows now of one server that is here; any other stays away."""
        if server.id in self._guilds.get(server.guild_id, {}):
            self._guilds[server.guild_id][server.id] = server
            self._folded[server.id] = _searchable(server)

    def forget_guild(self, guild_id: int) -> None:
        """Drop everything of a guild."""
        for server_id in self._guilds.pop(guild_id, {}):
            self._folded.pop(server_id, None)

    def of(self, guild_id: int) -> list[Server]:
        """The guild's servers by name."""
        found = self._guilds.get(guild_id, {}).values()
        return sorted(found, key=lambda s: (folded(s.name), s.identifier))

    def get(self, guild_id: int, server_id: str) -> Server | None:
        """A server by our id, if it is this guild's."""
        return self._guilds.get(guild_id, {}).get(server_id)

    def all(self) -> Iterator[Server]:
        """Every server of every guild, for the loops that look after them."""
        for guild in self._guilds.values():
            yield from guild.values()

    def find(self, guild_id: int, text: str) -> list[Server]:
        """What typed text may mean: one server, several to choose from, or none.

        An identifier, uuid or our own id means one; so does a full name nobody else has; else the
        servers whose name begins with the text, else those that contain it.
        """
        guild = self._guilds.get(guild_id, {})
        typed = text.strip()
        if typed in guild:
            return [guild[typed]]
        exact = [s for s in guild.values() if typed.lower() in (s.identifier, s.uuid)]
        if exact:
            return exact
        want = folded(typed)
        if not want:
            return []
        named = [s for s in guild.values() if folded(s.name) == want]
        starting = [s for s in guild.values() if folded(s.name).startswith(want)]
        return named or starting or [s for s in guild.values() if want in folded(s.name)]

    def search(self, servers: Iterable[Server], text: str, limit: int) -> list[Server]:
        """The best matches for what was typed so far: prefix, initials, then anywhere."""
        want = folded(text)
        if not want:
            return sorted(servers, key=lambda s: (folded(s.name), s.identifier))[:limit]
        ranked: list[tuple[int, str, Server]] = []
        for server in servers:
            haystack = self._folded.get(server.id) or _searchable(server)
            rank = _rank(haystack, want)
            if rank is not None:
                ranked.append((rank, haystack, server))
        ranked.sort(key=lambda found: found[:2])
        return [server for _, _, server in ranked[:limit]]

    def token(self, server: Server) -> str:
        """What a choice hands on for the server: its identifier, where the guild has no other."""
        guild = self._guilds.get(server.guild_id, {}).values()
        twins = sum(one.identifier == server.identifier for one in guild)
        return server.identifier if twins == 1 else server.id

    def label(self, server: Server) -> str:
        """The name, with what tells it from others of the guild where they share it."""
        guild = self._guilds.get(server.guild_id, {}).values()
        twins = [s for s in guild if folded(s.name) == folded(server.name) and s.id != server.id]
        if not twins:
            return server.name
        if all(twin.panel_name != server.panel_name for twin in twins):
            return f"{server.name} · {server.panel_name}"
        return f"{server.name} · {server.identifier}"


def folded(text: str) -> str:
    """Text as it is compared: NFKC, case-folded, blanks trimmed."""
    return unicodedata.normalize("NFKC", text).casefold().strip()


def _searchable(server: Server) -> str:
    words = folded(server.name)
    initials = "".join(word[0] for word in re.split(r"[\W_]+", words) if word)
    return "\n".join((words, server.identifier, initials, folded(server.description)))


def _rank(haystack: str, want: str) -> int | None:
    name, identifier, initials, description = haystack.split("\n", 3)
    if name.startswith(want):
        return 0
    if identifier.startswith(want):
        return 1
    if initials.startswith(want):
        return 2
    if want in name:
        return 3
    return 4 if want in description else None
