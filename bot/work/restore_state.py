"""What a restore keeps: which backup, for whom, and how far it has come."""

from datetime import datetime
from typing import Final

from msgspec import Struct

from bot.work.again import Asked
from bot.work.telling import Told

KIND: Final = "restoring"
ORIGIN: Final = "restore"
"""Of the power actions that belong to it."""
RIGHT: Final = "backup.restore"
STEP: Final = "restore"
"""The one request that touches files."""
CAN_CANCEL: Final = frozenset({"new", "stop", "ready"})
"""Phases before the request: no file was touched yet."""


class RestoreJob(Struct, frozen=True, kw_only=True):
    """A restore; a stored contract, so new fields need defaults."""

    asked: Asked
    told: Told
    language: str
    """Of the channel."""
    backup_uuid: str
    backup_name: str
    delete_files: bool
    """Every file goes first."""
    seen_at: datetime | None = None
    """When somebody last worked at it; long ago means that the bot was away."""
    has_stopped: bool = False
    """It ran, and was stopped for this: in the end it is started again."""
    off_at: datetime | None = None
    """When it was seen to be off after that."""
    stop_job: str = ""
    start_job: str = ""
    follow_job: str = ""
    shows: str = ""
    """What the message says while it is stopped: "stopping" or "hanging"."""
    reads_log: bool = False
    """Whether the panel's log of the server could be read before the request …"""
    newest_entry: str = ""
    """… and the id of its newest restore then; "" where there was none."""
    outcome: str = ""
    """Of the restore itself: done, failed, unknown, gone, refused, cancelled."""
    said: str = ""
    """The same in words, for the channel."""
    report: str = ""
