"""/audit: who did what, when, why, and with what result."""

import asyncio
import io
import re
from datetime import UTC, datetime
from typing import Final

import discord
from discord import app_commands
from discord.ext import commands
from msgspec import Struct, structs

from bot.access.gate import Admitted, NoSuchServer, SeveralServers
from bot.access.rights import ADMIN
from bot.fleet.directory import folded
from bot.fleet.tracing import Trace, Traced
from bot.posts.messages import Message
from bot.store import audit as rows
from bot.store import servers as server_rows
from bot.store.audit import AuditRow, Head
from bot.texts import _, _n
from bot.ui.audit import (
    as_csv,
    as_json,
    deed_card,
    deed_label,
    deed_line,
    deeds,
    trace_words,
    verdict_words,
)
from bot.ui.doors import Ack, Press, command, component, decided
from bot.ui.errors import Unfit
from bot.ui.groups import ADMINS, group
from bot.ui.options import ServerOption
from bot.ui.pages import PAGE_LINES, page_number, page_of
from bot.ui.parts import Colour, button, card, choice
from bot.ui.spans import span
from cogs.parts import Parts

LISTED_AT_MOST: Final = 500
EXPORTED_AT_MOST: Final = 10_000
ACTION_CHARACTERS: Final = 25
_HEAD: Final = re.compile(r"\s*(\d{1,9}):([0-9a-f]{64})\s*")
_NOT_IN_IDS: Final = re.compile(r"[^A-Za-z0-9_-]")
_HEX: Final = re.compile(r"[0-9a-f]{1,16}")
ACTION = "Part of it, from its beginning: power, or power restart"
SINCE = "How far back, such as 12h or 7d; left out: all"


class _Filter(Struct, frozen=True):
    """What is looked for; as arguments of a custom id it fits beside the page."""

    member_id: int | None = None
    server_id: str | None = None
    action: str | None = None
    since: int | None = None
    """Seconds since 1970."""

    def args(self) -> tuple[str, ...]:
        action = _NOT_IN_IDS.sub(".", self.action or "")
        return (
            f"{self.member_id:x}" if self.member_id else "-",
            self.server_id or "-",
            f"{self.since:x}" if self.since else "-",
            action or "-",
        )

    @classmethod
    def of(cls, args: tuple[str, ...]) -> "_Filter":
        member, server, since, action = (*args, "-", "-", "-", "-")[:4]
        return cls(
            int(member, 16) if _HEX.fullmatch(member) else None,
            None if server == "-" else server,
            None if action == "-" else action.replace(".", " "),
            int(since, 16) if _HEX.fullmatch(since) and len(since) <= 8 else None,
        )


