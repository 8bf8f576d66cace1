"""What a plan keeps: what is to be done when, for whom, and how far this time has come."""

from datetime import datetime
from typing import Final, Literal

from msgspec import Struct

from bot.access.facts import Action
from bot.ui.when import When
from bot.ui.when_read import Latest
from bot.work.again import Asked
from bot.work.telling import Told

KIND: Final = "plan"
What = Literal["restart", "backup"]
RIGHTS: Final[dict[What, str]] = {"restart": "control.restart", "backup": "backup.create"}
DELETE_BACKUPS: Final = "backup.delete"
"""The right that a plan takes which deletes what it made before."""
SKIPPED: Final = "skipped"
"""What came of a time that somebody left out."""


SKIP: Final = "skip"
"""The signal by which a time is left out, or run after all; its payload is a `Skip`."""


class Skip(Struct, frozen=True, kw_only=True):
    """What is said to a plan of one of its times. A stored contract."""

    due: datetime
    """Which one is meant: a click that comes late leaves out no other."""
    by: str
    is_back: bool = False
    """It is not left out after all."""


class Made(Struct, frozen=True):
    """A backup that the plan made and that was whole."""

    uuid: str
    name: str


class Plan(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A plan; a stored contract, so new fields need defaults."""

    asked: Asked
    told: Told
    """The channel's message about this time."""
    what: What
    when: When
    language: str
    """Of the channel."""
    only_empty: bool = False
    latest: Latest | None = None
    """Of a wait for an empty server; None skips the time at the next one."""
    keep: int = 0
    """How many of its own backups stay; 0 is all."""
    wants_event: bool = False
    event_id: int | None = None
    """Discord's scheduled event of the next time …"""
    event_due: datetime | None = None
    """… and the time it was set to, or tried to."""
    due_at: datetime | None = None
    """The time that is waited for or carried out now."""
    until: datetime | None = None
    """When the wait for an empty server is over."""
    handled_at: datetime | None = None
    """The last time that was dealt with; a clock that is set back makes it due no more."""
    last: str = ""
    """What came of it: done, joined, failed, unknown, missed, off, busy, not-empty, full,
    skipped."""
    last_at: datetime | None = None
    paused: str = ""
    """Why it rests: "right" (no longer theirs) or "left"; "" where it doesn't."""
    waits: str = ""
    """What this time is postponed for: "players", "unknown", "busy"."""
    power_job: str = ""
    backup_uuid: str = ""
    backup_name: str = ""
    backup_at: datetime | None = None
    follow_job: str = ""
    """The job that follows the backup to its end."""
    made: tuple[Made, ...] = ()
    deleted: tuple[str, ...] = ()
    """Names of the old backups that were deleted this time."""
    trouble: str = ""
    """What went wrong this time, in words for the channel."""
    round: int = 0
    """Counts the times it was dealt with; messages are known by it."""
    is_ending: bool = False
    """It was removed while this time was being carried out."""

    @property
    def right(self) -> str:
        """The panel's right that each time takes."""
        return RIGHTS[self.what]


def action_of(what: What) -> Action:
    """A plan as it is decided and audited."""
    return Action(f"plan {what}", RIGHTS[what], on_server=True)
