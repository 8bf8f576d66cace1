"""/console: run a command, read the last lines."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.posts.messages import Message
from bot.texts import _
from bot.ui.doors import Ack, Press, command, component, decided
from bot.ui.groups import group
from bot.ui.options import ServerOption
from bot.ui.parts import field, form
from bot.ui.text import plain
from bot.work.console import COMMAND_CHARACTERS, MOST_LINES, TAIL_LINES
from cogs.parts import Parts
from cogs.power import SERVER


class ConsoleCog(commands.Cog):
    """The console, for the length of an answer."""

    console = group("console", "A server's console")

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @command(
        console,
        right="control.console",
        on_server=True,
        description="Run a console command and see what comes of it",
    )
    @app_commands.describe(server=SERVER, command="What to type into the console")
    async def run(
        self,
        interaction: discord.Interaction,
        command: str,
        server: ServerOption | None = None,  # noqa: ARG002  # the gate has resolved it
    ) -> Message:
        return await self._parts.console.run(decided(interaction), command)

    @command(console, right="control.console", on_server=True, description="The last console lines")
    @app_commands.describe(server=SERVER, lines="How many lines")
    async def tail(
        self,
        interaction: discord.Interaction,
        server: ServerOption | None = None,  # noqa: ARG002
        lines: app_commands.Range[int, 1, MOST_LINES] = TAIL_LINES,
    ) -> Message:
        return await self._parts.console.tail(decided(interaction), lines)

    @component("console", right="control.console", on_server=True, name="console tail")
    async def open_console(self, press: Press) -> Message:
        return await self._parts.console.tail(press.admitted)

    @component("lines", right="control.console", on_server=True, name="console tail")
    async def last_lines(self, press: Press) -> Message:
        return await self._parts.console.last_lines(press.admitted)

    @component(
        "follow", right="control.console", on_server=True, ack=Ack.UPDATE, name="console tail"
    )
    async def follow(self, press: Press) -> Message:
        return await self._parts.console.follow(press.interaction, press.admitted)

    @component(
        "command", right="control.console", on_server=True, ack=Ack.MODAL, name="console run"
    )
    async def open_form(self, press: Press) -> None:
        server = press.admitted.server
        await press.interaction.response.send_modal(
            form(
                "command-run",
                server.id,
                title=_("Command for {server}", server=plain(server.name, 30)),
                fields=[field("command", label=_("Command"), most=COMMAND_CHARACTERS)],
            )
        )

    @component("command-run", right="control.console", on_server=True, name="console run")
    async def form_sent(self, press: Press) -> Message:
        return await self._parts.console.run(press.admitted, press.field("command"))
