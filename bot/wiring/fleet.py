"""The connected panels and their servers, in memory."""

from dataclasses import dataclass

from bot.fleet.directory import Directory
from bot.fleet.hub import Hub
from bot.fleet.links import Links
from bot.fleet.panels import Panels
from bot.fleet.shelf import Shelf
from bot.pterodactyl import Budgets
from bot.supervisor import Supervisor
from bot.wiring.area import Area, IsMember
from bot.wiring.ground import Ground


@dataclass(frozen=True)
class Fleet(Area):
    """Whom to ask about a server, and what it said last."""

    directory: Directory
    panels: Panels
    hub: Hub
    links: Links
    shelf: Shelf

    async def start(self, supervisor: Supervisor) -> None:
        supervisor.keep("linked keys", self.links.watch)

    async def load(self, guild_id: int) -> None:
        await self.panels.open_guild(guild_id)
        await self.links.open_guild(guild_id)

    async def forget(self, guild_id: int) -> None:
        for server in self.directory.of(guild_id):
            self.hub.forget(server.id)
        self.links.close_guild(guild_id)
        self.panels.close_guild(guild_id)

    async def who_left(self, guild_id: int, is_member: IsMember) -> None:
        await self.links.who_left(guild_id, is_member)


def build_fleet(ground: Ground) -> Fleet:
    """Put the parts together."""
    limits, clock, supervisor = ground.config.limits, ground.clock, ground.supervisor
    directory = Directory()
    panels = Panels(
        database=ground.database,
        vault=ground.vault,
        network=ground.network,
        budgets=Budgets(clock),
        directory=directory,
        supervisor=supervisor,
        clock=clock,
        panels_per_guild=limits.panels_per_guild,
        servers_per_panel=limits.servers_per_panel,
    )
    return Fleet(
        directory=directory,
        panels=panels,
        hub=Hub(
            panels,
            directory,
            supervisor,
            ground.metrics,
            clock,
            watched_per_guild=limits.watched_per_guild,
        ),
        links=Links(database=ground.database, vault=ground.vault, panels=panels, clock=clock),
        shelf=Shelf(panels, supervisor, clock),
    )
