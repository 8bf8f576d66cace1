"""Who plays on the servers."""

from dataclasses import dataclass

from bot.fleet.directory import Directory
from bot.fleet.players import Players
from bot.wiring.access import Access
from bot.wiring.area import Area
from bot.wiring.fleet import Fleet
from bot.wiring.ground import Ground


@dataclass(frozen=True)
class Playing(Area):
    """Asked of the games themselves."""

    players: Players
    directory: Directory

    async def forget(self, guild_id: int) -> None:
        for server in self.directory.of(guild_id):
            self.players.forget(server.id)


def build_playing(ground: Ground, fleet: Fleet, access: Access) -> Playing:
    """Put the parts together."""
    book = access.gate.book
    players = Players(
        ground.network.guard,
        ground.supervisor,
        ground.clock,
        resolve=ground.network.addresses,
        place=lambda server: book(server.guild_id).settings.queries.get(server.id),
    )
    return Playing(players, fleet.directory)
