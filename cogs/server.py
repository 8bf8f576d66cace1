"""/server: what is there, and how it is."""

import asyncio

import discord
from discord import app_commands
from discord.ext import commands

from bot.access.decision import Allow, Ask
from bot.access.facts import Action
from bot.access.gate import SEEING, Admitted
from bot.access.rights import SEE, SEES_ONE
from bot.fleet.directory import Server
from bot.fleet.known import Known, State
from bot.fleet.players import PlayerCount
from bot.posts.answers import publish
from bot.posts.messages import Message
from bot.texts import _
from bot.ui.cards import list_line, server_card, usage_card
from bot.ui.doors import Ack, Press, command, component, decided
from bot.ui.groups import group
from bot.ui.joining import join_card
from bot.ui.options import ServerOption
from bot.ui.pages import PAGE_LINES, page_number, page_of, search_text, search_token
from bot.ui.parts import button
from cogs.parts import Parts
from cogs.power import SERVER

LOOK_SECONDS = 7.0
"""A list is shown with what is known by then; the rest says how old it is."""


class ServerCog(commands.Cog):
    """Lists and cards."""

    server = group("server", "Your game servers and how they are")

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @command(server, name="list", right=SEES_ONE, description="The servers you may see")
    @app_commands.describe(search="Part of a name, or an identifier")
    async def list_servers(
        self, interaction: discord.Interaction, search: app_commands.Range[str, 1, 45] = ""
    ) -> Message:
        return await self._page(decided(interaction), 0, search)

    @command(server, right=SEE, on_server=True, description="A server's state, with buttons")
    @app_commands.describe(server=SERVER)
    async def info(
        self,
        interaction: discord.Interaction,
        server: ServerOption | None = None,  # noqa: ARG002  # the gate has resolved it
    ) -> Message:
        return await self._card(decided(interaction))

    @command(server, right=SEE, on_server=True, description="What a server uses just now")
    @app_commands.describe(server=SERVER)
    async def usage(
        self,
        interaction: discord.Interaction,
        server: ServerOption | None = None,  # noqa: ARG002
    ) -> Message:
        return await self._usage(decided(interaction), may_publish=True)

    @command(server, right=SEE, on_server=True, description="How to join: the address to copy")
    @app_commands.describe(server=SERVER)
    async def join(
        self,
        interaction: discord.Interaction,
        server: ServerOption | None = None,  # noqa: ARG002  # the gate has resolved it
    ) -> Message:
        meant = decided(interaction).server
        known = await self._parts.hub.look(meant)
        return join_card(meant, self._parts.directory.label(meant), known)

    @component("servers", right=SEES_ONE, ack=Ack.UPDATE, name="server list")
    async def leaf(self, press: Press) -> Message:
        page, search = (*press.args, "0", "-")[:2]
        return await self._page(press.admitted, page_number(page), search_text(search))

    @component("refresh", right=SEE, on_server=True, ack=Ack.UPDATE, name="server info")
    async def refresh(self, press: Press) -> Message:
        return await self._card(press.admitted)

    @component("info", right=SEE, on_server=True, name="server info")
    async def open_card(self, press: Press) -> Message:
        return await self._card(press.admitted)

    @component("usage-post", right=SEE, on_server=True, ack=Ack.UPDATE, name="server usage")
    async def publish_usage(self, press: Press) -> Message:
        shown = await self._usage(press.admitted, may_publish=False)
        if await publish(press.interaction, shown) is None:
            return Message(_("I may not write in this channel, so I couldn't publish it."))
        return await self._usage(press.admitted, may_publish=False)

    async def _page(self, admitted: Admitted, page: int, search: str) -> Message:
        usable = self._parts.gate.usable(admitted.guild_id, admitted.actor, SEEING)
        found = self._parts.directory.search(usable, search, len(usable)) if search else usable
        first = min(page, max(0, len(found) - 1) // PAGE_LINES) * PAGE_LINES
        await self._look(found[first : first + PAGE_LINES])
        hub, players = self._parts.hub, self._parts.players
        lines = [
            list_line(one, self._parts.directory.label(one), hub.known(one), players.known(one))
            for one in found
        ]
        return page_of(
            _("Servers"),
            lines,
            page,
            verb="servers",
            args=(search_token(search),),
            empty=_("No server of that name. `/server list` without a search shows all you see."),
        )

    async def _look(self, servers: list[Server]) -> None:
        """Ask for all of them at once; who doesn't answer in time is shown as last known."""
        asked = [asyncio.ensure_future(self._look_at(one)) for one in servers]
        if not asked:
            return
        try:
            async with self._parts.clock.timeout(LOOK_SECONDS):
                await asyncio.wait(asked)
        except TimeoutError:
            for one in asked:
                one.cancel()  # the question itself goes on and is kept for the next who asks

    async def _look_at(self, server: Server) -> tuple[Known, PlayerCount]:
        """How it is, and who plays where somebody can."""
        known = await self._parts.hub.look(server)
        if known.state is State.RUNNING:
            return known, await self._parts.players.count(server)
        return known, self._parts.players.known(server)

    async def _card(self, admitted: Admitted) -> Message:
        server = admitted.server
        known, count = await self._look_at(server)

        def may(right: str) -> bool:
            action = Action("server info", right, on_server=True)
            said = self._parts.gate.decide(admitted.guild_id, admitted.actor, action, server)
            return isinstance(said, Allow | Ask)

        label = self._parts.directory.label(server)
        return server_card(server, label, known, count, may=may, now=self._parts.clock.now())

    async def _usage(self, admitted: Admitted, *, may_publish: bool) -> Message:
        server = admitted.server
        known: Known = await self._parts.hub.look(server)
        label = self._parts.directory.label(server)
        rows = (
            [[button("usage-post", server.id, label=_("Show in channel"))]] if may_publish else []
        )
        return usage_card(server, label, known, self._parts.clock.now(), rows=rows)