class AuditCog(commands.Cog):
    """The record; only admins see this."""

    audit = group("audit", "Who did what, when, why, with what result", seen_by=ADMINS)

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @command(audit, name="list", right=ADMIN, description="What was done, newest first")
    @app_commands.describe(
        member="Only what this member did", server="Only on this server", action=ACTION, since=SINCE
    )
    async def list_entries(
        self,
        interaction: discord.Interaction,
        member: discord.User | None = None,
        server: ServerOption | None = None,
        action: app_commands.Range[str, 0, ACTION_CHARACTERS] = "",
        since: app_commands.Range[str, 0, 20] = "",
    ) -> Message:
        admitted = decided(interaction)
        wanted = await self._filter(admitted, member, server, action, since)
        return await self._page(admitted, interaction.guild, wanted)

    @component("audit", right=ADMIN, ack=Ack.UPDATE, name="audit list")
    async def leaf(self, press: Press) -> Message:
        page = page_number((*press.args, "0")[0])
        guild = press.interaction.guild
        return await self._page(press.admitted, guild, _Filter.of(press.args[1:]), page)

    @command(
        audit,
        right=ADMIN,
        is_costly=True,
        description="The record as files: a table (CSV) and JSON",
    )
    @app_commands.describe(
        member="Only what this member did", server="Only on this server", action=ACTION, since=SINCE
    )
    async def export(
        self,
        interaction: discord.Interaction,
        member: discord.User | None = None,
        server: ServerOption | None = None,
        action: app_commands.Range[str, 0, ACTION_CHARACTERS] = "",
        since: app_commands.Range[str, 0, 20] = "",
    ) -> Message:
        admitted = decided(interaction)
        wanted = await self._filter(admitted, member, server, action, since)
        found, servers = await self._found(admitted, wanted, EXPORTED_AT_MOST)
        if not found:
            raise Unfit(_("There is nothing to export: no entry fits."))
        table = await asyncio.to_thread(as_csv, found, servers)
        objects = await asyncio.to_thread(as_json, found, servers)
        await self._parts.audit.note(admitted, "change", outcome="exported")
        text = _n("{count} entry", "{count} entries", len(found))
        if len(found) == EXPORTED_AT_MOST:
            text += "\n" + _("Those are the newest; narrow it down for the older ones.")
        name = f"audit-{self._parts.clock.now():%Y-%m-%d}"
        return card(
            f"## {_('Audit trail')}\n{text}",
            files=[
                discord.File(io.BytesIO(table), f"{name}.csv"),
                discord.File(io.BytesIO(objects), f"{name}.json"),
            ],
        )

    @command(
        audit,
        right=ADMIN,
        is_costly=True,
        description="Check that nothing in the record was changed",
    )
    @app_commands.describe(head="A head that was posted, such as 123:9f2c…; it must still be there")
    async def verify(
        self, interaction: discord.Interaction, head: app_commands.Range[str, 0, 90] = ""
    ) -> Message:
        admitted = decided(interaction)
        witness = None
        if head.strip():
            read = _HEAD.fullmatch(head.strip().strip("`"))
            if read is None:
                raise Unfit(
                    _(
                        "That is no head. Copy it as it was posted in the audit channel: a "
                        "number, a colon, and 64 letters and digits."
                    )
                )
            witness = Head(int(read[1]), read[2])
        async with self._parts.database.read() as session:
            verdict = await rows.verify(session, guild_id=admitted.guild_id, witness=witness)
        text = verdict_words(verdict)
        if witness is not None and verdict.is_intact:
            text += "\n" + _("Entry {place} is the one that was posted.", place=witness.seq)
        return card(text, colour=Colour.GREEN if verdict.is_intact else Colour.RED)

    @command(audit, right=ADMIN, description="Where the record's head is posted each day")
    @app_commands.describe(channel="The channel; left out: shows which it is")
    async def channel(
        self, interaction: discord.Interaction, channel: discord.TextChannel | None = None
    ) -> Message:
        admitted = decided(interaction)
        if channel is None:
            return self._channel(admitted)
        guild = interaction.guild
        if guild is not None:
            rights = channel.permissions_for(guild.me)
            if not (rights.view_channel and rights.send_messages):
                raise Unfit(
                    _(
                        "I can't write in {channel}. Give me *View Channel* and *Send Messages* "
                        "there, then try again.",
                        channel=channel.mention,
                    )
                )
        await self._parts.ruling.configure(
            admitted,
            lambda held: structs.replace(held, audit_channel_id=channel.id),
            f"audit channel {channel.id}",
        )
        await self._parts.witness.post(admitted.guild_id)
        return self._channel(admitted)

    @component("audit-channel-off", right=ADMIN, ack=Ack.UPDATE, name="audit channel")
    async def channel_off(self, press: Press) -> Message:
        await self._parts.ruling.configure(
            press.admitted,
            lambda held: structs.replace(held, audit_channel_id=None),
            "audit channel off",
        )
        return self._channel(press.admitted)

    def _channel(self, admitted: Admitted) -> Message:
        chosen = self._parts.gate.book(admitted.guild_id).settings.audit_channel_id
        title = "## " + _("Audit channel")
        if chosen is None:
            return card(
                title
                + "\n"
                + _(
                    "The record's head is posted nowhere. `/audit channel` with a channel posts "
                    "it each day, so that later edits of the record show."
                )
            )
        off = button("audit-channel-off", label=_("Switch off"))
        if self._parts.witness.is_paused(admitted.guild_id):
            said = _(
                "I may not write in {channel} any more, so nothing is posted. Give me *View "
                "Channel* and *Send Messages* there, and I go on by myself.",
                channel=f"<#{chosen}>",
            )
            return card(f"{title}\n{said}", colour=Colour.RED, rows=[[off]])
        said = _(
            "The record's head is posted in {channel} each day on which something was done.",
            channel=f"<#{chosen}>",
        )
        return card(f"{title}\n{said}", rows=[[off]])

    async def _page(
        self, admitted: Admitted, guild: discord.Guild | None, wanted: _Filter, page: int = 0
    ) -> Message:
        found, servers = await self._found(admitted, wanted, LISTED_AT_MOST)
        names = self._names(admitted, guild, servers)
        title = _("Audit trail")
        if len(found) == LISTED_AT_MOST:
            title += "\n-# " + _("the newest; `/audit export` has more")
        every = deeds(found)
        page = min(page, max(0, (len(every) - 1) // PAGE_LINES))
        shown = every[page * PAGE_LINES : (page + 1) * PAGE_LINES]
        options = [deed_label(one, number) for number, one in enumerate(shown, 1)]
        return page_of(
            title,
            [deed_line(one, names) for one in every],
            page,
            verb="audit",
            args=wanted.args(),
            empty=_("No entry fits. Leave an option out to see more."),
            rows=[[choice("audit-entry", options=options, placeholder=_("Look closer …"))]]
            if options
            else [],
        )

    @component("audit-entry", right=ADMIN, name="audit list")
    async def closer(self, press: Press) -> Message:
        seq = page_number((*press.values, "0")[0])
        guild_id = press.admitted.guild_id
        async with self._parts.database.read() as session:
            chosen = await rows.search(session, guild_id=guild_id, before_seq=seq + 1, limit=1)
            if not chosen or chosen[0].seq != seq:
                raise Unfit(_("That entry is gone. Run `/audit list` again."))
            found = await rows.search(
                session, guild_id=guild_id, reference=chosen[0].reference, limit=LISTED_AT_MOST
            )
            known = await server_rows.list_servers(session, guild_id=guild_id, with_gone=True)
        deed = next(one for one in deeds(found) if one.began.seq == seq)
        server = self._parts.directory.get(guild_id, deed.began.server_id or "")
        traced = Traced(Trace.NOT_LOGGED)
        if server is not None:
            traced = await self._parts.panel_log.trace(server, deed.began, deed.ended)
        servers = {one.id: one.name for one in known}
        names = self._names(press.admitted, press.interaction.guild, servers)
        return card(deed_card(deed, names, trace_words(traced)))

    def _names(
        self, admitted: Admitted, guild: discord.Guild | None, servers: dict[str, str]
    ) -> dict[str, str]:
        """What the ids in a record's details are called now."""
        groups = self._parts.gate.book(admitted.guild_id).settings.groups
        return {
            **{key: group.name for key, group in groups.items()},
            **servers,
            **_called(guild),
        }

    async def _found(
        self, admitted: Admitted, wanted: _Filter, limit: int
    ) -> tuple[list[AuditRow], dict[str, str]]:
        """The entries, newest first, and the names of servers, also of those that are gone."""
        since = None if wanted.since is None else datetime.fromtimestamp(wanted.since, UTC)
        async with self._parts.database.read() as session:
            found = await rows.search(
                session,
                guild_id=admitted.guild_id,
                actor_id=wanted.member_id,
                server_id=wanted.server_id,
                action=wanted.action,
                since=since,
                limit=limit,
            )
            known = await server_rows.list_servers(
                session, guild_id=admitted.guild_id, with_gone=True
            )
        return found, {server.id: server.name for server in known}

    async def _filter(
        self,
        admitted: Admitted,
        member: discord.User | None,
        server: str | None,
        action: str,
        since: str,
    ) -> _Filter:
        back = span(since)
        begins = self._parts.clock.now() - back if back else None
        return _Filter(
            member.id if member else None,
            await self._server_id(admitted, server) if server else None,
            action.strip().lstrip("/") or None,
            int(begins.timestamp()) if begins else None,
        )

    async def _server_id(self, admitted: Admitted, text: str) -> str:
        """The server that is meant, also one that its panel no longer shows."""
        found = self._parts.directory.find(admitted.guild_id, text)
        if len(found) > 1:
            raise SeveralServers(found)
        if found:
            return found[0].id
        async with self._parts.database.read() as session:
            known = await server_rows.list_servers(
                session, guild_id=admitted.guild_id, with_gone=True
            )
        for one in known:
            if folded(text) in (one.id, one.identifier, one.uuid, folded(one.name)):
                return one.id
        raise NoSuchServer(text)


def _called(guild: discord.Guild | None) -> dict[str, str]:
    """Names of a guild's roles and channels by id, as Discord writes them."""
    if guild is None:
        return {}
    return {
        **{str(role.id): f"@{role.name.removeprefix('@')}" for role in guild.roles},
        **{str(channel.id): f"#{channel.name}" for channel in guild.channels},
    }
