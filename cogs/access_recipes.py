"""The part of /access console that makes recipes for /do."""

from typing import Final

import discord
from msgspec import structs

from bot.access.gate import Admitted
from bot.access.reach import Scope, Subject
from bot.access.recipes import NAME_CHARACTERS, TEMPLATE_CHARACTERS, Recipe
from bot.access.rights import ADMIN, RECIPE_NAME
from bot.fleet.directory import Server
from bot.posts.messages import Message
from bot.texts import _
from bot.ui.doors import Ack, Press, component
from bot.ui.errors import Unfit
from bot.ui.parts import field, form
from bot.ui.recipes import recipe_card, recipe_drop_words, recipes_card
from bot.ui.scopes import ALL, scope_of, scope_token
from bot.ui.text import code
from cogs.parts import Parts

NAME: Final = "access console"
PLACES: Final = "{player: name} {why: text 60} {days: number 1-30} {sky: clear|rain}"
_SWITCHES: Final = {
    "approval": "by_approval",
    "answer": "shows_answer",
    "public": "is_public",
}


class AccessRecipes:
    """Recipes are made, given and taken back here."""

    _parts: Parts

    @component("recipes", right=ADMIN, ack=Ack.UPDATE, name=NAME)
    async def recipes_listed(self, press: Press) -> Message:
        return self._recipes(press.admitted, (*press.args, ALL)[0])

    @component("recipe-new", right=ADMIN, ack=Ack.MODAL, name=NAME)
    async def recipe_new(self, press: Press) -> None:
        await press.interaction.response.send_modal(
            form(
                "recipe-add",
                (*press.args, ALL)[0],
                title=_("A new recipe"),
                fields=[
                    field(
                        "name",
                        label=_("Name"),
                        description=_("Small letters, digits and dashes, as people pick it"),
                        placeholder="whitelist",
                        most=NAME_CHARACTERS,
                    ),
                    _template_field(),
                ],
            )
        )

    @component("recipe-add", right=ADMIN, ack=Ack.UPDATE, name=NAME)
    async def recipe_add(self, press: Press) -> Message:
        token = (*press.args, ALL)[0]
        name = press.field("name").strip().casefold().replace(" ", "-")
        if not RECIPE_NAME.fullmatch(name):
            raise Unfit(
                _(
                    "{name} can't be a recipe's name: small letters, digits and dashes, at most "
                    "{most}.",
                    name=code(press.field("name"), 40),
                    most=NAME_CHARACTERS,
                )
            )
        scope = scope_of(self._parts.gate, self._parts.directory, press.admitted.guild_id, token)
        await self._parts.recipe_ruling.make(press.admitted, scope, name, press.field("template"))
        return self._recipe(press, name, _("Made. Say below who may run it."))

    @component("recipe", right=ADMIN, ack=Ack.UPDATE, name=NAME)
    async def recipe_opened(self, press: Press) -> Message:
        return self._recipe(press, (*press.values, "")[0])

    @component("recipe-edit", right=ADMIN, ack=Ack.MODAL, name=NAME)
    async def recipe_edit(self, press: Press) -> None:
        recipe, _scope = self._known(press.admitted, (*press.args, "")[0])
        await press.interaction.response.send_modal(
            form("recipe-save", recipe.name, title=recipe.name, fields=[_template_field(recipe)])
        )

    @component("recipe-save", right=ADMIN, ack=Ack.UPDATE, name=NAME)
    async def recipe_save(self, press: Press) -> Message:
        recipe, scope = self._known(press.admitted, (*press.args, "")[0])
        changed = structs.replace(recipe, template=press.field("template"))
        await self._parts.recipe_ruling.change(press.admitted, scope, changed)
        return self._recipe(press, recipe.name)

    @component("recipe-set", right=ADMIN, ack=Ack.UPDATE, name=NAME)
    async def recipe_set(self, press: Press) -> Message:
        name, switch = (*press.args, "", "")[:2]
        recipe, scope = self._known(press.admitted, name)
        what = _SWITCHES.get(switch, "by_approval")
        changed = structs.replace(recipe, **{what: not getattr(recipe, what)})
        await self._parts.recipe_ruling.change(press.admitted, scope, changed)
        return self._recipe(press, name)

    @component("recipe-give", right=ADMIN, ack=Ack.UPDATE, name=NAME)
    async def recipe_give(self, press: Press) -> Message:
        recipe, scope = self._known(press.admitted, (*press.args, "")[0])
        guild = press.interaction.guild
        known = {str(role.id): role for role in guild.roles} if guild else {}
        chosen = [known[one] for one in press.values if one in known]
        await self._parts.recipe_ruling.give(
            press.admitted,
            scope,
            recipe,
            [_subject(role) for role in chosen],
            positions={role.id: role.position for role in known.values()},
        )
        note = ""
        if any(role.is_default() for role in chosen):
            note = _("⚠️ That holds for everyone in this Discord server, new members too.")
        return self._recipe(press, recipe.name, note)

    @component("recipe-drop", right=ADMIN, name=NAME)
    async def recipe_drop(self, press: Press) -> Message:
        recipe, scope = self._known(press.admitted, (*press.args, "")[0])
        holders = self._parts.recipe_ruling.holders(press.admitted.guild_id, recipe)
        return await self._parts.confirmations.ask(
            press.admitted,
            "recipe-drop-now",
            recipe_drop_words(recipe, scope, holders),
            label=_("Delete the recipe"),
            subject=recipe.id,
            payload={"recipe": recipe.name},
        )

    @component("recipe-drop-now", right=ADMIN, ack=Ack.UPDATE, name=NAME)
    async def recipe_drop_confirmed(self, press: Press) -> Message:
        asked = await self._parts.confirmations.take(press, "recipe-drop-now")
        recipe, scope = self._known(press.admitted, str(asked.payload["recipe"]))
        if recipe.id != asked.subject_id:
            raise Unfit(_("That recipe is gone. Pick another one."))
        await self._parts.recipe_ruling.drop(press.admitted, scope, recipe.name)
        return self._recipes(press.admitted, scope_token(scope), _("Deleted."))

    def _recipes(self, admitted: Admitted, token: str, note: str = "") -> Message:
        gate = self._parts.gate
        scope = scope_of(gate, self._parts.directory, admitted.guild_id, token)
        book = gate.book(admitted.guild_id)
        found = list(book.recipes.values())
        if isinstance(scope, Server):
            found = [one for one in found if one.is_on(scope.id, book.groups_of(scope.id))]
        elif scope is not None:
            found = [one for one in found if one.scope_id in (None, scope.id)]
        return recipes_card(found, scope, note)

    def _recipe(self, press: Press, name: str, note: str = "") -> Message:
        recipe, scope = self._known(press.admitted, name)
        holders = self._parts.recipe_ruling.holders(press.admitted.guild_id, recipe)
        return recipe_card(recipe, scope, holders, back=scope_token(scope), note=note)

    def _known(self, admitted: Admitted, name: str) -> tuple[Recipe, Scope]:
        gate = self._parts.gate
        recipe = gate.book(admitted.guild_id).recipes.get(name)
        if recipe is None:
            raise Unfit(_("That recipe is gone. Pick another one."))
        token = recipe.scope_id or ALL
        return recipe, scope_of(gate, self._parts.directory, admitted.guild_id, token)


def _template_field(recipe: Recipe | None = None) -> "discord.ui.Label[discord.ui.Modal]":
    return field(
        "template",
        label=_("Console line"),
        description=_("Places: {places}", places=PLACES),
        placeholder="whitelist add {player: name}",
        value=recipe.template if recipe else "",
        most=TEMPLATE_CHARACTERS,
    )


def _subject(role: discord.Role) -> Subject:
    if role.is_default():
        return Subject("everyone", role.id)
    return Subject("role", role.id, role.position)
