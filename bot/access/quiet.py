"""Quiet hours of a guild: when nobody is pinged. Pure: no I/O, no clock."""

import re
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

_HOURS: Final = re.compile(r"(\d{1,2})(?::(\d{2}))?\s*(?:-|–|to|bis)\s*(\d{1,2})(?::(\d{2}))?")


def read_hours(text: str) -> str | None:
    """Hours as they were typed (`22-7`, `22:30 - 06:00`) as `22:30-06:00`; None for what is none.

    They may go over midnight; two equal times are none.
    """
    found = _HOURS.fullmatch(text.strip().casefold())
    if found is None:
        return None
    begin, end = (int(found[1]), int(found[2] or 0)), (int(found[3]), int(found[4] or 0))
    if begin == end or any(hour > 23 or minute > 59 for hour, minute in (begin, end)):
        return None
    return f"{begin[0]:02}:{begin[1]:02}-{end[0]:02}:{end[1]:02}"


def is_quiet(hours: str, zone: str, now: datetime) -> bool:
    """Whether `now` lies in the hours, by the clocks on the wall of that time zone.

    Args:
        hours: As `read_hours` makes them; "" = never.
        zone: A name of the IANA list.
        now: Any aware moment.
    """
    if not hours:
        return False
    begin, _, end = hours.partition("-")
    wall = f"{now.astimezone(ZoneInfo(zone)):%H:%M}"
    if begin < end:
        return begin <= wall < end
    return wall >= begin or wall < end
