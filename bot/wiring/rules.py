"""The rules of a guild: who writes them, who explains them, who carries them elsewhere."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.access.console_ruling import ConsoleRuling
from bot.access.policing import Policing
from bot.access.reach import Reach
from bot.access.recipe_ruling import RecipeRuling
from bot.access.regrouping import Regrouping
from bot.access.ruling import Ruling
from bot.access.tidying import Tidying
from bot.store import policies as policy_rows
from bot.store.engine import Database
from bot.wiring.access import Access
from bot.wiring.area import Area, IsMember
from bot.wiring.fleet import Fleet
from bot.wiring.ground import Ground
from bot.wiring.posts import Posts
from bot.work.exchange import Exchange
from bot.work.explaining import Explaining
from bot.work.files_attachments import Attachments

USES_KEPT: Final = timedelta(days=8)
"""Longer than any pause of a policy."""


@dataclass(frozen=True)
class Rules(Area):
    """Everything that changes or tells what the gate decides by."""

    ruling: Ruling
    console_ruling: ConsoleRuling
    recipe_ruling: RecipeRuling
    policing: Policing
    tidying: Tidying
    explaining: Explaining
    exchange: Exchange
    database: Database

    async def load(self, guild_id: int) -> None:
        await self.ruling.load(guild_id)

    async def resume(self, guild_id: int) -> None:
        await self.tidying.tidy(guild_id)

    async def tidy(self, guild_id: int, now: datetime) -> None:
        await self.tidying.tidy(guild_id)
        async with self.database.write() as session:
            await policy_rows.drop_old_uses(session, guild_id=guild_id, before=now - USES_KEPT)

    async def who_left(self, guild_id: int, is_member: IsMember) -> None:
        await self.tidying.who_left(guild_id, is_member)


def build_rules(ground: Ground, fleet: Fleet, access: Access, posts: Posts) -> Rules:
    """Put the parts together."""
    clock, database, limits = ground.clock, ground.database, ground.config.limits
    gate, audit = access.gate, access.audit
    reach = Reach(gate, fleet.directory)
    ruling = Ruling(
        database=database,
        gate=gate,
        reach=reach,
        regrouping=Regrouping(reach, fleet.directory),
        audit=audit,
        clock=clock,
        rules_per_guild=limits.rules_per_guild,
    )
    return Rules(
        ruling=ruling,
        console_ruling=ConsoleRuling(
            database=database,
            gate=gate,
            directory=fleet.directory,
            ruling=ruling,
            reach=reach,
            audit=audit,
            clock=clock,
        ),
        recipe_ruling=RecipeRuling(
            database=database, gate=gate, ruling=ruling, reach=reach, audit=audit, clock=clock
        ),
        policing=Policing(
            database=database, gate=gate, ruling=ruling, reach=reach, audit=audit, clock=clock
        ),
        tidying=Tidying(
            database=database,
            gate=gate,
            ruling=ruling,
            audit=audit,
            roles=posts.places.roles,
            clock=clock,
        ),
        explaining=Explaining(
            gate=gate,
            ruling=ruling,
            panels=fleet.panels,
            hub=fleet.hub,
            directory=fleet.directory,
            integrations=posts.integrations,
            command_ids=ground.presence.command_ids,
            clock=clock,
        ),
        exchange=Exchange(
            database=database,
            ruling=ruling,
            audit=audit,
            attachments=Attachments(ground.network),
            rules_per_guild=limits.rules_per_guild,
            boards_per_guild=limits.boards_per_guild,
            mirrors_per_guild=limits.mirrors_per_guild,
            clock=clock,
        ),
        database=database,
    )
