"""/backup: make, look, download, restore, lock, delete."""

from typing import Annotated

import discord
from discord import app_commands
from discord.ext import commands

from bot.access.gate import Admitted
from bot.access.rights import changes
from bot.fleet.known import State
from bot.posts.messages import Message
from bot.pterodactyl.models import Backup
from bot.texts import _
from bot.ui import backups as looks
from bot.ui.cards import state_name
from bot.ui.doors import Ack, Press, command, component, decided
from bot.ui.errors import Unfit
from bot.ui.groups import group
from bot.ui.options import NamedChoices, ServerOption
from bot.ui.pages import page_number
from bot.ui.parts import button, card
from bot.ui.text import bold, duration, moment, size
from bot.work.backups import Wish
from cogs.parts import Parts
from cogs.power import SERVER

AnyBackup = Annotated[str, NamedChoices("backup", looks.load_backups)]
GoodBackup = Annotated[str, NamedChoices("backup-good", looks.load_good_backups)]
BACKUP = "Which backup"
LINK_SECONDS = 600
"""A link on the node is good for 15 minutes; its message goes a little before (signed-urls.md)."""


class BackupCog(commands.Cog):
    """Backups of a server."""

    backup = group("backup", "A server's backups")

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @command(
        backup,
        name="list",
        right="backup.read",
        on_server=True,
        description="A server's backups, and room for more",
    )
    @app_commands.describe(server=SERVER)
    async def list_backups(
        self,
        interaction: discord.Interaction,
        server: ServerOption | None = None,  # noqa: ARG002  # the gate has resolved it
    ) -> Message:
        return await self._page(decided(interaction), 0)

    @command(
        backup,
        right="backup.read",
        on_server=True,
        description="One backup: state, size, checksum, and what can be done with it",
    )
    @app_commands.describe(backup=BACKUP, server=SERVER)
    async def info(
        self,
        interaction: discord.Interaction,
        backup: AnyBackup,
        server: ServerOption | None = None,  # noqa: ARG002
    ) -> Message:
        admitted = decided(interaction)
        return self._card(admitted, await self._find(admitted, backup))

    @command(
        backup,
        right="backup.create",
        on_server=True,
        description="Start a backup; the result is posted here when it ends",
    )
    @app_commands.describe(
        server=SERVER,
        name="What to call it; left out, the panel names it after the time",
        ignore="Files to leave out, as in .gitignore, with commas between",
        lock="Keep it from being deleted",
    )
    async def create(
        self,
        interaction: discord.Interaction,
        server: ServerOption | None = None,  # noqa: ARG002
        name: app_commands.Range[str, 0, 191] = "",
        ignore: app_commands.Range[str, 0, 1000] = "",
        lock: bool = False,
    ) -> Message:
        patterns = tuple(one for part in ignore.split(",") if (one := part.strip()))
        return await self._create(interaction, Wish(name.strip(), patterns, lock))

    @command(
        backup,
        right="backup.download",
        on_server=True,
        description="A link to download a backup",
    )
    @app_commands.describe(backup=BACKUP, server=SERVER)
    async def download(
        self,
        interaction: discord.Interaction,
        backup: GoodBackup,
        server: ServerOption | None = None,  # noqa: ARG002
    ) -> Message:
        admitted = decided(interaction)
        found = await self._find(admitted, backup)
        looks.check_good(found)
        text = _(
            "{backup} of {server}, {size}. The link is made when you press the button: it works "
            "once, for 15 minutes, and for whoever has it.",
            backup=bold(found.name),
            server=self._bold(admitted),
            size=size(found.size_bytes),
        )
        link = button("backup-link", admitted.server.id, found.uuid, label=_("Make the link"))
        return card(text, rows=[[link]])

    @command(
        backup,
        right="backup.restore",
        on_server=True,
        description="Put a backup's files back; the server is stopped for it",
    )
    @app_commands.describe(
        backup=BACKUP,
        server=SERVER,
        delete_files="Delete every file of the server first",
    )
    async def restore(
        self,
        interaction: discord.Interaction,
        backup: GoodBackup,
        server: ServerOption | None = None,  # noqa: ARG002
        delete_files: bool = False,
    ) -> Message:
        admitted = decided(interaction)
        found = await self._find(admitted, backup)
        return await self._ask_restore(admitted, found, delete_files=delete_files)

    @command(
        backup,
        right="backup.delete",
        on_server=True,
        description="Delete a backup",
    )
    @app_commands.describe(backup=BACKUP, server=SERVER)
    async def delete(
        self,
        interaction: discord.Interaction,
        backup: AnyBackup,
        server: ServerOption | None = None,  # noqa: ARG002
    ) -> Message:
        admitted = decided(interaction)
        return await self._ask_delete(admitted, await self._find(admitted, backup))

    @command(
        backup,
        right="backup.delete",
        on_server=True,
        description="Lock a backup against deletion, or unlock it",
    )
    @app_commands.describe(backup=BACKUP, server=SERVER, locked="Whether it is to be locked")
    async def lock(
        self,
        interaction: discord.Interaction,
        backup: AnyBackup,
        server: ServerOption | None = None,  # noqa: ARG002
        locked: bool = True,
    ) -> Message:
        admitted = decided(interaction)
        found = await self._find(admitted, backup)
        if locked:
            return await self._set_locked(admitted, found.uuid, wanted=True)
        return await self._ask_unlock(admitted, found)

    @component(
        "backup-page", right="backup.read", on_server=True, ack=Ack.UPDATE, name="backup list"
    )
    async def leaf(self, press: Press) -> Message:
        return await self._page(press.admitted, page_number(press.args[1]))

    @component("backup-open", right="backup.read", on_server=True, name="backup info")
    async def opened(self, press: Press) -> Message:
        return self._card(press.admitted, await self._detail(press.admitted, press.values[0]))

    @component("backup-create-now", right="backup.create", on_server=True, name="backup create")
    async def create_confirmed(self, press: Press) -> Message:
        asked = await self._parts.confirmations.take(press, "backup-create-now")
        ignored = asked.payload["ignored"]
        wish = Wish(
            str(asked.payload["name"]),
            tuple(str(one) for one in ignored) if isinstance(ignored, list) else (),
            bool(asked.payload["lock"]),
        )
        return await self._create(press.interaction, wish, past_throttle=True)

    @component("backup-link", right="backup.download", on_server=True, name="backup download")
    async def link(self, press: Press) -> Message:
        return await self._link(press.admitted, press.args[1])

    @component("backup-restore", right="backup.restore", on_server=True, name="backup restore")
    async def restore_pressed(self, press: Press) -> Message:
        found = await self._detail(press.admitted, press.args[1])
        return await self._ask_restore(press.admitted, found, delete_files=False)

    @component(
        "backup-restore-now",
        right="backup.restore",
        on_server=True,
        ack=Ack.UPDATE,
        name="backup restore",
    )
    async def restore_confirmed(self, press: Press) -> Message:
        asked = await self._parts.confirmations.take(press, "backup-restore-now")
        found = await self._detail(press.admitted, str(asked.payload["backup"]))
        waits = await self._parts.consents.instead(
            press.interaction,
            press.admitted,
            "backup-restore",
            {key: asked.payload[key] for key in ("backup", "delete_files")},
            what=lambda: _restoring(
                found, self._bold(press.admitted), deletes=bool(asked.payload["delete_files"])
            ),
        )
        if waits is not None:
            return waits
        return await self._parts.restores.perform(
            press.interaction,
            press.admitted,
            found,
            delete_files=bool(asked.payload["delete_files"]),
        )

    @component("backup-lock", right="backup.delete", on_server=True, name="backup lock")
    async def lock_pressed(self, press: Press) -> Message:
        return await self._set_locked(press.admitted, press.args[1], wanted=True)

    @component("backup-unlock", right="backup.delete", on_server=True, name="backup lock")
    async def unlock_pressed(self, press: Press) -> Message:
        found = await self._detail(press.admitted, press.args[1])
        return await self._ask_unlock(press.admitted, found)

    @component(
        "backup-unlock-now",
        right="backup.delete",
        on_server=True,
        ack=Ack.UPDATE,
        name="backup lock",
    )
    async def unlock_confirmed(self, press: Press) -> Message:
        asked = await self._parts.confirmations.take(press, "backup-unlock-now")
        return await self._set_locked(press.admitted, str(asked.payload["backup"]), wanted=False)

    @component("backup-delete", right="backup.delete", on_server=True, name="backup delete")
    async def delete_pressed(self, press: Press) -> Message:
        found = await self._detail(press.admitted, press.args[1])
        return await self._ask_delete(press.admitted, found)

    @component(
        "backup-delete-now",
        right="backup.delete",
        on_server=True,
        ack=Ack.UPDATE,
        name="backup delete",
    )
    async def delete_confirmed(self, press: Press) -> Message:
        asked = await self._parts.confirmations.take(press, "backup-delete-now")
        backup_uuid = str(asked.payload["backup"])
        found = await self._detail(press.admitted, backup_uuid)
        waits = await self._parts.consents.instead(
            press.interaction,
            press.admitted,
            "backup-delete",
            {"backup": backup_uuid},
            what=lambda: _(
                "delete the backup {backup} of {server}",
                backup=bold(found.name),
                server=self._bold(press.admitted),
            ),
        )
        return waits or Message(await self._parts.backups.delete(press.admitted, backup_uuid))

    async def _page(self, admitted: Admitted, page: int) -> Message:
        server = admitted.server
        found, room = await self._parts.backups.look(admitted)
        self._shelve(admitted, found)
        label = self._parts.directory.label(server)
        return looks.list_page(server, label, found, page, room)

    def _card(self, admitted: Admitted, backup: Backup) -> Message:
        label = self._parts.directory.label(admitted.server)
        return looks.backup_card(
            admitted.server,
            label,
            backup,
            may=lambda right: self._parts.gate.may(admitted, right),
        )

    async def _create(
        self, interaction: discord.Interaction, wish: Wish, *, past_throttle: bool = False
    ) -> Message:
        """Tell limit and throttle before the panel does, then begin."""
        admitted = decided(interaction)
        seen = await self._parts.backups.look_before(admitted)
        if seen is None:
            return await self._parts.backups.create(interaction, admitted, wish, None)
        found, room = seen
        if room.is_full:
            raise Unfit(self._full(admitted, found, room))
        if room.free_at is not None and not past_throttle:
            return await self._ask_create(admitted, wish, room)
        return await self._parts.backups.create(interaction, admitted, wish, found)

    async def _ask_create(self, admitted: Admitted, wish: Wish, room: looks.Room) -> Message:
        text = _(
            "{server} had {count} backups in the last {period}, and by default a panel takes no "
            "more. The next one is free {time}. If this panel allows more, try it now.",
            server=self._bold(admitted),
            count=looks.THROTTLE_COUNT,
            period=duration(looks.THROTTLE_PERIOD.total_seconds()),
            time=moment(room.free_at) if room.free_at else "",
        )
        return await self._parts.confirmations.ask(
            admitted,
            "backup-create-now",
            text,
            label=_("Try now"),
            payload={"name": wish.name, "ignored": list(wish.ignored), "lock": wish.is_locked},
        )

    def _full(self, admitted: Admitted, found: looks.Backups, room: looks.Room) -> str:
        if not room.limit:
            return _(
                "The panel gives {server} no room for backups. Who runs the panel can change that.",
                server=self._bold(admitted),
            )
        said = _(
            "{server} has {used} of {limit} backups, so there is no room for another. Nothing was "
            "begun.",
            server=self._bold(admitted),
            used=room.used,
            limit=room.limit,
        )
        free = [one for one in looks.newest_first(found) if looks.is_good(one)]
        oldest = next((one for one in reversed(free) if not one.is_locked), None)
        if oldest is None:
            return said + " " + _("All are locked: unlock one with `/backup lock` and delete it.")
        return (
            said
            + " "
            + _(
                "The oldest that isn't locked is {backup}, {time}; `/backup delete` makes room.",
                backup=bold(oldest.name),
                time=moment(oldest.created_at),
            )
        )

    async def _link(self, admitted: Admitted, backup_uuid: str) -> Message:
        backup = await self._detail(admitted, backup_uuid)
        looks.check_good(backup)
        async with self._parts.acting(admitted, detail=backup.name) as panel:
            made = await panel.servers.backups.get_backup_download(
                admitted.server.uuid, backup.uuid
            )
        text = _(
            "[Download {backup}]({url}) · {size}\nThe first use spends it, also a preview or a "
            "look by a browser's helper. Don't pass it on: it needs no password.",
            backup=looks.link_text(backup),
            url=made.url.reveal(),
            size=size(backup.size_bytes),
        )
        return Message(text, fades_seconds=LINK_SECONDS)

    async def _ask_restore(
        self, admitted: Admitted, backup: Backup, *, delete_files: bool
    ) -> Message:
        looks.check_good(backup)
        server = admitted.server
        known = await self._parts.hub.look(server)
        self._parts.restoring.check_may_stop(admitted, known)
        what = {
            "backup": bold(backup.name),
            "size": size(backup.size_bytes),
            "time": moment(backup.created_at),
            "server": self._bold(admitted),
        }
        if known.state is State.OFFLINE:
            text = _(
                "Restoring {backup} ({size}, {time}) replaces the files of {server}: what was "
                "changed since is lost where the backup has the same file.",
                **what,
            )
        else:
            text = _(
                "Restoring {backup} ({size}, {time}) stops {server} and replaces its files: what "
                "was changed since is lost where the backup has the same file.",
                **what,
            )
            text += "\n" + _(
                "It is {state} now, and is started again in the end.", state=state_name(known.state)
            )
        if delete_files:
            used = known.numbers.disk_bytes if known.numbers else 0
            amount = f" ({size(used)})" if used else ""
            text += "\n" + _(
                "**Every file of the server is deleted first{amount}.** What the backup left out "
                "is gone for good.",
                amount=amount,
            )
        else:
            text += "\n" + _("Files that the backup doesn't have stay.")
        return await self._parts.confirmations.ask(
            admitted,
            "backup-restore-now",
            text,
            label=_("Restore"),
            payload={"backup": backup.uuid, "delete_files": delete_files},
            is_typed=True,
        )

    async def _ask_delete(self, admitted: Admitted, backup: Backup) -> Message:
        if not looks.can_be_deleted(backup):
            text = _(
                "{backup} is locked, so the panel doesn't delete it. Unlock it first if you are "
                "sure.",
                backup=bold(backup.name),
            )
            unlock = button("backup-unlock", admitted.server.id, backup.uuid, label=_("Unlock …"))
            return card(text, rows=[[unlock]])
        text = _(
            "Deleting {backup} ({size}, {time}) of {server} can't be undone.",
            backup=bold(backup.name),
            size=size(backup.size_bytes),
            time=moment(backup.created_at),
            server=self._bold(admitted),
        )
        if backup.is_running:
            text += "\n" + _("It is still being made; the node goes on with that work in vain.")
        return await self._parts.confirmations.ask(
            admitted,
            "backup-delete-now",
            text,
            label=_("Delete"),
            payload={"backup": backup.uuid},
        )

    async def _ask_unlock(self, admitted: Admitted, backup: Backup) -> Message:
        if not backup.is_locked:
            return Message(_("{backup} isn't locked.", backup=bold(backup.name)))
        text = _(
            "Unlocked, {backup} ({time}) can be deleted, and a schedule that makes room takes the "
            "oldest unlocked one.",
            backup=bold(backup.name),
            time=moment(backup.created_at),
        )
        return await self._parts.confirmations.ask(
            admitted,
            "backup-unlock-now",
            text,
            label=_("Unlock"),
            payload={"backup": backup.uuid},
        )

    async def _set_locked(self, admitted: Admitted, backup_uuid: str, *, wanted: bool) -> Message:
        detail = "lock" if wanted else "unlock"
        async with self._parts.acting(admitted, detail=detail) as panel:
            backup = await panel.servers.backups.set_locked(
                admitted.server.uuid, backup_uuid, wanted
            )
        self._parts.backups.forget(admitted.server)
        if backup.is_locked != wanted:
            raise Unfit(
                _(
                    "Somebody else locks and unlocks {backup} at this moment. Look at it with "
                    "`/backup info`, then try again.",
                    backup=bold(backup.name),
                )
            )
        if wanted:
            return Message(_("{backup} is locked: it can't be deleted.", backup=bold(backup.name)))
        return Message(_("{backup} is unlocked.", backup=bold(backup.name)))

    async def _find(self, admitted: Admitted, text: str) -> Backup:
        """The backup that an option means, as the panel has it now."""
        server = admitted.server
        client = self._parts.acting.client(admitted)
        found = (await client.servers.backups.list_backups(server.uuid)).rows
        self._shelve(admitted, found)
        return looks.find_backup(found, text, server, whole=changes(admitted.action.right))

    async def _detail(self, admitted: Admitted, backup_uuid: str) -> Backup:
        server = admitted.server
        client = self._parts.acting.client(admitted)
        return await client.servers.backups.get_backup_detail(server.uuid, backup_uuid)

    def _shelve(self, admitted: Admitted, found: looks.Backups) -> None:
        shelf, server = self._parts.shelf, admitted.server
        shelf.put(server, "backup", looks.entries(found))
        good = [backup for backup in found if looks.is_good(backup)]
        shelf.put(server, "backup-good", looks.entries(good))

    def _bold(self, admitted: Admitted) -> str:
        return bold(self._parts.directory.label(admitted.server))


def _restoring(backup: Backup, server: str, *, deletes: bool) -> str:
    what = {"server": server, "backup": bold(backup.name), "size": size(backup.size_bytes)}
    if deletes:
        return _("delete all files of {server} and restore {backup} ({size})", **what)
    return _("restore {server} from {backup} ({size})", **what)
