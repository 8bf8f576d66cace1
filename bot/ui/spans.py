"""Lengths of time as people type them: `30m`, `2h`, `7d`, `4w`."""

import re
from datetime import timedelta
from typing import Final

from bot.texts import _
from bot.ui.errors import Unfit
from bot.ui.text import code

LONGEST_COUNTDOWN: Final = timedelta(hours=24)
_COUNTDOWN: Final = re.compile(r"(\d{1,5})\s*(s|m|min|h)?", re.IGNORECASE)
LONGEST: Final = timedelta(days=366)
_SPAN: Final = re.compile(r"(\d{1,4})\s*(m|min|h|d|w)?", re.IGNORECASE)
_UNITS: Final = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}


def span(text: str) -> timedelta | None:
    """The length of time that was typed, hours where no unit stands; None where nothing was.

    Raises:
        Unfit: It is none, zero, or more than a year.
    """
    typed = text.strip()
    if not typed:
        return None
    found = _SPAN.fullmatch(typed)
    lasts = int(found[1]) * _UNITS[(found[2] or "h").lower()] if found else timedelta()
    if not timedelta() < lasts <= LONGEST:
        raise Unfit(
            _(
                "{text} is no length of time that I know. Write `30m`, `2h`, `7d` or `4w`, at most "
                "a year.",
                text=code(text, 30),
            )
        )
    return lasts


def countdown_seconds(text: str) -> int:
    """The length of a countdown that was typed, minutes where no unit stands; 0 for nothing.

    Raises:
        Unfit: It is none, or more than a day.
    """
    typed = text.strip()
    if not typed:
        return 0
    found = _COUNTDOWN.fullmatch(typed) if typed.isascii() else None
    lasts = int(found[1]) * _UNITS[(found[2] or "m").lower()] if found else None
    if lasts is None or lasts > LONGEST_COUNTDOWN:
        raise Unfit(
            _(
                "{text} is no countdown that I know. Write minutes, or such as `90s`, `10m`, `2h`, "
                "at most a day.",
                text=code(text, 30),
            )
        )
    return round(lasts.total_seconds())
