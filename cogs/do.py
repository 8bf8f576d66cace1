"""/do: a console command as a form."""

from typing import Final

import discord
from discord import app_commands
from discord.ext import commands

from bot.access.recipes import places_of, split
from bot.access.rights import RECIPE
from bot.posts.messages import Message
from bot.ui.doors import Ack, Press, command, component, decided
from bot.ui.options import ServerOption
from bot.ui.recipe_options import RecipeOption
from bot.ui.recipes import recipe_form, values_of
from cogs.parts import Parts
from cogs.power import SERVER

ARGUMENTS_CHARACTERS: Final = 1000


def _how(interaction: discord.Interaction) -> Ack:
    """A form where values are missing, which must be the first answer."""
    parts: Parts = interaction.client.parts  # type: ignore[attr-defined]  # our client has them
    recipe = parts.recipes.recipe(decided(interaction))
    given = str(getattr(interaction.namespace, "arguments", None) or "").strip()
    return Ack.MODAL if places_of(recipe.template) and not given else Ack.PRIVATE


class DoCog(commands.Cog):
    """Runs recipes."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @command(
        right=RECIPE,
        on_server=True,
        ack=_how,
        description="Run a recipe: a console command as a form",
    )
    @app_commands.describe(
        recipe="Which one",
        server=SERVER,
        arguments="Its values in a row, such as: Mia 30. Left out: a form asks for them",
    )
    async def do(
        self,
        interaction: discord.Interaction,
        recipe: RecipeOption,  # noqa: ARG002  # the gate has found it
        server: ServerOption | None = None,  # noqa: ARG002  # and this
        arguments: app_commands.Range[str, 0, ARGUMENTS_CHARACTERS] = "",
    ) -> Message | None:
        admitted = decided(interaction)
        meant = self._parts.recipes.recipe(admitted)
        places = places_of(meant.template)
        if places and not arguments.strip():
            await interaction.response.send_modal(recipe_form(meant, admitted.server))
            return None
        values = split(arguments, places)
        return await self._parts.recipes.run(interaction, admitted, places, values)

    @component("do-run", right=RECIPE, on_server=True, name="do")
    async def form_sent(self, press: Press) -> Message:
        meant = self._parts.recipes.recipe(press.admitted)
        places = places_of(meant.template)
        return await self._parts.recipes.run(
            press.interaction, press.admitted, places, values_of(press.fields, places)
        )
