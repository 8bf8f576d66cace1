"""How many servers of a guild are watched, and for whom there is room.

History would watch every server. It yields: it takes what boards, mirrors and alerts leave, and
lets go where one of them wants its place.
"""

from collections.abc import Mapping, Sequence

from bot.fleet.directory import Server
from bot.fleet.feeds import Feed
from bot.fleet.listening import Listener


class TooManyWatched(Exception):
    """The guild watches as many servers as it may."""

    def __init__(self, at_most: int) -> None:
        super().__init__(at_most)
        self.at_most = at_most


class Room:
    """The places of each guild, counted from the connections there are."""

    def __init__(self, feeds: Mapping[str, Feed], per_guild: int) -> None:
        self._feeds = feeds
        self._per_guild = per_guild

    def watched(self, guild_id: int) -> int:
        """How many servers of a guild are watched by somebody who doesn't yield."""
        return sum(feed.is_claimed for feed in self._of(guild_id))

    def may_watch(self, server: Server) -> bool:
        """Whether there is room for a server, or it is watched already."""
        feed = self._feeds.get(server.id)
        if feed is not None and feed.is_claimed:
            return True
        return self.watched(server.guild_id) < self._per_guild

    def left(self, guild_id: int, servers: Sequence[Server]) -> int:
        """How many more servers the guild may watch, once these are watched too; less than 0
        where they don't all fit."""
        claimed = {feed.server.id for feed in self._of(guild_id) if feed.is_claimed}
        new = sum(server.id not in claimed for server in servers)
        return self._per_guild - len(claimed) - new

    def make(self, server: Server, listener: Listener) -> Feed | None:
        """Make room for a listener; returns the connection that has to yield, if one has.

        Raises:
            TooManyWatched: There is none.
        """
        feed = self._feeds.get(server.id)
        if feed is not None and feed.watchers:
            return None
        taken = self._of(server.guild_id)
        if len(taken) < self._per_guild:
            return None
        yielding = [feed for feed in taken if not feed.is_claimed]
        if listener.yields or not yielding:
            raise TooManyWatched(self._per_guild)
        return yielding[-1]

    def _of(self, guild_id: int) -> list[Feed]:
        return [f for f in self._feeds.values() if f.watchers and f.server.guild_id == guild_id]
