"""The editor of console rules: what may be typed where, by whom, and what becomes of the rest."""

import re
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from bot.access.console_lines import has_control, words_of
from bot.access.console_rules import ConsoleRule
from bot.access.console_ruling import COMMAND_CHARACTERS, COMMANDS_AT_MOST
from bot.access.reach import Scope
from bot.fleet.games import Game
from bot.posts.messages import Message
from bot.texts import _, _n
from bot.ui.errors import Unfit
from bot.ui.explain import commands_shown
from bot.ui.parts import Control, button, card, choice
from bot.ui.scopes import scope_token, scope_words
from bot.ui.text import code, moment

RULES_SHOWN: Final = 8
_BETWEEN: Final = re.compile(r"[\n,]")


class Shown(Struct, frozen=True, kw_only=True):
    """What the editor shows of a scope."""

    scope: Scope
    game: Game | None
    """By the image; None where the servers run several."""
    rules: Sequence[ConsoleRule]
    roles: frozenset[int] = frozenset()
    """The guild's; a list of another one is nobody's any more."""
    wider: Sequence[ConsoleRule] = ()
    """Those of groups and of all servers, which hold there too."""


def game_name(game: Game) -> str:
    """A game as people call it."""
    return {
        Game.MINECRAFT_JAVA: "Minecraft Java",
        Game.MINECRAFT_BEDROCK: "Minecraft Bedrock",
        Game.SOURCE: "Source",
        Game.RUST: "Rust",
        Game.VALHEIM: "Valheim",
        Game.TERRARIA: "Terraria",
        Game.GENERIC: _("any other game"),
    }[game]


def rules_card(shown: Shown, note: str = "") -> Message:
    """The lists of a scope, what they mean, and the controls to change them."""
    token = scope_token(shown.scope)
    lines = ["## " + _("Console rules")]
    where = scope_words(shown.scope)
    if shown.game is not None and shown.game is not Game.GENERIC:
        lines.append(_("On {where} ({game})", where=where, game=game_name(shown.game)))
    else:
        lines.append(_("On {where}", where=where))
    if note:
        lines.append(note)
    lines += [_rule_line(rule, shown.roles) for rule in shown.rules[:RULES_SHOWN]]
    hidden = len(shown.rules) - RULES_SHOWN
    if hidden > 0:
        lines.append(_n("and {count} list more", "and {count} lists more", hidden))
    if shown.wider:
        lines.append("### " + _("Holds there too, from wider rules"))
        lines += [_rule_line(rule, shown.roles) for rule in shown.wider[:RULES_SHOWN]]
    lines += ["", _meaning([*shown.rules, *shown.wider])]
    rows: list[list[Control]] = []
    if shown.rules:
        options = [(rule.id, _label(rule), ", ".join(rule.commands)) for rule in shown.rules[:25]]
        rows.append(
            [choice("console-rule", token, options=options, placeholder=_("Change a list …"))]
        )
    rows.append([_presets(token, shown.game)])
    rows.append(
        [
            button("console-new", token, "deny", label=_("Forbid …")),
            button("console-new", token, "allow", label=_("Allow …")),
            button("console-try", token, label=_("Try a line …")),
            button("recipes", token, label=_("Recipes")),
        ]
    )
    footer = _("The owner and who has Manage Server are bound by no list.")
    return card("\n".join(lines), rows=rows, footer=footer)


def rule_card(scope: Scope, rule: ConsoleRule) -> Message:
    """One list, whole, with what can be done about it."""
    token = scope_token(scope)
    made = _("by {by}, {since}", by=f"<@{rule.made_by}>", since=moment(rule.made_at, "d"))
    commands = commands_shown(rule.commands, COMMANDS_AT_MOST)
    text = f"## {_title(rule)}\n{_('On {where}', where=scope_words(scope))}\n{commands}\n-# {made}"
    return card(
        text,
        rows=[
            [
                button("console-rules", token, label=_("Back")),
                button("console-edit", token, rule.id, label=_("Change …")),
                button("console-drop", token, rule.id, label=_("Delete the list")),
            ]
        ],
    )


def read_commands(text: str) -> tuple[str, ...]:
    """The commands that an admin wrote, by commas or lines, as they are compared.

    Raises:
        Unfit: There are none, too many, or one can't be.
    """
    found: dict[str, None] = {}
    for part in _BETWEEN.split(text.replace("\r", "\n")):
        written = part.strip()
        if not written:
            continue
        words = " ".join(words_of(written))
        if not words or len(words) > COMMAND_CHARACTERS or has_control(written):
            raise Unfit(
                _(
                    "{command} can't be on a list: a command has one to {most} plain characters.",
                    command=code(written, 60),
                    most=COMMAND_CHARACTERS,
                )
            )
        found[words] = None
    if not found:
        raise Unfit(_("Name at least one command, such as `say`; `*` means every command."))
    if len(found) > COMMANDS_AT_MOST:
        raise Unfit(_("A list holds at most {count} commands.", count=COMMANDS_AT_MOST))
    return tuple(found)


def _meaning(rules: Sequence[ConsoleRule]) -> str:
    if not rules:
        return _(
            "No list yet: who has the right *console* may send everything. Begin with a preset, "
            "or forbid and allow commands yourself."
        )
    if all(rule.denies for rule in rules):
        return _("Everything else may be sent by who has the right *console*.")
    return _(
        "Everything else is refused, for everybody who is bound. What is forbidden stays so, even "
        "where it is allowed too. Recipes of `/do` need no list."
    )


def _presets(token: str, game: Game | None) -> Control:
    options = [
        (one.value, game_name(one), _("fits the server's image") if one is game else "")
        for one in sorted(Game, key=lambda one: one is not game)
    ]
    return choice(
        "console-preset", token, options=options, placeholder=_("Take the preset of a game …")
    )


def _rule_line(rule: ConsoleRule, roles: frozenset[int]) -> str:
    gone = ""
    if rule.role_id is not None and rule.role_id not in roles:
        gone = " (" + _("that role is gone") + ")"
    return f"**{_title(rule)}**{gone}: {commands_shown(rule.commands)}"


def _title(rule: ConsoleRule) -> str:
    whom = f"<@&{rule.role_id}>" if rule.role_id is not None else _("everyone")
    if rule.denies:
        return "⛔ " + _("Forbidden for {whom}", whom=whom)
    return "✅ " + _("Allowed for {whom}", whom=whom)


def _label(rule: ConsoleRule) -> str:
    count = _n("{count} command", "{count} commands", len(rule.commands))
    said = _("Forbidden") if rule.denies else _("Allowed")
    whom = _("for a role") if rule.role_id is not None else _("for everyone")
    return f"{said} {whom}: {count}"
