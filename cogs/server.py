"""/server: what is there, and how it is."""

import asyncio
import io
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

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
from bot.ui.policies import policy_lines
from bot.work.history import RANGES
from bot.work.usage import range_words, usage_words
from cogs.parts import Parts
from cogs.power import SERVER

NOW = "now"
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

    @command(
        server,
        right=SEE,
        on_server=True,
        is_costly=True,
        description="What a server uses, now or over time",
    )
    @app_commands.describe(server=SERVER, range="How far back, as a chart; left out: just now")
    @app_commands.choices(
        range=[
            app_commands.Choice(name="Now", value=NOW),
            app_commands.Choice(name="The last hour", value="1h"),
            app_commands.Choice(name="The last 24 hours", value="24h"),
            app_commands.Choice(name="The last 7 days", value="7d"),
        ]
    )
    async def usage(
        self,
        interaction: discord.Interaction,
        server: ServerOption | None = None,  # noqa: ARG002
        range: str = NOW,  # noqa: A002  # how members read it
    ) -> Message:
        return await self._usage(decided(interaction), _range(range), may_publish=True)

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
        wanted = _range((*press.args, NOW, NOW)[1])
        shown = await self._usage(press.admitted, wanted, may_publish=False)
        if await publish(press.interaction, shown) is None:
            return Message(_("I may not write in this channel, so I couldn't publish it."))
        return await self._usage(press.admitted, wanted, may_publish=False)

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

        label = self._parts.directory.label(server)
        gate = self._parts.gate
        return server_card(
            server,
            label,
            known,
            count,
            may=lambda right: gate.may(admitted, right),
            now=self._parts.clock.now(),
            policies=policy_lines(gate.book(admitted.guild_id), server, label),
        )

    async def _usage(self, admitted: Admitted, range_key: str, *, may_publish: bool) -> Message:
        server = admitted.server
        known: Known = await self._parts.hub.look(server)
        label = self._parts.directory.label(server)
        more: list[str] = []
        picture: discord.File | None = None
        if range_key != NOW:
            more, picture = await self._over_time(server, range_key)
        rows: list[list[discord.ui.Button[Any]]] = []
        if may_publish:
            rows.append([button("usage-post", server.id, range_key, label=_("Show in channel"))])
        return usage_card(
            server, label, known, self._parts.clock.now(), rows=rows, more=more, picture=picture
        )

    async def _over_time(
        self, server: Server, range_key: str
    ) -> tuple[list[str], discord.File | None]:
        """History in words, and as a picture where there is any."""
        usage = self._parts.usage
        if not usage.is_on(server.guild_id):
            return [
                _(
                    "I keep no history here, so there is nothing to draw. An admin switches it on "
                    "in `/config`, page *Servers*; charts fill from then on."
                )
            ], None
        samples = await usage.samples(server, range_key)
        is_left_out = server.id in self._parts.history.left_out(server.guild_id)
        if is_left_out and not samples:
            return [
                _(
                    "I keep no history of this server: the guild watches as many servers as it "
                    "may. An admin may free a place, such as a board or a mirror."
                )
            ], None
        if not samples:
            return [
                _(
                    "Nothing is known of {range} yet. I take a sample each minute; look again "
                    "in a while.",
                    range=range_words(range_key),
                )
            ], None
        words = usage_words(samples, range_key)
        drawn = await usage.server_chart(server, range_key, samples)
        if drawn is None:
            return [*words, _("The picture couldn't be drawn just now; the words hold.")], None
        return words, discord.File(io.BytesIO(drawn), "usage.png")


def _range(text: str) -> str:
    return text if text in RANGES else NOW
