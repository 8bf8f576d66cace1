"""Times as people type them, what works where one can't be read, and a rule as a sentence."""

import re
import zoneinfo
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from msgspec import Struct

from bot.pterodactyl.models import Cron
from bot.texts import _, _n
from bot.ui.cron import NoCron, calendar, read_cron, sentence
from bot.ui.errors import Unfit
from bot.ui.text import code, moment
from bot.ui.when import When, due_after, moment_of, shortest_gap_seconds, zone_of

SHORTEST_SECONDS: Final = 3600
LONGEST: Final = timedelta(days=366)
LATEST_HOURS: Final = 24
_CLOCK: Final = r"(?P<hour>[01]?\d|2[0-3])(?:[:.h](?P<minute>[0-5]\d))?\s*(?:uhr|o'clock)?"
_TIME: Final = re.compile(_CLOCK)
_TWELVE: Final = re.compile(r"(1[0-2]|0?[1-9])(?::([0-5]\d))?\s*([ap])\.?m\.?")
_ISO: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ t]+(?P<time>.+))?")
_DOTTED: Final = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:,?\s+(?P<time>.+))?")
_STAMP: Final = re.compile(r"<t:(\d{1,12})(?::[a-z])?>")
_SPAN: Final = re.compile(r"(\d{1,5})\s*([a-zäöü]+)\.?")
_UNITS: Final = {
    60: ("m", "min", "mins", "minute", "minutes", "minuten"),
    3600: ("h", "hour", "hours", "std", "stunde", "stunden"),
    86400: ("d", "day", "days", "tag", "tage", "tagen"),
    604800: ("w", "week", "weeks", "woche", "wochen"),
}
_SECONDS: Final = {word: seconds for seconds, words in _UNITS.items() for word in words}
_WEEKDAYS: Final = (
    ("sun", "sunday", "sundays", "so", "sonntag", "sonntags"),
    ("mon", "monday", "mondays", "mo", "montag", "montags"),
    ("tue", "tuesday", "tuesdays", "di", "dienstag", "dienstags"),
    ("wed", "wednesday", "wednesdays", "mi", "mittwoch", "mittwochs"),
    ("thu", "thursday", "thursdays", "do", "donnerstag", "donnerstags"),
    ("fri", "friday", "fridays", "fr", "freitag", "freitags"),
    ("sat", "saturday", "saturdays", "sa", "samstag", "samstags"),
)
_DAYS: Final = {
    **{word: str(number) for number, words in enumerate(_WEEKDAYS) for word in words},
    **dict.fromkeys(("day", "daily", "everyday", "tag", "täglich"), "*"),
    **dict.fromkeys(("weekday", "weekdays", "werktag", "werktags"), "1-5"),
    **dict.fromkeys(("weekend", "weekends", "wochenende"), "0,6"),
}
_FILLERS: Final = re.compile(r"\b(?:at|um|every|each|jeden|jede|alle|on|am)\b")


