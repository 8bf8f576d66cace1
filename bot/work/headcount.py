"""How many play on the servers that boards and history show, asked of the games each minute."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Final

from bot.clock import Clock
from bot.fleet.directory import Server
from bot.fleet.hub import Hub
from bot.fleet.known import State
from bot.fleet.players import Counted, Players

ASK_EVERY_SECONDS: Final = 60.0
LOOK_EVERY_SECONDS: Final = 10.0
"""A board that was just made waits no longer for its first count."""
OLD: Final = timedelta(seconds=200)
"""A count this old is no longer told: the game missed three questions."""


class Headcount:
    """Asks games of running servers, and says which counts changed."""

    def __init__(
        self,
        players: Players,
        hub: Hub,
        wanted: Callable[[], Iterable[Server]],
        clock: Clock,
    ) -> None:
        self._players = players
        self._hub = hub
        self._wanted = wanted
        self._clock = clock

    def known(self, server: Server) -> Counted | None:
        """How many play, where that is known and the server runs."""
        count = self._players.known(server)
        if not isinstance(count, Counted) or self._hub.known(server).state is not State.RUNNING:
            return None
        return count if self._clock.now() - count.at <= OLD else None

    async def run(self) -> None:
        """Ask all of them from time to time."""
        while True:
            servers = {server.id: server for server in self._wanted()}
            running = [
                server
                for server in servers.values()
                if self._hub.known(server).state is State.RUNNING
            ]
            await asyncio.gather(*(self._ask(server) for server in running))
            await self._clock.sleep(LOOK_EVERY_SECONDS)

    async def _ask(self, server: Server) -> None:
        before = self.known(server)
        await self._players.count(server, fresh_seconds=ASK_EVERY_SECONDS - 5.0)
        after = self.known(server)
        if (before and before.online) != (after and after.online):
            self._hub.note(server.id)
