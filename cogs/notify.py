"""/notify: a member's own wish to be pinged about a server."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.access.gate import Admitted, NoSuchServer, SeveralServers
from bot.access.rights import ANYONE
from bot.fleet.directory import Server
from bot.posts.answers import may_publish
from bot.posts.messages import Message
from bot.store.errors import LimitReached
from bot.store.subscriptions import NewsEvent
from bot.texts import _
from bot.ui.doors import Ack, Press, command, component, decided
from bot.ui.errors import Unfit
from bot.ui.options import ServerOption
from bot.ui.parts import Control, card, choice
from bot.ui.text import bold, plain
from bot.work.notices import PER_MEMBER
from cogs.parts import Parts

EVENTS = [
    app_commands.Choice(name="up again", value=NewsEvent.UP.value),
    app_commands.Choice(name="crashed", value=NewsEvent.CRASH.value),
    app_commands.Choice(name="restart planned", value=NewsEvent.RESTART.value),
]


class NotifyCog(commands.Cog):
    """For everybody who sees a server."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @command(
        right=ANYONE, description="Be pinged here about a server; the same again takes it back"
    )
    @app_commands.describe(
        server="Which server; left out with the event: shows your pings",
        event="What about; left out: up again",
    )
    @app_commands.choices(event=EVENTS)
    async def notify(
        self,
        interaction: discord.Interaction,
        server: ServerOption | None = None,
        event: str | None = None,
    ) -> Message:
        admitted = decided(interaction)
        if not server and event is None:
            return self._list(admitted)
        meant = _event(event or NewsEvent.UP.value)
        target = self._server(admitted, server)
        return await self._toggle(interaction, admitted, target, meant)

    @component("notify-off", right=ANYONE, ack=Ack.UPDATE, name="notify")
    async def take_back(self, press: Press) -> Message:
        picked = (*press.values, "")[0]
        wishes = self._parts.alerting.notices.of_member(
            press.admitted.guild_id, press.admitted.actor.id
        )
        wish = next((one for one in wishes if one.id == picked), None)
        server = (
            self._parts.directory.get(press.admitted.guild_id, wish.server_id) if wish else None
        )
        if wish is not None and server is not None:
            await self._parts.alerting.notices.toggle(
                server, press.admitted.actor.id, wish.event, wish.channel_id
            )
        return self._list(press.admitted)

    async def _toggle(
        self,
        interaction: discord.Interaction,
        admitted: Admitted,
        server: Server,
        event: NewsEvent,
    ) -> Message:
        notices, label = self._parts.alerting.notices, bold(self._parts.directory.label(server))
        is_held = any(
            one.server_id == server.id and one.event == event
            for one in notices.of_member(admitted.guild_id, admitted.actor.id)
        )
        if not is_held and not may_publish(interaction):
            raise Unfit(
                _(
                    "I may not write here, so no ping of mine would reach you. Ask for it in "
                    "another channel."
                )
            )
        try:
            holds = await notices.toggle(
                server, admitted.actor.id, event, interaction.channel_id or 0
            )
        except LimitReached:
            raise Unfit(
                _(
                    "You are pinged about {count} things already, and that is the most. `/notify` "
                    "alone shows them and takes them back.",
                    count=PER_MEMBER,
                )
            ) from None
        self._parts.alerting.lookout.wake()
        what = _what(event)
        if not holds:
            return Message(
                _("You are no longer pinged: {what} of {server}.", what=what, server=label)
            )
        said = _(
            "You are pinged here: {what} of {server}. The same command takes it back.",
            what=what,
            server=label,
        )
        if event is not NewsEvent.RESTART and not self._parts.hub.may_watch(server):
            said += "\n-# " + _(
                "This guild watches as many servers as it may, so for now I can't hear this one."
            )
        return Message(said)

    def _server(self, admitted: Admitted, text: str | None) -> Server:
        gate = self._parts.gate
        try:
            server = gate.resolve(
                admitted.guild_id, admitted.channel_id, admitted.actor, admitted.action, text
            )
        except (NoSuchServer, SeveralServers):
            if text:
                raise
            raise Unfit(_("Name the server you want to hear of.")) from None
        if not gate.sees(admitted.guild_id, admitted.actor, server):
            raise Unfit(
                _(
                    "There is nothing I could tell you about that server: it isn't open to you. "
                    "`/why` tells what would change it."
                )
            )
        return server

    def _list(self, admitted: Admitted) -> Message:
        wishes = self._parts.alerting.notices.of_member(admitted.guild_id, admitted.actor.id)
        lines, options = [], []
        for wish in wishes:
            server = self._parts.directory.get(admitted.guild_id, wish.server_id)
            if server is None:
                continue
            label, what = self._parts.directory.label(server), _what(wish.event)
            lines.append(
                _(
                    "{server}: {what}, in {channel}",
                    server=bold(label),
                    what=what,
                    channel=f"<#{wish.channel_id}>",
                )
            )
            options.append((wish.id, plain(label, 60), what))
        title = "## " + _("Your pings")
        if not lines:
            return card(
                title + "\n" + _("None yet. `/notify` with a server pings you when it is up again.")
            )
        rows: list[list[Control]] = [
            [choice("notify-off", options=options, placeholder=_("Take one back …"))]
        ]
        return card(title + "\n" + "\n".join(lines), rows=rows)


def _event(text: str) -> NewsEvent:
    try:
        return NewsEvent(text)
    except ValueError:
        raise Unfit(_("I know no such event. Choose one from the list.")) from None


def _what(event: NewsEvent) -> str:
    return {
        NewsEvent.UP: _("up again"),
        NewsEvent.CRASH: _("crashed"),
        NewsEvent.RESTART: _("restart planned"),
    }[event]
