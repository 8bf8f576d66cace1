"""What a node does in the background for the panel: backups, restores, installs, pulls."""

import hashlib
from typing import TYPE_CHECKING, Final

import msgspec

from demo.panel.node import Node
from demo.panel.records import Backup, User
from demo.panel.server import Server, Status

if TYPE_CHECKING:
    from demo.panel.panel import SimPanel

RFC_1123: Final = "%a, %d %b %Y %H:%M:%S UTC"
INSTALL: Final = (
    "Downloading server jar...",
    "\x1b[32mgreen\x1b[0m progress",
    "step 1",
    "step 2",
    "step 3",
    "Install complete",
)


def start_backup(panel: "SimPanel", server: Server, backup: Backup, user: User | None) -> None:
    """Pack the server's files in the background."""
    panel.tasks.start(f"backup {backup.uuid}", _back_up(panel, server, backup, user))


async def _back_up(panel: "SimPanel", server: Server, backup: Backup, user: User | None) -> None:
    if server.backup_seconds:
        await panel.clock.sleep(server.backup_seconds)
    is_good = not server.fails_backups
    if is_good:
        backup.archive = server.files.archive(backup.ignored_files)
        digest = hashlib.sha1(backup.archive, usedforsecurity=False).hexdigest()
        backup.checksum, backup.size_bytes = f"sha1:{digest}", len(backup.archive)
    backup.is_successful = is_good
    backup.completed_at = panel.clock.now()
    panel.world.log(
        f"server:backup.{'complete' if is_good else 'fail'}",
        at=panel.clock.now(),
        actor=user,
        server=server,
        is_api=False,
        properties={"name": backup.name},
    )
    if backup not in server.backups or server.instance is None:
        return
    report = {
        "checksum": (backup.checksum or "").removeprefix("sha1:"),
        "checksum_type": "sha1",
        "file_size": backup.size_bytes,
        "is_successful": is_good,
        "uuid": backup.uuid,
    }
    server.instance.publish(
        "backup completed", msgspec.json.encode(report).decode(), right="backup.read"
    )


def start_restore(panel: "SimPanel", server: Server, backup: Backup, *, truncate: bool) -> None:
    """Put a backup's files back in the background; the server is blocked meanwhile."""
    server.status = "restoring_backup"
    panel.tasks.start(f"restore {backup.uuid}", _restore(panel, server, backup, truncate=truncate))


async def _restore(panel: "SimPanel", server: Server, backup: Backup, *, truncate: bool) -> None:
    if server.restore_seconds:
        await panel.clock.sleep(server.restore_seconds)
    now = panel.clock.now()
    is_good = backup.archive is not None
    paths: list[str] = []
    if backup.archive is not None:
        paths = server.files.restore(backup.archive, now, truncate=truncate)
    elif truncate:
        server.files.clear()
    if server.instance is not None:
        for path in paths:
            server.instance.publish("daemon message", f"(restoring): {path}")
        server.instance.publish("daemon message", "Completed server restoration from local backup.")
    server.status = None
    panel.world.log(
        f"server:backup.restore-{'complete' if is_good else 'failed'}",
        at=now,
        actor=None,
        server=server,
        is_api=False,
        properties={"name": backup.name},
    )
    if server.instance is not None:
        server.instance.publish("backup restore completed", "")


def start_transfer(panel: "SimPanel", server: Server, node: Node) -> None:
    """Move a server that is off to another node in the background."""
    server.is_transferring = True
    panel.tasks.start(f"transfer {server.identifier}", _transfer(panel, server, node))


async def _transfer(panel: "SimPanel", server: Server, node: Node) -> None:
    instance = server.instance
    if instance is None:
        return

    def log(text: str) -> None:
        line = f"\x1b[33m\x1b[1m{panel.clock.now():{RFC_1123}} [Transfer System] {text}\x1b[0m"
        instance.publish("transfer logs", line, right="admin.websocket.transfer")

    log("[Source Node]:\x1b[39m Preparing to stream server data to destination...")
    instance.publish("transfer status", "processing")
    log("[Source Node]:\x1b[39m Streaming archive to destination...")
    if server.restore_seconds:
        await panel.clock.sleep(server.restore_seconds)
    log("[Source Node]:\x1b[39m Finished streaming archive to destination.")
    server.node, server.is_transferring = node, False
    instance.publish("transfer status", "completed")
    instance.publish("deleted", "null")
    instance.publish("console output", "")
    instance.end_sockets(1001, "server deleted")


def start_install(panel: "SimPanel", server: Server) -> None:
    """Run the egg's install script again in the background."""
    server.status = "installing"
    panel.tasks.start(f"install {server.identifier}", _install(panel, server))


async def _install(panel: "SimPanel", server: Server) -> None:
    instance = server.instance
    if instance is None:
        return
    await instance.stopped()
    instance.is_installing = True
    instance.publish("install started", "")
    instance.publish(
        "daemon message", "Starting installation process, this could take a few minutes..."
    )
    for line in INSTALL:
        if server.install_seconds:
            await panel.clock.sleep(server.install_seconds / len(INSTALL))
        instance.publish("install output", line, right="admin.websocket.install")
    instance.is_installing = False
    ended: Status | None = "reinstall_failed" if server.fails_install else None
    server.status = ended
    instance.publish("install completed", "")
