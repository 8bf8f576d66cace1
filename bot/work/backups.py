"""What members do with backups, and how backups and restores are seen to end.

No event is trusted for an end: they get lost, and the same one comes after a failure. They only
say when to look (contract: backups.md, console.md).
"""

from collections.abc import Sequence
from typing import Final

import discord
import structlog
from msgspec import Struct

from bot.access.acting import Acting
from bot.access.gate import Admitted, Gate
from bot.access.rights import any_covers
from bot.clock import Clock
from bot.fleet.directory import Directory, Server
from bot.fleet.hub import Hub
from bot.fleet.panels import PanelGone, Panels
from bot.fleet.shelf import Shelf
from bot.posts.answers import may_publish
from bot.posts.messages import Message
from bot.pterodactyl import Client, Limited, NotFound, PanelError
from bot.pterodactyl.console_events import BackupCompleted, Event, RestoreEnded
from bot.pterodactyl.models import Backup
from bot.pterodactyl.routes import CLIENT_BUDGET
from bot.texts import _
from bot.ui.backups import Room, check_good, room_for
from bot.ui.errors import Unfit
from bot.ui.text import bold, duration, size
from bot.work.backup_asks import BackupAsks
from bot.work.follows import Ending, FollowJob, Follows, Outcome, Watch
from bot.work.looking import done_or_seen

log = structlog.stdlib.get_logger(__name__)

SHELVES: Final = ("backup", "backup-good")
_RESTORING: Final = "restoring_backup"
_RESTORES: Final = "server:backup.restore"
_ENDINGS: Final = {
    f"{_RESTORES}-complete": Outcome.DONE,
    f"{_RESTORES}-failed": Outcome.FAILED,
}


class Wish(Struct, frozen=True):
    """A backup to be made."""

    name: str = ""
    """At most 191 characters; empty lets the panel name it after the time."""
    ignored: tuple[str, ...] = ()
    is_locked: bool = False


