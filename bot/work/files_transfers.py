"""Carrying files: links made at the click, attachments, and uploads streamed from Discord."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final
from urllib.parse import quote

import discord

from bot.access.acting import Acting
from bot.access.gate import Admitted
from bot.clock import Clock
from bot.posts.messages import Message
from bot.pterodactyl import Client, Declined, FileObject, NodeFailed, Reason, Upload
from bot.texts import _
from bot.ui.confirm import Confirmations
from bot.ui.doors import Press, answer_of
from bot.ui.errors import Unfit
from bot.ui.files_cards import Showing, done_card
from bot.ui.files_paths import ROOT, clean_name, crumbs, folder_of, join, name_of, sendable_name
from bot.ui.parts import button, card
from bot.ui.text import block, bold, code, name, size
from bot.work.consent_state import Deed
from bot.work.consents import Consents
from bot.work.files_attachments import Attached, Attachments
from bot.work.files_calls import FileCalls, StillRunning
from bot.work.files_folders import Folders

SECRET_SECONDS: Final = 600
"""A link is a key to the file; its own life is 15 minutes."""
ATTACHED_WITHIN_SECONDS: Final = 120.0
"""For a file that fits into a message; 100 MiB at 1 MiB/s."""


class FileTransfers:
    """Downloads and uploads, each over a link of the node that is used once."""

    def __init__(
        self,
        *,
        acting: Acting,
        calls: FileCalls,
        folders: Folders,
        attachments: Attachments,
        confirmations: Confirmations,
        consents: Consents,
        clock: Clock,
    ) -> None:
        self._acting = acting
        self._calls = calls
        self._folders = folders
        self._attachments = attachments
        self._confirmations = confirmations
        self._consents = consents
        consents.carry_out_with("file-upload", self._upload_agreed, self._is_uploaded)
        self._clock = clock

    async def offer_link(self, admitted: Admitted, path: str, token: str) -> Message:
        """A button that makes the link when it is pressed.

        Raises:
            Unfit: Nothing is there to download.
        """
        entry = await self._file(admitted, path)
        text = _(
            "{name}, {size}. The link works once and for 15 minutes, so it is made when you press "
            "the button.",
            name=bold(entry.name, 100),
            size=size(entry.size_bytes),
        )
        make = button("file-link", admitted.server.id, token, label=_("Make the link"))
        return card(text, rows=[[make]])

    async def link(self, admitted: Admitted, path: str) -> Message:
        """The link itself.

        Raises:
            Unfit: Nothing is there: the panel would sign a link all the same.
            PanelError: It was refused.
        """
        entry = await self._file(admitted, path)
        async with self._acting(admitted, detail=path) as panel:
            signed = await panel.servers.files.download_file(admitted.server.uuid, path)
        text = _(
            "[Download {name}](<{url}>) ({size})\nIt works once, for 15 minutes, and for whoever "
            "has it: don't pass it on.",
            name=name(entry.name, 100),
            url=signed.url.reveal(),
            size=size(entry.size_bytes),
        )
        return _fading(card(text))

    async def attach(
        self, interaction: discord.Interaction, admitted: Admitted, path: str
    ) -> Message | None:
        """Fetch a file and attach it to the private answer.

        Raises:
            Unfit: Nothing is there, or it is more than a message may hold here.
            PanelError: It was refused, or the node broke off.
        """
        entry = await self._file(admitted, path)
        most = interaction.filesize_limit
        if entry.size_bytes > most:
            raise _over_limit(entry, most)
        server = admitted.server
        folder = await asyncio.to_thread(tempfile.mkdtemp, prefix="roost-")
        kept = Path(folder) / "file"
        try:
            try:
                async with (
                    self._clock.timeout(ATTACHED_WITHIN_SECONDS),
                    self._acting(admitted, detail=path) as panel,
                ):
                    await panel.servers.files.download_to(server.uuid, path, kept, cap_bytes=most)
            except TimeoutError:
                raise Unfit(
                    _("The node sends it too slowly. Take `/files download` with a link instead.")
                ) from None
            except Declined as error:
                if error.reason is not Reason.TOO_LARGE:
                    raise
                raise _over_limit(entry, most) from None
            file = await asyncio.to_thread(discord.File, kept, sendable_name(entry.name))
            text = _(
                "{path} of {server}, {size}.",
                path=code(path, 300),
                server=bold(server.name),
                size=size(entry.size_bytes),
            )
            await answer_of(interaction).show(card(text, files=[file]))
            file.close()
        finally:
            await asyncio.to_thread(_removed, kept)
        return None

    async def upload(
        self,
        interaction: discord.Interaction,
        admitted: Admitted,
        attached: Attached,
        folder: str,
        showing: Showing,
    ) -> Message:
        """Stream an attachment to the node; asks first where it would replace something.

        Raises:
            Unfit: The name can't be, a folder has it, or Discord doesn't hand it out.
            PanelError: It was refused.
        """
        file_name = _uploadable(attached.name)
        path = join(folder, file_name)
        there = await self._folders.seek(admitted, path)
        if there is not None and not there.is_file:
            raise Unfit(
                _(
                    "There is a folder {path} already, so no file can be called that.",
                    path=code(path, 200),
                )
            )
        if there is None:
            waits = await self._instead(interaction, admitted, attached, path)
            return waits or await self._uploaded(admitted, attached, path, showing)
        text = _(
            "There is a {path} already ({old}). Uploading replaces it with yours ({new}); the old "
            "one can't be brought back.",
            path=code(path, 200),
            old=size(there.size_bytes),
            new=size(attached.size_bytes),
        )
        return await self._confirmations.ask(
            admitted,
            "file-upload-now",
            text,
            label=_("Replace"),
            payload={
                "path": path,
                "name": attached.name,
                "url": attached.url,
                "size": attached.size_bytes,
            },
        )

    async def replace(self, press: Press, showing: Showing) -> Message:
        """The yes to an upload over something.

        Raises:
            Unfit: It was answered before; or as `upload`.
            PanelError: It was refused.
        """
        asked = await self._confirmations.take(press, "file-upload-now")
        said = asked.payload
        attached = Attached(str(said["name"]), str(said["url"]), int(str(said["size"])))
        path = str(said["path"])
        waits = await self._instead(press.interaction, press.admitted, attached, path)
        return waits or await self._uploaded(press.admitted, attached, path, showing)

    async def _instead(
        self, interaction: discord.Interaction, admitted: Admitted, attached: Attached, path: str
    ) -> Message | None:
        return await self._consents.instead(
            interaction,
            admitted,
            "file-upload",
            {
                "path": path,
                "name": attached.name,
                "url": attached.url,
                "size": attached.size_bytes,
            },
            what=lambda: _(
                "upload {path} ({size}) to {server}",
                path=code(path, 200),
                size=size(attached.size_bytes),
                server=bold(admitted.server.name),
            ),
        )

    async def _upload_agreed(self, deed: Deed) -> str:
        said = deed.payload
        attached = Attached(str(said["name"]), str(said["url"]), int(said["size"]))
        try:
            await self._upload(deed.admitted, attached, str(said["path"]))
        except StillRunning:
            return _("Still uploading after 14 minutes. It goes on; `/files browse` shows the end.")
        return _("Uploaded {path} to {server}, {size}.", path=code(str(said["path"]), 200),
                 server=bold(deed.admitted.server.name), size=size(int(said["size"])))  # fmt: skip

    async def _is_uploaded(self, deed: Deed) -> bool | None:
        there = await self._folders.seek(deed.admitted, str(deed.payload["path"]))
        return True if there is not None and there.size_bytes == deed.payload["size"] else None

    async def upload_link(self, admitted: Admitted, folder: str) -> Message:
        """A link to upload to, and how.

        Raises:
            PanelError: It was refused.
        """
        async with self._acting(admitted, detail=folder) as panel:
            signed = await panel.servers.files.get_upload_file_url(admitted.server.uuid)
        url = signed.url.reveal()
        if folder != ROOT:
            url += f"&directory={quote(folder, safe='')}"
        line = f'curl -F "files=@FILE" "{url}"'
        text = _(
            "Put the file's name for FILE and run this where the file is. It works once, for 15 "
            "minutes; a file of that name in {folder} of {server} is replaced, and the node takes "
            "100 MiB unless its admin says otherwise.",
            folder=code(folder, 200),
            server=bold(admitted.server.name),
        )
        return _fading(card(f"{text}\n{block(line, 3000, 'sh')}"))

    def offer_upload_link(self, admitted: Admitted, folder: str, token: str) -> Message:
        """A button that makes the upload link when it is pressed."""
        text = _(
            "A link for one upload into {folder} of {server}. It works once and for 15 minutes, so "
            "it is made when you press the button.",
            folder=code(folder, 200),
            server=bold(admitted.server.name),
        )
        make = button("file-upload-link", admitted.server.id, token, label=_("Make the link"))
        return card(text, rows=[[make]])

    async def _uploaded(
        self, admitted: Admitted, attached: Attached, path: str, showing: Showing
    ) -> Message:
        try:
            there = await self._upload(admitted, attached, path)
        except StillRunning:
            return Message(
                _("Still uploading after 14 minutes. It goes on; `/files browse` shows the end.")
            )
        text = _("Uploaded {path} to {server}, {size}.", path=code(path, 200),
                 server=bold(admitted.server.name), size=size(there.size_bytes))  # fmt: skip
        return done_card(showing, text, folder_of(path))

    async def _upload(self, admitted: Admitted, attached: Attached, path: str) -> FileObject:
        await self._attachments.check(attached)
        server, source = admitted.server, _Source(self._attachments, attached)
        file = Upload(name_of(path), source.pieces, size_bytes=attached.size_bytes)

        async def call(panel: Client) -> None:
            try:
                await panel.servers.files.upload(server.uuid, file, folder_of(path))
            except (NodeFailed, ValueError):
                # what broke was our end: the node heard no whole form, so it stored nothing
                if source.failure is not None:
                    raise source.failure from None
                raise

        try:
            await self._calls.make(admitted, f"{path} ({attached.size_bytes} B)", call)
        except Declined as error:
            if error.reason is not Reason.TOO_LARGE:
                raise
            raise Unfit(
                _(
                    "The node takes no file of {size}; its limit is 100 MiB unless its admin says "
                    "otherwise. Larger ones go by SFTP. Nothing was changed.",
                    size=size(attached.size_bytes),
                )
            ) from error
        finally:
            self._folders.forget(server, *crumbs(folder_of(path)))
        there = await self._folders.seek(admitted, path)
        if there is None or there.size_bytes != attached.size_bytes:
            raise Unfit(
                _(
                    "The node took the upload, but {path} isn't there as it was sent. Look with "
                    "`/files browse` before you try again.",
                    path=code(path, 200),
                )
            )
        return there

    async def _file(self, admitted: Admitted, path: str) -> FileObject:
        entry = await self._folders.find(admitted, path)
        if not entry.is_file:
            raise Unfit(
                _(
                    "{name} is a folder. Pack it with `/files compress`, then download the "
                    "archive.",
                    name=bold(entry.name, 100),
                )
            )
        return entry


class _Source:
    """The pieces of an attachment, remembering why they ended early."""

    def __init__(self, attachments: Attachments, attached: Attached) -> None:
        self._attachments = attachments
        self._attached = attached
        self.failure: Unfit | None = None

    async def pieces(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._attachments.pieces(self._attached):
                yield piece
        except Unfit as error:
            self.failure = error
            raise


def _uploadable(attached_name: str) -> str:
    if "\\" in attached_name:
        raise Unfit(_("A file to upload can't have a backslash in its name. Rename it first."))
    return clean_name(attached_name)


def _over_limit(entry: FileObject, most: int) -> Unfit:
    return Unfit(
        _(
            "{name} has {size}, and a message here holds at most {most}. Take the link instead: "
            "`/files download` with `how: link`.",
            name=bold(entry.name, 100),
            size=size(entry.size_bytes),
            most=size(most),
        )
    )


def _fading(message: Message) -> Message:
    return Message(layout=message.layout, files=message.files, fades_seconds=SECRET_SECONDS)


def _removed(kept: Path) -> None:
    kept.unlink(missing_ok=True)
    kept.parent.rmdir()
