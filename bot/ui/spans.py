"""Lengths of time as people type them: `30m`, `2h`, `7d`, `4w`."""

import re
from datetime import timedelta
from typing import Final

from bot.texts import _
from bot.ui.errors import Unfit
from bot.ui.text import code

LONGEST: Final = timedelta(days=366)
_SPAN: Final = re.compile(r"(\d{1,4})\s*(m|min|h|d|w)?", re.IGNORECASE)
_UNITS: Final = {
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
