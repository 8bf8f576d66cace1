"""What channels are for; those that stand for a server are on this page too."""

from typing import Final

from bot.texts import _
from bot.ui.settings.kinds import Page

CHANNELS: Final = Page(key="channels", title=lambda: _("Channels"))
