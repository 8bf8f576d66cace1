"""Running a recipe: values in, one console line out, and what is told of it."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

import discord

from bot.access.gate import Admitted, Gate
from bot.access.recipes import BadArgument, Fault, Kind, Place, Recipe, filled
from bot.access.rights import recipe_of
from bot.fleet.directory import Directory
from bot.posts.answers import publish
from bot.posts.messages import Message
from bot.texts import _, speaking
from bot.ui.errors import Unfit
from bot.ui.text import bold, code
from bot.work.console import ConsoleWork

_MENTION: Final = re.compile(r"<@!?(\d{15,20})>|(\d{15,20})")


class RecipeWork:
    """Runs the recipes of guilds."""

    def __init__(self, gate: Gate, console: ConsoleWork, directory: Directory) -> None:
        self._gate = gate
        self._console = console
        self._directory = directory

    def recipe(self, admitted: Admitted) -> Recipe:
        """The recipe that was admitted.

        Raises:
            Unfit: It was deleted meanwhile.
        """
        name = recipe_of(admitted.action.right)
        found = self._gate.book(admitted.guild_id).recipes.get(name)
        if found is None:
            raise Unfit(_("That recipe is gone. Pick another one."))
        return found

    async def run(
        self,
        interaction: discord.Interaction,
        admitted: Admitted,
        places: Sequence[Place],
        values: Mapping[str, str],
    ) -> Message:
        """Fill the recipe in and send it.

        Raises:
            BadArgument: A value isn't taken.
            NotAdmitted: The guild's console rules forbid the line.
            PanelError: It was refused, or may or may not have arrived.
        """
        recipe = self.recipe(admitted)
        line = filled(recipe.template, await _members(interaction.guild, places, values))
        shown = await self._console.run(admitted, line, shows_answer=recipe.shows_answer)
        if recipe.is_public:
            locale = interaction.guild_locale.value if interaction.guild_locale else None
            with speaking(self._gate.language(admitted.guild_id, locale)):
                told = _(
                    "{actor} ran *{recipe}* on {server}: {line}",
                    actor=bold(admitted.actor.name),
                    recipe=recipe.name,
                    server=bold(self._directory.label(admitted.server)),
                    line=code(line, 300),
                )
            await publish(interaction, Message(told))
        return shown


async def _members(
    guild: discord.Guild | None, places: Sequence[Place], values: Mapping[str, str]
) -> dict[str, str]:
    """The values, with members as what the console is told of them: their id, or account name."""
    found = dict(values)
    for place in places:
        if place.kind not in (Kind.MEMBER, Kind.MEMBER_NAME):
            continue
        read = _MENTION.fullmatch(found.get(place.label, "").strip())
        if read is None or guild is None:
            raise BadArgument(Fault.NOT_A_MEMBER, place)
        try:
            member = await guild.fetch_member(int(read[1] or read[2]))
        except discord.NotFound:
            raise BadArgument(Fault.NOT_A_MEMBER, place) from None
        found[place.label] = str(member.id) if place.kind is Kind.MEMBER else member.name
    return found
