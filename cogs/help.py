"""/help, /about and /why: what this is, what one may do, and why or why not."""

import importlib.metadata
from collections.abc import Iterator
from typing import Any, Final

import discord
from discord import app_commands
from discord.ext import commands

from bot.access.decision import Allow, Ask
from bot.access.facts import Action
from bot.access.gate import Admitted, NoSuchServer, SeveralServers
from bot.access.rights import ANYONE
from bot.fleet.directory import Server, folded
from bot.posts.messages import Message
from bot.pterodactyl import PanelError
from bot.texts import _
from bot.ui.doors import Ack, Press, action_of, command, component, decided
from bot.ui.errors import Unfit
from bot.ui.explain import why
from bot.ui.options import ServerOption
from bot.ui.pages import page_number, page_of
from bot.ui.parts import card
from bot.ui.text import code, duration
from cogs.parts import Parts

DO: Final = "do"
AnyCommand = app_commands.Command[Any, ..., Any]


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
        command: app_commands.Range[str, 1, 60],
        server: ServerOption | None = None,
    ) -> Message:
        admitted = decided(interaction)
        meant = self._named(interaction, admitted.guild_id, command)
        target = None
        if meant.on_server:
            try:
                target = self._parts.gate.resolve(
                    admitted.guild_id, admitted.channel_id, admitted.actor, meant, server
                )
            except (NoSuchServer, SeveralServers):
                if server:
                    raise
        return await self._explained(admitted, meant, target)

    @component("why", right=ANYONE, name="why")
    async def pressed(self, press: Press) -> Message:
        name, server_id = (*press.args, "", "-")[:2]
        meant = self._named(press.interaction, press.admitted.guild_id, name.replace(".", " "))
        target = self._parts.directory.get(press.admitted.guild_id, server_id)
        return await self._explained(press.admitted, meant, target)

    @component("cancel", right=ANYONE, ack=Ack.UPDATE, name="cancel")
    async def cancelled(self, press: Press) -> Message:
        return await self._parts.confirmations.withdraw(press)

    @component("type", right=ANYONE, ack=Ack.MODAL, name="confirm")
    async def type_first(self, press: Press) -> None:
        await self._parts.confirmations.open_form(press)

    @why.autocomplete("command")
    async def complete_command(
        self, interaction: discord.Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        typed = folded(current.lstrip("/"))
        names = [one.qualified_name for one in _commands(interaction)]
        recipes = self._parts.gate.book(interaction.guild_id or 0).recipes
        names += [f"{DO} {recipe}" for recipe in recipes]
        return [app_commands.Choice(name=f"/{n}", value=n) for n in names if typed in n][:25]

    def _named(self, interaction: discord.Interaction, guild_id: int, text: str) -> Action:
        """The action of a command; a recipe is named behind `do`."""
        wanted, recipe = folded(text.lstrip("/")), ""
        if wanted.startswith(f"{DO} "):
            wanted, _blank, recipe = wanted.partition(" ")
        for one in _commands(interaction):
            if one.qualified_name == wanted:
                return self._parts.gate.meant(guild_id, action_of(one), recipe)
        raise Unfit(
            _("I know no command {name}. Pick one from the list.", name=code("/" + text, 60))
        )

    async def _explained(self, admitted: Admitted, meant: Action, target: Server | None) -> Message:
        gate = self._parts.gate
        decision = gate.decide(admitted.guild_id, admitted.actor, meant, target)
        if target is not None and isinstance(decision, Allow | Ask):
            try:
                client = self._parts.panels.client(target.guild_id, target.panel_id)
                view = await client.servers.get_server(target.uuid)
            except PanelError:
                pass  # the state can't be read just now, so the chain ends before it
            else:
                status = view.conflict.value if view.conflict else None
                decision = gate.decide_with_condition(
                    admitted.guild_id, admitted.actor, meant, target, status
                )
        return why(meant, decision, target, None)

    def _help(self, interaction: discord.Interaction, page: int, topic: str) -> Message:
        admitted = decided(interaction)
        wanted = folded(topic.lstrip("/"))
        lines = [
            f"{code('/' + one.qualified_name)} {one.description}"
            for one in _commands(interaction)
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


def _commands(interaction: discord.Interaction) -> Iterator[AnyCommand]:
    tree: app_commands.CommandTree[Any] = interaction.client.tree  # type: ignore[attr-defined]  # a Bot
    for one in sorted(tree.walk_commands(), key=lambda c: c.qualified_name):
        if isinstance(one, app_commands.Command):
            yield one
