"""Options that name a thing: choices from memory, filtered by what this member may do."""

from typing import Annotated, Any

import discord
from discord import app_commands

from bot.access.gate import Gate
from bot.fleet.directory import Directory
from bot.ui.doors import action_of, actor_of
from bot.ui.text import cut, plain

CHOICES = 25


class _ServerChoices(app_commands.Transformer):
    """Hands the text on as typed: the gate has resolved it before the handler runs."""

    async def transform(self, interaction: discord.Interaction, value: Any, /) -> str:  # noqa: ARG002
        return str(value)

    async def autocomplete(
        self,
        interaction: discord.Interaction,
        value: Any,
        /,
    ) -> list[app_commands.Choice[str | int | float]]:
        guild_id = interaction.guild_id
        if guild_id is None or interaction.command is None:
            return []
        gate: Gate = interaction.client.gate  # type: ignore[attr-defined]  # our client has it
        directory: Directory = interaction.client.directory  # type: ignore[attr-defined]  # same
        usable = gate.usable(guild_id, actor_of(interaction), action_of(interaction.command))
        found = directory.search(usable, str(value), CHOICES)
        return [
            app_commands.Choice(name=cut(plain(directory.label(s), 100), 100), value=s.id)
            for s in found
        ]


ServerOption = Annotated[str, _ServerChoices]
"""A server by choice, name, identifier or uuid; `decided(interaction).server` is the result."""
