"""/help, /about and /why: what this is, what one may do, and why or why not."""

import importlib.metadata

import discord
from discord import app_commands
from discord.ext import commands

from bot.access.decision import Allow, Ask
from bot.access.facts import Action
from bot.access.gate import Admitted, NoSuchServer, SeveralServers
from bot.access.rights import ANYONE
from bot.fleet.directory import folded
from bot.posts.messages import Message
from bot.texts import _
from bot.ui.command_options import CommandOption, action_named, commands_of
from bot.ui.doors import Ack, Press, action_of, command, component, decided
from bot.ui.options import ServerOption
from bot.ui.pages import page_number, page_of
from bot.ui.parts import card
from bot.ui.text import code, duration
from cogs.explaining import explained
from cogs.parts import Parts


class HelpCog(commands.Cog):
    """What members ask first."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._began = parts.clock.monotonic()

    @command(right=ANYONE, description="What you can do here")
    @app_commands.describe(topic="A command, or a part of one")
    async def help(
        self, interaction: discord.Interaction, topic: app_commands.Range[str, 0, 60] = ""
    ) -> Message:
        return self._help(interaction, 0, topic)

    @component("help", right=ANYONE, ack=Ack.UPDATE, name="help")
    async def leaf(self, press: Press) -> Message:
        return self._help(press.interaction, page_number((*press.args, "0")[0]), "")

    @command(right=ANYONE, description="What Roost is, and how it is doing")
    async def about(self, interaction: discord.Interaction) -> Message:
        up = duration(self._parts.clock.monotonic() - self._began)
        latency = interaction.client.latency
        delay = f"{latency * 1000:.0f} ms" if latency == latency else _("unknown")  # noqa: PLR0124
        return card(
            "## Roost "
            + importlib.metadata.version("roost")
            + "\n"
            + _(
                "Brings the game servers of a Pterodactyl or Pelican panel into Discord: start and "
                "restart them, read the console, without sharing panel accounts."
            )
            + "\n"
            + _("Up for {time} · Discord in {delay}", time=up, delay=delay)
            + "\n"
            + _("`/help` lists what you may do, `/why` explains what you may not."),
        )

    @command(
        right=ANYONE, description="Why you may or may not do something, and what would change it"
    )
    @app_commands.describe(command="Which command", server="On which server")
    async def why(
        self,
        interaction: discord.Interaction,
        command: CommandOption,
        server: ServerOption | None = None,
    ) -> Message:
        admitted = decided(interaction)
        meant = action_named(interaction, self._parts.gate, command)
        target = None
        if meant.on_server:
            try:
                target = self._parts.gate.resolve(
                    admitted.guild_id, admitted.channel_id, admitted.actor, meant, server
                )
            except (NoSuchServer, SeveralServers):
                if server:
                    raise
        return await explained(self._parts, interaction, command, meant, target)

    @component("why", right=ANYONE, name="why")
    async def pressed(self, press: Press) -> Message:
        name, server_id = (*press.args, "", "-")[:2]
        text = name.replace(".", " ")
        meant = action_named(press.interaction, self._parts.gate, text)
        target = self._parts.directory.get(press.admitted.guild_id, server_id)
        return await explained(self._parts, press.interaction, text, meant, target)

    @component("cancel", right=ANYONE, ack=Ack.UPDATE, name="cancel")
    async def cancelled(self, press: Press) -> Message:
        return await self._parts.confirmations.withdraw(press)

    @component("type", right=ANYONE, ack=Ack.MODAL, name="confirm")
    async def type_first(self, press: Press) -> None:
        await self._parts.confirmations.open_form(press)

    def _help(self, interaction: discord.Interaction, page: int, topic: str) -> Message:
        admitted = decided(interaction)
        wanted = folded(topic.lstrip("/"))
        lines = [
            f"{code('/' + one.qualified_name)} {one.description}"
            for one in commands_of(interaction)
            if wanted in one.qualified_name and self._may(admitted, action_of(one))
        ]
        return page_of(
            _("What you can do here"),
            lines,
            page,
            verb="help",
            empty=_("Nothing of that name is open to you. `/why` tells what would change it."),
        )

    def _may(self, admitted: Admitted, action: Action) -> bool:
        gate = self._parts.gate
        if action.on_server:
            return bool(gate.usable(admitted.guild_id, admitted.actor, action))
        said = gate.decide(admitted.guild_id, admitted.actor, action)
        return isinstance(said, Allow | Ask)
