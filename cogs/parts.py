"""What the commands work with; `bot.app` puts it together."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.access.acting import Acting, Audit
from bot.access.console_ruling import ConsoleRuling
from bot.access.gate import Gate
from bot.access.policing import Policing
from bot.access.recipe_ruling import RecipeRuling
from bot.access.ruling import Ruling
from bot.access.tidying import Tidying
from bot.clock import Clock
from bot.fleet.directory import Directory
from bot.fleet.hub import Hub
from bot.fleet.links import Links
from bot.fleet.panels import Panels
from bot.fleet.players import Players
from bot.fleet.shelf import Shelf
from bot.posts.delivery import Delivery
from bot.posts.events import Events
from bot.posts.integrations import Integrations
from bot.posts.mirrors import Mirrors
from bot.posts.pausing import Pausing
from bot.posts.places import Places
from bot.posts.witness import Witness
from bot.store.engine import Database
from bot.store.vault import Vault
from bot.supervisor import Supervisor
from bot.ui.charts import Charts
from bot.ui.confirm import Confirmations
from bot.wiring.access import Access
from bot.wiring.alerting import Alerting
from bot.wiring.boards import Boarding
from bot.wiring.consent import Consent
from bot.wiring.fleet import Fleet
from bot.wiring.ground import Ground
from bot.wiring.long_work import LongWork
from bot.wiring.mirrors import Mirrored
from bot.wiring.planning import Planning
from bot.wiring.playing import Playing
from bot.wiring.posts import Posts
from bot.wiring.rules import Rules
from bot.wiring.server_work import ServerWork
from bot.work.account import AccountWork
from bot.work.again import Again
from bot.work.backups import BackupWork
from bot.work.boards import Boards
from bot.work.bulk import BulkWork
from bot.work.consent_voters import Voters
from bot.work.consents import Consents
from bot.work.console import ConsoleWork
from bot.work.databases import DatabaseWork
from bot.work.engine import Jobs
from bot.work.exchange import Exchange
from bot.work.explaining import Explaining
from bot.work.files import FileWork
from bot.work.follows import Follows
from bot.work.headcount import Headcount
from bot.work.history import History
from bot.work.idle import IdleStop
from bot.work.installs import Installs
from bot.work.jobs_view import JobsView
from bot.work.linking import Linking
from bot.work.loosening import Loosening
from bot.work.mirroring import Mirroring
from bot.work.panel_log import PanelLog
from bot.work.plan_skips import PlanSkips
from bot.work.plans import Plans
from bot.work.recipes import RecipeWork
from bot.work.renaming import Renaming
from bot.work.restore_course import Course
from bot.work.restores import Restores
from bot.work.schedules import ScheduleWork
from bot.work.simulation import Simulation
from bot.work.subusers import SubuserWork
from bot.work.two_way import TwoWay
from bot.work.usage import Usage
from bot.work.workflow import Workflows


@dataclass(frozen=True)
class Parts:
    """The layers below, handed to every cog."""

    clock: Clock
    supervisor: Supervisor
    database: Database
    vault: Vault
    directory: Directory
    panels: Panels
    links: Links
    hub: Hub
    players: Players
    shelf: Shelf
    gate: Gate
    ruling: Ruling
    console_ruling: ConsoleRuling
    recipe_ruling: RecipeRuling
    tidying: Tidying
    panel_log: PanelLog
    integrations: Integrations
    explaining: Explaining
    audit: Audit
    acting: Acting
    confirmations: Confirmations
    jobs: Jobs
    jobs_view: JobsView
    again: Again
    delivery: Delivery
    places: Places
    pausing: Pausing
    mirrors: Mirrors
    mirroring: Mirroring
    two_way: TwoWay
    workflows: Workflows
    consents: Consents
    voters: Voters
    loosening: Loosening
    simulation: Simulation
    policing: Policing
    console: ConsoleWork
    recipes: RecipeWork
    follows: Follows
    backups: BackupWork
    restores: Restores
    restoring: Course
    plans: Plans
    plan_skips: PlanSkips
    events: Events
    idle_stop: IdleStop
    databases: DatabaseWork
    installs: Installs
    renaming: Renaming
    files: FileWork
    schedules: ScheduleWork
    subusers: SubuserWork
    account: AccountWork
    linking: Linking
    bulk: BulkWork
    charts: Charts
    headcount: Headcount
    history: History
    usage: Usage
    boards: Boards
    exchange: Exchange
    alerting: Alerting
    witness: Witness
    leave_grace_days: int
    erase_guild: Callable[[int], Awaitable[int]]
    """Erases everything of a guild at once, here and in the database; how many rows it were."""

    @classmethod
    def of(
        cls,
        ground: Ground,
        *,
        fleet: Fleet,
        access: Access,
        playing: Playing,
        posts: Posts,
        rules: Rules,
        long_work: LongWork,
        consent: Consent,
        server_work: ServerWork,
        planning: Planning,
        mirrored: Mirrored,
        boarding: Boarding,
        alerting: Alerting,
        erase_guild: Callable[[int], Awaitable[int]],
    ) -> "Parts":
        """What commands need of each area."""
        return cls(
            clock=ground.clock,
            supervisor=ground.supervisor,
            database=ground.database,
            vault=ground.vault,
            directory=fleet.directory,
            panels=fleet.panels,
            links=fleet.links,
            hub=fleet.hub,
            players=playing.players,
            shelf=fleet.shelf,
            gate=access.gate,
            ruling=rules.ruling,
            console_ruling=rules.console_ruling,
            recipe_ruling=rules.recipe_ruling,
            tidying=rules.tidying,
            panel_log=server_work.panel_log,
            integrations=posts.integrations,
            explaining=rules.explaining,
            audit=access.audit,
            acting=access.acting,
            confirmations=access.confirmations,
            jobs=long_work.jobs,
            jobs_view=long_work.jobs_view,
            again=long_work.again,
            delivery=posts.delivery,
            places=posts.places,
            pausing=posts.pausing,
            mirrors=mirrored.mirrors,
            mirroring=mirrored.mirroring,
            two_way=mirrored.two_way,
            workflows=long_work.workflows,
            consents=consent.consents,
            voters=consent.voters,
            loosening=consent.loosening,
            simulation=consent.simulation,
            policing=rules.policing,
            console=server_work.console,
            recipes=server_work.recipes,
            follows=long_work.follows,
            backups=server_work.backups,
            restores=server_work.restores,
            restoring=server_work.restoring,
            plans=planning.plans,
            plan_skips=planning.plan_skips,
            events=posts.events,
            idle_stop=planning.idle_stop,
            databases=server_work.databases,
            installs=server_work.installs,
            renaming=server_work.renaming,
            files=server_work.files,
            schedules=server_work.schedules,
            subusers=server_work.subusers,
            account=server_work.account,
            linking=server_work.linking,
            bulk=long_work.bulk,
            charts=boarding.charts,
            headcount=boarding.headcount,
            history=boarding.history,
            usage=boarding.usage,
            boards=boarding.boards,
            exchange=rules.exchange,
            alerting=alerting,
            witness=posts.witness,
            leave_grace_days=ground.config.limits.leave_grace_days,
            erase_guild=erase_guild,
        )
