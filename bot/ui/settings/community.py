"""What members may ask of each other: votes, approvals, quiet hours."""

from typing import Final

from bot.texts import _
from bot.ui.settings.kinds import Page

COMMUNITY: Final = Page(key="community", title=lambda: _("Community"))
