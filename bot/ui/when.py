"""When something planned is due: once, every so long, or by a calendar in a time zone.

A time of day that a change of clocks leaves out is due when the clocks have changed; one that comes
twice is due the first time.
"""

import zoneinfo
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Final

from msgspec import Struct

from bot.pterodactyl.models import Cron
from bot.ui.cron import Calendar, calendar

DAYS_SEARCHED: Final = 366 * 9
"""29 February may be eight years away."""
_MINUTES_A_DAY: Final = 24 * 60


class When(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A rule; exactly one of `at`, `every_seconds` and `cron` is set. A stored contract."""

    at: datetime | None = None
    """Once."""
    every_seconds: int = 0
    since: datetime | None = None
    """From when `every_seconds` counts."""
    cron: Cron | None = None
    zone: str = "UTC"
    """By whose clocks a calendar is meant; a name of the IANA list."""


def due_after(when: When, moment: datetime) -> datetime | None:
    """The first time it is due after `moment`; None where it never is again."""
    if when.at is not None:
        return when.at if when.at > moment else None
    if when.every_seconds and when.since is not None:
        step = timedelta(seconds=when.every_seconds)
        passed = max(0, (moment - when.since) // step)
        return when.since + (passed + 1) * step
    if when.cron is None:
        return None
    return next(_calendar_times(calendar(when.cron), zone_of(when.zone), moment), None)


def due_times(when: When, moment: datetime, count: int) -> list[datetime]:
    """The next times it is due, at most so many."""
    return list(islice(_all_times(when, moment), count))


def shortest_gap_seconds(when: When) -> float:
    """How soon it may be due again after having been due; clocks that change don't count."""
    if when.at is not None:
        return float("inf")
    if when.every_seconds:
        return float(when.every_seconds)
    if when.cron is None:
        return float("inf")
    times = calendar(when.cron)
    minutes = sorted(60 * hour + minute for hour in times.hours for minute in times.minutes)
    following = [*minutes[1:], minutes[0] + _MINUTES_A_DAY]
    return 60.0 * min(later - one for one, later in zip(minutes, following, strict=True))


def moment_of(day: date, at: time, zone: zoneinfo.ZoneInfo) -> tuple[datetime, bool]:
    """A time on the clocks of a zone, in UTC, and whether those clocks ever show it.

    Where they don't, it is the moment at which they jump over it; where they do twice, the first.
    """
    shown = datetime.combine(day, at)
    first = shown.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == shown:
        return first, True
    # in a gap fold 1 reads by the offset after it, which leads to before it, and the reverse
    before, after = shown.replace(tzinfo=zone, fold=1).astimezone(UTC), first
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0), False


def zone_of(name: str) -> zoneinfo.ZoneInfo:
    """A zone by its name; UTC where the list no longer has it."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo("UTC")


def _all_times(when: When, moment: datetime) -> Iterator[datetime]:
    while (due := due_after(when, moment)) is not None:
        yield due
        moment = due


def _calendar_times(
    times: Calendar, zone: zoneinfo.ZoneInfo, moment: datetime
) -> Iterator[datetime]:
    # a day before, since a time that a zone skips a whole day for is due on the next
    first = moment.astimezone(zone).date() - timedelta(days=1)
    for number in range(DAYS_SEARCHED):
        day = first + timedelta(days=number)
        if not times.holds(day):
            continue
        # around a change of clocks the moments need not rise as the clock's times do
        found = {
            moment_of(day, time(hour, minute), zone)[0]
            for hour in times.hours
            for minute in times.minutes
        }
        yield from (due for due in sorted(found) if due > moment)
