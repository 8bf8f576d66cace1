"""Under which conditions a policy lets members have what they ask for. Pure: no I/O, no clock.

They are decided after the acknowledgement, over facts that memory alone doesn't have. What isn't
known never counts as met.
"""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from msgspec import Struct

from bot.fleet.players import Why
from bot.store.policies import MINUTES_A_DAY, Terms, Uses


class Need(Enum):
    """What a policy may demand."""

    QUIET_HOURS = "quiet hours"
    SERVER_PAUSE = "server pause"
    MEMBER_PAUSE = "member pause"
    QUOTA = "quota"
    EMPTY = "empty"
    DOWN = "down"
    UNHEALTHY = "unhealthy"
    NO_BACKUP = "no backup"


class NotNow(Exception):
    """A policy lets the member have it, but not now: a condition doesn't hold. Nothing was done."""

    def __init__(self, met: "Met", server: str) -> None:
        super().__init__(met.need.value)
        self.met = met
        self.server = server


class Circumstances(Struct, frozen=True, kw_only=True):
    """What conditions look at. None is not known."""

    terms: Terms
    now: datetime
    time_zone: str
    """A name of the IANA list."""
    uses: Uses = Uses()
    players: int | None = None
    uncounted: Why | None = None
    """Why `players` isn't known."""
    is_down: bool | None = None
    is_unhealthy: bool | None = None
    backup_runs: bool | None = None
    backups_readable: bool = True
    """Whether the connected panel key may read backups at all."""


class Met(Struct, frozen=True):
    """One condition, and whether it holds."""

    need: Need
    is_met: bool
    until: datetime | None = None
    """When time alone will have met it."""
    is_known: bool = True
    """False: it isn't met because nobody knows."""
    count: int = 0
    """Players who are there; requests a day."""
    uncounted: Why | None = None
    """Why nobody knows how many play, where that is it."""
    may_be_read: bool = True
    """False: the connected panel key may not even ask."""


def decide_conditions(found: Circumstances) -> tuple[Met, ...]:
    """Each condition of the terms, in the order in which they are told."""
    return tuple(
        met
        for look in (_quiet, _server_pause, _member_pause, _quota, _state, _backup)
        for met in look(found)
    )


def unmet(conditions: tuple[Met, ...]) -> Met | None:
    """The first condition that doesn't hold."""
    return next((one for one in conditions if not one.is_met), None)


def is_quiet(terms: Terms, local: time) -> bool:
    """Whether a time of day lies in the quiet hours; they may go over midnight."""
    begins, ends = terms.quiet_from, terms.quiet_until
    if begins is None or ends is None or begins == ends:
        return False
    minute = local.hour * 60 + local.minute
    if begins < ends:
        return begins <= minute < ends
    return minute >= begins or minute < ends


def quiet_until(terms: Terms, now: datetime, zone: ZoneInfo) -> datetime | None:
    """When the quiet hours of this moment end; None outside of them.

    Where clocks are turned back within them an hour comes twice and is quiet twice; where they are
    put forward over their end, they end with the jump. Looked for minute by minute, because any
    arithmetic on times of day is wrong twice a year.
    """
    if not is_quiet(terms, now.astimezone(zone).time()):
        return None
    at = now.replace(second=0, microsecond=0)
    for _minute in range(2 * MINUTES_A_DAY):
        at += timedelta(minutes=1)
        if not is_quiet(terms, at.astimezone(zone).time()):
            return at
    return None


def day_began(now: datetime, zone: ZoneInfo) -> datetime:
    """When the day of a place began."""
    local = now.astimezone(zone)
    return datetime.combine(local.date(), time(), zone).astimezone(now.tzinfo)


def _quiet(found: Circumstances) -> Iterator[Met]:
    if found.terms.quiet_from is not None:
        until = quiet_until(found.terms, found.now, ZoneInfo(found.time_zone))
        quiet = is_quiet(found.terms, found.now.astimezone(ZoneInfo(found.time_zone)).time())
        yield Met(Need.QUIET_HOURS, not quiet, until)


def _server_pause(found: Circumstances) -> Iterator[Met]:
    yield from _pause(
        found, Need.SERVER_PAUSE, found.terms.server_pause_minutes, found.uses.server_at
    )


def _member_pause(found: Circumstances) -> Iterator[Met]:
    yield from _pause(
        found, Need.MEMBER_PAUSE, found.terms.member_pause_minutes, found.uses.member_at
    )


def _pause(
    found: Circumstances, need: Need, minutes: int, last_at: datetime | None
) -> Iterator[Met]:
    if not minutes:
        return
    over_at = None if last_at is None else last_at + timedelta(minutes=minutes)
    # a use of later than now was noted before the clock was set back: it tells nothing
    is_over = last_at is None or last_at > found.now or over_at is None or over_at <= found.now
    yield Met(need, is_over, None if is_over else over_at)


def _quota(found: Circumstances) -> Iterator[Met]:
    most = found.terms.daily_quota
    if most:
        zone = ZoneInfo(found.time_zone)
        tomorrow = day_began(day_began(found.now, zone) + timedelta(hours=36), zone)
        is_met = found.uses.today < most
        yield Met(Need.QUOTA, is_met, None if is_met else tomorrow, count=most)


def _state(found: Circumstances) -> Iterator[Met]:
    terms = found.terms
    if terms.only_down:
        yield Met(Need.DOWN, found.is_down is True, is_known=found.is_down is not None)
    if terms.only_unhealthy:
        known = found.is_unhealthy is not None
        yield Met(Need.UNHEALTHY, found.is_unhealthy is True, is_known=known)
    if terms.only_empty:
        players = found.players
        yield Met(
            Need.EMPTY,
            players == 0,
            is_known=players is not None,
            count=players or 0,
            uncounted=found.uncounted,
        )


def _backup(found: Circumstances) -> Iterator[Met]:
    if found.terms.not_in_backup:
        runs = found.backup_runs
        known = runs is not None
        yield Met(Need.NO_BACKUP, runs is False, is_known=known, may_be_read=found.backups_readable)


def minutes_of(text: str) -> int | None:
    """Minutes since midnight of a time of day such as 23:30, 7:00 or 7; None where it is none."""
    hours, _colon, minutes = text.strip().replace(".", ":").partition(":")
    if not (hours.isascii() and hours.isdecimal()) or len(hours) > 2:
        return None
    if minutes and not (minutes.isascii() and minutes.isdecimal() and len(minutes) == 2):
        return None
    found = int(hours) * 60 + int(minutes or 0)
    if int(minutes or 0) > 59 or found > MINUTES_A_DAY:
        return None
    return found % MINUTES_A_DAY


def time_of_day(minutes: int) -> str:
    """A time of day as it is shown: 23:30."""
    return f"{minutes // 60:02}:{minutes % 60:02}"
