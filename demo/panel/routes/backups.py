"""Backups (contract: backups.md)."""

import uuid
from math import ceil

from demo.panel import jobs, shapes
from demo.panel.ask import NOTHING, Answer, Ask, Route
from demo.panel.paging import paged
from demo.panel.records import Backup
from demo.panel.refusal import Refusal, bad_request
from demo.panel.server import Server
from demo.panel.validation import at_most, boolean, checked, required, string


async def list_backups(ask: Ask) -> Answer:
    version = ask.panel.version
    body = paged(
        ask,
        ask.server.backups,
        lambda row: shapes.backup(row, version),
        default=20,
        maximum=50,
        keeps_query=False,
        meta={"backup_count": len(counted(ask.server))},
    )
    return Answer(body=body)


def counted(server: Server) -> list[Backup]:
    """What counts against the limit: running and successful ones."""
    return [row for row in server.backups if row.completed_at is None or row.is_successful]


async def create_backup(ask: Ask) -> Answer:
    longest = 255 if ask.panel.version == "pelican" else 191
    checked(
        ask.body,
        {"name": (string, at_most(longest)), "ignored": (string,), "is_locked": (boolean,)},
    )
    check_room(ask)
    await ask.reach_node()
    made = begin(
        ask,
        name=ask.text_of("name"),
        ignored=ask.text_of("ignored"),
        is_locked=ask.flag("is_locked") and ask.may("backup.delete"),
    )
    return Answer(body=shapes.backup(made, ask.panel.version))


def check_room(ask: Ask) -> None:
    """Refuse over the throttle (429) and over the limit (400), in this order."""
    server = ask.server
    calls, seconds = ask.panel.backup_throttle
    now = ask.panel.clock.monotonic()
    recent = [
        at
        for at, row in ask.panel.backup_times(server)
        if now - at < seconds and (row.completed_at is None or row.is_successful)
    ]
    if calls and len(recent) >= calls:
        left = ceil(seconds - (now - recent[0]))
        raise Refusal(
            429,
            "TooManyRequestsHttpException",
            f"Only {calls} backups may be generated within a {seconds:g} second span of time.",
            headers={"Retry-After": str(max(1, left))},
        )
    limit = server.backup_limit or 0
    if len(counted(server)) >= limit:
        raise Refusal(
            400,
            "TooManyBackupsException",
            f"Cannot create a new backup, this server has reached its limit of {limit} backups.",
        )


def begin(ask: Ask, *, name: str, ignored: str, is_locked: bool) -> Backup:
    """Start a backup that nothing stands against."""
    made = Backup(
        uuid=str(uuid.uuid4()),
        name=name or f"Backup at {ask.now:%Y-%m-%d %H:%M:%S}",
        ignored_files=[line for line in ignored.split("\n") if line],
        is_locked=is_locked,
        created_at=ask.now,
    )
    ask.server.backups.append(made)
    ask.panel.backup_times(ask.server).append((ask.panel.clock.monotonic(), made))
    ask.log("server:backup.start", name=made.name, locked=made.is_locked)
    jobs.start_backup(ask.panel, ask.server, made, ask.user)
    return made


async def view_backup(ask: Ask) -> Answer:
    return Answer(body=shapes.backup(ask.backup, ask.panel.version))


async def download_backup(ask: Ask) -> Answer:
    backup = ask.backup
    url = ask.panel.link(ask.user, ask.server, "download/backup", {"backup_uuid": backup.uuid})
    ask.log("server:backup.download", name=backup.name)
    return Answer(body=shapes.signed_url(url))


async def toggle_lock(ask: Ask) -> Answer:
    backup = ask.backup
    backup.is_locked = not backup.is_locked
    ask.log(f"server:backup.{'lock' if backup.is_locked else 'unlock'}", name=backup.name)
    return Answer(body=shapes.backup(backup, ask.panel.version))


async def restore_backup(ask: Ask) -> Answer:
    checked(ask.body, {"truncate": (required, boolean)})
    server, backup = ask.server, ask.backup
    if server.status is not None:
        raise bad_request("This server is not currently in a state that allows for a restore.")
    if backup.completed_at is None:
        raise bad_request("This backup cannot be restored at this time: not completed or failed.")
    await ask.reach_node()
    ask.log("server:backup.restore", name=backup.name, truncate=ask.flag("truncate"))
    jobs.start_restore(ask.panel, server, backup, truncate=ask.flag("truncate"))
    return NOTHING


async def delete_backup(ask: Ask) -> Answer:
    backup = ask.backup
    if backup.is_locked and (backup.is_successful or backup.completed_at is None):
        raise Refusal(
            400, "BackupLockedException", "Cannot delete a backup that is marked as locked."
        )
    await ask.reach_node()
    ask.server.backups.remove(backup)
    ask.log("server:backup.delete", name=backup.name, failed=not backup.is_successful)
    return NOTHING


async def rename_backup(ask: Ask) -> Answer:
    """Pelican only (contract: pelican.md)."""
    checked(ask.body, {"name": (required, string, at_most(255))})
    ask.backup.name = ask.text_of("name")
    return Answer(body=shapes.backup(ask.backup, ask.panel.version))


_ONE = "servers/{server}/backups/{backup}"
ROUTES = (
    Route("GET", "servers/{server}/backups", list_backups, "backup.read"),
    Route("POST", "servers/{server}/backups", create_backup, "backup.create"),
    Route("GET", _ONE, view_backup, "backup.read"),
    Route("GET", f"{_ONE}/download", download_backup, "backup.download"),
    Route("POST", f"{_ONE}/lock", toggle_lock, "backup.delete"),
    Route("POST", f"{_ONE}/restore", restore_backup, "backup.restore"),
    Route("DELETE", _ONE, delete_backup, "backup.delete"),
)
PELICAN_ROUTES = (Route("PUT", f"{_ONE}/rename", rename_backup, "backup.delete"),)
