"""Rights: the panel's own permission keys, the presets made of them, and what covers what."""

import re
from typing import Final

RECIPE_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")
"""What a recipe may be called."""

ADMIN: Final = "admin"
"""Declared by what needs Manage Server, or the guild's admin role."""
ANYONE: Final = "-"
"""Declared by what everybody who sees it may do."""
SEES_ONE: Final = "sees one"
"""Declared by what needs the sight of at least one server."""
SEE: Final = "websocket.connect"
"""The panel grants it to every subuser; here it comes with every other right on a server."""

CONSOLE: Final = "control.console"
"""What reading and typing into a console takes."""

RECIPE: Final = "recipe"
"""Declared by what runs a recipe; which one is read from what was typed."""
RECIPES: Final = "recipe.*"
"""The right to every recipe of the guild; `recipe.<name>` is that to one."""

_KEYS: Final = {
    "websocket": ("connect",),
    "control": ("console", "start", "stop", "restart"),
    "user": ("create", "read", "update", "delete"),
    "file": ("create", "read", "read-content", "update", "delete", "archive", "sftp"),
    "backup": ("create", "read", "delete", "download", "restore"),
    "allocation": ("read", "create", "update", "delete"),
    "startup": ("read", "update", "docker-image"),
    "database": ("create", "read", "update", "delete", "view_password"),
    "schedule": ("create", "read", "update", "delete"),
    "settings": ("rename", "reinstall"),
    "activity": ("read",),
}
RIGHTS: Final = tuple(f"{group}.{key}" for group, keys in _KEYS.items() for key in keys)
"""All rights of the panel (contract: README.md, permission keys)."""
GROUPS: Final = tuple(_KEYS)

_VIEWER: Final = frozenset({SEE})
_PLAYER: Final = _VIEWER | {"control.start"}
_MODERATOR: Final = _PLAYER | {
    "control.console",
    "control.restart",
    "control.stop",
    "backup.read",
    "backup.create",
}
_OPERATOR: Final = _MODERATOR | {
    "backup.download",
    "file.read",
    "file.read-content",
    "schedule.read",
    "startup.read",
    "allocation.read",
    "database.read",
    "activity.read",
}
PRESETS: Final[dict[str, frozenset[str]]] = {
    "viewer": _VIEWER,
    "player": _PLAYER,
    "moderator": _MODERATOR,
    "operator": _OPERATOR,
    "manager": frozenset({"*"}),
}
"""Named sets of rights, each holding what the one before it holds."""

_SHOWING: Final = frozenset({"read", "read-content", "download", "view_password"})
"""What the panel calls the rights that only show something."""
# Pelican writes this one with a hyphen (contract: pelican.md, permissions)
_ALIASES: Final = {"database.view-password": "database.view_password"}


def normal(right: str) -> str:
    """The right as this house writes it."""
    return _ALIASES.get(right, right)


def covers(pattern: str, right: str) -> bool:
    """Whether `*`, `control.*` or a plain key includes `right`."""
    if pattern in ("*", right):
        return True
    return pattern.endswith(".*") and right.startswith(pattern[:-1])


def any_covers(patterns: frozenset[str], right: str) -> bool:
    """Whether one of `patterns` includes `right`; asked often, so the set is asked first."""
    if right in patterns or "*" in patterns:
        return True
    return f"{right.partition('.')[0]}.*" in patterns


def changes(right: str | None) -> bool:
    """Whether what takes this right changes something, rather than showing it."""
    if right in (ADMIN, ANYONE, SEES_ONE, SEE):
        return False
    return right is None or right.partition(".")[2] not in _SHOWING


def is_right(text: str) -> bool:
    """Whether `text` can be granted: a key of the panel, `group.*` or `*`."""
    if text == RECIPES or recipe_of(text):
        return True
    return text == "*" or text in RIGHTS or (text.endswith(".*") and text[:-2] in GROUPS)


def recipe_of(right: str | None) -> str:
    """The name of the recipe that a right is about; empty where it is another right."""
    group, _dot, name = (right or "").partition(".")
    return name if group == RECIPE and RECIPE_NAME.fullmatch(name) else ""


def on_panel(right: str) -> str:
    """What a right takes of the panel key: a recipe is typed into the console."""
    return CONSOLE if recipe_of(right) else right


def expanded(text: str) -> frozenset[str]:
    """The rights that a key, `group.*`, `*` or a preset stands for in rules; empty = unknown."""
    text = normal(text.strip().casefold())
    if text in PRESETS:
        return PRESETS[text]
    return frozenset({text}) if is_right(text) else frozenset()
