"""Cron expressions: whether one is valid, and when it is next due."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

_RANGES: Final = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_MONTHS: Final = dict(
    zip(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
        range(1, 13),
        strict=True,
    )
)
_DAYS: Final = dict(zip(("sun", "mon", "tue", "wed", "thu", "fri", "sat"), range(7), strict=True))
_NAMES: Final[tuple[dict[str, int], ...]] = ({}, {}, {}, _MONTHS, _DAYS)
_LONGEST: Final = timedelta(days=5 * 366)


class BadCron(ValueError):
    """No expression the panel can evaluate."""


def next_run(fields: Sequence[str], after: datetime) -> datetime:
    """The next moment after `after` for minute, hour, day of month, month, day of week.

    Raises:
        BadCron: A field is invalid, or no such moment comes.
    """
    minutes, hours, days, months, weekdays = (
        _values(text, number) for number, text in enumerate(fields)
    )
    weekdays = {day % 7 for day in weekdays}
    takes_either = fields[2] != "*" and fields[4] != "*"
    moment = after.replace(second=0, microsecond=0) + timedelta(minutes=1)
    end = moment + _LONGEST
    while moment < end:
        is_day, is_weekday = moment.day in days, moment.isoweekday() % 7 in weekdays
        fits = (is_day or is_weekday) if takes_either else (is_day and is_weekday)
        if moment.month not in months or not fits:
            moment = moment.replace(hour=0, minute=0) + timedelta(days=1)
        elif moment.hour not in hours:
            moment = moment.replace(minute=0) + timedelta(hours=1)
        elif moment.minute not in minutes:
            moment += timedelta(minutes=1)
        else:
            return moment
    raise BadCron("never due")


def _values(text: str, number: int) -> set[int]:
    low, high = _RANGES[number]
    values: set[int] = set()
    for part in text.lower().split(","):
        span, slash, step_text = part.partition("/")
        step = _number(step_text, {}) if slash else 1
        if span == "*":
            first, last = low, high
        else:
            start, dash, end = span.partition("-")
            first = _number(start, _NAMES[number])
            last = _number(end, _NAMES[number]) if dash else (high if slash else first)
        if not (low <= first <= last <= high) or step < 1:
            raise BadCron(text)
        values.update(range(first, last + 1, step))
    return values


def _number(text: str, names: dict[str, int]) -> int:
    if text in names:
        return names[text]
    if not text.isdigit():
        raise BadCron(text)
    return int(text)