class BackupWork:
    """Makes backups, asks for restores, and follows both."""

    def __init__(
        self,
        *,
        acting: Acting,
        gate: Gate,
        asks: BackupAsks,
        panels: Panels,
        hub: Hub,
        directory: Directory,
        shelf: Shelf,
        follows: Follows,
        clock: Clock,
    ) -> None:
        self._acting = acting
        self._gate = gate
        self._asks = asks
        self._panels = panels
        self._hub = hub
        self._directory = directory
        self._shelf = shelf
        self._follows = follows
        self._clock = clock
        follows.watch_with("backup", Watch(self._look_at_backup, _is_of_backup, self.forget))
        follows.watch_with("restore", Watch(self._look_at_restore, _is_of_restore, hub.settle_soon))

    async def look(self, admitted: Admitted) -> tuple[Sequence[Backup], Room]:
        """All backups of a server, and what there is room for.

        Raises:
            PanelError: It could not be read.
        """
        client, server = self._acting.client(admitted), admitted.server
        listed = await client.servers.backups.list_backups(server.uuid)
        limit = (await client.servers.get_server(server.uuid)).feature_limits.backups
        backups = listed.rows
        room = room_for(backups, used=listed.backup_count, limit=limit, now=self._clock.now())
        return backups, room

    async def look_before(self, admitted: Admitted) -> tuple[Sequence[Backup], Room] | None:
        """The same for who is about to make one; None where the key may not look."""
        rights = self._acting.key_rights(admitted)
        return await self.look(admitted) if any_covers(rights, "backup.read") else None

    async def create(
        self,
        interaction: discord.Interaction,
        admitted: Admitted,
        wish: Wish,
        known: Sequence[Backup] | None,
    ) -> Message:
        """Start a backup once and follow it; the channel hears how it ends.

        Args:
            interaction: Where it was asked.
            admitted: By whom, and on which server.
            wish: What is to be made.
            known: The backups there were before, to tell a new one by; None if they can't be read.

        Raises:
            Unfit: The panel's throttle, with the time at which it is over.
            PanelError: It was refused, or nobody can say.
        """
        server, guild_id = admitted.server, admitted.guild_id
        locale = interaction.guild_locale.value if interaction.guild_locale else None
        language = self._gate.language(guild_id, locale)
        is_quiet = not may_publish(interaction)
        ask = await self._asks.keep(
            admitted, wish.name, known, language=language, is_quiet=is_quiet
        )
        try:
            backup = await self.start(admitted, wish, known)
        except PanelError as error:
            if not error.maybe_done:
                await self._asks.refused(guild_id, ask)
            if isinstance(error, Limited) and error.budget != CLIENT_BUDGET:
                raise Unfit(self._throttled(server, error)) from None
            raise
        except PanelGone:
            await self._asks.refused(guild_id, ask)
            raise
        label, title = self._bold(server), bold(backup.name)
        followed = await self._follows.begin(
            interaction,
            admitted,
            "backup",
            backup.uuid,
            title=backup.name,
            begun=lambda: (
                "🟡 "
                + _(
                    "{who} backs up {server}: {backup} is being made …",
                    who=bold(admitted.actor.name),
                    server=label,
                    backup=title,
                )
            ),
            settles=lambda session: self._asks.settle(session, guild_id, ask),
        )
        told = _("The backup {backup} of {server} has begun.", backup=title, server=label)
        if wish.is_locked and not backup.is_locked:
            told += " " + _("The panel did not lock it: the connected account has no right to.")
        return await self._follows.answer(interaction, followed, told)

    async def start(self, admitted: Admitted, wish: Wish, known: Sequence[Backup] | None) -> Backup:
        """Start a backup once, audited; it is looked for where nobody can say whether it began.

        Args:
            admitted: Who makes it, and of which server.
            wish: What is to be made.
            known: The backups there were before, to tell a new one by; None if they can't be read.

        Raises:
            PanelError: It was refused, or nobody can say.
            PanelGone: The panel was removed meanwhile.
        """
        server = admitted.server
        before = None if known is None else {backup.uuid for backup in known}
        try:
            async with self._acting(admitted, detail=wish.name or None) as panel:
                return await done_or_seen(
                    panel.servers.backups.create_backup(
                        server.uuid, name=wish.name, ignored=wish.ignored, is_locked=wish.is_locked
                    ),
                    lambda: _new_one(panel, server, wish, before),
                )
        finally:
            self.forget(server)

    async def check_whole(self, server: Server, backup_uuid: str) -> Backup:
        """The backup as the panel has it now, if it can be restored.

        Raises:
            Unfit: It isn't whole.
            PanelError: It could not be read.
        """
        backups = self._client(server).servers.backups
        backup = await backups.get_backup_detail(server.uuid, backup_uuid)
        check_good(backup)
        return backup

    async def send_restore(
        self, admitted: Admitted, backup_uuid: str, name: str, *, delete_files: bool
    ) -> None:
        """Ask the panel once to put a backup's files back, audited; the server has to be off.

        Args:
            admitted: Who asked.
            backup_uuid: A whole backup.
            name: What it is called, for the record.
            delete_files: Delete every file first.

        Raises:
            PanelError: It was refused, or nobody can say.
            PanelGone: The panel was removed meanwhile.
        """
        server = admitted.server
        async with self._acting(admitted, detail=name) as panel:

            async def restore() -> bool:
                backups = panel.servers.backups
                await backups.restore_backup(server.uuid, backup_uuid, delete_files)
                return True

            async def is_restoring() -> bool | None:
                return (await panel.servers.get_server(server.uuid)).status == _RESTORING or None

            await done_or_seen(restore(), is_restoring)

    async def is_restoring(self, server: Server) -> bool:
        """Whether the panel says that files are being put back; False where it can't be asked."""
        try:
            view = await self._client(server).background.servers.get_server(server.uuid)
        except (PanelError, PanelGone) as error:
            log.info("restore not looked at", error=type(error).__name__)
            return False
        return view.status == _RESTORING

    async def newest_restore(self, server: Server) -> str | None:
        """The panel's entry of the newest restore of a server: its id, "" where there is none.

        None where the log can't be read.
        """
        try:
            client = self._client(server).background
            page = await client.servers.list_activity(server.uuid, event=_RESTORES, per_page=50)
        except (PanelError, PanelGone) as error:
            log.info("restores not looked up", error=type(error).__name__)
            return None
        return next((entry.id for entry in page.rows if entry.event == _RESTORES), "")

    async def delete(self, admitted: Admitted, backup_uuid: str) -> str:
        """Delete a backup.

        Raises:
            PanelError: It was refused, or nobody can say.
        """
        server = admitted.server
        backups = self._client(server).servers.backups
        backup = await backups.get_backup_detail(server.uuid, backup_uuid)
        async with self._acting(admitted, detail=backup.name) as panel:
            await panel.servers.backups.delete_backup(server.uuid, backup.uuid)
        self.forget(server)
        return _(
            "{backup} of {server} is deleted.",
            backup=bold(backup.name),
            server=self._bold(server),
        )

    def forget(self, server: Server) -> None:
        """Drop the choices that a change has made untrue."""
        for kind in SHELVES:
            self._shelf.forget(server, kind)

    async def _look_at_backup(
        self, client: Client, server: Server, followed: FollowJob
    ) -> Ending | None:
        uuid, label = followed.subject_uuid, self._bold(server)
        try:
            backup = await client.servers.backups.get_backup_detail(server.uuid, uuid)
        except NotFound:
            return Ending(Outcome.GONE, f"⚪ {_deleted(followed, label)}")
        return None if backup.is_running else _backup_ending(followed, label, backup)

    async def _look_at_restore(
        self, client: Client, server: Server, followed: FollowJob
    ) -> Ending | None:
        if (await client.servers.get_server(server.uuid)).status == _RESTORING:
            return None
        outcome = await _restored(client, server, followed)
        return _restore_ending(followed, self._bold(server), outcome)

    def _throttled(self, server: Server, limited: Limited) -> str:
        at = self._clock.now().timestamp() + limited.retry_after
        return _(
            "The panel takes only so many backups of {server} in a while, and these are used up. "
            "Nothing was begun. Try again <t:{at}:R>.",
            server=self._bold(server),
            at=int(at) + 1,
        )

    def _client(self, server: Server) -> Client:
        return self._panels.client(server.guild_id, server.panel_id)

    def _bold(self, server: Server) -> str:
        return bold(self._directory.label(server))


