"""The option that names a recipe: those that this member may run, there or anywhere."""

from typing import Annotated, Any

import discord
from discord import app_commands

from bot.access.gate import Gate, NoSuchServer, SeveralServers
from bot.fleet.directory import folded
from bot.ui.doors import action_of, actor_of
from bot.ui.options import CHOICES
from bot.ui.text import cut, plain


class _RecipeChoices(app_commands.Transformer):
    """Hands the text on: the gate has found the recipe before the handler runs."""

    async def transform(self, interaction: discord.Interaction, value: Any, /) -> str:  # noqa: ARG002
        return str(value)

    async def autocomplete(
        self, interaction: discord.Interaction, value: Any, /
    ) -> list[app_commands.Choice[str | int | float]]:
        guild_id = interaction.guild_id
        if guild_id is None or interaction.command is None:
            return []
        gate: Gate = interaction.client.gate  # type: ignore[attr-defined]  # our client has it
        actor, action = actor_of(interaction), action_of(interaction.command)
        text = getattr(interaction.namespace, "server", None)
        server = None
        if text:
            try:
                server = gate.resolve(
                    guild_id, interaction.channel_id or 0, actor, action, str(text)
                )
            except (NoSuchServer, SeveralServers):
                return []
        typed = folded(str(value))
        found: list[app_commands.Choice[str | int | float]] = [
            app_commands.Choice(
                name=cut(plain(f"{one.name} · {one.template}", 100), 100), value=one.name
            )
            for one in gate.recipes(guild_id, actor, action, server)
            if typed in one.name or typed in folded(one.template)
        ]
        return found[:CHOICES]


RecipeOption = Annotated[str, _RecipeChoices]
"""A recipe by choice or name; the right that was admitted tells which."""
