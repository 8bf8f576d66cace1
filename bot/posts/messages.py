"""What is to be said, apart from where: text, or a layout of Components V2, and files."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import discord
from discord import ui


@dataclass(frozen=True)
class Message:
    """One message as a reader sees it. A private answer is always shown as a layout."""

    text: str = ""
    layout: ui.LayoutView | None = None
    files: Sequence[discord.File] = ()
    fades_seconds: int = 0
    """A private answer with a secret in it says so no longer than this; 0 = it stays."""

    @property
    def mark(self) -> str:
        """What it is known by among other messages: its text, or the first words of its layout."""
        if self.text or self.layout is None:
            return self.text
        for part in self.layout.walk_children():
            if isinstance(part, ui.TextDisplay):
                return part.content
        return ""

    def as_layout(self) -> ui.LayoutView:
        """The message as Components V2, which text alone can become but never leave again."""
        view = self.layout or _text_layout(self.text, self.files)
        view.stop()  # our doors take every press; discord.py need not keep the view
        return view


def is_known(found: discord.Message, row_id: str, marks: Collection[str]) -> bool:
    """Whether a message of ours is the one of a row: by its components, or by what it says.

    Args:
        found: As Discord has it.
        row_id: What stands in the id of one of its components, where it has any; "" for none.
        marks: Its `Message.mark`, or several where it may have said one or the other.
    """
    parts = [part.to_dict() for part in found.components]
    if row_id and any(row_id in one for one in _values(parts, "custom_id")):
        return True
    said = [found.content, *_values(parts, "content")]
    return any(_is_marked(text, mark) for text in said for mark in marks if mark)


def _is_marked(text: str, mark: str) -> bool:
    """Whether a text as Discord shows it is the one of a mark, or begins with its lines."""
    shown, wanted = text.strip(), mark.strip()  # Discord cuts blanks at both ends
    return shown == wanted or shown.startswith(f"{wanted}\n")


def _values(parts: object, key: str) -> Iterator[str]:
    """What stands under a key, however deep."""
    if isinstance(parts, dict):
        for name, value in parts.items():
            if name == key and isinstance(value, str):
                yield value
            else:
                yield from _values(value, key)
    elif isinstance(parts, list | tuple):
        for one in parts:
            yield from _values(one, key)


def _text_layout(text: str, files: Sequence[discord.File]) -> ui.LayoutView:
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.TextDisplay(text or "…"))
    for file in files:
        view.add_item(ui.File(f"attachment://{file.filename}"))
    return view
