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
from bot.work.consent_state import Deed
from bot.work.consents import Consents
from bot.work.console import ConsoleWork

VERB: Final = "recipe"
_MENTION: Final = re.compile(r"<@!?(\d{15,20})>|(\d{15,20})")


class RecipeWork:
    """Runs the recipes of guilds."""

    def __init__(
        self, gate: Gate, console: ConsoleWork, directory: Directory, consents: Consents
    ) -> None:
        self._gate = gate
        self._console = console
        self._directory = directory
        self._consents = consents
        consents.carry_out_with(VERB, self._agreed, _nobody_knows)

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
        """Fill the recipe in and send it, or ask others where it goes by approval.

        Raises:
            BadArgument: A value isn't taken.
            NotAdmitted: The guild's console rules forbid the line.
            Unfit: Nobody could be asked.
            PanelError: It was refused, or may or may not have arrived.
        """
        recipe = self.recipe(admitted)
        line = filled(recipe.template, await _members(interaction.guild, places, values))
        line = self._console.checked(admitted, line)
        asked = await self._consents.instead(
            interaction,
            admitted,
            VERB,
            {"line": line, "template": recipe.template},
            what=lambda: _(
                "run *{recipe}* on {server}: {line}",
                recipe=recipe.name,
                server=bold(self._directory.label(admitted.server)),
                line=code(line, 300),
            ),
        )
        if asked is not None:
            return asked
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

    async def _agreed(self, deed: Deed) -> str:
        """Send what was agreed to, if the recipe still is the one that they were asked about."""
        recipe, line = self.recipe(deed.admitted), str(deed.payload["line"])
        if recipe.template != deed.payload["template"]:
            raise Unfit(_("The recipe was changed meanwhile, so nothing was sent. Ask again."))
        await self._console.send(deed.admitted, line)
        return _("Sent: {line}", line=code(line, 300))


async def _nobody_knows(_deed: Deed) -> bool | None:
    """A console doesn't tell who typed a line, so one that was cut off stays unknown."""
    return None


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
