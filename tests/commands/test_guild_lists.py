"""Whom an instance serves is the operator's to say: the lists of `[guilds]`."""

from pathlib import Path

from msgspec import structs

from bot.config import GuildsSettings
from tests.running import running
from tests.wirecord import Wire, eventually
from tests.world import config


async def test_where_a_list_is_kept_other_guilds_are_left(wire: Wire, tmp_path: Path) -> None:
    served, other = wire.guild("Served"), wire.guild("Other")
    settings = structs.replace(
        config(wire, tmp_path), guilds=GuildsSettings(allow=(int(served.id),))
    )
    async with running(wire, settings) as app:
        await eventually(lambda: other.id not in wire.guilds)

        await eventually(lambda: int(served.id) in app.guilds.here)
        assert int(other.id) not in app.guilds.here
        await served.kick_bot()


async def test_a_blocked_guild_is_left_at_once(wire: Wire, tmp_path: Path) -> None:
    guild = wire.guild("Blocked")
    settings = structs.replace(
        config(wire, tmp_path), guilds=GuildsSettings(block=(int(guild.id),))
    )
    async with running(wire, settings) as app:
        await eventually(lambda: guild.id not in wire.guilds)

        assert int(guild.id) not in app.guilds.here
