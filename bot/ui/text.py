"""Text from outside as data: escaped, cut on purpose, unable to ping; and how numbers are said."""

import re
from datetime import datetime

from bot.posts.lines import visible
from bot.texts import _, _n

APART = " ·\u00a0"
"""Between facts of one line: where it has to wrap, the dot goes along with what follows it."""
LINE_CHARACTERS = 200
"""Of a console line in a message; the whole line is in the file that can be had beside it."""
_LINE_HEAD = re.compile(
    r"\[(?P<time>\d\d:\d\d:\d\d)(?: (?P<said>[A-Z]{4,5}))?\]"
    r"(?: \[[^\]/]{1,60}/(?P<level>[A-Z]{4,5})\])?:? ?"
)
_MARKDOWN = re.compile(r"([\\*_`~|>#\[\]()<@:-])")


def plain(text: str, limit: int) -> str:
    """One line of foreign text without control, bidirectional or zero-width characters, cut."""
    kept = "".join(visible(character) for character in text)
    return cut(" ".join(kept.split()), limit)


def name(text: str, limit: int = 60) -> str:
    """A foreign name inside a sentence: visible, cut, and no markdown or mention."""
    shown = plain(text, limit)
    return _MARKDOWN.sub(r"\\\1", shown) if shown else _("(no name)")


def bold(text: str, limit: int = 60) -> str:
    """A foreign name, bold."""
    return f"**{name(text, limit)}**"


def quoted(text: str, limit: int = 200) -> str:
    """A member's own words inside our sentence."""
    return f"*{name(text, limit)}*"


def code(text: str, limit: int = 100) -> str:
    """Foreign text as inline code, which it cannot end."""
    shown = plain(text, limit).replace("`", "ˋ")
    return f"`{shown}`" if shown else "` `"


def block(text: str, limit: int = 1900, language: str = "") -> str:
    """Foreign lines as a code block, which they cannot end; the last lines win."""
    shown = text.replace("```", "ˋˋˋ").strip("\n")
    lines = shown.split("\n")
    dropped = 0
    while lines and len("\n".join(lines)) > limit:
        if len(lines) == 1:
            lines = [cut(lines[0], limit)]
            break
        lines.pop(0)
        dropped += 1
    body = "\n".join(lines) or " "
    head = _n("… {count} line before", "… {count} lines before", dropped) + "\n" if dropped else ""
    return f"{head}```{language}\n{body}\n```"


def brief_line(text: str) -> str:
    """A console line for a phone: of its head the time and what isn't INFO, then the line, cut.

    `[09:00:00] [Server thread/INFO]: Done` takes three rows there before it says anything.
    """
    found = _LINE_HEAD.match(text)
    if found is None:
        return cut(text, LINE_CHARACTERS)
    level = found["level"] or found["said"] or "INFO"
    said = "" if level == "INFO" else f"{level} "
    return cut(f"{found['time']} {said}{text[found.end() :]}", LINE_CHARACTERS)


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, the last an ellipsis where something is missing."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def moment(at: datetime, style: str = "R") -> str:
    """A Discord timestamp, shown in each reader's own time."""
    return f"<t:{int(at.timestamp())}:{style}>"


def size(count: int) -> str:
    """Bytes in the largest unit that leaves a number to look at."""
    value = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024 or unit == "GiB":
            return f"{value:.0f} {unit}" if unit in ("B", "KiB") else f"{value:.1f} {unit}"
        value /= 1024
    raise AssertionError("the last unit takes everything")


def duration(seconds: float) -> str:
    """A length of time in words, its two largest units; the smaller one only where it counts."""
    whole = round(seconds)
    if whole < 1:
        return _("less than a second")
    if whole < 60:
        return _("{count} s", count=whole)
    if whole < 3600:
        minutes, rest = divmod(whole, 60)
        if not rest:
            return _("{minutes} min", minutes=minutes)
        return _("{minutes} min {seconds} s", minutes=minutes, seconds=rest)
    if whole < 86400:
        hours, minutes = whole // 3600, whole % 3600 // 60
        if not minutes:
            return _("{hours} h", hours=hours)
        return _("{hours} h {minutes} min", hours=hours, minutes=minutes)
    days, hours = whole // 86400, whole % 86400 // 3600
    if not hours:
        return _("{days} d", days=days)
    return _("{days} d {hours} h", days=days, hours=hours)
