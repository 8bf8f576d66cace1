"""What is to be said, apart from where: text, or a layout of Components V2, and files."""

from collections.abc import Sequence
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


def is_marked(text: str, mark: str) -> bool:
    """Whether a text as Discord shows it is the one of a mark, or begins with its lines."""
    shown, wanted = text.strip(), mark.strip()  # Discord cuts blanks at both ends
    return shown == wanted or shown.startswith(f"{wanted}\n")


def _text_layout(text: str, files: Sequence[discord.File]) -> ui.LayoutView:
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.TextDisplay(text or "…"))
    for file in files:
        view.add_item(ui.File(f"attachment://{file.filename}"))
    return view