class Latest(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How long a wait for an empty server may last. A stored contract."""

    seconds: int = 0
    """After the time it was due …"""
    clock: str = ""
    """… or until this time of day, as "06:00"."""


def read_at(text: str, zone: str, now: datetime) -> When:
    """A single time, by the clocks of `zone`.

    Raises:
        Unfit: It can't be read, is past, or more than a year away; says what works.
    """
    typed = _tidy(text)
    found = _moment(typed, zone_of(zone), now)
    if found is None:
        raise Unfit(
            _(
                "I can't read {text} as a time. What works: {examples}.",
                text=code(text, 60),
                examples="`04:00`, `2026-12-01 04:00`, `tomorrow 18:30`, `in 2h`",
            )
        )
    if found <= now:
        raise Unfit(
            _("{time} is past. Choose a time that is still to come.", time=moment(found, "f"))
        )
    if found - now > LONGEST:
        raise Unfit(
            _("{time} is more than a year away. Choose an earlier time.", time=moment(found, "f"))
        )
    return When(at=found, zone=zone)


def read_every(text: str, zone: str, now: datetime) -> When:
    """A rule that comes again and again, by the clocks of `zone`.

    Raises:
        Unfit: It can't be read, comes too often, or never; says what works.
    """
    typed = _FILLERS.sub(" ", _tidy(text)).strip()
    when = _interval(typed, zone, now) or _on_days(typed, zone) or _cron(text, zone)
    if when is None:
        raise Unfit(
            _(
                "I can't read {text} as a rule. What works: {examples}, or cron with five "
                "fields: {cron}.",
                text=code(text, 60),
                examples="`day 04:00`, `monday 04:00`, `mon, thu 18:30`, `6h`",
                cron="`0 4 * * 1-5`",
            )
        )
    if shortest_gap_seconds(when) < SHORTEST_SECONDS:
        raise Unfit(_("That is too often: at least an hour has to lie between two times."))
    if when.every_seconds > LONGEST.total_seconds():
        raise Unfit(_("That is more than a year. Choose a shorter time."))
    if due_after(when, now) is None:
        raise Unfit(_("That day never comes. Look at day and month once more."))
    return when


def read_latest(text: str) -> Latest:
    """How long to wait at the most: `2h`, or a time of day.

    Raises:
        Unfit: Neither, or more than a day; says what works.
    """
    typed = _tidy(text)
    seconds = _length(typed.removeprefix("in "))
    if seconds is not None and 60 <= seconds <= LATEST_HOURS * 3600:
        return Latest(seconds=seconds)
    at = _time(typed)
    if at is not None:
        return Latest(clock=f"{at:%H:%M}")
    raise Unfit(
        _(
            "I can't wait until {text}. What works: `2h` after the planned time (at most "
            "{hours} hours), or a time of day such as `06:00`.",
            text=code(text, 60),
            hours=LATEST_HOURS,
        )
    )


def latest_moment(latest: Latest, due: datetime, zone: str) -> datetime:
    """When the wait for a time that was due at `due` is over."""
    if not latest.clock:
        return due + timedelta(seconds=latest.seconds)
    place = zone_of(zone)
    day, at = due.astimezone(place).date(), time.fromisoformat(latest.clock)
    found, _is_shown = moment_of(day, at, place)
    return found if found > due else moment_of(day + timedelta(days=1), at, place)[0]


def rule_words(when: When) -> str:
    """The rule in a sentence without a full stop, such as "every day at 04:00 (Europe/Berlin)"."""
    if when.at is not None:
        return _("once, {time}", time=moment(when.at, "f"))
    if when.cron is None:
        return _("every {time}", time=_length_words(when.every_seconds))
    said = sentence(when.cron) or _("by the cron rule {cron}", cron=code(str(when.cron)))
    return _("{rule} ({zone})", rule=said, zone=when.zone)


def rule_label(when: When) -> str:
    """The same for a choice, which shows no timestamps."""
    if when.at is not None:
        shown = when.at.astimezone(zone_of(when.zone))
        return _("once, {time}", time=f"{shown:%Y-%m-%d %H:%M} ({when.zone})")
    return rule_words(when)


def latest_words(latest: Latest) -> str:
    """How long it waits, as "at 06:00" or "2 h after it was due"."""
    if latest.clock:
        return _("at {time}", time=latest.clock)
    return _("{time} after it was due", time=_length_words(latest.seconds))


def _tidy(text: str) -> str:
    return " ".join(text.casefold().split())


def _moment(typed: str, zone: zoneinfo.ZoneInfo, now: datetime) -> datetime | None:
    stamp = _STAMP.fullmatch(typed)
    if stamp:
        return datetime.fromtimestamp(int(stamp[1]), UTC)
    if typed.startswith("in "):
        seconds = _length(typed.removeprefix("in "))
        return None if seconds is None else now + timedelta(seconds=seconds)
    today = now.astimezone(zone).date()
    for words, ahead in (("today", "heute"), 0), (("tomorrow", "morgen"), 1):
        for word in words:
            if typed.startswith(f"{word} "):
                at = _time(typed.removeprefix(f"{word} "))
                day = today + timedelta(days=ahead)
                return None if at is None else moment_of(day, at, zone)[0]
    at = _time(typed)
    if at is not None:
        found = moment_of(today, at, zone)[0]
        return found if found > now else moment_of(today + timedelta(days=1), at, zone)[0]
    dated = _dated(typed)
    return None if dated is None else moment_of(*dated, zone)[0]


def _dated(typed: str) -> tuple[date, time] | None:
    iso, dotted = _ISO.fullmatch(typed), _DOTTED.fullmatch(typed)
    match = iso or dotted
    if match is None:
        return None
    first, second, third = int(match[1]), int(match[2]), int(match[3])
    at = _time(match["time"] or "")
    try:
        day = date(first, second, third) if iso else date(third, second, first)
    except ValueError:
        return None
    return None if at is None else (day, at)


def _time(typed: str) -> time | None:
    bare = typed.removeprefix("at ").removeprefix("um ").strip()
    twelve = _TWELVE.fullmatch(bare)
    if twelve:
        hour = int(twelve[1]) % 12 + (12 if twelve[3] == "p" else 0)
        return time(hour, int(twelve[2] or 0))
    match = _TIME.fullmatch(bare)
    # a bare number is an hour only where it says so
    if match is None or (match["minute"] is None and bare.isdecimal()):
        return None
    return time(int(match["hour"]), int(match["minute"] or 0))


def _length(typed: str) -> int | None:
    """Seconds of `1h30m`, `2 days`; None for anything else."""
    total, rest = 0, typed.strip()
    while rest:
        match = _SPAN.match(rest)
        if match is None or match[2] not in _SECONDS:
            return None
        total += int(match[1]) * _SECONDS[match[2]]
        rest = rest[match.end() :].lstrip(" ,")
    return total or None


def _interval(typed: str, zone: str, now: datetime) -> When | None:
    single = {"hour": "1h", "stunde": "1h", "hourly": "1h", "stündlich": "1h"}
    seconds = _length(single.get(typed, typed))
    if seconds is None:
        return None
    return When(every_seconds=seconds, since=now.replace(microsecond=0), zone=zone)


def _on_days(typed: str, zone: str) -> When | None:
    words = [word for word in re.split(r"[\s,]+", typed) if word not in ("", "and", "und")]
    days: list[str] = []
    while words and words[0] in _DAYS:
        days.append(_DAYS[words.pop(0)])
    at = _time(" ".join(words))
    if at is None:
        return None
    named = "*" if not days or "*" in days else ",".join(dict.fromkeys(",".join(days).split(",")))
    cron = Cron(
        minute=str(at.minute),
        hour=str(at.hour),
        day_of_month="*",
        month="*",
        day_of_week=named,
    )
    return When(cron=cron, zone=zone)


def _cron(text: str, zone: str) -> When | None:
    try:
        cron = read_cron(text)
        calendar(cron)
    except NoCron:
        return None
    return When(cron=cron, zone=zone)


def _length_words(seconds: int) -> str:
    counts: list[tuple[int, Callable[[int], str]]] = [
        (86400, lambda count: _n("{count} day", "{count} days", count)),
        (3600, lambda count: _n("{count} hour", "{count} hours", count)),
        (60, lambda count: _n("{count} minute", "{count} minutes", count)),
    ]
    said = []
    for size, words in counts:
        count, seconds = divmod(seconds, size)
        if count:
            said.append(words(count))
    return " ".join(said[:2])
