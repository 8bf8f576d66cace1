"""The slash commands: option in, one call, rendered reply out."""

from cogs.access import AccessCog
from cogs.backup import BackupCog
from cogs.config import ConfigCog
from cogs.console import ConsoleCog
from cogs.files import FilesCog
from cogs.help import HelpCog
from cogs.panel import PanelCog
from cogs.parts import Parts
from cogs.power import PowerCog
from cogs.server import ServerCog
from cogs.setup import SetupCog

COGS = (
    ServerCog,
    PowerCog,
    ConsoleCog,
    HelpCog,
    SetupCog,
    ConfigCog,
    PanelCog,
    AccessCog,
    FilesCog,
    BackupCog,
)

__all__ = ["COGS", "Parts"]
