"""Backups of a server (contract: backups.md)."""

from datetime import datetime

from msgspec import UNSET, Struct, UnsetType, field

from bot.pterodactyl.models.envelope import Item, Pagination, Rows


class Backup(Struct, frozen=True, kw_only=True):
    """A backup as the panel last reported it; a new report is a new struct."""

    uuid: str
    name: str
    is_successful: bool  # False while it runs: see is_running and has_failed
    is_locked: bool
    ignored_files: tuple[str, ...]  # patterns as in .gitignore
    checksum: str | None  # "sha1:<hex>" of the archive; None until done
    size_bytes: int = field(name="bytes")  # 0 until done
    created_at: datetime
    completed_at: datetime | None  # set for failed ones too
    is_scheduled: bool | UnsetType = UNSET  # Pelican

    @property
    def is_running(self) -> bool:
        return self.completed_at is None

    @property
    def has_failed(self) -> bool:
        return self.completed_at is not None and not self.is_successful


class BackupMeta(Struct, frozen=True, kw_only=True):
    pagination: Pagination
    backup_count: int | UnsetType = UNSET


class BackupPaged(Struct, frozen=True):
    """The answer to list_backups, as it comes."""

    data: tuple[Item[Backup], ...]
    meta: BackupMeta


class BackupList(Rows[Backup], frozen=True, kw_only=True):
    """All backups of a server; iterate it."""

    backup_count: int  # running and successful ones: what counts against the server's limit
