"""Taking a guild's settings out as a file, and taking such a file over in one transaction."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from uuid import uuid4

import discord
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access.acting import Audit
from bot.access.console_ruling import RULES_AT_MOST
from bot.access.gate import Admitted
from bot.access.recipe_ruling import RECIPES_AT_MOST
from bot.access.ruling import Ruling
from bot.clock import Clock
from bot.store import (
    alerts,
    bindings,
    boards,
    console_rules,
    guilds,
    mirrors,
    panels,
    policies,
    recipes,
    rules,
    servers,
)
from bot.store.alerts import AlertEvent
from bot.store.engine import Database
from bot.store.errors import NameTaken
from bot.store.guilds import GuildSettings
from bot.store.policies import Changed
from bot.texts import _, _n
from bot.ui.errors import Unfit
from bot.ui.text import bold
from bot.work.alerts import ALERTS_PER_GUILD
from bot.work.file_things import Names
from bot.work.files_attachments import Attached, Attachments
from bot.work.guild_change import Change, NewPolicy, Taker, change_of
from bot.work.guild_file import MOST_BYTES, GuildFile, Stored, read, written
from bot.work.posted_file import NewConsole, Posted, PostedChange

PlanMirrors = Callable[
    [Admitted, discord.Guild, Sequence[NewConsole]], tuple[list[mirrors.NewMirror], list[str]]
]
Taken = Callable[[Admitted, discord.Guild, Change], Awaitable[list[str]]]


class Exchange:
    """Exports and imports a guild's settings."""

    def __init__(
        self,
        *,
        database: Database,
        ruling: Ruling,
        audit: Audit,
        attachments: Attachments,
        rules_per_guild: int,
        boards_per_guild: int,
        mirrors_per_guild: int,
        clock: Clock,
    ) -> None:
        self._database = database
        self._ruling = ruling
        self._audit = audit
        self._attachments = attachments
        self._rules_per_guild = rules_per_guild
        self._boards_per_guild = boards_per_guild
        self._mirrors_per_guild = mirrors_per_guild
        self._clock = clock
        self.plan_mirrors: PlanMirrors = lambda _admitted, _guild, _wanted: ([], [])
        """Makes rows of the mirrors that are wanted, and words for those that can't be."""
        self.when_taken: list[Taken] = []
        """What goes on after a file was taken over; says in words what of it can't be yet."""

    async def export(self, admitted: Admitted, guild: discord.Guild) -> bytes:
        """The guild's file."""
        stored = await self._stored(admitted.guild_id)
        await self._audit.note(admitted, "change", outcome="exported")
        return written(stored, _names(guild), self._clock.now())

    async def received(self, attached: Attached) -> bytes:
        """The content of an attached file.

        Raises:
            Unfit: It is too large, or no such file.
        """
        if attached.size_bytes > MOST_BYTES:
            raise Unfit(
                _(
                    "That file is larger than any `/panel export` makes ({count} KiB at most). "
                    "Nothing was changed.",
                    count=MOST_BYTES // 1024,
                )
            )
        content = await self._attachments.read(attached, MOST_BYTES)
        read(content)
        return content

    async def change(
        self, admitted: Admitted, guild: discord.Guild, content: bytes
    ) -> Change | None:
        """What the file would change now; None when all of it is so already.

        Raises:
            Unfit: It is no such file, or not theirs to take over.
        """
        file = read(content)
        stored = await self._stored(admitted.guild_id)
        change = self._change(admitted, guild, file, stored)
        return None if change.is_nothing(stored) else change

    async def take_over(
        self, admitted: Admitted, guild: discord.Guild, content: bytes
    ) -> tuple[Change, list[str]]:
        """Set all of it, or nothing; in words what Discord didn't take afterwards.

        Raises:
            Unfit: As `change`, or somebody changed a policy at the same moment.
            LimitReached: The guild would have too many rules, alerts, boards or mirrors.
        """
        file = read(content)
        stored = await self._stored(admitted.guild_id)
        change = self._change(admitted, guild, file, stored)
        guild_id, now = admitted.guild_id, self._clock.now()
        planned, said = self.plan_mirrors(admitted, guild, change.posted.mirrors)
        async with self._database.write() as session:
            row = await guilds.get_guild(session, guild_id=guild_id)
            if row is not None and row.settings != stored.settings:
                raise Unfit(
                    _(
                        "Somebody changed a setting at the same moment. Nothing was changed; "
                        "import it again."
                    )
                )
            await guilds.save_settings(session, guild_id=guild_id, settings=change.settings)
            await guilds.set_admin_role(session, guild_id=guild_id, role_id=change.admin_role_id)
            for channel_id, server_id in change.bindings:
                await bindings.bind_channel(
                    session, guild_id=guild_id, channel_id=channel_id, server_id=server_id
                )
            for new in change.rules:
                await rules.set_rule(
                    session, guild_id=guild_id, new=new, at_most=self._rules_per_guild, now=now
                )
            for console in change.console:
                await console_rules.add_console_rule(
                    session, guild_id=guild_id, new=console, at_most=RULES_AT_MOST, now=now
                )
            for recipe in change.recipes:
                await recipes.add_recipe(
                    session, guild_id=guild_id, new=recipe, at_most=RECIPES_AT_MOST, now=now
                )
            for policy in change.policies:
                await _set(session, admitted, policy, now)
            for alert in change.posted.alerts:
                await alerts.set_alert(
                    session, guild_id=guild_id, new=alert, at_most=ALERTS_PER_GUILD, now=now
                )
            for board in change.posted.boards:
                await boards.add_board(
                    session, guild_id=guild_id, new=board, at_most=self._boards_per_guild, now=now
                )
            for mirror in planned:
                with suppress(NameTaken):  # made by somebody at the same moment
                    await mirrors.add_mirror(
                        session,
                        guild_id=guild_id,
                        new=mirror,
                        at_most=self._mirrors_per_guild,
                        now=now,
                    )
            entry = self._audit.entry(
                admitted,
                "change",
                outcome="imported",
                detail=f"{len(change.rules)} rules, {len(change.bindings)} channels, "
                f"{len(change.posted.alerts)} alerts, {len(change.posted.boards)} boards, "
                f"{len(planned)} mirrors, {len(said)} mirrors refused",
            )
            await self._audit.append(session, guild_id, entry)
        await self._ruling.load(guild_id)
        said += _unheard(guild, change.posted)
        for go_on in self.when_taken:
            said += await go_on(admitted, guild, change)
        return change, said

    def _change(
        self, admitted: Admitted, guild: discord.Guild, file: GuildFile, stored: Stored
    ) -> Change:
        actor = admitted.actor
        if not (actor.owns_guild or actor.manages_guild):
            raise Unfit(
                _("Taking a file over sets every rule of the guild: it takes *Manage Server*.")
            )
        reach = {
            role.id: actor.owns_guild or role.position < actor.top_role for role in guild.roles
        }
        return change_of(
            file,
            stored,
            _names(guild),
            Taker(
                guild_id=admitted.guild_id,
                member_id=actor.id,
                now=self._clock.now(),
                reach=reach,
                new_ids={group.name: str(uuid4()) for group in file.groups},
            ),
        )

    async def _stored(self, guild_id: int) -> Stored:
        async with self._database.read() as session:
            guild = await guilds.get_guild(session, guild_id=guild_id)
            return Stored(
                settings=guild.settings if guild else GuildSettings(),
                admin_role_id=guild.admin_role_id if guild else None,
                panels=await panels.list_panels(session, guild_id=guild_id),
                servers=await servers.list_servers(session, guild_id=guild_id),
                bindings=await bindings.list_bindings(session, guild_id=guild_id),
                rules=await rules.list_rules(session, guild_id=guild_id),
                console=await console_rules.list_console_rules(session, guild_id=guild_id),
                recipes=await recipes.list_recipes(session, guild_id=guild_id),
                policies=await policies.list_policies(session, guild_id=guild_id),
                posted=Posted(
                    alerts=await alerts.list_alerts(session, guild_id=guild_id),
                    boards=await boards.list_boards(session, guild_id=guild_id),
                    mirrors=await mirrors.list_mirrors(session, guild_id=guild_id),
                ),
            )


