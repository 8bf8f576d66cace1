"""Long lists: at most ten a page, buttons to leaf, and a search that fits into a custom id."""

import base64
import binascii
from collections.abc import Sequence
from typing import Final

from bot.posts.messages import Message
from bot.texts import _
from bot.ui.parts import Control, button, card

PAGE_LINES: Final = 10
_SEARCH_BYTES: Final = 45


def page_of(
    title: str,
    lines: Sequence[str],
    page: int,
    *,
    verb: str,
    args: Sequence[str] = (),
    empty: str,
    server_id: str = "",
    rows: Sequence[Sequence[Control]] = (),
) -> Message:
    """One page of `lines`; the buttons lead to the door `verb` with the page as first argument.

    For a door about a server its row id stands before the page.
    """
    if not lines:
        return card(f"## {title}\n{empty}")
    pages = (len(lines) + PAGE_LINES - 1) // PAGE_LINES
    page = min(max(page, 0), pages - 1)
    shown = lines[page * PAGE_LINES : (page + 1) * PAGE_LINES]
    leaf = []
    if pages > 1:
        before, is_last = (server_id,) if server_id else (), page == pages - 1
        leaf = [
            button(verb, *before, str(page - 1), *args, label=_("Back"), is_disabled=page == 0),
            button(verb, *before, str(page + 1), *args, label=_("Next"), is_disabled=is_last),
        ]
    footer = _("page {page} of {pages}", page=page + 1, pages=pages) if pages > 1 else ""
    body = "\n".join(shown)
    return card(f"## {title}\n{body}", rows=[*rows, leaf], footer=footer)


def page_number(text: str) -> int:
    """A page out of a custom id; nonsense is the first."""
    return int(text) if text.isdecimal() and len(text) < 6 else 0


def search_token(text: str) -> str:
    """Free text as an argument of a custom id; cut to what fits, "-" when empty."""
    raw = text.encode()[:_SEARCH_BYTES].decode(errors="ignore").encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=") or "-"


def search_text(argument: str) -> str:
    """The text of a `search_token`; nonsense is empty."""
    if argument == "-":
        return ""
    try:
        return base64.urlsafe_b64decode(argument + "=" * (-len(argument) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
