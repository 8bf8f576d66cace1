"""Backups of a server."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from bot.pterodactyl.errors import Answer, Declined, Reason
from bot.pterodactyl.files import saved
from bot.pterodactyl.http import PanelHttp
from bot.pterodactyl.models import Backup, BackupList, SignedUrl
from bot.pterodactyl.models.backups import BackupPaged
from bot.pterodactyl.models.envelope import Item, decoder
from bot.pterodactyl.routes import Asked
from bot.pterodactyl.transfers import Progress

PER_PAGE: Final = 50
PAGES_AT_MOST: Final = 40

_PAGED: Final = decoder(BackupPaged)
_ONE: Final = decoder(Item[Backup])
_LINK: Final = decoder(Item[SignedUrl])


class Backups:
    """`client.servers.backups`."""

    def __init__(self, http: PanelHttp) -> None:
        self._http = http

    async def list_backups(self, server_id: str) -> BackupList:
        """List all backups of a server, in no promised order (contract: backups.md).

        Args:
            server_id: Identifier (8 characters) or uuid.

        Raises:
            NotAllowed: `backup.read` is missing.
            Conflict: The server is installing, suspended, restoring or moving.
        """
        found: dict[str, Backup] = {}
        counted = 0
        for number in range(1, PAGES_AT_MOST + 1):
            params = (
                {"page": number, "per_page": PER_PAGE} if number > 1 else {"per_page": PER_PAGE}
            )
            page = await self._http.fetch(
                _PAGED, "GET", "servers", server_id, "backups", params=params
            )
            found |= {item.attributes.uuid: item.attributes for item in page.data}
            counted = page.meta.backup_count or counted
            if not page.data or page.meta.pagination.is_last:
                break
        return BackupList(tuple(found.values()), backup_count=counted)

    async def create_backup(
        self,
        server_id: str,
        *,
        name: str = "",
        ignored: Iterable[str] = (),
        is_locked: bool = False,
    ) -> Backup:
        """Start a backup. It is still running when this returns (contract: backups.md).

        Args:
            server_id: Identifier (8 characters) or uuid.
            name: At most 191 characters; empty lets the panel name it after the time.
            ignored: Patterns as in .gitignore; none lets the server's `.pteroignore` decide.
            is_locked: Keep it from being deleted; ignored without `backup.delete`.

        Raises:
            Limited: Too many for this server; the panel's default is 2 in 600 s.
            Declined: LIMIT_REACHED, looked at after that.
            Conflict: The server is installing, suspended, restoring or moving.
            NodeFailed: Its node; nothing is kept.
            PanelDown: With `maybe_done` it may have started all the same: list, don't repeat.
        """
        body: dict[str, object] = {}
        if name:
            body["name"] = name
        if patterns := ignored if isinstance(ignored, str) else "\n".join(ignored):
            body["ignored"] = patterns
        if is_locked:
            body["is_locked"] = True
        made = await self._http.fetch(_ONE, "POST", "servers", server_id, "backups", body=body)
        return made.attributes

    async def get_backup_detail(self, server_id: str, backup_id: str) -> Backup:
        """Read one backup; fit for asking every few seconds (contract: backups.md).

        Args:
            server_id: Identifier or uuid.
            backup_id: Its uuid.

        Raises:
            NotFound: Unknown, deleted, or of another server.
        """
        one = await self._http.fetch(_ONE, "GET", "servers", server_id, "backups", backup_id)
        return one.attributes

    async def get_backup_download(self, server_id: str, backup_id: str) -> SignedUrl:
        """Make a link to download it: 15 minutes and one use, on S3 5 minutes (backups.md).

        It is made without looking: for a running backup it gives a piece, for a failed one 404.

        Raises:
            NotAllowed: `backup.download` is missing.
        """
        link = await self._http.fetch(
            _LINK, "GET", "servers", server_id, "backups", backup_id, "download", is_safe=False
        )
        return link.attributes

    async def download_to(
        self,
        server_id: str,
        backup_id: str,
        destination: Path,
        *,
        cap_bytes: int | None = None,
        progress: Progress | None = None,
    ) -> int:
        """Download a finished backup to disk, verify its checksum, and return its size in bytes.

        `destination` appears once everything is there and right; an existing one is replaced.

        Args:
            server_id: Identifier or uuid.
            backup_id: Its uuid.
            destination: The file, `<name>.tar.gz`.
            cap_bytes: The most to receive.
            progress: Told bytes so far, and in total where that is known.

        Raises:
            Declined: BACKUP_UNFINISHED: it runs, or failed; TOO_LARGE: beyond the cap.
            NodeFailed: Missing there, broken off, or another checksum.
            NotAllowed: `backup.read` or `backup.download` is missing.
        """
        backup = await self.get_backup_detail(server_id, backup_id)
        if not backup.is_successful:
            path = ("servers", server_id, "backups", backup_id, "download")
            answer = Answer(0, "", "it runs still, or failed", Asked("GET", path))
            raise Declined(answer, reason=Reason.BACKUP_UNFINISHED)
        return await saved(
            self._http.network,
            lambda: self.get_backup_download(server_id, backup_id),
            destination,
            cap_bytes=cap_bytes,
            progress=progress,
            checksum=backup.checksum,
        )

    async def restore_backup(
        self, server_id: str, backup_id: str, delete_existing_files: bool = False
    ) -> None:
        """Begin to restore; the server is `restoring_backup` until it ends (contract: backups.md).

        Stop the server first: the node doesn't. Restore no failed backup: the panel lets it pass,
        and the files are gone before the node notices.

        Args:
            server_id: Identifier or uuid.
            backup_id: Its uuid.
            delete_existing_files: Wipe the server first. The seed's default is True; ours is not,
                because a forgotten argument must not delete files.

        Raises:
            Declined: BACKUP_UNFINISHED, SERVER_BUSY.
            Limited: Some panels allow 3 in 15 minutes.
            NodeFailed: Its node; with `maybe_done` look at the server before anything else.
        """
        body = {"truncate": delete_existing_files}
        await self._http.send(
            "POST", "servers", server_id, "backups", backup_id, "restore", body=body
        )

    async def delete_backup(self, server_id: str, backup_id: str) -> None:
        """Delete a backup (contract: backups.md).

        Raises:
            Declined: LOCKED.
            NotFound: Unknown, or deleted already.
            NodeFailed: Its node is away; nothing is deleted.
        """
        await self._http.send("DELETE", "servers", server_id, "backups", backup_id)

    async def set_locked(self, server_id: str, backup_id: str, wanted: bool) -> Backup:
        """Lock or unlock a backup, whatever it is now (contract: backups.md).

        The panel only toggles; so it is read first, and looked at again when somebody toggled it
        at the same moment.

        Returns:
            The backup; its `is_locked` differs from `wanted` only while others keep toggling.

        Raises:
            NotAllowed: `backup.delete` is missing.
            PanelDown: With `maybe_done` read it: a repeat may undo it.
        """
        backup = await self.get_backup_detail(server_id, backup_id)
        for _ in range(2):
            if backup.is_locked == wanted:
                break
            toggled = await self._http.fetch(
                _ONE, "POST", "servers", server_id, "backups", backup_id, "lock"
            )
            backup = toggled.attributes
        return backup

    async def rename_backup(self, server_id: str, backup_id: str, name: str) -> Backup:
        """Rename a backup; Pelican only (contract: pelican.md).

        Raises:
            NotFound: `route_unknown` on Pterodactyl.
        """
        renamed = await self._http.fetch(
            _ONE,
            "PUT",
            "servers",
            server_id,
            "backups",
            backup_id,
            "rename",
            body={"name": name},
            is_safe=True,
        )
        return renamed.attributes
