"""/bulk: one action on several servers."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.access.gate import Admitted
from bot.access.rights import SEES_ONE
from bot.fleet.directory import Server
from bot.posts.messages import Message
from bot.texts import _, _n
from bot.ui.doors import Ack, Press, command, component, decided
from bot.ui.errors import Unfit
from bot.ui.groups import STAFF, group
from bot.ui.parts import Control, card, choice
from bot.ui.text import bold
from bot.work.bulk import SERVERS_AT_MOST, action_for
from bot.work.bulk_drafts import Draft
from bot.work.bulk_lines import NAME_CHARACTERS
from bot.work.course import Signal
from cogs.parts import Parts
from cogs.power import REASON, Reason

GROUPS_SHOWN = 25


class BulkCog(commands.Cog):
    """Many servers at once; each is decided by itself."""

    bulk = group("bulk", "One action on several servers", seen_by=STAFF)

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @command(bulk, right=SEES_ONE, description="Start, stop, restart or kill several servers")
    @app_commands.describe(action="What to do with them", reason=REASON)
    @app_commands.choices(
        action=[app_commands.Choice(name=one.value, value=one.value) for one in Signal]
    )
    async def power(
        self, interaction: discord.Interaction, action: str, reason: Reason = ""
    ) -> Message:
        admitted, signal = decided(interaction), _signal(action)
        usable = self._usable(admitted, signal)
        if not usable:
            raise Unfit(
                _("There is no server on which you may do that. `/why` tells what would change it.")
            )
        token = self._parts.bulk.drafts.keep(admitted, signal, reason)
        label = self._parts.directory.label
        options = [(s.id, label(s), s.identifier) for s in usable[:SERVERS_AT_MOST]]
        rows: list[list[Control]] = [
            [
                choice(
                    "bulk-servers",
                    token,
                    options=options,
                    placeholder=_("Choose servers"),
                    most=SERVERS_AT_MOST,
                )
            ]
        ]
        if groups := self._groups(admitted, usable):
            rows.append([choice("bulk-group", token, options=groups, placeholder=_("Or a group"))])
        text = {
            Signal.START: _("## Start which servers?"),
            Signal.STOP: _("## Stop which servers?"),
            Signal.RESTART: _("## Restart which servers?"),
            Signal.KILL: _("## Kill which servers?"),
        }[signal]
        more = len(usable) - SERVERS_AT_MOST
        if more > 0:
            text += "\n-# " + _n(
                "{count} more server doesn't fit here; groups of `/config` reach it.",
                "{count} more servers don't fit here; groups of `/config` reach them.",
                more,
            )
        return card(text, rows=rows)

    @component("bulk-servers", right=SEES_ONE, ack=Ack.UPDATE, name="bulk power")
    async def servers_chosen(self, press: Press) -> Message:
        draft = self._drafted(press)
        usable = {server.id: server for server in self._usable(press.admitted, draft.signal)}
        return await self._ask(press.admitted, draft, [usable.get(one) for one in press.values])

    @component("bulk-group", right=SEES_ONE, ack=Ack.UPDATE, name="bulk power")
    async def group_chosen(self, press: Press) -> Message:
        draft, admitted = self._drafted(press), press.admitted
        groups = self._parts.gate.book(admitted.guild_id).settings.groups
        chosen = groups.get((*press.values, "")[0])
        if chosen is None:
            raise Unfit(_("That group is gone. Run `/bulk power` again."))
        usable = self._usable(admitted, draft.signal)
        inside = [server for server in usable if server.id in chosen.server_ids]
        return await self._ask(admitted, draft, inside)

    @component("bulk-now", right=SEES_ONE, ack=Ack.UPDATE, name="bulk power")
    async def confirmed(self, press: Press) -> Message:
        asked = await self._parts.confirmations.take(press, "bulk-now")
        ids = asked.payload.get("servers")
        found = [
            self._parts.directory.get(press.admitted.guild_id, str(one))
            for one in (ids if isinstance(ids, list) else [])
        ]
        servers = [server for server in found if server is not None]
        if not servers:
            raise Unfit(_("None of these servers is there any more. Nothing was done."))
        return await self._parts.bulk.run(
            press.interaction,
            press.admitted,
            servers,
            _signal(str(asked.payload.get("signal"))),
            str(asked.payload.get("reason", "")),
        )

    def _drafted(self, press: Press) -> Draft:
        return self._parts.bulk.drafts.get(press.admitted, (*press.args, "")[0])

    def _usable(self, admitted: Admitted, signal: Signal) -> list[Server]:
        return self._parts.gate.usable(admitted.guild_id, admitted.actor, action_for(signal))

    def _groups(self, admitted: Admitted, usable: list[Server]) -> list[tuple[str, str, str]]:
        ids = {server.id for server in usable}
        groups = self._parts.gate.book(admitted.guild_id).settings.groups
        found = []
        for key, one in groups.items():
            count = len(ids & set(one.server_ids))
            if count:
                said = _n("{count} server of it", "{count} servers of it", count)
                found.append((key, one.name, said))
        return found[:GROUPS_SHOWN]

    async def _ask(
        self, admitted: Admitted, draft: Draft, chosen: list[Server | None] | list[Server]
    ) -> Message:
        servers = [server for server in chosen if server is not None][:SERVERS_AT_MOST]
        if not servers:
            raise Unfit(_("You may do that on none of them. Run `/bulk power` again."))
        label = self._parts.directory.label
        names = ", ".join(bold(label(server), NAME_CHARACTERS) for server in servers)
        count = len(servers)
        text = {
            Signal.START: _n(
                "Start {count} server: {names}?",
                "Start {count} servers: {names}?",
                count,
                names=names,
            ),
            Signal.STOP: _n(
                "Stopping {count} server throws its players out: {names}.",
                "Stopping {count} servers throws their players out: {names}.",
                count,
                names=names,
            ),
            Signal.RESTART: _n(
                "Restarting {count} server throws its players out: {names}.",
                "Restarting {count} servers throws their players out: {names}.",
                count,
                names=names,
            ),
            Signal.KILL: _n(
                "Killing {count} server ends its process at once, and nothing is saved: {names}.",
                "Killing {count} servers ends their processes at once, and nothing is saved: "
                "{names}.",
                count,
                names=names,
            ),
        }[draft.signal]
        verb = {
            Signal.START: _n("Start {count} server", "Start {count} servers", count),
            Signal.STOP: _n("Stop {count} server", "Stop {count} servers", count),
            Signal.RESTART: _n("Restart {count} server", "Restart {count} servers", count),
            Signal.KILL: _n("Kill {count} server", "Kill {count} servers", count),
        }[draft.signal]
        return await self._parts.confirmations.ask(
            admitted,
            "bulk-now",
            text,
            label=verb,
            payload={
                "signal": draft.signal.value,
                "reason": draft.reason,
                "servers": [server.id for server in servers],
            },
        )


def _signal(text: str) -> Signal:
    try:
        return Signal(text)
    except ValueError:
        raise Unfit(
            _("I know no action {name}. Pick one from the list.", name=bold(text))
        ) from None
