"""Who may do what, and the one way to do it: decided, asked back, audited."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.access.acting import Acting, Audit
from bot.access.gate import Gate
from bot.access.pace import Pace
from bot.store import confirmations as rows
from bot.store.engine import Database
from bot.ui.confirm import Confirmations
from bot.wiring.area import Area
from bot.wiring.fleet import Fleet
from bot.wiring.ground import Ground

QUESTIONS_KEPT: Final = timedelta(days=1)


@dataclass(frozen=True)
class Access(Area):
    """What stands between a member and a panel."""

    gate: Gate
    audit: Audit
    acting: Acting
    confirmations: Confirmations
    pace: Pace
    """Of every interaction of a member, and of what they write in two-way mirrors."""
    database: Database

    async def forget(self, guild_id: int) -> None:
        self.gate.forget_guild(guild_id)

    async def tidy(self, guild_id: int, now: datetime) -> None:
        async with self.database.write() as session:
            await rows.drop_expired_confirmations(
                session, guild_id=guild_id, before=now - QUESTIONS_KEPT
            )


def build_access(ground: Ground, fleet: Fleet) -> Access:
    """Put the parts together."""
    clock, database = ground.clock, ground.database
    audit = Audit(database, ground.metrics, clock)
    return Access(
        gate=Gate(fleet.directory, fleet.links, clock),
        audit=audit,
        acting=Acting(fleet.panels, fleet.links, audit, ground.supervisor, clock),
        confirmations=Confirmations(database, clock),
        pace=Pace(clock, a_minute=ground.config.limits.interactions_per_minute),
        database=database,
    )
