"""The guilds the bot is in, and the end of their data."""

from datetime import datetime, timedelta
from typing import Final

import msgspec
from msgspec import Struct
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.tables import guild, metadata

DEFAULT_WARNINGS: Final = (15, 10, 5, 1)


class ServerGroup(Struct, frozen=True, kw_only=True):
    """Servers that rules and bulk actions can name together."""

    name: str
    server_ids: tuple[str, ...] = ()


class QueryPlace(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a server's game is asked for its players, where guessing fails."""

    game: str = ""
    """"minecraft", "bedrock" or "source"; "none" is never asked; "" is guessed by the image."""
    address: str = ""
    """Host and port, or one of them (":27016"); "" is the primary allocation's."""


class GuildSettings(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What admins chose in /config; new settings have a default and need no migration."""

    language: str = ""
    """In which the bot speaks where many read; "" is the guild's own language on Discord."""
    time_zone: str = "UTC"
    """A name of the IANA list; when this guild's days begin, and how its times of day are meant."""
    linking_allowed: bool = False
    account_commands: bool = False
    history: bool = False
    """Whether a sample of every server is kept each minute, thinned as it ages."""
    groups: dict[str, ServerGroup] = {}
    """By an id of ours."""
    idle_channel_id: int | None = None
    """Where it is told that a server was stopped because nobody was on it; None says nothing."""
    queries: dict[str, QueryPlace] = {}
    """By server."""
    two_person: tuple[str, ...] = ()
    """Classes of actions to which a second member has to agree: kill, restore, reinstall, delete,
    write."""
    member_days: int = 0
    """Members of fewer days count in no vote; 0 = all count."""
    quiet_hours: str = ""
    """Such as `22:00-07:00`, by the clocks of `time_zone`: nobody is pinged then; "" = never."""
    warn_minutes: tuple[int, ...] = DEFAULT_WARNINGS
    """Before the end of a countdown, when players are warned in the game; most first."""
    stop_patience_seconds: int = 90
    """How long a server may take to stop until somebody is asked whether to kill it."""
    audit_channel_id: int | None = None
    """Where the head of the audit chain is posted each day."""


class GuildRow(Struct, frozen=True, kw_only=True):
    """A guild; `left_at` starts the days of grace."""

    guild_id: int
    joined_at: datetime
    left_at: datetime | None
    admin_role_id: int | None
    settings: GuildSettings = GuildSettings()


async def guild_joined(session: AsyncSession, *, guild_id: int, now: datetime) -> GuildRow:
    """Note that the bot is there. A guild that comes back within its grace keeps everything."""
    statement = (
        insert(guild)
        .values(guild_id=guild_id, joined_at=now)
        .on_conflict_do_update(index_elements=["guild_id"], set_={"left_at": None})
        .returning(guild)
    )
    found = (await session.execute(statement)).one()
    return msgspec.convert(found, GuildRow, from_attributes=True)


async def guild_left(session: AsyncSession, *, guild_id: int, now: datetime) -> None:
    """Start the grace period. Not for a guild that is merely unavailable: that one wasn't left."""
    await session.execute(
        update(guild)
        .where(guild.c.guild_id == guild_id, guild.c.left_at.is_(None))
        .values(left_at=now)
    )


async def get_guild(session: AsyncSession, *, guild_id: int) -> GuildRow | None:
    """The guild; None when the bot never noted it."""
    found = (await session.execute(select(guild).where(guild.c.guild_id == guild_id))).one_or_none()
    return msgspec.convert(found, GuildRow | None, from_attributes=True)


async def list_guilds(session: AsyncSession) -> list[GuildRow]:
    """All guilds of this database, for the start of the bot and for `doctor`."""
    found = (await session.execute(select(guild).order_by(guild.c.guild_id))).all()
    return msgspec.convert(found, list[GuildRow], from_attributes=True)


async def set_admin_role(session: AsyncSession, *, guild_id: int, role_id: int | None) -> None:
    """Say which role manages the bot within its own grants; None takes it back."""
    await session.execute(
        update(guild).where(guild.c.guild_id == guild_id).values(admin_role_id=role_id)
    )


async def save_settings(session: AsyncSession, *, guild_id: int, settings: GuildSettings) -> None:
    """Set what admins chose."""
    await session.execute(
        update(guild)
        .where(guild.c.guild_id == guild_id)
        .values(settings=msgspec.to_builtins(settings))
    )


async def guilds_out_of_grace(
    session: AsyncSession, *, now: datetime, grace: timedelta
) -> list[int]:
    """The guilds left longer than `grace` ago, whose data is to be erased."""
    statement = select(guild.c.guild_id).where(guild.c.left_at <= now - grace)
    return list((await session.execute(statement)).scalars())


async def erase_guild(session: AsyncSession, *, guild_id: int) -> int:
    """Delete everything of a guild, in every table, and return how many rows that were."""
    erased = 0
    for table in reversed(metadata.sorted_tables):
        if "guild_id" in table.c:
            gone = await session.execute(
                delete(table).where(table.c.guild_id == guild_id).returning(table.c.guild_id)
            )
            erased += len(gone.all())
    return erased
