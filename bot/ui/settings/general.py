"""What holds for the guild as a whole; the admin role stands on this page too."""

from typing import Final

from bot.store.guilds import GuildSettings
from bot.texts import _, languages
from bot.ui.settings.kinds import NONE, Choice, Entry, Option, Page
from bot.ui.settings.zones import zone, zone_words

_OWN_NAMES: Final = {"en": "English", "de": "Deutsch"}


def _spoken() -> list[Option]:
    found = [(NONE, _("As the guild is set on Discord"), "")]
    return found + [(one, _OWN_NAMES.get(one, one), "") for one in ("en", *languages())]


def _language_words(settings: GuildSettings) -> str:
    return _(
        "**Language**: {language}. It is for what many read; private answers speak each member's "
        "own.",
        language=_OWN_NAMES.get(settings.language, _("as the guild on Discord")),
    )


GENERAL: Final = Page(
    key="general",
    title=lambda: _("General"),
    settings=(
        Choice(
            key="language",
            label=lambda: _("Language"),
            says=_language_words,
            options=_spoken,
        ),
        Entry(
            key="time_zone",
            label=lambda: _("Time zone"),
            says=lambda settings: _(
                "**Time zone**: {zone}. Days and times of day in this guild are meant in it.",
                zone=zone_words(settings.time_zone),
            ),
            hint=lambda: _("A city or a zone: Berlin, New York, UTC"),
            value=lambda settings: settings.time_zone,
            read=zone,
        ),
    ),
)
