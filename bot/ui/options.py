"""Options that name a thing: choices from memory, filtered by what this member may do."""

from typing import Annotated, Any

import discord
from discord import app_commands

from bot.access.decision import Allow, Ask
from bot.access.gate import Gate, NoSuchServer, SeveralServers
from bot.fleet.directory import Directory, Server, folded
from bot.fleet.shelf import Load, Shelf
from bot.texts import _
from bot.ui.doors import action_of, actor_of
from bot.ui.text import cut, plain

CHOICES = 25
GROUP_PREFIX = "g:"


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
        named = getattr(interaction.namespace, "recipe", None)
        action = gate.meant(guild_id, action_of(interaction.command), named)
        usable = gate.usable(guild_id, actor_of(interaction), action)
        return server_choices(directory, usable, str(value))


def server_choices(
    directory: Directory, usable: list[Server], text: str
) -> list[app_commands.Choice[str | int | float]]:
    """The best matches for what was typed so far, each told from its namesakes."""
    return [
        app_commands.Choice(name=cut(plain(directory.label(s), 100), 100), value=directory.token(s))
        for s in directory.search(usable, text, CHOICES)
    ]


class NamedChoices(app_commands.Transformer):
    """Choices for a thing on the server that the other option names, from the shelf.

    Args:
        kind: The shelf's kind, such as `backup`.
        load: Lists the entries for a server; runs behind the answer when the shelf is old.
    """

    def __init__(self, kind: str, load: Load) -> None:
        self._kind = kind
        self._load = load

    async def transform(self, interaction: discord.Interaction, value: Any, /) -> str:  # noqa: ARG002
        return str(value)

    async def autocomplete(
        self, interaction: discord.Interaction, value: Any, /
    ) -> list[app_commands.Choice[str | int | float]]:
        server = server_meant(interaction)
        if server is None:
            return []
        shelf: Shelf = interaction.client.shelf  # type: ignore[attr-defined]  # our client has it
        found = shelf.search(server, self._kind, self._load, str(value), CHOICES)
        return [
            app_commands.Choice(name=plain(e.label, 100) or e.value, value=e.value) for e in found
        ]


def server_meant(interaction: discord.Interaction) -> Server | None:
    """The server of the option being completed, if this member may do this with it."""
    if interaction.guild_id is None or interaction.command is None:
        return None
    gate: Gate = interaction.client.gate  # type: ignore[attr-defined]  # our client has it
    actor, action = actor_of(interaction), action_of(interaction.command)
    text = getattr(interaction.namespace, "server", None)
    try:
        server = gate.resolve(
            interaction.guild_id, interaction.channel_id or 0, actor, action, text
        )
    except (NoSuchServer, SeveralServers):
        return None
    may = gate.decide(interaction.guild_id, actor, action, server)
    return server if isinstance(may, Allow | Ask) else None


class _ScopeChoices(_ServerChoices):
    """The guild's groups of servers beside the servers; the handler reads the text."""

    async def autocomplete(
        self, interaction: discord.Interaction, value: Any, /
    ) -> list[app_commands.Choice[str | int | float]]:
        servers = await super().autocomplete(interaction, value)
        gate: Gate = interaction.client.gate  # type: ignore[attr-defined]  # our client has it
        groups = gate.book(interaction.guild_id or 0).settings.groups.items()
        found: list[app_commands.Choice[str | int | float]] = [
            app_commands.Choice(
                name=plain(_("Group: {name}", name=group.name), 100),
                value=f"{GROUP_PREFIX}{group_id}",
            )
            for group_id, group in groups
            if folded(str(value)) in folded(group.name)
        ]
        return [*found, *servers][:CHOICES]


ServerOption = Annotated[str, _ServerChoices]
"""A server by choice, name, identifier or uuid; `decided(interaction).server` is the result."""

ScopeOption = Annotated[str, _ScopeChoices]
"""A server as `ServerOption`, or a group of the guild's by `g:<id>`."""
