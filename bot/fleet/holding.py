"""A set of servers kept watched by somebody who looks at what is known of them."""

from collections.abc import Iterable

from bot.fleet.directory import Server
from bot.fleet.hub import Holder, Hub, TooManyWatched


class Holds:
    """The servers one board, or one guild's history, keeps watched."""

    def __init__(self, hub: Hub, *, yields: bool = False) -> None:
        self._hub = hub
        self._yields = yields
        self._held: dict[str, Holder] = {}

    def keep(self, servers: Iterable[Server]) -> list[Server]:
        """Watch these and no others; those for which the guild's cap has no room come back.

        A server that was gone and is listed again is watched again.
        """
        wanted = {server.id: server for server in servers}
        for server_id in self._held.keys() - wanted.keys():
            self._hub.let_go(server_id, self._held.pop(server_id))
        refused = []
        for server in wanted.values():
            holder = self._held.get(server.id)
            if holder is not None and not holder.has_ended:
                continue
            try:
                self._held[server.id] = self._hub.hold(server, yields=self._yields)
            except TooManyWatched:
                self._held.pop(server.id, None)
                refused.append(server)
        return refused

    def close(self) -> None:
        """Let go of all."""
        for server_id, holder in self._held.items():
            self._hub.let_go(server_id, holder)
        self._held.clear()
