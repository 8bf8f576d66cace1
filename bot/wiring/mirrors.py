"""Consoles mirrored into channels, and channels that speak to consoles."""

from dataclasses import dataclass

import discord

from bot.access.gate import Admitted
from bot.posts.mirrors import Mirrors
from bot.ui.mirrors import command_button
from bot.wiring.access import Access
from bot.wiring.area import Area
from bot.wiring.fleet import Fleet
from bot.wiring.ground import Ground
from bot.wiring.posts import Posts
from bot.wiring.server_work import ServerWork
from bot.work.guild_change import Change
from bot.work.mirroring import Mirroring
from bot.work.two_way import TwoWay


@dataclass(frozen=True)
class Mirrored(Area):
    """The mirrors, who sets them up, and who listens to what is written in them."""

    mirrors: Mirrors
    mirroring: Mirroring
    two_way: TwoWay

    async def taken(self, admitted: Admitted, _guild: discord.Guild, _change: Change) -> list[str]:
        """Begin the mirrors of a file that was taken over."""
        return await self.mirroring.take_up(admitted.guild_id)

    async def load(self, guild_id: int) -> None:
        await self.mirrors.open_guild(guild_id)

    async def forget(self, guild_id: int) -> None:
        self.mirrors.close_guild(guild_id)

    async def erase(self, guild_id: int) -> None:
        self.mirrors.take_down(self.mirrors.of(guild_id))


def build_mirrors(
    ground: Ground, fleet: Fleet, access: Access, posts: Posts, server_work: ServerWork
) -> Mirrored:
    """Put the parts together."""
    config, clock, database = ground.config, ground.clock, ground.database
    mirrors = Mirrors(
        database=database,
        vault=ground.vault,
        hub=fleet.hub,
        directory=fleet.directory,
        gate=access.gate,
        places=posts.places,
        delivery=posts.delivery,
        webhooks=posts.webhooks,
        supervisor=ground.supervisor,
        metrics=ground.metrics,
        clock=clock,
        command_button=None if config.discord.message_content else command_button,
    )
    return Mirrored(
        mirrors=mirrors,
        mirroring=Mirroring(
            database=database,
            mirrors=mirrors,
            webhooks=posts.webhooks,
            delivery=posts.delivery,
            hub=fleet.hub,
            directory=fleet.directory,
            audit=access.audit,
            clock=clock,
            mirrors_per_guild=config.limits.mirrors_per_guild,
            reads_messages=config.discord.message_content,
        ),
        two_way=TwoWay(
            mirrors=mirrors,
            console=server_work.console,
            gate=access.gate,
            directory=fleet.directory,
            audit=access.audit,
            places=posts.places,
            pace=access.pace,
        ),
    )
