"""/files rename, move, copy, delete, mkdir, compress, decompress, chmod."""

from collections.abc import Sequence

import discord
from discord import app_commands

from bot.access.gate import Admitted
from bot.posts.messages import Message
from bot.texts import _, _n
from bot.ui.doors import Ack, Press, command, component, decided
from bot.ui.errors import Unfit
from bot.ui.files_cards import done_card, names_list
from bot.ui.files_options import FolderOption, PathOption
from bot.ui.files_paths import ROOT, clean, clean_name, folder_of, join, name_of
from bot.ui.options import ServerOption
from bot.ui.parts import field, form
from bot.ui.text import bold, code, plain
from cogs.files.room import FILES, PATH, FileRoom
from cogs.power import SERVER

HELD_NAMES = 5
"""Of a folder to be deleted, so that it is known which one it is."""


class Changing(FileRoom):
    """Everything that changes folders rather than texts."""

    @command(FILES, right="file.update", on_server=True, description="Rename a file or folder")
    @app_commands.describe(server=SERVER, path=PATH, name="The new name, without folders")
    async def rename(
        self,
        interaction: discord.Interaction,
        path: PathOption,
        name: app_commands.Range[str, 1, 255],
        server: ServerOption | None = None,  # noqa: ARG002  # the gate has resolved it
    ) -> Message:
        return await self._renamed(decided(interaction), self._path(interaction, path), name)

    @command(
        FILES,
        right="file.update",
        on_server=True,
        description="Move a file or folder into another folder",
    )
    @app_commands.describe(server=SERVER, path=PATH, folder="Where to; made if it isn't there")
    async def move(
        self,
        interaction: discord.Interaction,
        path: PathOption,
        folder: FolderOption,
        server: ServerOption | None = None,  # noqa: ARG002
    ) -> Message:
        admitted, at = decided(interaction), self._path(interaction, path)
        to = self._path(interaction, folder)
        return await self._moved(admitted, folder_of(at), [name_of(at)], to)

    @command(FILES, right="file.create", on_server=True, description="Copy a file beside itself")
    @app_commands.describe(server=SERVER, path=PATH)
    async def copy(
        self,
        interaction: discord.Interaction,
        path: PathOption,
        server: ServerOption | None = None,  # noqa: ARG002
    ) -> Message:
        return await self._copied(decided(interaction), self._path(interaction, path))

    @command(FILES, right="file.delete", on_server=True, description="Delete a file or folder")
    @app_commands.describe(server=SERVER, path=PATH)
    async def delete(
        self,
        interaction: discord.Interaction,
        path: PathOption,
        server: ServerOption | None = None,  # noqa: ARG002
    ) -> Message:
        at = self._path(interaction, path)
        return await self._ask_delete(decided(interaction), folder_of(at), [name_of(at)])

    @command(FILES, right="file.create", on_server=True, description="Make a folder")
    @app_commands.describe(server=SERVER, path="The new folder, with those above it")
    async def mkdir(
        self,
        interaction: discord.Interaction,
        path: FolderOption,
        server: ServerOption | None = None,  # noqa: ARG002
    ) -> Message:
        return await self._made(decided(interaction), self._path(interaction, path))

    @command(
        FILES,
        right="file.archive",
        on_server=True,
        description="Pack a file or folder into a tar.gz beside it",
    )
    @app_commands.describe(server=SERVER, path=PATH)
    async def compress(
        self,
        interaction: discord.Interaction,
        path: PathOption,
        server: ServerOption | None = None,  # noqa: ARG002
    ) -> Message:
        at = self._path(interaction, path)
        return await self._packed(decided(interaction), folder_of(at), [name_of(at)])

    @command(
        FILES,
        right="file.create",
        on_server=True,
        description="Extract an archive into the folder it lies in",
    )
    @app_commands.describe(server=SERVER, path=PATH)
    async def decompress(
        self,
        interaction: discord.Interaction,
        path: PathOption,
        server: ServerOption | None = None,  # noqa: ARG002
    ) -> Message:
        return await self._ask_extract(decided(interaction), self._path(interaction, path))

    @command(
        FILES, right="file.update", on_server=True, description="Change who may read, write, run"
    )
    @app_commands.describe(server=SERVER, path=PATH, mode="Such as 644 for a file, 755 to run it")
    async def chmod(
        self,
        interaction: discord.Interaction,
        path: PathOption,
        mode: app_commands.Range[str, 3, 4],
        server: ServerOption | None = None,  # noqa: ARG002
    ) -> Message:
        return await self._mode_changed(decided(interaction), self._path(interaction, path), mode)

    @component(
        "file-rename", right="file.update", on_server=True, ack=Ack.MODAL, name="files rename"
    )
    async def open_rename(self, press: Press) -> None:
        old = name_of(self._place(press).path)
        name = field("name", label=_("New name"), value=old[:255], most=255)
        await self._open(press, "file-rename-sent", _("Rename {name}", name=plain(old, 35)), name)

    @component(
        "file-rename-sent", right="file.update", on_server=True, ack=Ack.UPDATE, name="files rename"
    )
    async def rename_sent(self, press: Press) -> Message:
        path = self._place(press).path
        return await self._renamed(press.admitted, path, press.field("name"))

    @component("file-move", right="file.update", on_server=True, ack=Ack.MODAL, name="files move")
    async def open_move(self, press: Press) -> None:
        place = self._place(press)
        folder = field(
            "folder",
            label=_("Into which folder"),
            description=_("From the server's own root; made if it isn't there"),
            value=place.folder[:1000],
            most=1000,
        )
        await self._open(press, "file-move-sent", _("Move"), folder)

    @component(
        "file-move-sent", right="file.update", on_server=True, ack=Ack.UPDATE, name="files move"
    )
    async def move_sent(self, press: Press) -> Message:
        place = self._place(press)
        return await self._moved(
            press.admitted, place.folder, place.names, clean(press.field("folder"))
        )

    @component("file-mode", right="file.update", on_server=True, ack=Ack.MODAL, name="files chmod")
    async def open_mode(self, press: Press) -> None:
        place = self._place(press)
        mode = field(
            "mode", label=_("Mode"), placeholder="644", most=4,
            description=_("644 for a file, 755 for a program or folder"),
        )  # fmt: skip
        title = _("Mode of {name}", name=plain(name_of(place.path), 35))
        await self._open(press, "file-mode-sent", title, mode)

    @component(
        "file-mode-sent", right="file.update", on_server=True, ack=Ack.UPDATE, name="files chmod"
    )
    async def mode_sent(self, press: Press) -> Message:
        path = self._place(press).path
        return await self._mode_changed(press.admitted, path, press.field("mode").strip())

    @component("file-new", right="file.create", on_server=True, ack=Ack.MODAL, name="files mkdir")
    async def open_new(self, press: Press) -> None:
        self._place(press)
        name = field("name", label=_("Name of the new folder"), most=255)
        await self._open(press, "file-new-sent", _("New folder"), name)

    @component(
        "file-new-sent", right="file.create", on_server=True, ack=Ack.UPDATE, name="files mkdir"
    )
    async def new_sent(self, press: Press) -> Message:
        folder = self._place(press).folder
        return await self._made(press.admitted, join(folder, clean_name(press.field("name"))))

    @component("file-copy", right="file.create", on_server=True, ack=Ack.UPDATE, name="files copy")
    async def copy_pressed(self, press: Press) -> Message:
        return await self._copied(press.admitted, self._place(press).path)

    @component(
        "file-pack", right="file.archive", on_server=True, ack=Ack.UPDATE, name="files compress"
    )
    async def pack_pressed(self, press: Press) -> Message:
        place = self._place(press)
        return await self._packed(press.admitted, place.folder, place.names)

    @component(
        "file-delete", right="file.delete", on_server=True, ack=Ack.UPDATE, name="files delete"
    )
    async def delete_pressed(self, press: Press) -> Message:
        place = self._place(press)
        return await self._ask_delete(press.admitted, place.folder, place.names)

    @component(
        "file-delete-now", right="file.delete", on_server=True, ack=Ack.UPDATE, name="files delete"
    )
    async def delete_now(self, press: Press) -> Message:
        asked = await self._parts.confirmations.take(press, "file-delete-now")
        folder, names = str(asked.payload["folder"]), asked.payload["names"]
        listed = [str(each) for each in names] if isinstance(names, list) else []
        waits = await self._parts.consents.instead(
            press.interaction,
            press.admitted,
            "file-delete",
            {"folder": folder, "names": listed},
            what=lambda: _(
                "delete from {folder} of {server}: {names}",
                folder=code(folder, 200),
                server=bold(press.admitted.server.name),
                names=names_list(listed),
            ),
        )
        if waits is not None:
            return waits
        text = await self._files.changes.delete(press.admitted, folder, listed)
        return done_card(self._showing(press.admitted), text, folder)

    @component(
        "file-extract",
        right="file.create",
        on_server=True,
        ack=Ack.UPDATE,
        name="files decompress",
    )
    async def extract_pressed(self, press: Press) -> Message:
        return await self._ask_extract(press.admitted, self._place(press).path)

    @component(
        "file-extract-now",
        right="file.create",
        on_server=True,
        ack=Ack.UPDATE,
        name="files decompress",
    )
    async def extract_now(self, press: Press) -> Message:
        asked = await self._parts.confirmations.take(press, "file-extract-now")
        path = str(asked.payload["path"])
        waits = await self._parts.consents.instead(
            press.interaction,
            press.admitted,
            "file-extract",
            {"path": path},
            what=lambda: _(
                "extract {path} on {server}",
                path=code(path, 200),
                server=bold(press.admitted.server.name),
            ),
        )
        if waits is not None:
            return waits
        text = await self._files.changes.unpack(press.admitted, path)
        return done_card(self._showing(press.admitted), text, folder_of(path))

    async def _open(
        self, press: Press, verb: str, title: str, asked: "discord.ui.Label[discord.ui.Modal]"
    ) -> None:
        await press.interaction.response.send_modal(
            form(verb, *press.args[:2], title=title, fields=[asked])
        )

    async def _renamed(self, admitted: Admitted, path: str, name: str) -> Message:
        text = await self._files.changes.rename(admitted, path, clean_name(name))
        return done_card(self._showing(admitted), text, folder_of(path))

    async def _moved(
        self, admitted: Admitted, folder: str, names: Sequence[str], to: str
    ) -> Message:
        text = await self._files.changes.move(admitted, folder, names, to)
        return done_card(self._showing(admitted), text, to)

    async def _copied(self, admitted: Admitted, path: str) -> Message:
        text = await self._files.changes.copy(admitted, path)
        return done_card(self._showing(admitted), text, folder_of(path))

    async def _made(self, admitted: Admitted, path: str) -> Message:
        text = await self._files.changes.make_folder(admitted, path)
        return done_card(self._showing(admitted), text, path)

    async def _packed(self, admitted: Admitted, folder: str, names: Sequence[str]) -> Message:
        if not any(names):
            raise Unfit(_("Name a file or folder to pack; the root itself can't be."))
        text = await self._files.changes.pack(admitted, folder, names)
        return done_card(self._showing(admitted), text, folder)

    async def _mode_changed(self, admitted: Admitted, path: str, mode: str) -> Message:
        text = await self._files.changes.change_mode(admitted, path, mode)
        return done_card(self._showing(admitted), text, folder_of(path))

    async def _ask_extract(self, admitted: Admitted, path: str) -> Message:
        entry = await self._files.changes.check_archive(admitted, path)
        text = _(
            "Extracting {name} puts its contents into {folder} of {server} and replaces files of "
            "the same names there. What they hold now is lost.",
            name=bold(entry.name, 100),
            folder=code(folder_of(path), 200),
            server=bold(self._parts.directory.label(admitted.server)),
        )
        return await self._parts.confirmations.ask(
            admitted, "file-extract-now", text, label=_("Extract"), payload={"path": path}
        )

    async def _ask_delete(self, admitted: Admitted, folder: str, names: Sequence[str]) -> Message:
        """Ask with the names listed, and of folders what is in them."""
        held = []
        for each in names:
            entry = await self._files.folders.find(admitted, join(folder, each))
            if (
                not entry.is_file
                and len(names) <= HELD_NAMES
                and self._files.may(admitted, "file.read")
            ):
                held.append(await self._held(admitted, join(folder, each)))
        text = _n(
            "Delete this from {folder} of {server}? It can't be brought back.",
            "Delete these {count} from {folder} of {server}? They can't be brought back.",
            len(names),
            folder=code(folder, 200),
            server=bold(self._parts.directory.label(admitted.server)),
        )
        text = "\n".join((text, names_list(names), *held))
        return await self._parts.confirmations.ask(
            admitted,
            "file-delete-now",
            text,
            label=_("Delete"),
            payload={"folder": folder, "names": list(names)},
        )

    async def _held(self, admitted: Admitted, folder: str) -> str:
        """What goes with a folder."""
        entries = await self._files.folders.entries(admitted, folder)
        if not entries:
            return _("{folder} is empty.", folder=bold(name_of(folder) or ROOT))
        some = ", ".join(bold(each.name, 60) for each in entries[:HELD_NAMES])
        left = len(entries) - HELD_NAMES
        more = " " + _n("and {count} more", "and {count} more", left) if left > 0 else ""
        return _("In {folder}: {some}{more}.", folder=bold(name_of(folder)), some=some, more=more)