async def _set(session: AsyncSession, admitted: Admitted, new: NewPolicy, now: datetime) -> None:
    try:
        await policies.set_policy(
            session,
            guild_id=admitted.guild_id,
            scope_kind=new.scope_kind,
            scope_id=new.scope_id,
            action=new.action,
            terms=new.terms,
            version=new.version,
            by=admitted.actor.id,
            now=now,
        )
    except Changed:
        raise Unfit(
            _("Somebody changed a policy at the same moment. Nothing was changed; import it again.")
        ) from None


def _unheard(guild: discord.Guild, posted: PostedChange) -> Iterator[str]:
    """Alerts and boards of a file in channels where the bot can't post them, in words."""
    mute = Counter(
        one.channel_id
        for one in posted.alerts
        if not _may_post(guild, one.channel_id, with_files=one.event is AlertEvent.CRASH)
    )
    for channel_id, count in mute.items():
        yield _cant_post(_n("{count} alert", "{count} alerts", count), channel_id)
    for channel_id in dict.fromkeys(one.channel_id for one in posted.alerts if one.in_thread):
        if channel_id in mute:
            continue
        channel = guild.get_channel(channel_id)
        rights = channel.permissions_for(guild.me) if channel else discord.Permissions.none()
        if not (rights.create_public_threads and rights.send_messages_in_threads):
            yield _(
                "I may open no threads in {channel}. Give me *Create Public Threads* and *Send "
                "Messages in Threads* there.",
                channel=f"<#{channel_id}>",
            )
    for board in posted.boards:
        if not _may_post(guild, board.channel_id, with_files=bool(board.chart)):
            yield _cant_post(bold(board.title), board.channel_id)


def _cant_post(what: str, channel_id: int) -> str:
    return _(
        "{what} → {channel}: I can't post there. Give me *View Channel*, *Send Messages* and "
        "*Attach Files* there, and I go on by myself.",
        what=what,
        channel=f"<#{channel_id}>",
    )


def _may_post(guild: discord.Guild, channel_id: int, *, with_files: bool) -> bool:
    channel = guild.get_channel_or_thread(channel_id)
    if channel is None:
        return False
    rights = channel.permissions_for(guild.me)
    writes = rights.send_messages
    if isinstance(channel, discord.Thread):
        writes = rights.send_messages_in_threads
    return rights.view_channel and writes and (rights.attach_files or not with_files)


def _names(guild: discord.Guild) -> Names:
    return Names(
        guild=guild.name,
        roles={role.id: role.name for role in guild.roles if not role.is_default()},
        channels={one.id: one.name for one in (*guild.channels, *guild.threads)},
    )
