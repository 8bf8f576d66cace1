"""The option that names a connected panel, and what it means."""

from typing import Annotated, Any

import discord
from discord import app_commands

from bot.fleet.directory import folded
from bot.fleet.panels import Connected, Panels
from bot.texts import _
from bot.ui.errors import Unfit
from bot.ui.text import bold, code, plain


class _PanelChoices(app_commands.Transformer):
    """A panel of this guild, by its id, from memory."""

    async def transform(self, interaction: discord.Interaction, value: Any, /) -> str:  # noqa: ARG002
        return str(value)

    async def autocomplete(
        self, interaction: discord.Interaction, value: Any, /
    ) -> list[app_commands.Choice[str | int | float]]:
        panels: Panels = interaction.client.parts.panels  # type: ignore[attr-defined]  # our client has them
        want = folded(str(value))
        found = [one for one in panels.of(interaction.guild_id or 0) if want in folded(one.name)]
        return [app_commands.Choice(name=plain(one.name, 100), value=one.id) for one in found[:25]]


PanelOption = Annotated[str, _PanelChoices]
"""A panel by choice or name; `panel_meant` finds it."""


def panel_meant(panels: Panels, guild_id: int, text: str | None) -> Connected:
    """The panel of this guild that an option means; left out, the only one there is.

    Raises:
        Unfit: None, or it has to be said which.
    """
    found = panels.of(guild_id)
    if text:
        for one in found:
            if text == one.id or folded(text) == folded(one.name):
                return one
        raise Unfit(
            _("I know no panel {name} here. `/panel list` shows them.", name=code(text, 60))
        )
    if len(found) == 1:
        return found[0]
    if not found:
        raise Unfit(_("No panel is connected here yet. An admin does it with `/panel add`."))
    names = ", ".join(bold(one.name) for one in found)
    raise Unfit(_("Which panel: {panels}? Name it with the `panel` option.", panels=names))
