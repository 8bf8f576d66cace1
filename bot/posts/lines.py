"""A console line made safe to show: no control characters, no tricks, colours only if wanted."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from bot.pterodactyl.console_events import Lost
from bot.texts import _, _n

RAW_CHARACTERS: Final = 8000
"""More of one line is not even looked at."""
LINE_CHARACTERS: Final = 1000
_ESCAPE: Final = re.compile(
    r"\x1b(?:\[([0-?]*)[ -/]*([@-~])|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_]|)"
)
_ODD: Final = re.compile(r"[^\x20-\x7e]")
_ODD_BUT_ESCAPES: Final = re.compile(r"[^\x20-\x7e\x1b]")
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Me"})
_JOINERS: Final = frozenset({"\u200d", "\ufe0f"})
_PRINTABLE: Final = bytes(range(0x20, 0x7F)) + b"\n"
RESET: Final = "\x1b[0m"


def is_plain(text: str) -> bool:
    """Whether lines, parted by line breaks, need nothing to be made safe; fast for many."""
    return text.isascii() and not text.encode().translate(None, _PRINTABLE)


def console_text(text: str) -> str:
    """The line without colours: the last state of a progress bar, nothing invisible."""
    if text.isascii() and text.isprintable():
        return text
    text = text.rstrip("\r\n").rpartition("\r")[2]
    return _ODD.sub(_shown, _ESCAPE.sub("", text))


def console_colours(text: str) -> str:
    """The same with the colours that Discord's `ansi` blocks know; others become the nearest."""
    text = text.rstrip("\r\n").rpartition("\r")[2]
    painted = _ODD_BUT_ESCAPES.sub(_shown, _ESCAPE.sub(_colour, text))
    last = painted.rfind("\x1b")
    if last >= 0 and not painted.startswith(RESET, last):
        painted += RESET
    return painted


def cut_line(text: str, limit: int = LINE_CHARACTERS) -> str:
    """At most `limit` characters, the last an ellipsis; a colour doesn't run on into the next."""
    if len(text) <= limit:
        return text
    kept = text[: limit - 1 - len(RESET)]
    escape = kept.rfind("\x1b")
    if escape >= 0 and "m" not in kept[escape:]:
        kept = kept[:escape]
    return f"{kept}…{RESET if escape >= 0 else ''}"


def lost_words(event: Lost) -> str:
    """What is missing, in a line of its own."""
    if event.cause == "queue":
        return _n("… {count} line dropped …", "… {count} lines dropped …", event.lines or 0)
    if event.cause == "node":
        return _("… the node dropped lines …")
    return _("… lines are missing here …")


@lru_cache(maxsize=4096)
def visible(character: str, *, keep_space: bool = False) -> str:
    """The character, or what is shown instead of one that would hide, turn or break text."""
    if character in _JOINERS:
        return character
    if character in "\t\n\r":
        return "  " if keep_space else " "
    # a stack of combining marks would run over the lines around it
    return "" if unicodedata.category(character) in _INVISIBLE else character


def _shown(found: re.Match[str]) -> str:
    return visible(found[0], keep_space=True)


def _colour(found: re.Match[str]) -> str:
    return _painted(found[1] or "") if found[2] == "m" else ""


@lru_cache(maxsize=1024)
def _painted(parameters: str) -> str:
    codes = [int(part) if part.isdigit() else 0 for part in parameters.split(";")]
    kept: list[int] = []
    while codes:
        code = codes.pop(0)
        if code in (38, 48):
            kept += [code - 8 + which for which in _extended(codes)]
        elif code in (0, 1, 4) or 30 <= code <= 37 or 40 <= code <= 47:
            kept.append(code)
        elif 90 <= code <= 97 or 100 <= code <= 107:
            kept.append(code - 60)
        elif code in (22, 24, 39, 49):
            kept.append(0)
    return f"\x1b[{';'.join(map(str, kept))}m" if kept else ""


def _extended(codes: list[int]) -> list[int]:
    """The nearest of the eight colours to one of 256 or to red, green and blue; eats its codes."""
    if not codes:
        return []
    form = codes.pop(0)
    if form == 2 and len(codes) >= 3:
        red, green, blue = codes[:3]
        del codes[:3]
        return [_nearest(red, green, blue)]
    if form == 5 and codes:
        code = codes.pop(0)
        if code < 16:
            return [code % 8]
        if code < 232:
            red, rest = divmod(code - 16, 36)
            green, blue = divmod(rest, 6)
            return [_nearest(red * 51, green * 51, blue * 51)]
        return [7 if code > 243 else 0]
    return []


def _nearest(red: int, green: int, blue: int) -> int:
    brightest = max(red, green, blue)
    if brightest < 64:
        return 0
    half = brightest / 2
    return (red > half) + 2 * (green > half) + 4 * (blue > half)
