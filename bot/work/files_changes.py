"""Changing what lies in a server's folders: looked at before, carried out once, read back after.

The panel takes most of what can't be done for success (a missing name, a dead target), so what is
said here was seen in the folder and not in the answer (contract: files.md).
"""

import re
from collections.abc import Sequence
from typing import Final

from bot.access.gate import Admitted
from bot.clock import Clock
from bot.pterodactyl import Client, FileObject, NodeFailed, PanelError
from bot.texts import _, _n
from bot.ui.errors import Unfit
from bot.ui.files_cards import names_list
from bot.ui.files_paths import (
    ROOT,
    below_root,
    crumbs,
    folder_of,
    is_archive,
    join,
    lies_in,
    name_of,
)
from bot.ui.text import bold, code, size
from bot.work.consent_state import Deed
from bot.work.files_calls import FileCalls, StillRunning
from bot.work.files_folders import Folders

LOOK_EVERY_SECONDS: Final = 5.0
FOLLOW_SECONDS: Final = 12 * 60.0
"""How long an archive is looked for that the web server cut us off from."""
QUIET_LOOKS: Final = 3
"""So often unchanged is taken for finished."""
_MODE: Final = re.compile(r"[0-7]{3,4}")


class FileChanges:
    """Renames, moves, copies, deletes, packs and unpacks; each returns what to tell."""

    def __init__(self, calls: FileCalls, folders: Folders, clock: Clock) -> None:
        self._calls = calls
        self._folders = folders
        self._clock = clock

    async def move(self, admitted: Admitted, folder: str, names: Sequence[str], to: str) -> str:
        """Move entries of a folder into another one, which is made when missing.

        Raises:
            Unfit: One isn't there, has a namesake there, or would move into itself.
            PanelError: It was refused, or certainly not carried out.
        """
        if to == folder:
            raise Unfit(_("It lies there already. Nothing was changed."))
        for each in names:
            if lies_in(to, join(folder, each)):
                raise Unfit(
                    _("{name} can't move into itself. Choose another folder.", name=bold(each))
                )
            await self._folders.find(admitted, join(folder, each))
            await self._check_free(admitted, join(to, each))
        moved: list[str] = []
        try:
            for each in names:
                await self._rename(admitted, join(folder, each), join(to, each))
                moved.append(each)
        except (PanelError, Unfit) as error:
            if not moved:
                raise
            raise Unfit(
                _(
                    "Only some of it moved: {names} lie in {folder} now, the rest stayed. Try the "
                    "rest again.",
                    names=", ".join(bold(each) for each in moved[:10]),
                    folder=code(to, 200),
                )
            ) from error
        if len(names) == 1:
            return _("Moved {name} to {folder}.", name=bold(names[0]), folder=code(to, 200))
        return _n(
            "Moved {count} thing to {folder}:\n{names}",
            "Moved {count} things to {folder}:\n{names}",
            len(names),
            folder=code(to, 200),
            names=names_list(names),
        )

    async def rename(self, admitted: Admitted, path: str, name: str) -> str:
        """Give one entry another name in its folder.

        Raises:
            Unfit: It isn't there, or another has that name.
            PanelError: It was refused, or certainly not carried out.
        """
        if name == name_of(path):
            raise Unfit(_("That is its name already. Nothing was changed."))
        await self._folders.find(admitted, path)
        target = join(folder_of(path), name)
        await self._check_free(admitted, target)
        await self._rename(admitted, path, target)
        return _("{old} is called {new} now.", old=bold(name_of(path)), new=bold(name))

    async def copy(self, admitted: Admitted, path: str) -> str:
        """Copy a file beside itself; the panel doesn't say how the copy is called, the folder does.

        Raises:
            Unfit: It isn't there, or is a folder.
            PanelError: It was refused.
        """
        server, folder = admitted.server, folder_of(path)
        entry = await self._folders.find(admitted, path)
        if not entry.is_file:
            raise Unfit(
                _("The panel copies files only. Compress the folder and extract it elsewhere.")
            )
        before = {each.name for each in await self._folders.entries(admitted, folder)}

        async def new_ones() -> list[str]:
            after = await self._folders.entries(admitted, folder)
            return [each.name for each in after if each.name not in before]

        async def is_done() -> bool:
            return bool(await new_ones())

        async def call(panel: Client) -> None:
            await panel.servers.files.copy_file(server.uuid, path)

        await self._calls.settle(admitted, path, call, is_done)
        made = await new_ones()
        return _("Copied {name}; the copy is {copy}.", name=bold(entry.name), copy=bold(made[0]))

    async def delete(self, admitted: Admitted, folder: str, names: Sequence[str]) -> str:
        """Delete entries of a folder, folders with all they hold.

        Raises:
            Unfit: Some are still there.
            PanelError: It was refused.
        """
        server = admitted.server

        async def left() -> list[str]:
            there = {each.name for each in await self._folders.entries(admitted, folder)}
            return [each for each in names if each in there]

        async def is_done() -> bool:
            return not await left()

        async def call(panel: Client) -> None:
            await panel.servers.files.delete_files(server.uuid, names, folder)

        detail = ", ".join(join(folder, each) for each in names)
        try:
            await self._calls.settle(admitted, detail, call, is_done)
        except Unfit as error:
            still = await left()
            if not still or len(still) == len(names):
                raise
            raise Unfit(
                _("Only some of it is gone. Still there:\n{names}", names=names_list(still))
            ) from error
        finally:
            self._folders.forget(server, folder, *(join(folder, each) for each in names))
        return _n(
            "Deleted from {folder}:\n{names}",
            "Deleted {count} things from {folder}:\n{names}",
            len(names),
            folder=code(folder, 200),
            names=names_list(names),
        )

    async def delete_agreed(self, deed: Deed) -> str:
        """The same once others agreed."""
        names = [str(one) for one in deed.payload["names"]]
        return await self.delete(deed.admitted, str(deed.payload["folder"]), names)

    async def is_deleted(self, deed: Deed) -> bool:
        """Whether nothing of it is left."""
        folder = str(deed.payload["folder"])
        there = {each.name for each in await self._folders.entries(deed.admitted, folder)}
        return not any(name in there for name in deed.payload["names"])

    async def unpack_agreed(self, deed: Deed) -> str:
        """Unpack an archive once others agreed."""
        return await self.unpack(deed.admitted, str(deed.payload["path"]))

    async def is_unpacked(self, _deed: Deed) -> bool | None:
        """Nobody can tell by what lies there."""
        return None

    async def make_folder(self, admitted: Admitted, path: str) -> str:
        """Make a folder with those above it.

        Raises:
            Unfit: It is there already, or a file has that name.
            PanelError: It was refused.
        """
        server = admitted.server
        if path == ROOT:
            raise Unfit(_("Name the new folder, such as `/plugins/maps`."))
        await self._check_free(admitted, path)

        async def is_done() -> bool:
            found = await self._folders.seek(admitted, path)
            return found is not None and not found.is_file

        async def call(panel: Client) -> None:
            await panel.servers.files.create_folder(server.uuid, below_root(path), ROOT)

        try:
            await self._calls.settle(admitted, path, call, is_done)
        finally:
            self._folders.forget(server, *crumbs(path))
        return _("Made the folder {path}.", path=code(path, 200))

    async def change_mode(self, admitted: Admitted, path: str, mode: str) -> str:
        """Set the mode of a file or folder.

        Raises:
            Unfit: No mode, or it isn't there.
            PanelError: It was refused.
        """
        if not _MODE.fullmatch(mode):
            raise Unfit(
                _(
                    "{mode} is no mode: three digits from 0 to 7, such as `644` for a file or "
                    "`755` for a program or folder.",
                    mode=code(mode, 20),
                )
            )
        server = admitted.server
        entry = await self._folders.find(admitted, path)

        async def is_done() -> bool:
            found = await self._folders.seek(admitted, path)
            return found is not None and int(found.mode_bits, 8) == int(mode, 8)

        async def call(panel: Client) -> None:
            await panel.servers.files.chmod_files(
                server.uuid, {name_of(path): mode}, folder_of(path)
            )

        try:
            await self._calls.settle(admitted, f"{path} {mode}", call, is_done)
        finally:
            self._folders.forget(server, folder_of(path))
        return _(
            "{name} has the mode {mode} now; it had {old}.",
            name=bold(entry.name),
            mode=code(mode),
            old=code(entry.mode_bits),
        )

    async def pack(self, admitted: Admitted, folder: str, names: Sequence[str]) -> str:
        """Pack entries of a folder into an archive beside them, and follow that to its end.

        Raises:
            Unfit: One isn't there; or the archive didn't come.
            PanelError: It was refused.
        """
        server = admitted.server
        listed = await self._folders.entries(admitted, folder)
        before = {each.name for each in listed}
        for each in names:
            if each not in before:  # the panel would leave it out without a word
                await self._folders.find(admitted, join(folder, each))

        async def call(panel: Client) -> FileObject:
            return await panel.servers.files.compress_files(server.uuid, names, folder)

        began = self._clock.monotonic()
        detail = ", ".join(join(folder, each) for each in names)
        try:
            made = await self._calls.make(admitted, detail, call)
        except StillRunning:
            return _still_running()
        except PanelError as error:
            if not error.maybe_done:
                raise
            found = await self._grown(admitted, folder, before, began)
            if found is None:
                raise
            made = found
        finally:
            self._folders.forget(server, folder)
        return _(
            "Packed into {name}, {size}, in {folder}:\n{names}",
            name=bold(made.name, 100),
            size=size(made.size_bytes),
            folder=code(folder, 200),
            names=names_list(names),
        )

    async def unpack(self, admitted: Admitted, path: str) -> str:
        """Unpack an archive into the folder it lies in, over what is there.

        Raises:
            Unfit: It isn't there, or the node can't open it.
            PanelError: It was refused.
        """
        server, folder = admitted.server, folder_of(path)
        await self.check_archive(admitted, path)
        before = {each.name for each in await self._folders.entries(admitted, folder)}

        async def call(panel: Client) -> None:
            await panel.servers.files.decompress_file(server.uuid, name_of(path), folder)

        try:
            await self._calls.make(admitted, path, call)
        except StillRunning:
            return _still_running()
        except NodeFailed as error:
            if error.node_status != 500:
                raise
            raise Unfit(
                _(
                    "The node could not open {name}: it is damaged, of a kind it doesn't know, or "
                    "the node is in trouble. Some of it may have been extracted; look with "
                    "`/files browse`.",
                    name=bold(name_of(path), 100),
                )
            ) from error
        except PanelError as error:
            if not error.maybe_done:
                raise
            raise Unfit(
                _(
                    "The panel stopped waiting while the node extracts {name}. The node most "
                    "likely goes on, and nothing tells when it is done; look with `/files browse`.",
                    name=bold(name_of(path), 100),
                )
            ) from error
        finally:
            self._folders.forget(server, folder)
        after = await self._folders.entries(admitted, folder)
        new = [each.name for each in after if each.name not in before]
        said = _("Extracted {name} into {folder}.", name=bold(name_of(path), 100),
                 folder=code(folder, 200))  # fmt: skip
        return f"{said} " + _("New here:\n{names}", names=names_list(new)) if new else said

    async def check_archive(self, admitted: Admitted, path: str) -> FileObject:
        """The archive at `path`.

        Raises:
            Unfit: It isn't there, or doesn't look like one.
        """
        entry = await self._folders.find(admitted, path)
        if not entry.is_file or not is_archive(entry.name):
            raise Unfit(
                _(
                    "{name} is no archive that I know. The node extracts zip, tar (gz, bz2, xz), "
                    "rar and 7z.",
                    name=bold(entry.name, 100),
                )
            )
        return entry

    async def _rename(self, admitted: Admitted, old: str, new: str) -> None:
        server = admitted.server

        async def is_done() -> bool:
            return (
                await self._folders.seek(admitted, new) is not None
                and await self._folders.seek(admitted, old) is None
            )

        async def call(panel: Client) -> None:
            await panel.servers.files.rename_file(
                server.uuid, below_root(old), below_root(new), ROOT
            )

        try:
            await self._calls.settle(admitted, f"{old} → {new}", call, is_done)
        finally:
            self._folders.forget(server, old, folder_of(old), *crumbs(new))

    async def _check_free(self, admitted: Admitted, path: str) -> None:
        there = await self._folders.seek(admitted, path)
        if there is not None:
            raise Unfit(
                _(
                    "There is a {kind} {path} already. Nothing was changed; choose another name, "
                    "or delete that one first.",
                    kind=_("file") if there.is_file else _("folder"),
                    path=code(path, 200),
                )
            )

    async def _grown(
        self, admitted: Admitted, folder: str, before: set[str], began: float
    ) -> FileObject | None:
        """The new archive of a folder once it stops growing; None when none comes."""
        seen, quiet = None, 0
        while self._clock.monotonic() - began < FOLLOW_SECONDS:
            listed = await self._folders.entries(admitted, folder)
            new = [e for e in listed if e.name not in before and e.name.startswith("archive-")]
            found = new[-1] if new else None
            is_same = (found and (found.name, found.size_bytes)) == (
                seen and (seen.name, seen.size_bytes)
            )
            quiet = quiet + 1 if is_same else 0
            seen = found
            if quiet >= QUIET_LOOKS:
                return seen
            await self._clock.sleep(LOOK_EVERY_SECONDS)
        return seen


def _still_running() -> str:
    return _(
        "The node is still at it after 14 minutes. It goes on without me; `/files browse` shows "
        "what comes of it."
    )
