"""The Discord side: one client, its command tree, and what it does when guilds come and go."""

import asyncio
import contextlib
import hashlib
import json
import math
import sys
import time
from collections.abc import Coroutine
from typing import Any, Final

import discord
import structlog
from discord import app_commands
from discord.ext import commands
from discord.utils import MISSING

from bot.access.gate import Gate
from bot.clock import Clock
from bot.fleet.directory import Directory
from bot.fleet.shelf import Shelf
from bot.posts.delivery import Delivery
from bot.posts.mentions import Named
from bot.posts.traffic import Traffic
from bot.store import commands as sync_rows
from bot.store.engine import Database
from bot.ui.doorkeeper import Doorkeeper
from bot.ui.doors import menus_of
from bot.ui.translating import Translator
from bot.wiring.guilds import Guilds
from bot.work.plans import Plans
from cogs import COGS, Parts

log = structlog.stdlib.get_logger(__name__)

INTENTS: Final = discord.Intents(guilds=True, voice_states=True)
"""Roles come with each interaction, and who is in a voice channel may vote there; nothing needs a
privileged intent."""
READING: Final = INTENTS | discord.Intents(guild_messages=True, message_content=True)
"""Where the operator lets what is written in two-way mirrors be commands."""
GLOBAL: Final = 0
"""Where commands are registered for every guild, as the store keys it."""


class RoostTree(app_commands.CommandTree["RoostClient"]):
    """Hands every command to the doors: decided before anything else, answered in any case."""

    async def interaction_check(self, interaction: discord.Interaction["RoostClient"], /) -> bool:
        return await self.client.doors.admit_command(interaction)

    async def on_error(
        self,
        interaction: discord.Interaction["RoostClient"],
        error: app_commands.AppCommandError,
        /,
    ) -> None:
        if interaction.type is discord.InteractionType.autocomplete:
            log.error("autocomplete failed", exc_info=error)
            return
        await self.client.doors.command_failed(interaction, error)


