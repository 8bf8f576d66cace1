"""The slash commands: option in, one call, rendered reply out."""

from cogs.access import AccessCog
from cogs.account import AccountCog
from cogs.alerts import AlertsCog
from cogs.audit import AuditCog
from cogs.backup import BackupCog
from cogs.board import BoardCog
from cogs.bulk import BulkCog
from cogs.config import ConfigCog
from cogs.consent import ConsentCog
from cogs.console import ConsoleCog
from cogs.database import DatabaseCog
from cogs.do import DoCog
from cogs.files import FilesCog
from cogs.help import HelpCog
from cogs.jobs import JobsCog
from cogs.link import LinkCog
from cogs.menus import MenusCog
from cogs.mirror import MirrorCog
from cogs.network import NetworkCog
from cogs.notify import NotifyCog
from cogs.panel import PanelCog
from cogs.parts import Parts
from cogs.plan import PlanCog
from cogs.policy import PolicyCog
from cogs.power import PowerCog
from cogs.privacy import PrivacyCog
from cogs.queries import QueriesCog
from cogs.schedule import ScheduleCog
from cogs.server import ServerCog
from cogs.settings import SettingsCog
from cogs.setup import SetupCog
from cogs.startup import StartupCog
from cogs.subuser import SubuserCog

COGS = (
    ServerCog,
    PowerCog,
    ConsentCog,
    PolicyCog,
    ConsoleCog,
    DoCog,
    HelpCog,
    SetupCog,
    ConfigCog,
    PanelCog,
    AccessCog,
    FilesCog,
    SubuserCog,
    ScheduleCog,
    AccountCog,
    LinkCog,
    BackupCog,
    DatabaseCog,
    NetworkCog,
    StartupCog,
    SettingsCog,
    AuditCog,
    BulkCog,
    JobsCog,
    BoardCog,
    AlertsCog,
    NotifyCog,
    PrivacyCog,
    MirrorCog,
    MenusCog,
    QueriesCog,
    PlanCog,
)

__all__ = ["COGS", "Parts"]
