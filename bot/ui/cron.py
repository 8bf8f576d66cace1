"""Cron fields as a sentence, and a sentence's worth of typing as cron fields.

Own rather than a library's: what panels show are a handful of forms, the words have to go through
our translations, and what isn't one of them is better shown as it is than put into bad words.
"""

import re
from collections.abc import Sequence
from datetime import date
from typing import Final

from msgspec import Struct

from bot.pterodactyl.models import Cron
from bot.texts import _, _n

_RANGES: Final = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun")
_MONTHS_TOO: Final = ("jul", "aug", "sep", "oct", "nov", "dec")
_DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_NAMES: Final[tuple[dict[str, int], ...]] = (
    {},
    {},
    {},
    {word: number for number, word in enumerate((*_MONTHS, *_MONTHS_TOO), start=1)},
    {word: number for number, word in enumerate(_DAYS)},
)
_CLOCK: Final = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
TIMES_AT_MOST: Final = 6
"""More times a day than that are no sentence any more."""


class Calendar(Struct, frozen=True):
    """The times that five fields name; a day counts where either of two restrictions fits."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    """Sunday is 0."""
    is_any_day: bool
    is_any_weekday: bool

    def holds(self, day: date) -> bool:
        """Whether it runs on a day."""
        if day.month not in self.months:
            return False
        fits_day, fits_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        if self.is_any_day or self.is_any_weekday:
            return fits_day and fits_weekday
        return fits_day or fits_weekday


class NoCron(ValueError):
    """Not five fields of cron, nor anything that can be read as such."""


class _Field:
    """One field: everything, each nth from a start, or the numbers it names."""

    def __init__(self, text: str, place: int) -> None:
        self.low, self.high = _RANGES[place]
        self.is_all = text == "*"
        self.step = 0
        self.spans: list[tuple[int, int]] = []
        if self.is_all:
            return
        span, slash, step = text.partition("/")
        if slash:
            self.step = _number(step, {})
            if self.step < 1:
                raise NoCron(text)
            self.is_all = span == "*" and self.step == 1
            if span == "*":
                return
        for part in (span if slash else text).lower().split(","):
            first, dash, last = part.partition("-")
            begins = _number(first, _NAMES[place])
            ends = _number(last, _NAMES[place]) if dash else begins
            if slash and not dash:
                ends = self.high
            if not self.low <= begins <= ends <= self.high:
                raise NoCron(text)
            self.spans.append((begins, ends))

    @property
    def is_step(self) -> bool:
        """`*/n` alone: each nth of all."""
        return self.step > 1 and not self.spans

    @property
    def numbers(self) -> list[int]:
        """The numbers it names, rising; all where it names none."""
        spans = self.spans or [(self.low, self.high)]
        step = max(1, self.step)
        return sorted({n for first, last in spans for n in range(first, last + 1, step)})


def read_cron(text: str) -> Cron:
    """Five fields of cron, or a time of day such as `4:30`, which means every day.

    The panel judges the rest: some know more syntax than is read here.

    Raises:
        NoCron: Neither; or a number that no panel could take.
    """
    typed = " ".join(text.split())
    time = _CLOCK.fullmatch(typed)
    if time:
        return _cron(str(int(time[2])), str(int(time[1])))
    fields = typed.split(" ")
    if len(fields) != 5 or not all(re.fullmatch(r"[A-Za-z0-9*/,#?-]{1,60}", f) for f in fields):
        raise NoCron(typed)
    if not any(_is_more(field) for field in fields):
        for place, field in enumerate(fields):
            _Field(field, place)
    return _cron(*fields)


def calendar(cron: Cron) -> Calendar:
    """The times that the fields name.

    Raises:
        NoCron: They use what only some panels know.
    """
    fields = (cron.minute, cron.hour, cron.day_of_month, cron.month, cron.day_of_week)
    if any(_is_more(field) for field in fields):
        raise NoCron(str(cron))
    minute, hour, day, month, weekday = (_Field(f, n) for n, f in enumerate(fields))
    return Calendar(
        tuple(minute.numbers),
        tuple(hour.numbers),
        frozenset(day.numbers),
        frozenset(month.numbers),
        frozenset(number % 7 for number in weekday.numbers),
        is_any_day=day.is_all,
        is_any_weekday=weekday.is_all,
    )


def sentence(cron: Cron) -> str | None:
    """When it runs, as people say it, without a full stop; None for what has no good words."""
    fields = (cron.minute, cron.hour, cron.day_of_month, cron.month, cron.day_of_week)
    if any(_is_more(field) for field in fields):
        return None
    try:
        minute, hour, day, month, weekday = (_Field(f, n) for n, f in enumerate(fields))
    except NoCron:
        return None
    time, is_clock = _time(minute, hour)
    days = _days(day, weekday)
    if time is None or days is None:
        return None
    if is_clock:
        said = _("{days} at {times}", days=days or _("every day"), times=time)
    else:
        said = f"{time}, {days}" if days else time
    if not month.is_all:
        if month.is_step:
            return None
        said = _("{said}, only in {months}", said=said, months=_spans(month, _month_names()))
    return said


def suggestions(text: str) -> list[tuple[str, str]]:
    """What the typing so far may become: the cron text and its sentence, likeliest first."""
    typed = text.strip()
    time = _CLOCK.fullmatch(typed) or re.fullmatch(r"([01]?\d|2[0-3])():?", typed)
    hour, minute = (int(time[1]), int(time[2] or 0)) if time else (4, 0)
    offered = [
        f"{minute} {hour} * * *",
        f"{minute} {hour} * * 1-5",
        f"{minute} {hour} * * 0,6",
        *(f"{minute} {hour} * * {day}" for day in (1, 2, 3, 4, 5, 6, 0)),
        f"{minute} {hour} 1 * *",
        f"{minute} */6 * * *",
        f"{minute} */12 * * *",
        "0 * * * *",
        "*/30 * * * *",
        "*/15 * * * *",
    ]
    made = [(cron, sentence(read_cron(cron)) or cron) for cron in offered]
    try:
        own = read_cron(typed)
    except NoCron:
        wanted = typed.casefold()
        return made if time or not wanted else [m for m in made if wanted in m[1].casefold()]
    if time:
        return made
    return [(str(own), sentence(own) or str(own))]


def _is_more(field: str) -> bool:
    """Whether it uses what only some panels know (`L`, `W`, `#`, `?`)."""
    names = (*_MONTHS, *_MONTHS_TOO, *_DAYS)
    bare = re.sub("|".join(names), "", field.lower())
    return any(letter in bare for letter in "lw#?")


def _time(minute: _Field, hour: _Field) -> tuple[str | None, bool]:
    """The words for minute and hour, and whether they are times on the clock."""
    every_hour = hour.is_all
    if minute.is_all and every_hour:
        return _("every minute"), False
    if minute.is_step and every_hour:
        return _("every {count} minutes", count=minute.step), False
    if minute.is_all or minute.is_step:
        return None, False
    minutes = minute.numbers
    if every_hour:
        listed = _and([f"{one:02d}" for one in minutes]) if len(minutes) <= TIMES_AT_MOST else None
        return (_("every hour at minute {minutes}", minutes=listed) if listed else None), False
    if hour.is_step and len(minutes) == 1:
        at = f"00:{minutes[0]:02d}"
        said = _("every {count} hours from {time}", count=hour.step, time=at)
        return said, False
    times = [f"{h:02d}:{m:02d}" for h in hour.numbers for m in minutes]
    return (_and(times) if len(times) <= TIMES_AT_MOST else None), True


def _days(day: _Field, weekday: _Field) -> str | None:
    """The words for the days; "" for every day, None for what has none."""
    if weekday.is_step or (day.is_step and not weekday.is_all):
        return None
    parts = []
    if day.is_step:
        parts.append(_("every {count} days of the month", count=day.step))
    elif not day.is_all:
        parts.append(_days_of_month(day))
    if not weekday.is_all:
        parts.append(_("every {weekdays}", weekdays=_spans(weekday, _weekday_names())))
    # cron takes either where both are said
    return _(" or ").join(parts)


def _days_of_month(day: _Field) -> str:
    listed = _spans(day, {number: str(number) for number in range(1, 32)})
    return _n(
        "on day {days} of the month", "on days {days} of the month", len(day.numbers), days=listed
    )


def _spans(field: _Field, names: dict[int, str]) -> str:
    """Listed names; three and more in a row as a span."""
    spans = field.spans if field.step <= 1 else [(n, n) for n in field.numbers]
    shown: list[str] = []
    for first, last in spans:
        if last - first >= 2:
            shown.append(_("{first} to {last}", first=names[first], last=names[last]))
        else:
            shown += [names[number] for number in range(first, last + 1)]
    return _and(shown)


def _and(words: Sequence[str]) -> str:
    if len(words) < 2:
        return "".join(words)
    return _("{words} and {last}", words=", ".join(words[:-1]), last=words[-1])


def _weekday_names() -> dict[int, str]:
    names = [
        _("Sunday"),
        _("Monday"),
        _("Tuesday"),
        _("Wednesday"),
        _("Thursday"),
        _("Friday"),
        _("Saturday"),
    ]
    return {**dict(enumerate(names)), 7: names[0]}


def _month_names() -> dict[int, str]:
    names = [
        _("January"),
        _("February"),
        _("March"),
        _("April"),
        _("May"),
        _("June"),
        _("July"),
        _("August"),
        _("September"),
        _("October"),
        _("November"),
        _("December"),
    ]
    return dict(enumerate(names, start=1))


def _number(text: str, names: dict[str, int]) -> int:
    if text in names:
        return names[text]
    if not text.isdecimal() or len(text) > 4:
        raise NoCron(text)
    return int(text)


def _cron(minute: str, hour: str, day: str = "*", month: str = "*", weekday: str = "*") -> Cron:
    return Cron(minute=minute, hour=hour, day_of_month=day, month=month, day_of_week=weekday)