class RoostClient(commands.AutoShardedBot):
    """discord.py's bot with our cogs."""

    def __init__(
        self,
        parts: Parts,
        doors: Doorkeeper,
        arrivals: Guilds,
        *,
        traffic: Traffic,
        only_in: tuple[int, ...] = (),
        reads_messages: bool = False,
        guild_ready_seconds: float = 2.0,
    ) -> None:
        super().__init__(
            command_prefix=(),  # no text commands, so the intent to read messages isn't missed
            help_command=None,
            intents=READING if reads_messages else INTENTS,
            tree_cls=RoostTree,
            allowed_mentions=discord.AllowedMentions.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            guild_ready_timeout=guild_ready_seconds,
            http_trace=traffic.trace(),
        )
        self.parts = parts
        self.doors = doors
        self.gate: Gate = parts.gate
        self.directory: Directory = parts.directory
        self.shelf: Shelf = parts.shelf
        self.plans: Plans = parts.plans
        self.delivery: Delivery = parts.delivery
        self._arrivals = arrivals
        self._database: Database = parts.database
        self._clock: Clock = parts.clock
        self._own_guilds = only_in
        self.command_ids: dict[str, int] = {}
        self.named_commands: dict[str, Named] = {}
        """Those that a text can mention, by their whole names."""

    @property
    def heartbeat_age_s(self) -> float | None:
        """Since Discord last acknowledged a heartbeat, on the shard that waits longest.

        None before the first connection.
        """
        ages = [_heartbeat_age_s(shard) for shard in self.shards.values()]
        return max((age for age in ages if age is not None), default=None)

    async def setup_hook(self) -> None:
        """Add the cogs and register the commands where they changed."""
        for kind in COGS:
            cog = kind(self.parts)
            await self.add_cog(cog)
            self.doors.collect(cog)
            for menu in menus_of(cog):
                self.tree.add_command(menu)
        await self.tree.set_translator(Translator())
        await self._register()

    async def is_member(self, guild_id: int, member_id: int) -> bool:
        """Whether somebody is in a guild; asked of Discord, because members aren't cached."""
        guild = self.get_guild(guild_id)
        if guild is None:
            return True
        try:
            await guild.fetch_member(member_id)
        except discord.NotFound:
            return False
        except discord.HTTPException as error:
            log.info("member not looked up", guild=guild_id, error=str(error))
        return True

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Components and forms; commands come through the tree."""
        await self.doors.interact(interaction)

    async def on_ready(self) -> None:
        for guild in self.guilds:  # those for which no event of their own came before
            await self._owned(f"guild {guild.id} here", self._arrivals.guild_here(guild.id))
        self.parts.jobs.wake()

    async def on_guild_available(self, guild: discord.Guild) -> None:
        self.parts.pausing.permissions_changed(guild)  # what changed meanwhile nobody told
        await self._owned(f"guild {guild.id} here", self._arrivals.guild_here(guild.id))

    async def on_raw_app_command_permissions_update(
        self, payload: discord.RawAppCommandPermissionsUpdateEvent
    ) -> None:
        self.parts.integrations.changed(payload.guild.id)

    async def on_guild_role_delete(self, role: discord.Role) -> None:
        guild_id = role.guild.id
        await self._owned(f"role of {guild_id} gone", self.parts.tidying.tidy(guild_id))

    async def on_guild_join(self, guild: discord.Guild) -> None:
        await self._owned(f"guild {guild.id} here", self._arrivals.guild_here(guild.id))

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        await self._owned(f"guild {guild.id} left", self._arrivals.guild_left(guild.id))

    async def on_guild_channel_update(
        self, _before: discord.abc.GuildChannel, after: discord.abc.GuildChannel
    ) -> None:
        self.parts.pausing.permissions_changed(after.guild)

    async def on_raw_thread_update(self, payload: discord.RawThreadUpdateEvent) -> None:
        if not payload.data["thread_metadata"]["archived"]:
            self.parts.pausing.thread_opened(payload.guild_id, payload.thread_id)

    async def on_guild_role_update(self, _before: discord.Role, after: discord.Role) -> None:
        self.parts.pausing.permissions_changed(after.guild)

    async def on_member_update(self, _before: discord.Member, after: discord.Member) -> None:
        if after == after.guild.me:  # of others Discord tells nothing without the members intent
            self.parts.pausing.permissions_changed(after.guild)

    async def _owned(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """discord.py's own event tasks have no owner, and a shutdown would cut them off."""
        with contextlib.suppress(asyncio.CancelledError):
            await self.parts.supervisor.run(name, work)

    async def on_message(self, message: discord.Message, /) -> None:
        """No text commands; what is written in a two-way mirror goes to its console."""
        two_way = self.parts.two_way
        if two_way.concerns(message):
            await self._owned(f"two-way {message.id}", two_way.hear(message))

    async def on_error(self, event_method: str, /, *_args: Any, **_kwargs: Any) -> None:
        log.error("event failed", event_name=event_method, exc_info=sys.exception())

    async def _register(self) -> None:
        """Send the commands to Discord where they differ from what was sent last."""
        wanted = await payload_of(self.tree)
        tree_hash = hashlib.sha256(json.dumps(wanted, sort_keys=True).encode()).hexdigest()
        for guild_id in self._own_guilds or (GLOBAL,):
            async with self._database.read() as session:
                known = await sync_rows.get_sync(session, guild_id=guild_id)
            if known is not None and known.tree_hash == tree_hash:
                self.command_ids = dict(known.ids)
                continue
            guild = discord.Object(guild_id) if guild_id else None
            if guild is not None:
                self.tree.copy_global_to(guild=guild)
            made = await self.tree.sync(guild=guild)
            self.command_ids = {one.name: one.id for one in made}
            async with self._database.write() as session:
                await sync_rows.save_sync(
                    session,
                    guild_id=guild_id,
                    tree_hash=tree_hash,
                    ids=self.command_ids,
                    now=self._clock.now(),
                )
            log.info("commands registered", guild=guild_id or "everywhere", count=len(made))
        needs = {one["name"]: int(one["default_member_permissions"] or 0) for one in wanted}
        for command in self.tree.walk_commands():
            top = command.qualified_name.partition(" ")[0]
            if isinstance(command, app_commands.Command) and top in self.command_ids:
                named = Named(self.command_ids[top], needs[top])
                self.named_commands[command.qualified_name] = named


def _heartbeat_age_s(shard: discord.ShardInfo) -> float | None:
    # discord.py tells only how long the last acknowledgement took, which stays fine on a dead
    # link; when it came is known to its keep-alive alone, so that is read where it is there
    socket = getattr(getattr(shard, "_parent", None), "ws", None)
    acknowledged_at = getattr(getattr(socket, "_keep_alive", None), "_last_ack", None)
    if isinstance(acknowledged_at, float):
        return time.perf_counter() - acknowledged_at
    return shard.latency if math.isfinite(shard.latency) else None


async def payload_of(tree: app_commands.CommandTree[Any]) -> list[dict[str, Any]]:
    """Exactly what is sent to Discord for the tree."""
    translator = Translator()
    return [await one.get_translated_payload(tree, translator) for one in _all(tree)]


def command_payload() -> list[dict[str, Any]]:
    """The commands as they are registered, without token, settings or network."""
    return asyncio.run(payload_of(bare_tree()))


def _all(
    tree: app_commands.CommandTree[Any],
) -> list[app_commands.Command[Any, ..., Any] | app_commands.Group | app_commands.ContextMenu]:
    kinds = (
        discord.AppCommandType.chat_input,
        discord.AppCommandType.user,
        discord.AppCommandType.message,
    )
    return [one for kind in kinds for one in tree.get_commands(type=kind)]


def bare_tree() -> app_commands.CommandTree[Any]:
    """The commands to be described, not run: nothing stands behind them."""
    tree = app_commands.CommandTree(discord.Client(intents=INTENTS))
    for kind in COGS:
        # its commands belong to the class; what they work with isn't needed to describe them
        cog = kind.__new__(kind, MISSING)
        for made in (*cog.get_app_commands(), *menus_of(cog)):
            tree.add_command(made)
    return tree
