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


def linked(text: str, named: Mapping[str, Named], held: int) -> str:
    """The text with `/command sub` as Discord's mention of it.

    Args:
        text: Anything of ours.
        named: The commands there are, by their whole names.
        held: The reader's permissions; a mention that Discord doesn't show them reads
            "unavailable".
    """

    def mention(found: re.Match[str]) -> str:
        one = named.get(found[1])
        if one is None or held & one.needs != one.needs:
            return found[0]
        return f"</{found[1]}:{one.id}>"

    return _NAMED.sub(mention, text)


def link_layout(view: ui.LayoutView, named: Mapping[str, Named], held: int) -> None:
    """The same for every paragraph of a layout."""
    for item in view.walk_children():
        if isinstance(item, ui.TextDisplay):
            display: ui.TextDisplay[Any] = item
            display.content = linked(display.content, named, held)
