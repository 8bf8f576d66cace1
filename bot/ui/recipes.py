"""Recipes on a card: what there is, who may run it, and the form that asks for its values."""

from collections.abc import Mapping, Sequence
from typing import Final

import discord
from discord import ui

from bot.access.reach import Scope
from bot.access.recipes import Kind, Place, Recipe, places_of
from bot.fleet.directory import Server
from bot.posts.messages import Message
from bot.texts import _, _n
from bot.ui.parts import Control, button, card, choice, danger, field, form, roles_choice
from bot.ui.recipe_words import place_words
from bot.ui.scopes import scope_token, scope_words
from bot.ui.text import bold, code, cut, moment, plain

RECIPES_SHOWN: Final = 25
VALUE_FIELD: Final = "a"


def recipes_card(recipes: Sequence[Recipe], scope: Scope, note: str = "") -> Message:
    """The recipes that are there for a scope, and the way to a new one."""
    token = scope_token(scope)
    lines = ["## " + _("Recipes for /do"), _("On {where}", where=scope_words(scope))]
    if note:
        lines.append(note)
    lines += [f"**{one.name}** · {code(one.template, 60)}" for one in recipes[:RECIPES_SHOWN]]
    if not recipes:
        lines.append(
            _(
                "None yet. A recipe is a console line of yours with places that a member fills in, "
                "such as {example}. Who is given it needs no right to the "
                "console.",
                example=code("whitelist add {player: name}"),
            )
        )
    hidden = len(recipes) - RECIPES_SHOWN
    if hidden > 0:
        lines.append(_n("and {count} more", "and {count} more", hidden))
    rows: list[list[Control]] = []
    if recipes:
        options = [(one.name, one.name, one.template) for one in recipes[:RECIPES_SHOWN]]
        rows.append([choice("recipe", token, options=options, placeholder=_("Open a recipe …"))])
    rows.append(
        [
            button("console-rules", token, label=_("Back")),
            button("recipe-new", token, label=_("New recipe …")),
        ]
    )
    return card("\n".join(lines), rows=rows)


def recipe_card(
    recipe: Recipe, scope: Scope, holders: Sequence[int], *, back: str, note: str = ""
) -> Message:
    """One recipe, whole, with what can be set."""
    places = places_of(recipe.template)
    lines = [f"## {recipe.name}", code(recipe.template, 310)]
    lines += [f"{bold(place.label)}: {place_words(place)}" for place in places]
    lines.append(_("On {where}", where=scope_words(scope)))
    if note:
        lines.append(note)
    lines += [
        _("**Who may run it**: {roles}", roles=_roles(holders)),
        _(
            "**By approval** (others who see the server may ask for it): {state}",
            state=_on(recipe.by_approval),
        ),
        _(
            "**Answer shown** (who runs it sees what the console says then): {state}",
            state=_on(recipe.shows_answer),
        ),
        _("**Public** (the channel sees that it was run): {state}", state=_on(recipe.is_public)),
    ]
    made = _("by {by}, {since}", by=f"<@{recipe.made_by}>", since=moment(recipe.made_at, "d"))
    return card(
        "\n".join(lines),
        rows=[
            [
                roles_choice(
                    "recipe-give", recipe.name, placeholder=_("Who may run it …"), chosen=holders
                )
            ],
            [
                button("recipe-set", recipe.name, "approval", label=_("By approval")),
                button("recipe-set", recipe.name, "answer", label=_("Answer")),
                button("recipe-set", recipe.name, "public", label=_("Public")),
            ],
            [
                button("recipes", back, label=_("Back")),
                button("recipe-edit", recipe.name, label=_("Change …")),
                danger("recipe-drop", recipe.name, label=_("Delete …")),
            ],
        ],
        footer=made,
    )


def recipe_drop_words(recipe: Recipe, scope: Scope, holders: Sequence[int]) -> str:
    """What is lost with a recipe, before it is deleted."""
    return "\n".join(
        [
            "## " + _("Delete the recipe {name}?", name=recipe.name),
            code(recipe.template, 310),
            _("On {where}", where=scope_words(scope)),
            _(
                "Given to: {roles}. They can't run it any more then, and it can't be brought back.",
                roles=_roles(holders),
            ),
        ]
    )


def recipe_form(recipe: Recipe, server: Server) -> ui.Modal:
    """Asks for each value of a recipe."""
    fields = [_field(number, place) for number, place in enumerate(places_of(recipe.template))]
    return form(
        "do-run",
        server.id,
        recipe.name,
        title=f"{recipe.name} · {plain(server.name, 40)}",
        fields=fields,
    )


def values_of(fields: Mapping[str, tuple[str, ...]], places: Sequence[Place]) -> dict[str, str]:
    """What was filled into a `recipe_form`, by label."""
    found = {}
    for number, place in enumerate(places):
        given = fields.get(f"{VALUE_FIELD}{number}", ())
        found[place.label] = given[0] if given else ""
    return found


def _field(number: int, place: Place) -> "ui.Label[ui.Modal]":
    name, label = f"{VALUE_FIELD}{number}", place.label[:1].upper() + place.label[1:]
    if place.kind is Kind.CHOICE:
        return ui.Label(
            text=cut(label, 45),
            component=ui.Select(
                custom_id=name,
                options=[discord.SelectOption(label=one, value=one) for one in place.choices],
            ),
        )
    if place.kind in (Kind.MEMBER, Kind.MEMBER_NAME):
        return ui.Label(
            text=cut(label, 45),
            description=cut(place_words(place), 100),
            component=ui.UserSelect(custom_id=name),
        )
    most = {Kind.TEXT: place.most, Kind.NUMBER: 10}.get(place.kind, 32)
    return field(name, label=label, description=place_words(place), most=most)


def _roles(holders: Sequence[int]) -> str:
    return ", ".join(f"<@&{one}>" for one in holders[:10]) or _("no role yet")


def _on(value: bool) -> str:  # a word for a truth value
    return _("on") if value else _("off")
