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
from bot.work.account import AccountWork
from bot.work.again import Again
from bot.work.alerting import Alerting
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
from bot.work.mirroring import Mirroring
from bot.work.panel_log import PanelLog
from bot.work.plans import Plans
from bot.work.recipes import RecipeWork
from bot.work.renaming import Renaming
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
    simulation: Simulation
    policing: Policing
    console: ConsoleWork
    recipes: RecipeWork
    follows: Follows
    backups: BackupWork
    plans: Plans
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
