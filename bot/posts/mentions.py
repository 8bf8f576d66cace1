"""Commands named in our texts become clickable where Discord's id of them is known."""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from discord import ui

_NAMED: Final = re.compile(r"`/([a-z0-9-]{1,32}(?: [a-z0-9-]{1,32}){0,2})`")


class Named(NamedTuple):
    """A command that can be mentioned."""

    id: int
    """Discord's, of the whole group it is in."""
    needs: int
    """Permissions of a member without which Discord doesn't show it, nor its mention."""


def linked(text: str, ids: Mapping[str, int]) -> str:
    """The text with `/command sub` as Discord's mention of it; `ids` go by the whole name."""

    def mention(found: re.Match[str]) -> str:
        command_id = ids.get(found[1])
        return f"</{found[1]}:{command_id}>" if command_id else found[0]

    return _NAMED.sub(mention, text)


def link_layout(view: ui.LayoutView, ids: Mapping[str, int]) -> None:
    """The same for every paragraph of a layout."""
    for item in view.walk_children():
        if isinstance(item, ui.TextDisplay):
            display: ui.TextDisplay[Any] = item
            display.content = linked(display.content, ids)
