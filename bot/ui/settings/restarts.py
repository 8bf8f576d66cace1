"""How restarts and stops go: when players are warned, how long a stop may take."""

import re
from typing import Final

from bot.store.guilds import DEFAULT_WARNINGS, GuildSettings
from bot.texts import _
from bot.ui.errors import Unfit
from bot.ui.settings.kinds import Choice, Entry, Option, Page
from bot.ui.text import code, duration

PATIENCE_SECONDS: Final = (30, 60, 90, 120, 180, 300)
WARNINGS_AT_MOST: Final = 8
LONGEST_MINUTES: Final = 120


def _patiences() -> list[Option]:
    return [(str(seconds), duration(seconds), "") for seconds in PATIENCE_SECONDS]


def read_warnings(text: str) -> tuple[int, ...]:
    """The minutes that were typed, most first; nothing is the default, 0 none at all.

    Raises:
        Unfit: They can't be.
    """
    if not text:
        return DEFAULT_WARNINGS
    words = [word for word in re.split(r"[\s,;]+", text) if word]
    if not all(word.isascii() and word.isdecimal() and len(word) < 4 for word in words):
        raise _unfit(text)
    minutes = {int(word) for word in words} - {0}
    if len(minutes) > WARNINGS_AT_MOST or any(one > LONGEST_MINUTES for one in minutes):
        raise _unfit(text)
    return tuple(sorted(minutes, reverse=True))


def _unfit(text: str) -> Unfit:
    return Unfit(
        _(
            "{text} doesn't fit here: up to {count} numbers of minutes, none above {most}, such as "
            "`15, 5, 1`.",
            text=code(text, 40),
            count=WARNINGS_AT_MOST,
            most=LONGEST_MINUTES,
        )
    )


def _warning_words(settings: GuildSettings) -> str:
    if not settings.warn_minutes:
        return _("**Warnings**: only when a countdown begins.")
    return _(
        "**Warnings**: when a countdown begins and {minutes} min before its end, in games whose "
        "console I know.",
        minutes=", ".join(str(one) for one in settings.warn_minutes),
    )


RESTARTS: Final = Page(
    key="restarts",
    title=lambda: _("Restarts"),
    settings=(
        Entry(
            key="warn_minutes",
            label=lambda: _("Warnings in the game"),
            says=_warning_words,
            hint=lambda: _("Minutes before the end, such as 15, 5, 1; 0 for none"),
            value=lambda settings: ", ".join(str(one) for one in settings.warn_minutes) or "0",
            read=read_warnings,
        ),
        Choice(
            key="stop_patience_seconds",
            label=lambda: _("Time to stop"),
            says=lambda settings: _(
                "**Time to stop**: {time}. A server that takes longer is not killed; I ask.",
                time=duration(settings.stop_patience_seconds),
            ),
            options=_patiences,
            take=int,
        ),
    ),
)
