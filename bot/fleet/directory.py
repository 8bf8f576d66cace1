"""The servers that the connected panels showed, in memory: lists, choices and free text."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import cached_property
from typing import Final

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


class _Guild:
    """A guild's servers as they are now, and what is asked of them all, worked out once."""

    def __init__(self, servers: dict[str, Server]) -> None:
        self.servers = servers

    @cached_property
    def ordered(self) -> list[Server]:
        return sorted(self.servers.values(), key=lambda s: (folded(s.name), s.identifier))

    @cached_property
    def named(self) -> dict[str, list[Server]]:
        found: dict[str, list[Server]] = {}
        for server in self.ordered:
            found.setdefault(folded(server.name), []).append(server)
        return found

    @cached_property
    def identifiers(self) -> Counter[str]:
        return Counter(server.identifier for server in self.servers.values())


_NOBODY: Final = _Guild({})


class Directory:
    """All servers by guild; answers from memory only."""

    def __init__(self) -> None:
        self._guilds: dict[int, _Guild] = {}
        self._folded: dict[str, str] = {}
        self._told: list[Callable[[int, str], None]] = []

    def when_listed(self, tell: Callable[[int, str], None]) -> None:
        """Call `tell` with guild and panel whenever a panel's servers were read again."""
        self._told.append(tell)

    def replace_panel(self, guild_id: int, panel_id: str, servers: Iterable[Server]) -> None:
        """Set what a panel shows now; a server it no longer shows is gone from here."""
        kept: dict[str, Server] = {}
        for old in self._of(guild_id).servers.values():
            if old.panel_id == panel_id:
                self._folded.pop(old.id, None)
            else:
                kept[old.id] = old
        for server in servers:
            kept[server.id] = server
            self._folded[server.id] = _searchable(server)
        self._guilds[guild_id] = _Guild(kept)
        for tell in self._told:
            tell(guild_id, panel_id)

    def replace(self, server: Server) -> None:
        """Set what a panel shows now of one server that is here; any other stays away."""
        guild = self._of(server.guild_id)
        if server.id in guild.servers:
            self._guilds[server.guild_id] = _Guild({**guild.servers, server.id: server})
            self._folded[server.id] = _searchable(server)

    def forget_guild(self, guild_id: int) -> None:
        """Drop everything of a guild."""
        for server_id in self._guilds.pop(guild_id, _NOBODY).servers:
            self._folded.pop(server_id, None)

    def of(self, guild_id: int) -> list[Server]:
        """The guild's servers by name."""
        return list(self._of(guild_id).ordered)

    def get(self, guild_id: int, server_id: str) -> Server | None:
        """A server by our id, if it is this guild's."""
        return self._of(guild_id).servers.get(server_id)

    def all(self) -> Iterator[Server]:
        """Every server of every guild, for the loops that look after them."""
        for guild in self._guilds.values():
            yield from guild.servers.values()

    def find(self, guild_id: int, text: str) -> list[Server]:
        """What typed text may mean: one server, several to choose from, or none.

        An identifier, uuid or our own id means one; so does a full name nobody else has; else the
        servers whose name begins with the text, else those that contain it.
        """
        guild = self._of(guild_id)
        typed = text.strip()
        if typed in guild.servers:
            return [guild.servers[typed]]
        exact = [s for s in guild.ordered if typed.lower() in (s.identifier, s.uuid)]
        if exact:
            return exact
        want = folded(typed)
        if not want:
            return []
        if want in guild.named:
            return list(guild.named[want])
        starting = [s for s in guild.ordered if folded(s.name).startswith(want)]
        return starting or [s for s in guild.ordered if want in folded(s.name)]

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
        is_alone = self._of(server.guild_id).identifiers[server.identifier] == 1
        return server.identifier if is_alone else server.id

    def label(self, server: Server) -> str:
        """The name, with what tells it from others of the guild where they share it."""
        named = self._of(server.guild_id).named.get(folded(server.name), ())
        twins = [one for one in named if one.id != server.id]
        if not twins:
            return server.name
        if all(twin.panel_name != server.panel_name for twin in twins):
            return f"{server.name} · {server.panel_name}"
        return f"{server.name} · {server.identifier}"

    def _of(self, guild_id: int) -> _Guild:
        return self._guilds.get(guild_id, _NOBODY)


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