def _is_of_backup(event: Event, followed: FollowJob) -> bool:
    return isinstance(event, BackupCompleted) and event.uuid == followed.subject_uuid


def _is_of_restore(event: Event, _followed: FollowJob) -> bool:
    return isinstance(event, RestoreEnded)


async def _new_one(
    panel: Client, server: Server, wish: Wish, before: set[str] | None
) -> Backup | None:
    """The backup that a call without an answer has begun; None where there is none to be seen."""
    if before is None:
        return None
    found = [
        backup
        for backup in await panel.servers.backups.list_backups(server.uuid)
        if backup.uuid not in before and wish.name in ("", backup.name)
    ]
    return max(found, key=lambda backup: backup.created_at, default=None)


async def _restored(client: Client, server: Server, row: FollowJob) -> Outcome:
    """What the panel's log says of the last restore: the one place where failures show."""
    try:
        page = await client.servers.list_activity(server.uuid, event=_RESTORES, per_page=50)
    except PanelError:
        return Outcome.UNKNOWN
    for entry in page.rows:  # newest first
        named = entry.properties.get("name") if isinstance(entry.properties, dict) else None
        if entry.event == _RESTORES:
            break
        if entry.event in _ENDINGS and named in (None, row.title):
            return _ENDINGS[entry.event]
    return Outcome.UNKNOWN


def _backup_ending(row: FollowJob, server: str, backup: Backup) -> Ending:
    ended_at = backup.completed_at or backup.created_at
    said = {
        "who": bold(row.actor_name),
        "backup": bold(row.title),
        "server": server,
        "size": size(backup.size_bytes),
        "time": duration((ended_at - backup.created_at).total_seconds()),
    }
    if backup.has_failed:
        text = _(
            "{who}'s backup {backup} of {server} failed after {time}. The server itself is as it "
            "was. The node's log says why.",
            **said,
        )
        return Ending(Outcome.FAILED, f"🔴 {text}")
    text = _("{who}'s backup {backup} of {server} is done: {size} in {time}.", **said)
    return Ending(Outcome.DONE, f"🟢 {text}")


def _restore_ending(row: FollowJob, server: str, outcome: Outcome) -> Ending:
    said = {"who": bold(row.actor_name), "backup": bold(row.title), "server": server}
    match outcome:
        case Outcome.DONE:
            text = _("{who} restored {server} from {backup}. It is off now.", **said)
            return Ending(outcome, f"⚫ {text}")
        case Outcome.FAILED:
            text = _(
                "{who}'s restore of {server} from {backup} failed. Its files may be incomplete: "
                "look at them before it is started.",
                **said,
            )
            return Ending(outcome, f"🔴 {text}")
    text = _(
        "{who}'s restore of {server} from {backup} has ended. Whether it worked stands only in "
        "the panel's activity log, which I couldn't read: look at the files before it is started.",
        **said,
    )
    return Ending(outcome, f"⚪ {text}")


def _deleted(row: FollowJob, server: str) -> str:
    return _(
        "{who}'s backup {backup} of {server} was deleted before it was done.",
        who=bold(row.actor_name),
        backup=bold(row.title),
        server=server,
    )
