"""/files browse, read, edit, write: what is there, and what stands in it."""

import discord
from discord import app_commands

from bot.access.gate import Admitted
from bot.posts.messages import Message
from bot.pterodactyl import FileObject
from bot.texts import _
from bot.ui.doors import Ack, Press, command, component, decided
from bot.ui.errors import Unfit
from bot.ui.files_cards import choosing_card, chosen_card, entry_card, folder_card
from bot.ui.files_options import PathOption
from bot.ui.files_paths import ROOT, folder_of, name_of
from bot.ui.files_places import Place
from bot.ui.files_text import FORM_CHARACTERS
from bot.ui.options import ServerOption
from bot.ui.pages import page_number
from bot.ui.parts import field, form
from bot.ui.text import plain
from bot.work.files_folders import MOST_ENTRIES
from cogs.files.room import FILES, FOLDER, PATH, FileRoom
from cogs.power import SERVER

SEARCH_CHARACTERS = 60


class Looking(FileRoom):
    """The browser, and text files."""

    @command(FILES, right="file.read", on_server=True, description="Look through the files")
    @app_commands.describe(server=SERVER, path=FOLDER)
    async def browse(
        self,
        interaction: discord.Interaction,
        server: ServerOption | None = None,  # noqa: ARG002  # the gate has resolved it
        path: PathOption = ROOT,
    ) -> Message:
        admitted = decided(interaction)
        at = self._path(interaction, path)
        if at != ROOT:
            found = await self._files.folders.find(admitted, at)
            if found.is_file:
                return self._entry(admitted, folder_of(at), found)
        return await self._folder(admitted, Place(admitted.server.id, at), 0)

    @command(FILES, right="file.read-content", on_server=True, description="Read a text file")
    @app_commands.describe(server=SERVER, path=PATH)
    async def read(
        self,
        interaction: discord.Interaction,
        path: PathOption,
        server: ServerOption | None = None,  # noqa: ARG002
    ) -> Message:
        admitted = decided(interaction)
        at = self._path(interaction, path)
        return await self._files.editing.read(admitted, at, self._showing(admitted))

    @command(
        FILES,
        right="file.read-content",
        on_server=True,
        description="Change a text file: read it, press Edit, look at the difference, confirm",
    )
    @app_commands.describe(server=SERVER, path=PATH)
    async def edit(
        self,
        interaction: discord.Interaction,
        path: PathOption,
        server: ServerOption | None = None,  # noqa: ARG002
    ) -> Message:
        admitted = decided(interaction)
        self._files.require(admitted, "file.create")
        at = self._path(interaction, path)
        return await self._files.editing.read(admitted, at, self._showing(admitted), to_edit=True)

    @command(
        FILES,
        right="file.create",
        on_server=True,
        ack=Ack.MODAL,
        description="Write a text file; what is there already is shown as a difference first",
    )
    @app_commands.describe(server=SERVER, path=PATH)
    async def write(
        self,
        interaction: discord.Interaction,
        path: PathOption,
        server: ServerOption | None = None,  # noqa: ARG002
    ) -> None:
        admitted = decided(interaction)
        at = self._path(interaction, path)
        if at == ROOT:
            raise Unfit(_("Name the file too, such as `/plugins/notes.txt`."))
        token = self._token(admitted, folder_of(at), name_of(at))
        text = field(
            "text",
            label=plain(name_of(at), 45) or _("Text"),
            is_long=True,
            is_required=False,
            most=FORM_CHARACTERS,
            description=_("Empty makes an empty file"),
        )
        title = _("Write {name}", name=plain(name_of(at), 35))
        await interaction.response.send_modal(
            form("file-write-sent", admitted.server.id, token, title=title, fields=[text])
        )

    @component("file-open", right="file.read", on_server=True, ack=Ack.UPDATE, name="files browse")
    async def open_place(self, press: Press) -> Message:
        page = page_number(press.args[2] if len(press.args) > 2 else "0")
        is_fresh = press.args[3:4] == ("r",)
        return await self._opened(press.admitted, self._place(press), page, is_fresh=is_fresh)

    @component("file-pick", right="file.read", on_server=True, ack=Ack.UPDATE, name="files browse")
    async def pick(self, press: Press) -> Message:
        place = self._found(press, press.values[0] if press.values else "")
        return await self._opened(press.admitted, place, 0)

    @component("file-about", right="file.read", on_server=True, ack=Ack.UPDATE, name="files browse")
    async def about(self, press: Press) -> Message:
        place = self._place(press)
        found = await self._files.folders.find(press.admitted, place.path)
        return self._entry(press.admitted, place.folder, found)

    @component("file-search", right="file.read", on_server=True, ack=Ack.MODAL, name="files browse")
    async def open_search(self, press: Press) -> None:
        place = self._place(press)
        part = field(
            "search",
            label=_("Part of a name"),
            value=place.search,
            is_required=False,
            most=SEARCH_CHARACTERS,
        )
        token = self._token(press.admitted, place.folder)
        await press.interaction.response.send_modal(
            form("file-search-sent", press.args[0], token, title=_("Search"), fields=[part])
        )

    @component(
        "file-search-sent", right="file.read", on_server=True, ack=Ack.UPDATE, name="files browse"
    )
    async def search(self, press: Press) -> Message:
        folder = self._place(press).folder
        place = Place(
            press.admitted.server.id, folder, search=press.field("search")[:SEARCH_CHARACTERS]
        )
        return await self._folder(press.admitted, place, 0)

    @component(
        "file-several", right="file.read", on_server=True, ack=Ack.UPDATE, name="files browse"
    )
    async def choose(self, press: Press) -> Message:
        place = self._place(press)
        page = page_number(press.args[2] if len(press.args) > 2 else "0")
        entries = await self._files.folders.entries(press.admitted, place.folder, may_be_kept=True)
        return choosing_card(self._showing(press.admitted), place, entries, page)

    @component(
        "file-chosen", right="file.read", on_server=True, ack=Ack.UPDATE, name="files browse"
    )
    async def chosen(self, press: Press) -> Message:
        folder = self._place(press).folder
        picked = [self._found(press, token) for token in press.values]
        names = tuple(p.names[0] for p in picked if p.names and p.folder == folder)
        if not names:
            raise Unfit(_("Nothing was chosen. `/files browse` opens a fresh view."))
        return chosen_card(
            self._showing(press.admitted), Place(press.admitted.server.id, folder, names)
        )

    @component("file-read", right="file.read-content", on_server=True, name="files read")
    async def open_file(self, press: Press) -> Message:
        path = self._place(press).path
        return await self._files.editing.read(press.admitted, path, self._showing(press.admitted))

    @component("file-edit", right="file.create", on_server=True, ack=Ack.MODAL, name="files edit")
    async def open_edit(self, press: Press) -> Message | None:
        self._files.require(press.admitted, "file.read-content")
        return await self._files.editing.open_form(press)

    @component("file-edit-sent", right="file.create", on_server=True, name="files edit")
    async def edit_sent(self, press: Press) -> Message:
        self._files.require(press.admitted, "file.read-content")
        return await self._files.editing.propose(press)

    @component(
        "file-edit-save", right="file.create", on_server=True, ack=Ack.UPDATE, name="files edit"
    )
    async def save(self, press: Press) -> Message:
        return await self._files.editing.save(press, self._showing(press.admitted))

    @component("file-write-sent", right="file.create", on_server=True, name="files write")
    async def write_sent(self, press: Press) -> Message:
        path = self._place(press).path
        return await self._files.editing.write(press, path, press.field("text"))

    async def _opened(
        self, admitted: Admitted, place: Place, page: int, *, is_fresh: bool = False
    ) -> Message:
        if place.names:
            found = await self._files.folders.find(admitted, place.path)
            if found.is_file:
                return self._entry(admitted, place.folder, found)
            place = Place(place.server_id, place.path)
        return await self._folder(admitted, place, page, is_fresh=is_fresh)

    async def _folder(
        self, admitted: Admitted, place: Place, page: int, *, is_fresh: bool = False
    ) -> Message:
        entries = await self._files.folders.entries(
            admitted, place.folder, may_be_kept=not is_fresh
        )
        return folder_card(
            self._showing(admitted), place, entries, page, is_cut=len(entries) == MOST_ENTRIES
        )

    def _entry(self, admitted: Admitted, folder: str, entry: FileObject) -> Message:
        place = Place(admitted.server.id, folder, (entry.name,))
        return entry_card(self._showing(admitted), place, entry)
