"""What channels are for; those that stand for a server are on this page too."""

from typing import Final

from bot.access.quiet import read_hours
from bot.store.guilds import GuildSettings
from bot.texts import _
from bot.ui.errors import Unfit
from bot.ui.settings.kinds import Entry, Page
from bot.ui.settings.zones import zone_words
from bot.ui.text import code


def _hours(text: str) -> str:
    if not text:
        return ""
    hours = read_hours(text)
    if hours is None:
        raise Unfit(
            _(
                "{text} are no hours that I know. Write `22-7` or `22:30-06:00`, or nothing for "
                "none.",
                text=code(text, 30),
            )
        )
    return hours


def _hours_words(settings: GuildSettings) -> str:
    if not settings.quiet_hours:
        return _("**Quiet hours**: none. Alerts ping at any time.")
    return _(
        "**Quiet hours**: {hours}, {zone}. Alerts are posted then, but ping nobody.",
        hours=settings.quiet_hours,
        zone=zone_words(settings.time_zone),
    )


CHANNELS: Final = Page(
    key="channels",
    title=lambda: _("Channels"),
    settings=(
        Entry(
            key="quiet_hours",
            label=lambda: _("Quiet hours"),
            says=_hours_words,
            hint=lambda: _("Such as 22-7 or 22:30-06:00; empty for none"),
            value=lambda settings: settings.quiet_hours,
            read=_hours,
            most=20,
        ),
    ),
)
