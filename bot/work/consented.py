"""The deeds that others are asked about: done without an interaction once they agreed."""

from bot.fleet.directory import Directory
from bot.fleet.hub import Hub
from bot.fleet.known import State
from bot.pterodactyl import NotFound, PanelError
from bot.store.engine import Database
from bot.texts import _
from bot.ui.errors import Unfit
from bot.ui.text import bold, code
from bot.work.backups import BackupWork
from bot.work.consent_state import Deed
from bot.work.consents import Consents
from bot.work.course import Signal
from bot.work.databases import DatabaseWork
from bot.work.installs import Installs
from bot.work.power_order import PowerOrder
from bot.work.power_words import signal_name
from bot.work.restores import Restores
from bot.work.workflow import Workflows


class Consented:
    """Carries out power actions, backups, installations and databases."""

    def __init__(
        self,
        consents: Consents,
        *,
        database: Database,
        workflows: Workflows,
        backups: BackupWork,
        restores: Restores,
        installs: Installs,
        databases: DatabaseWork,
        hub: Hub,
        directory: Directory,
    ) -> None:
        self._database = database
        self._workflows = workflows
        self._backups = backups
        self._restores = restores
        self._installs = installs
        self._databases = databases
        self._hub = hub
        self._directory = directory
        consents.carry_out_with("power", self._power, _never_halfway)
        consents.carry_out_with("backup-restore", self._restore, _never_halfway)
        consents.carry_out_with("backup-delete", self._delete_backup, self._is_backup_gone)
        consents.carry_out_with("reinstall", self._reinstall, self._is_installing)
        consents.carry_out_with("database-delete", self._delete_database, self._is_database_gone)

    async def _power(self, deed: Deed) -> str:
        """Hand it to the workflow, in one transaction with the note that it is done."""
        signal = Signal(str(deed.payload["signal"]))
        consent = deed.admitted.agreed.consent if deed.admitted.agreed else None
        order = PowerOrder(
            signal=signal.value,
            reason=deed.reason,
            delay_seconds=int(deed.payload.get("delay_seconds") or 0),
            backup_first=bool(deed.payload.get("backup_first")),
            may_kill="always" if deed.terms is not None and deed.terms.may_kill else "ask",
            origin=consent.value if consent else "",
        )
        async with self._database.write() as session:
            begun = await self._workflows.begin_in(
                session, deed.admitted, order, language=deed.language
            )
            if begun.is_kill:
                said = _(
                    "The {signal} by {who} doesn't end, so the server is killed now.",
                    signal=signal_name(Signal(begun.signal)),
                    who=bold(begun.actor_name),
                )
            elif begun.is_joined:
                said = _(
                    "A {signal} by {who} is under way already, so nothing more was sent.",
                    signal=signal_name(Signal(begun.signal)),
                    who=bold(begun.actor_name),
                )
            else:
                said = _("The {signal} begins.", signal=signal_name(signal))
            await deed.keep_in(session, said)
        return said

    async def _restore(self, deed: Deed) -> str:
        """Keep it as a job, in one transaction with the note that it is done."""
        server = deed.admitted.server
        backup = await self._backups.check_whole(server, str(deed.payload["backup"]))
        said = _(
            "Restoring {server} from {backup} begins.",
            server=bold(self._directory.label(server)),
            backup=bold(backup.name),
        )
        async with self._database.write() as session:
            await self._restores.begin_in(
                session,
                deed.admitted,
                backup,
                delete_files=bool(deed.payload["delete_files"]),
                language=deed.language,
            )
            await deed.keep_in(session, said)
        return said

    async def _delete_backup(self, deed: Deed) -> str:
        return await self._backups.delete(deed.admitted, str(deed.payload["backup"]))

    async def _is_backup_gone(self, deed: Deed) -> bool | None:
        try:
            found, _room = await self._backups.look(deed.admitted)
        except NotFound:
            return True
        except PanelError:
            return None
        return all(backup.uuid != deed.payload["backup"] for backup in found)

    async def _reinstall(self, deed: Deed) -> str:
        return (await self._installs.reinstall(None, deed.admitted)).text

    async def _is_installing(self, deed: Deed) -> bool | None:
        known = await self._hub.look(deed.admitted.server, fresh_seconds=0)
        return True if known.state is State.INSTALLING else None

    async def _delete_database(self, deed: Deed) -> str:
        wanted = str(deed.payload["database"])
        for one in await self._databases.list_databases(deed.admitted):
            if str(one.id) == wanted:
                await self._databases.delete(deed.admitted, one)
                return _("{database} is deleted.", database=code(one.name, 60))
        raise Unfit(_("That database is gone already. Nothing was done."))

    async def _is_database_gone(self, deed: Deed) -> bool | None:
        try:
            found = await self._databases.list_databases(deed.admitted)
        except PanelError:
            return None
        return all(str(one.id) != deed.payload["database"] for one in found)


async def _never_halfway(_deed: Deed) -> bool:
    """Order and note are one transaction: cut off before it, nothing has happened."""
    return False
