"""What holds for the servers; their groups are on this page too."""

from typing import Final

from bot.store.guilds import GuildSettings
from bot.texts import _
from bot.ui.settings.kinds import Page, Toggle


def _history(settings: GuildSettings) -> str:
    if settings.history:
        return _("History is on: each minute I keep what every server uses, for charts.")
    return _("History is off: no charts, and nothing is kept of what servers use.")


SERVERS: Final = Page(
    key="servers",
    title=lambda: _("Servers"),
    settings=(Toggle(key="history", label=lambda: _("History"), says=_history),),
)
