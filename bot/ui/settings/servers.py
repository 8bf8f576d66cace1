"""What holds for the servers; their groups are on this page too."""

from typing import Final

from bot.texts import _
from bot.ui.settings.kinds import Page

SERVERS: Final = Page(key="servers", title=lambda: _("Servers"))
