"""What a panel's activity log says of something that was done from here."""

from enum import Enum

from msgspec import Struct

from bot.pterodactyl.models import Activity


class Trace(Enum):
    """What the panel's log says."""

    FOUND = "found"
    NOT_FOUND = "not found"
    NO_RIGHT = "no right"
    NOT_READ = "not read"
    NOT_LOGGED = "not logged"
    TOO_OLD = "too old"


class Traced(Struct, frozen=True):
    """What the panel's log says of a deed."""

    trace: Trace
    entry: Activity | None = None
