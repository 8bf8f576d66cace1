"""What members may ask of each other: whose voice counts, and what takes two."""

from typing import Final

from bot.access.consent import TWO_PERSON_CLASSES
from bot.store.guilds import GuildSettings
from bot.texts import _, _n
from bot.ui.settings.kinds import ChannelPick, Choices, Entry, Option, Page, whole_number

DAYS_AT_MOST: Final = 365


def class_names() -> dict[str, str]:
    """What the two-person rule can cover, by its key."""
    return {
        "kill": _("Kill a server"),
        "restore": _("Restore a backup"),
        "reinstall": _("Reinstall a server"),
        "delete": _("Delete backups, files, databases"),
        "write": _("Write files"),
    }


def _classes() -> list[Option]:
    names = class_names()
    return [(one, names[one], "") for one in TWO_PERSON_CLASSES]


def _two_person_words(settings: GuildSettings) -> str:
    names = class_names()
    chosen = ", ".join(names[one] for one in settings.two_person if one in names)
    if not chosen:
        return _("**Two-person rule**: off. What you choose takes a second member's yes.")
    return _(
        "**Two-person rule**: {classes}. A second member with the right has to agree within 10 "
        "minutes. To take something off it, a second member with *Manage Server* has to agree.",
        classes=chosen,
    )


def _days_words(settings: GuildSettings) -> str:
    if not settings.member_days:
        return _("**Votes**: every member counts, however new.")
    return _n(
        "**Votes**: who is a member for less than {count} day doesn't count.",
        "**Votes**: who is a member for less than {count} days doesn't count.",
        settings.member_days,
    )


def _idle(settings: GuildSettings) -> str:
    if settings.idle_channel_id is None:
        return _(
            "**Idle stop** is told nowhere. Pick a channel in which I say that a server was "
            "stopped because nobody was on it."
        )
    return _(
        "**Idle stop** is told in {channel}: one line for each server that was stopped because "
        "nobody was on it.",
        channel=f"<#{settings.idle_channel_id}>",
    )


COMMUNITY: Final = Page(
    key="community",
    title=lambda: _("Community"),
    settings=(
        Choices(
            key="two_person",
            label=lambda: _("What takes two members"),
            says=_two_person_words,
            options=_classes,
        ),
        Entry(
            key="member_days",
            label=lambda: _("Days of membership for votes"),
            says=_days_words,
            hint=lambda: _("A number up to 365; 0 or empty: everybody counts"),
            value=lambda settings: str(settings.member_days),
            read=lambda text: whole_number(text, least=0, most=DAYS_AT_MOST),
        ),
        ChannelPick(
            key="idle_channel_id",
            label=lambda: _("Where idle stops are told"),
            says=_idle,
        ),
    ),
)
