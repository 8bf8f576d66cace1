"""What lies in a server's folders: listed, sorted, remembered for a moment."""

from typing import Final

from bot.access.acting import Acting
from bot.access.gate import Admitted
from bot.clock import Clock
from bot.fleet.directory import Server, folded
from bot.fleet.shelf import Shelf
from bot.pterodactyl import FileObject, NodeFailed
from bot.texts import _
from bot.ui.errors import Unfit
from bot.ui.files_options import SHELVED, shelf_kind, shelved
from bot.ui.files_paths import ROOT, folder_of, is_name, name_of
from bot.ui.text import bold, code

FRESH_SECONDS: Final = 15.0
"""Leafing through a folder asks the node once."""
KEPT_FOLDERS: Final = 200
MOST_ENTRIES: Final = 20_000
"""More of one folder is left out, and the card says so."""


class _NoFolder(Exception):
    """The node has no such folder, or says so because it is in trouble."""


class Folders:
    """Lists folders with the client by which the member may: the guild's, or their own."""

    def __init__(self, acting: Acting, shelf: Shelf, clock: Clock) -> None:
        self._acting = acting
        self._shelf = shelf
        self._clock = clock
        self._kept: dict[tuple[str, str], tuple[float, tuple[FileObject, ...]]] = {}

    async def entries(
        self, admitted: Admitted, folder: str, *, may_be_kept: bool = False
    ) -> tuple[FileObject, ...]:
        """What lies in a folder: folders first, then files, by name.

        Args:
            admitted: Who looks, and on which server.
            folder: An absolute path.
            may_be_kept: A listing of the last `FRESH_SECONDS` will do.

        Raises:
            Unfit: There is no such folder.
            PanelError: The panel or node could not list it.
        """
        server = admitted.server
        at, kept = self._kept.get((server.id, folder), (float("-inf"), ()))
        if may_be_kept and self._clock.monotonic() - at < FRESH_SECONDS:
            return kept
        try:
            return await self._listed(admitted, folder)
        except _NoFolder:
            raise Unfit(
                _(
                    "The node doesn't show me a folder {path} on {server}: most likely there is "
                    "none. `/files browse` begins at the top.",
                    path=code(folder, 200),
                    server=bold(server.name),
                )
            ) from None

    async def seek(self, admitted: Admitted, path: str) -> FileObject | None:
        """The entry at `path` as it is now; None where nothing lies there.

        Raises:
            PanelError: The panel or node could not list its folder.
        """
        try:
            listed = await self._listed(admitted, folder_of(path))
        except _NoFolder:
            return None
        return next((entry for entry in listed if entry.name == name_of(path)), None)

    async def find(self, admitted: Admitted, path: str) -> FileObject:
        """The entry at `path`, which has to be there: the panel takes missing ones for success.

        Raises:
            Unfit: Nothing lies there, or it is the root itself.
            PanelError: The panel or node could not list its folder.
        """
        if path == ROOT:
            raise Unfit(
                _("That is the server's root folder. Name a file or folder in it with `path`.")
            )
        found = await self.seek(admitted, path)
        if found is None:
            raise Unfit(
                _(
                    "There is no {path} on {server}. Nothing was changed; `/files browse` shows "
                    "what there is.",
                    path=code(path, 200),
                    server=bold(admitted.server.name),
                )
            )
        return found

    def forget(self, server: Server, *folders: str) -> None:
        """Drop what a change has made untrue."""
        for folder in folders:
            self._kept.pop((server.id, folder), None)
            self._shelf.forget(server, shelf_kind(folder))

    async def _listed(self, admitted: Admitted, folder: str) -> tuple[FileObject, ...]:
        server, client = admitted.server, self._acting.client(admitted)
        try:
            found = await client.servers.files.list_files(server.uuid, folder)
        except NodeFailed as error:
            # real nodes say 500 where 404 is meant (contract: files.md, node versions)
            if folder != ROOT and (error.is_missing or error.node_status == 500):
                raise _NoFolder(folder) from error
            raise
        sound = [entry for entry in found if is_name(entry.name)]
        sound.sort(key=lambda entry: (entry.is_file, folded(entry.name), entry.name))
        entries = tuple(sound[:MOST_ENTRIES])
        self._keep(server, folder, entries)
        return entries

    def _keep(self, server: Server, folder: str, entries: tuple[FileObject, ...]) -> None:
        self._kept.pop((server.id, folder), None)
        self._kept[server.id, folder] = (self._clock.monotonic(), entries)
        while len(self._kept) > KEPT_FOLDERS:
            del self._kept[next(iter(self._kept))]
        self._shelf.put(server, shelf_kind(folder), shelved(folder, entries[:SHELVED]))
