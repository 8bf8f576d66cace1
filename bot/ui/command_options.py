"""The option that names a command, and the command behind its text."""

from collections.abc import Iterator
from typing import Annotated, Any, Final

import discord
from discord import app_commands

from bot.access.facts import Action
from bot.access.gate import Gate
from bot.fleet.directory import folded
from bot.texts import _
from bot.ui.doors import action_of
from bot.ui.errors import Unfit
from bot.ui.options import CHOICES
from bot.ui.text import code

DO: Final = "do"
AnyCommand = app_commands.Command[Any, ..., Any]


def commands_of(interaction: discord.Interaction) -> Iterator[AnyCommand]:
    """Every command by name."""
    tree: app_commands.CommandTree[Any] = interaction.client.tree  # type: ignore[attr-defined]  # a Bot
    for one in sorted(tree.walk_commands(), key=lambda c: c.qualified_name):
        if isinstance(one, app_commands.Command):
            yield one


def command_named(interaction: discord.Interaction, text: str) -> AnyCommand:
    """The command that is meant, with or without its slash; behind `do` may stand a recipe.

    Raises:
        Unfit: There is none.
    """
    wanted = folded(text.lstrip("/"))
    wanted = DO if wanted.startswith(f"{DO} ") else wanted
    for one in commands_of(interaction):
        if one.qualified_name == wanted:
            return one
    raise Unfit(_("I know no command {name}. Pick one from the list.", name=code("/" + text, 60)))


def action_named(interaction: discord.Interaction, gate: Gate, text: str) -> Action:
    """The action of the command that is meant.

    Raises:
        Unfit: There is none.
    """
    action = action_of(command_named(interaction, text))
    _do, _blank, recipe = folded(text.lstrip("/")).partition(" ")
    return gate.meant(interaction.guild_id or 0, action, recipe)


class _CommandChoices(app_commands.Transformer):
    """All commands, and the recipes behind `do`."""

    @property
    def min_value(self) -> int:
        return 1

    @property
    def max_value(self) -> int:
        return 60

    async def transform(self, interaction: discord.Interaction, value: Any, /) -> str:  # noqa: ARG002
        return str(value)

    async def autocomplete(
        self, interaction: discord.Interaction, value: Any, /
    ) -> list[app_commands.Choice[str | int | float]]:
        gate: Gate = interaction.client.gate  # type: ignore[attr-defined]  # our client has it
        typed = folded(str(value).lstrip("/"))
        names = [one.qualified_name for one in commands_of(interaction)]
        names += [f"{DO} {name}" for name in gate.book(interaction.guild_id or 0).recipes]
        found: list[app_commands.Choice[str | int | float]] = [
            app_commands.Choice(name=f"/{name}", value=name) for name in names if typed in name
        ]
        return found[:CHOICES]


CommandOption = Annotated[str, _CommandChoices]
"""A command by name, as `action_named` reads it."""
