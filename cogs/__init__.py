"""The slash commands: option in, one call, rendered reply out."""

from cogs.access import AccessCog
from cogs.console import ConsoleCog
from cogs.help import HelpCog
from cogs.panel import PanelCog
from cogs.parts import Parts
from cogs.power import PowerCog
from cogs.server import ServerCog

COGS = (ServerCog, PowerCog, ConsoleCog, HelpCog, PanelCog, AccessCog)

__all__ = ["COGS", "Parts"]
