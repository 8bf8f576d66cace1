"""The settings of a guild, page by page; `/config` shows and changes what is listed here.

A new setting is a field of `GuildSettings` and one entry in the module of its page: a `Toggle`,
`Choice`, `Entry`, `RolePick` or `ChannelPick`. `/panel export` and `/panel import` carry it along.
"""

from typing import Final

from bot.ui.settings.channels import CHANNELS
from bot.ui.settings.community import COMMUNITY
from bot.ui.settings.general import GENERAL
from bot.ui.settings.kinds import Page, Setting
from bot.ui.settings.members import MEMBERS
from bot.ui.settings.restarts import RESTARTS
from bot.ui.settings.servers import SERVERS

PAGES: Final[tuple[Page, ...]] = (GENERAL, MEMBERS, COMMUNITY, CHANNELS, SERVERS, RESTARTS)
MADE_ELSEWHERE: Final = frozenset({GENERAL.key, CHANNELS.key, SERVERS.key})
"""Pages that hold more than settings: the admin role, bound channels, groups of servers."""


def shown_pages() -> tuple[Page, ...]:
    """The pages that hold something."""
    return tuple(page for page in PAGES if page.settings or page.key in MADE_ELSEWHERE)


def page_named(key: str) -> Page:
    """A page by its key; the first for any other."""
    return next((page for page in PAGES if page.key == key), GENERAL)


def setting_of(key: str) -> tuple[Page, Setting] | None:
    """A setting and the page it stands on."""
    for page in PAGES:
        for setting in page.settings:
            if setting.key == key:
                return page, setting
    return None
