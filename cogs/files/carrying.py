"""/files download, upload, upload-link, pull: files from and to elsewhere."""

import discord
from discord import app_commands

from bot.access.decision import is_agreed
from bot.posts.messages import Message
from bot.texts import _
from bot.ui.doors import Ack, Press, command, component, decided
from bot.ui.errors import Unfit
from bot.ui.files_options import FolderOption, PathOption
from bot.ui.files_paths import ROOT, folder_of, name_of
from bot.ui.options import ServerOption
from bot.work.files_attachments import Attached
from bot.work.files_pulls import wanted
from cogs.files.room import FILES, FOLDER, PATH, FileRoom
from cogs.power import SERVER

LINK, ATTACHMENT = "link", "attachment"
HOW = [
    app_commands.Choice(name=app_commands.locale_str("A link, for any size"), value=LINK),
    app_commands.Choice(name=app_commands.locale_str("Attached here"), value=ATTACHMENT),
]


class Carrying(FileRoom):
    """Transfers."""

    @command(
        FILES,
        right="file.read-content",
        on_server=True,
        is_costly=True,
        description="Download a file",
    )
    @app_commands.describe(server=SERVER, path=PATH, how="A link if left out")
    @app_commands.choices(how=HOW)
    async def download(
        self,
        interaction: discord.Interaction,
        path: PathOption,
        server: ServerOption | None = None,  # noqa: ARG002  # the gate has resolved it
        how: str = LINK,
    ) -> Message | None:
        admitted, at = decided(interaction), self._path(interaction, path)
        if how == ATTACHMENT:
            return await self._files.transfers.attach(interaction, admitted, at)
        token = self._token(admitted, folder_of(at), name_of(at))
        return await self._files.transfers.offer_link(admitted, at, token)

    @command(FILES, right="file.create", on_server=True, description="Put a file on the server")
    @app_commands.describe(server=SERVER, attachment="The file", folder=FOLDER)
    async def upload(
        self,
        interaction: discord.Interaction,
        attachment: discord.Attachment,
        server: ServerOption | None = None,  # noqa: ARG002
        folder: FolderOption = ROOT,
    ) -> Message:
        admitted = decided(interaction)
        attached = Attached(attachment.filename, attachment.url, attachment.size)
        return await self._files.transfers.upload(
            interaction,
            admitted,
            attached,
            self._path(interaction, folder),
            self._showing(admitted),
        )

    @command(
        FILES,
        name="upload-link",
        right="file.create",
        on_server=True,
        description="A link to upload what is too large for Discord",
    )
    @app_commands.describe(server=SERVER, folder=FOLDER)
    async def upload_link(
        self,
        interaction: discord.Interaction,
        server: ServerOption | None = None,  # noqa: ARG002
        folder: FolderOption = ROOT,
    ) -> Message:
        admitted, at = decided(interaction), self._path(interaction, folder)
        return self._files.transfers.offer_upload_link(admitted, at, self._token(admitted, at))

    @command(
        FILES,
        right="file.create",
        on_server=True,
        description="Let the node fetch a file from the web",
    )
    @app_commands.describe(
        server=SERVER,
        url="The file's own address; the node follows no redirects",
        folder=FOLDER,
        name="What to call it; the end of the address if left out",
    )
    async def pull(
        self,
        interaction: discord.Interaction,
        url: app_commands.Range[str, 1, 2000],
        server: ServerOption | None = None,  # noqa: ARG002
        folder: FolderOption = ROOT,
        name: app_commands.Range[str, 1, 255] = "",
    ) -> Message:
        admitted = decided(interaction)
        what = wanted(url, self._path(interaction, folder), name)
        return await self._files.pulls.ask_or_pull(
            Press(interaction, admitted), what, self._showing(admitted)
        )

    @component("file-link", right="file.read-content", on_server=True, name="files download")
    async def make_link(self, press: Press) -> Message:
        return await self._files.transfers.link(press.admitted, self._place(press).path)

    @component("file-upload-link", right="file.create", on_server=True, name="files upload-link")
    async def make_upload_link(self, press: Press) -> Message:
        place = self._place(press)
        if place.names:
            raise Unfit(_("That is no folder. `/files upload-link` takes one."))
        if not is_agreed(press.admitted.decision, press.admitted.agreed):
            raise Unfit(
                _(
                    "Writing takes two members in this guild, and nobody can look at what will "
                    "come over a link. Take `/files upload`."
                )
            )
        return await self._files.transfers.upload_link(press.admitted, place.folder)

    @component(
        "file-upload-now", right="file.create", on_server=True, ack=Ack.UPDATE, name="files upload"
    )
    async def upload_now(self, press: Press) -> Message:
        return await self._files.transfers.replace(press, self._showing(press.admitted))

    @component(
        "file-pull-now", right="file.create", on_server=True, ack=Ack.UPDATE, name="files pull"
    )
    async def pull_now(self, press: Press) -> Message:
        return await self._files.pulls.replace(press, self._showing(press.admitted))
