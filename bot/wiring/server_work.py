"""What members do on a server or an account of the panel."""

from dataclasses import dataclass

from bot.wiring.access import Access
from bot.wiring.area import Area
from bot.wiring.consent import Consent
from bot.wiring.fleet import Fleet
from bot.wiring.ground import Ground
from bot.wiring.long_work import LongWork
from bot.work.account import AccountWork
from bot.work.backup_asks import BackupAsks
from bot.work.backups import BackupWork
from bot.work.consented import Consented
from bot.work.console import ConsoleWork
from bot.work.databases import DatabaseWork
from bot.work.files import FileWork, file_work
from bot.work.installs import Installs
from bot.work.linking import Linking
from bot.work.panel_log import PanelLog
from bot.work.recipes import RecipeWork
from bot.work.renaming import Renaming
from bot.work.restore_course import Course
from bot.work.restores import Restores
from bot.work.schedules import ScheduleWork
from bot.work.subusers import SubuserWork


@dataclass(frozen=True)
class ServerWork(Area):
    """One service for each group of commands."""

    console: ConsoleWork
    recipes: RecipeWork
    backups: BackupWork
    restores: Restores
    restoring: Course
    databases: DatabaseWork
    installs: Installs
    renaming: Renaming
    files: FileWork
    schedules: ScheduleWork
    subusers: SubuserWork
    account: AccountWork
    linking: Linking
    panel_log: PanelLog


def build_server_work(
    ground: Ground, fleet: Fleet, access: Access, long_work: LongWork, consent: Consent
) -> ServerWork:
    """Put the parts together; what needs others' consent is registered there."""
    clock, gate, acting = ground.clock, access.gate, access.acting
    panels, hub, directory, shelf = fleet.panels, fleet.hub, fleet.directory, fleet.shelf
    console = ConsoleWork(gate, acting, hub, directory, clock)
    asks = BackupAsks(
        database=ground.database,
        jobs=long_work.jobs,
        teller=long_work.teller,
        directory=directory,
        panels=panels,
        follows=long_work.follows,
        clock=clock,
    )
    backups = BackupWork(
        acting=acting,
        gate=gate,
        asks=asks,
        panels=panels,
        hub=hub,
        directory=directory,
        shelf=shelf,
        follows=long_work.follows,
        clock=clock,
    )
    restoring = Course(
        database=ground.database,
        gate=gate,
        again=long_work.again,
        hub=hub,
        directory=directory,
        backups=backups,
        follows=long_work.follows,
        workflows=long_work.workflows,
        teller=long_work.teller,
        clock=clock,
    )
    restores = Restores(
        database=ground.database,
        jobs=long_work.jobs,
        view=long_work.jobs_view,
        gate=gate,
        hub=hub,
        directory=directory,
        course=restoring,
        clock=clock,
    )
    databases = DatabaseWork(acting, shelf)
    installs = Installs(acting, hub, directory, long_work.follows)
    Consented(
        consent.consents,
        database=ground.database,
        workflows=long_work.workflows,
        backups=backups,
        restores=restores,
        installs=installs,
        databases=databases,
        hub=hub,
        directory=directory,
    )
    return ServerWork(
        console=console,
        recipes=RecipeWork(gate, console, directory, consent.consents),
        backups=backups,
        restores=restores,
        restoring=restoring,
        databases=databases,
        installs=installs,
        renaming=Renaming(acting, panels),
        files=file_work(
            gate=gate,
            acting=acting,
            shelf=shelf,
            directory=directory,
            supervisor=ground.supervisor,
            network=ground.network,
            confirmations=access.confirmations,
            consents=consent.consents,
            clock=clock,
        ),
        schedules=ScheduleWork(gate, acting, shelf, hub, clock),
        subusers=SubuserWork(
            gate, acting, panels, shelf, confirmations=access.confirmations, clock=clock
        ),
        account=AccountWork(gate, panels, acting, access.audit, access.confirmations),
        linking=Linking(gate, panels, fleet.links, directory, access.audit),
        panel_log=PanelLog(panels),
    )
