"""Things on servers by name (backups, files, schedules …), kept shortly for options and selects.

Autocomplete answers from memory alone: what is not here yet is filled in behind it.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import structlog
from msgspec import Struct

from bot.clock import Clock
from bot.fleet.directory import Server, folded
from bot.fleet.panels import PanelGone, Panels
from bot.pterodactyl import Client, PanelError
from bot.supervisor import Supervisor

log = structlog.stdlib.get_logger(__name__)

FRESH_SECONDS: Final = 60.0
KEPT_SHELVES: Final = 2000
"""Past that the oldest goes: a guild can't fill the memory with its browsing."""


class Entry(Struct, frozen=True):
    """One thing: what an option hands on (at most 100 characters), and how it is shown."""

    value: str
    label: str


Load = Callable[[Client, Server], Awaitable[Sequence[Entry]]]


class Shelf:
    """Entries by server and kind, such as `backup` or `files:/plugins`."""

    def __init__(self, panels: Panels, supervisor: Supervisor, clock: Clock) -> None:
        self._panels = panels
        self._supervisor = supervisor
        self._clock = clock
        self._shelves: dict[tuple[str, str], tuple[float, tuple[Entry, ...]]] = {}
        self._filling: set[tuple[str, str]] = set()

    def put(self, server: Server, kind: str, entries: Sequence[Entry]) -> None:
        """Keep what was just listed."""
        self._shelves.pop((server.id, kind), None)
        self._shelves[server.id, kind] = (self._clock.monotonic(), tuple(entries))
        while len(self._shelves) > KEPT_SHELVES:
            del self._shelves[next(iter(self._shelves))]

    def forget(self, server: Server, kind: str) -> None:
        """Drop what a change has made untrue."""
        self._shelves.pop((server.id, kind), None)

    def entries(self, server: Server, kind: str, load: Load) -> tuple[Entry, ...]:
        """What is known now, at once; old or nothing starts a filling in the background."""
        at, kept = self._shelves.get((server.id, kind), (float("-inf"), ()))
        if self._clock.monotonic() - at > FRESH_SECONDS and (server.id, kind) not in self._filling:
            self._filling.add((server.id, kind))
            self._supervisor.start(f"fill {kind} {server.id}", self._fill(server, kind, load))
        return kept

    def search(self, server: Server, kind: str, load: Load, text: str, limit: int) -> list[Entry]:
        """The entries whose label or value contains what was typed."""
        want = folded(text)
        found = self.entries(server, kind, load)
        return [e for e in found if want in folded(e.label) or want in folded(e.value)][:limit]

    async def _fill(self, server: Server, kind: str, load: Load) -> None:
        try:
            client = self._panels.client(server.guild_id, server.panel_id)
            self.put(server, kind, await load(client.background, server))
        except (PanelError, PanelGone) as error:
            log.info("options not filled", kind=kind, error=type(error).__name__)
        finally:
            self._filling.discard((server.id, kind))
