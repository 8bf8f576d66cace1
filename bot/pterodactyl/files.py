"""Files of a server: everything goes through the panel to the node, but streams go by links."""

import asyncio
import re
from collections.abc import Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Final

from bot.pterodactyl.archives import Archives
from bot.pterodactyl.dial import Network
from bot.pterodactyl.errors import NodeFailed
from bot.pterodactyl.http import ARCHIVE_SECONDS, PanelHttp
from bot.pterodactyl.models import FileObject, SignedUrl
from bot.pterodactyl.models.envelope import Item, Listing, decoder
from bot.pterodactyl.transfers import (
    Download,
    Mint,
    Progress,
    Upload,
    download,
    open_download,
    upload,
)

_LIST: Final = decoder(Listing[FileObject])
_ONE: Final = decoder(Item[FileObject])
_LINK: Final = decoder(Item[SignedUrl])
_ESCAPE: Final = re.compile(r"%(?=[0-9A-Fa-f]{2})")


class FileContents(bytes):
    """A file's bytes, as they are."""

    @property
    def text(self) -> str | None:
        """As UTF-8; None where they aren't, or hold NUL: then it is no text."""
        try:
            return None if self.find(b"\0") >= 0 else self.decode()
        except UnicodeDecodeError:
            return None


class Files:
    """`client.servers.files`. Paths are relative to the server's root; `..` can't leave it.

    Prefer the server's uuid here: through the 8-character identifier the panel trims blanks at the
    ends of every name. What the node says comes as NodeFailed; a missing file has `is_missing`,
    but real Wings 1.11.11 answers 500 instead, so list the folder to know (contract: files.md).
    """

    def __init__(self, http: PanelHttp, archives: Archives) -> None:
        self._http = http
        self._archives = archives

    async def list_files(self, server_id: str, path: str | None = None) -> list[FileObject]:
        """List a folder at once, in no defined order (contract: files.md).

        Args:
            server_id: The uuid, rather than the identifier.
            path: The folder; None is the root.

        Raises:
            NotAllowed: `file.read` is missing.
            NodeFailed: Missing, or a file.
        """
        params = {"directory": path} if path is not None else None
        found = await self._http.fetch(
            _LIST, "GET", "servers", server_id, "files", "list", params=params
        )
        return found.unwrapped()

    async def get_file_contents(self, server_id: str, path: str) -> FileContents:
        """Read a file of up to 4 MiB whole: its bytes, with `.text` (contract: files.md).

        Never parsed, whatever it holds. Every call is noted in the server's activity.

        Raises:
            Declined: TOO_LARGE: take download_to.
            NotAllowed: `file.read-content` is missing; `file.read` isn't enough.
            NodeFailed: Missing, or a folder.
        """
        return FileContents(
            await self._http.read("servers", server_id, "files", "contents", params={"file": path})
        )

    async def write_file(self, server_id: str, path: str, contents: str | bytes) -> None:
        """Write a file, with its folders; an existing one is overwritten (contract: files.md).

        The node cuts the file off before it writes. Wings up to 1.11.11 refuses to write an empty
        file; then it is uploaded.

        Args:
            server_id: The uuid, rather than the identifier.
            path: With the file's name.
            contents: Text goes as UTF-8, bytes as they are.

        Raises:
            NotAllowed: `file.create` is missing.
            Declined: TOO_LARGE for the panel's web server: take upload.
            NodeFailed: A folder has that name, the egg denies the file, or the disk is full.
        """
        body = contents.encode() if isinstance(contents, str) else contents
        try:
            await self._http.send(
                "POST",
                "servers",
                server_id,
                "files",
                "write",
                params={"file": path},
                body=body,
                is_safe=True,
            )
        except NodeFailed as refused:
            if body or refused.node_status != 400:
                raise
            folder, _, name = path.rpartition("/")
        else:
            return
        await self.upload(server_id, Upload(name, b""), path=folder or "/")

    async def download_file(self, server_id: str, path: str) -> SignedUrl:
        """Make a link to download a file: 15 minutes, one use (contract: files.md).

        It is made without looking whether the file is there. To receive it take download_to.

        Raises:
            NotAllowed: `file.read-content` is missing.
        """
        # the panel decodes this one parameter twice
        link = await self._http.fetch(
            _LINK,
            "GET",
            "servers",
            server_id,
            "files",
            "download",
            params={"file": _ESCAPE.sub("%25", path)},
            is_safe=False,
        )
        return link.attributes

    async def get_upload_file_url(self, server_id: str) -> SignedUrl:
        """Make a link to upload files to: 15 minutes, one use (contract: files.md).

        Raises:
            NotAllowed: `file.create` is missing.
        """
        link = await self._http.fetch(
            _LINK, "GET", "servers", server_id, "files", "upload", is_safe=False
        )
        return link.attributes

    async def rename_file(
        self, server_id: str, old_name: str, new_name: str, root: str = "/"
    ) -> None:
        """Rename or move a file or folder (contract: files.md).

        A missing one is no error. Target folders are made.

        Args:
            server_id: The uuid, rather than the identifier.
            old_name: Below `root`.
            new_name: Below `root`.
            root: The folder both names are relative to.

        Raises:
            NotAllowed: `file.update` is missing.
            NodeFailed: The target exists; nothing is overwritten.
        """
        body = {"root": root, "files": [{"from": old_name, "to": new_name}]}
        await self._http.send(
            "PUT", "servers", server_id, "files", "rename", body=body, is_safe=True
        )

    async def copy_file(self, server_id: str, path: str) -> None:
        """Copy a file beside itself: `name copy.ext`, then `name copy 1.ext` (files.md).

        The answer doesn't tell the name.

        Raises:
            NodeFailed: Missing, or a folder.
        """
        body = {"location": path}
        await self._http.send("POST", "servers", server_id, "files", "copy", body=body)

    async def delete_files(self, server_id: str, files: Iterable[str], path: str = "/") -> None:
        """Delete files, and folders with all they hold. Not undoable (contract: files.md).

        Missing ones are no error. There are no wildcards.

        Args:
            server_id: The uuid, rather than the identifier.
            files: Names below `path`, at least one.
            path: The folder they lie in.

        Raises:
            NotAllowed: `file.delete` is missing.
            NodeFailed: With `maybe_done` some are gone.
        """
        names = _listed(files)
        await self._http.send(
            "POST",
            "servers",
            server_id,
            "files",
            "delete",
            body={"root": path, "files": names},
            is_safe=True,
            is_partial=len(names) > 1,
        )

    async def create_folder(self, server_id: str, name: str, path: str = "/") -> None:
        """Make a folder, `a/b/c` too; one that exists is no error (contract: files.md).

        Raises:
            NodeFailed: A part of it is a file.
        """
        body = {"root": path or "/", "name": name}
        await self._http.send(
            "POST", "servers", server_id, "files", "create-folder", body=body, is_safe=True
        )

    async def compress_files(
        self,
        server_id: str,
        files: Iterable[str],
        path: str = "/",
        *,
        name: str | None = None,
        extension: str | None = None,
    ) -> FileObject:
        """Pack files into `archive-<time>.tar.gz`, up to 15 minutes (contract: files.md).

        Missing names are left out silently: an archive may be empty. Calls for one folder are made
        one after the other.

        Args:
            server_id: Identifier or uuid.
            files: Names below `path`, at least one.
            path: Where they lie, and where the archive will.
            name: Pelican only.
            extension: Pelican only: zip, tgz, tar.gz, txz, tar.xz, tbz2, tar.bz2.

        Raises:
            NotAllowed: `file.archive` is missing.
            NodeFailed: With 409 the disk is full.
            PanelDown: The web server may cut it off while the work goes on: list, don't repeat.
        """
        body: dict[str, object] = {"root": path, "files": _listed(files)}
        if name is not None:
            body["name"] = name
        if extension is not None:
            body["extension"] = extension
        async with self._archives.turn(server_id, path):
            made = await self._http.fetch(
                _ONE,
                "POST",
                "servers",
                server_id,
                "files",
                "compress",
                body=body,
                limit_seconds=ARCHIVE_SECONDS,
            )
        return made.attributes

    async def decompress_file(self, server_id: str, file: str, path: str = "/") -> None:
        """Unpack an archive into `path`, up to 15 minutes, overwriting (contract: files.md).

        Args:
            server_id: The uuid, rather than the identifier.
            file: The archive, below `path`: zip, tar (gz, bz2, xz), rar, 7z.
            path: Where it lies and where its contents go.

        Raises:
            NotAllowed: `file.create` is missing (not `file.archive`).
            NodeFailed: Missing, no archive, a file in use, or a full disk.
            PanelDown: The web server may cut it off while the work goes on.
        """
        await self._http.send(
            "POST",
            "servers",
            server_id,
            "files",
            "decompress",
            body={"root": path, "file": file},
            is_safe=True,
            limit_seconds=ARCHIVE_SECONDS,
        )

    async def chmod_files(
        self, server_id: str, modes: Mapping[str, str | int], path: str = "/"
    ) -> None:
        """Change the modes of files; missing ones are no error (contract: files.md).

        Args:
            server_id: The uuid, rather than the identifier.
            modes: Name below `path` -> mode, as "755" or 0o755.
            path: The folder they lie in.

        Raises:
            NotAllowed: `file.update` is missing.
            NodeFailed: Not a mode; with `maybe_done` some are changed.
        """
        # real Wings refuses a number
        files = [
            {"file": name, "mode": f"{mode:o}" if isinstance(mode, int) else mode}
            for name, mode in modes.items()
        ]
        await self._http.send(
            "POST",
            "servers",
            server_id,
            "files",
            "chmod",
            body={"root": path, "files": files},
            is_safe=True,
            is_partial=len(files) > 1,
        )

    async def pull_file(
        self,
        server_id: str,
        url: str,
        path: str = "/",
        *,
        filename: str | None = None,
        use_header: bool = False,
        foreground: bool = False,
    ) -> None:
        """Let the node download something. Success tells nothing: list to see (files.md).

        The node follows no redirects and refuses private addresses, silently.

        Args:
            server_id: The uuid, rather than the identifier.
            url: http or https, the final one.
            path: The folder to put it in.
            filename: None takes the last part of the URL.
            use_header: Take the name the other side gives, before `filename`.
            foreground: Wait for the end; only for what takes less than 15 s.

        Raises:
            Invalid: Not a URL.
            Limited: Its own small budget: 10 in 5 minutes, later panels 5 in 10.
            NodeFailed: Only with `foreground`; with `maybe_done` it may go on.
        """
        body: dict[str, object] = {"url": url, "directory": path}
        if filename is not None:
            body["filename"] = filename
        if use_header:
            body["use_header"] = True
        if foreground:
            body["foreground"] = True
        await self._http.send("POST", "servers", server_id, "files", "pull", body=body)

    def open_download(
        self,
        server_id: str,
        path: str,
        *,
        cap_bytes: int | None = None,
        progress: Progress | None = None,
    ) -> AbstractAsyncContextManager[Download]:
        """Open a download, to be iterated in pieces, in constant memory (signed-urls.md).

        Args:
            server_id: The uuid, rather than the identifier.
            path: The file.
            cap_bytes: The most to receive.
            progress: Told bytes so far, and in total where that is known.

        Raises:
            NodeFailed: Missing, a folder, or the node is away. It doesn't come from the panel.
            Declined: TOO_LARGE: beyond the cap.
        """
        return open_download(
            self._http.network,
            self._mint(server_id, path),
            cap_bytes=cap_bytes,
            progress=progress,
        )

    async def download_to(
        self,
        server_id: str,
        path: str,
        destination: Path,
        *,
        cap_bytes: int | None = None,
        progress: Progress | None = None,
    ) -> int:
        """Download a file to disk and return its size in bytes; arguments as in open_download.

        `destination` appears once everything is there; an existing one is replaced.
        """
        return await saved(
            self._http.network,
            self._mint(server_id, path),
            destination,
            cap_bytes=cap_bytes,
            progress=progress,
        )

    async def upload(
        self,
        server_id: str,
        files: Upload | Iterable[Upload],
        path: str = "/",
        *,
        cap_bytes: int | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Upload files, streamed, overwriting what is there (contract: signed-urls.md).

        Args:
            server_id: Identifier or uuid.
            files: One or several; the node limits each (100 MiB by default).
            path: The folder, made when missing.
            cap_bytes: The most to send, all together.
            progress: Told bytes so far, and in total.

        Raises:
            Declined: TOO_LARGE for the cap, the node or a proxy.
            NodeFailed: The egg denies a file, the disk is full, the node is away; with
                `maybe_done` some files may be there.
        """
        await upload(
            self._http.network,
            lambda: self.get_upload_file_url(server_id),
            [files] if isinstance(files, Upload) else list(files),
            directory=path,
            cap_bytes=cap_bytes,
            progress=progress,
        )

    def _mint(self, server_id: str, path: str) -> Mint:
        return lambda: self.download_file(server_id, path)


async def saved(
    network: Network,
    mint: Mint,
    destination: Path,
    *,
    cap_bytes: int | None,
    progress: Progress | None,
    checksum: str | None = None,
) -> int:
    """Receive a link's bytes into a file beside `destination`, which it becomes at the end."""
    part = destination.with_name(f"{destination.name}.part")
    file = await asyncio.to_thread(part.open, "wb")
    is_whole = False

    async def write(piece: bytes) -> None:
        await asyncio.to_thread(file.write, piece)

    try:
        size_bytes = await download(
            network, mint, write, cap_bytes=cap_bytes, progress=progress, checksum=checksum
        )
        is_whole = True
    finally:
        await asyncio.to_thread(file.close)
        if not is_whole:
            await asyncio.to_thread(part.unlink, missing_ok=True)
    await asyncio.to_thread(part.replace, destination)
    return size_bytes


def _listed(names: Iterable[str]) -> list[str]:
    return [names] if isinstance(names, str) else list(names)
