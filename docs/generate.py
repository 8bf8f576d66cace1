"""Writes the pages that follow from the code: `make docs`.

A test holds each page up to date, so a change of the command tree comes with its page.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import discord
from discord import app_commands

from bot.access.rights import ADMIN, ANYONE, PRESETS, RIGHTS, SEE, SEES_ONE
from bot.client import bare_tree
from docs import access_matrix, client_reference, kill_table, methods

FOLDER: Final = Path(__file__).resolve().parent

AnyCommand = app_commands.Command[Any, ..., Any]
TopLevel = AnyCommand | app_commands.Group | app_commands.ContextMenu

_COMMANDS_HEAD: Final = """\
# Commands

Written by `make docs` from the command tree; a test holds it up to date.

- **Options** in brackets may be left out. `server` takes a name, part of one, or an identifier, and
  may be left out where only one server can be meant.
- **Right** is what `/access grant` has to give: the panel's own permission key. *Admins* are the
  owner and who has *Manage Server*; they hold every right. Whatever the rules say, Roost can do no
  more on a panel than the account whose key is connected.
- **Shown to** is whom Discord shows the command by default. You can change it under Server Settings
  → Integrations → Roost; what may really be done is decided by the rights all the same.

`/why` tells for each command and server what allows or refuses it.
"""

_RIGHTS_HEAD: Final = """\
## Rights and presets

A right can be given alone (`control.restart`), by group (`control.*`), as everything (`*`), or as a
preset, which stands for these:
"""

_RIGHTS_TAIL: Final = f"""\
Any right on a server comes with the sight of it (`{SEE}`). These are all:
"""


_METHODS_HEAD = (
    "What the [panel client](client.md) can do, and the command by which people reach it."
)


def main() -> None:
    """Write every page."""
    for name, text in pages().items():
        (FOLDER / name).write_text(text, "utf-8")


def pages() -> dict[str, str]:
    """Each page that follows from the code, by its file name in this folder."""
    return {
        "access-matrix.md": access_matrix.page(),
        "kill-table.md": kill_table.page(),
        "client.md": client_reference.page(),
        "commands.md": commands_page(bare_tree()),
    }


def commands_page(tree: app_commands.CommandTree[Any]) -> str:
    """The commands by group, then the rights."""
    made: list[TopLevel] = list(tree.get_commands())
    groups = [one for one in made if isinstance(one, app_commands.Group)]
    single = [one for one in made if isinstance(one, app_commands.Command)]
    menus = [one for one in made if isinstance(one, app_commands.ContextMenu)]
    parts = [_COMMANDS_HEAD]
    for group in groups:
        rows = [_row(one) for one in group.walk_commands() if isinstance(one, app_commands.Command)]
        parts.append(f"## /{group.name}\n\n{group.description}.\n\n{_table(rows)}")
    if single:
        parts.append(f"## On their own\n\n{_table([_row(one) for one in single])}")
    if menus:
        parts.append(f"## In the menu of a message or member\n\n{_table(map(_menu_row, menus))}")
    parts += [_RIGHTS_HEAD, _presets(), _RIGHTS_TAIL, _rights()]
    parts.append(f"## Method and command\n\n{_METHODS_HEAD}\n\n{methods.table()}")
    return "\n".join(parts)


def _table(rows: Iterable[tuple[str, ...]]) -> str:
    head = ("Command", "Options", "Right", "Shown to", "What it does")
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(map(_cell, cells))} |\n" for cells in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _row(one: AnyCommand) -> tuple[str, ...]:
    options = " ".join(_option(each) for each in one.parameters)
    return (f"`/{one.qualified_name}`", options, _right(one), _shown_to(one), one.description)


def _menu_row(one: app_commands.ContextMenu) -> tuple[str, ...]:
    shown = _audience(one.default_permissions)
    return (f"*{one.name}*", f"the {one.type.name}", _right(one), shown, "")


def _option(one: app_commands.Parameter) -> str:
    return f"`{one.display_name}`" if one.required else f"[`{one.display_name}`]"


def _right(one: AnyCommand | app_commands.ContextMenu) -> str:
    right = str(one.extras.get("right"))
    words = {ADMIN: "*admins*", ANYONE: "none", SEES_ONE: "any, on one server at least"}
    return words.get(right, f"`{right}`")


def _shown_to(one: AnyCommand) -> str:
    top = one.root_parent or one
    return _audience(top.default_permissions)


def _audience(permissions: discord.Permissions | None) -> str:
    if permissions is None:
        return "everyone"
    names = [name.replace("_", " ").title() for name, value in permissions if value]
    words = {"Manage Guild": "Manage Server"}
    return "who has " + " and ".join(f"*{words.get(name, name)}*" for name in names)


def _presets() -> str:
    return "".join(f"- **{preset}**: {more}\n" for preset, more in _preset_words())


def _preset_words() -> Iterator[tuple[str, str]]:
    before = ""
    for preset, rights in PRESETS.items():
        known = PRESETS.get(before, frozenset())
        added = ", ".join(f"`{right}`" for right in _in_order(rights - known))
        yield preset, f"what **{before}** has, and {added}" if known <= rights and before else added
        before = preset


def _in_order(rights: frozenset[str]) -> list[str]:
    return sorted(rights, key=lambda right: RIGHTS.index(right) if right in RIGHTS else -1)


def _rights() -> str:
    groups: dict[str, list[str]] = {}
    for right in RIGHTS:
        groups.setdefault(right.partition(".")[0], []).append(f"`{right}`")
    return "".join(f"- {', '.join(rights)}\n" for rights in groups.values())


if __name__ == "__main__":
    main()
