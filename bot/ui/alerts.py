"""How alerts are told of: what is watched, where it is said, whom it pings."""

from collections.abc import Sequence
from typing import Final

from bot.posts.messages import Message
from bot.store.alerts import AlertEvent, AlertRow
from bot.texts import _, _n
from bot.ui.errors import Unfit
from bot.ui.parts import Colour, button, card
from bot.ui.text import bold, code

PERCENT_DEFAULT: Final = 90
DAYS_DEFAULT: Final = 2
DAYS_AT_MOST: Final = 90
_PERCENT: Final = frozenset({AlertEvent.CPU, AlertEvent.MEMORY, AlertEvent.DISK})


def checked_threshold(event: AlertEvent, threshold: int | None) -> int | None:
    """The threshold that holds: as given, or the default of the event; None where it has none.

    Raises:
        Unfit: Out of range, or given for an event without one.
    """
    if event in _PERCENT:
        return _within(threshold, PERCENT_DEFAULT, 100, _("percent of the server's limit"))
    if event is AlertEvent.BACKUP:
        return _within(threshold, DAYS_DEFAULT, DAYS_AT_MOST, _("days without a whole backup"))
    if threshold is not None:
        raise Unfit(
            _(
                "An alert of {event} has no threshold: it either happens or it doesn't. Leave it "
                "out.",
                event=code(event.value),
            )
        )
    return None


def _within(threshold: int | None, default: int, most: int, what: str) -> int:
    if threshold is None:
        return default
    if not 1 <= threshold <= most:
        raise Unfit(
            _(
                "{number} doesn't fit: from 1 to {most} {what}. Left out, it is {default}.",
                number=code(str(threshold), 30),
                most=most,
                what=what,
                default=default,
            )
        )
    return threshold


def event_words(event: AlertEvent, threshold: int | None) -> str:
    """What an alert tells of, in a few words."""
    percent = threshold or PERCENT_DEFAULT
    match event:
        case AlertEvent.CRASH:
            return _("crashes")
        case AlertEvent.STATE:
            return _("starts and stops")
        case AlertEvent.CPU:
            return _("CPU over {percent} % for 5 min", percent=percent)
        case AlertEvent.MEMORY:
            return _("memory over {percent} % for 5 min", percent=percent)
        case AlertEvent.DISK:
            return _("disk over {percent} %", percent=percent)
        case AlertEvent.BACKUP:
            return _n(
                "each backup, failed ones, and none for {count} day",
                "each backup, failed ones, and none for {count} days",
                threshold or DAYS_DEFAULT,
            )
        case AlertEvent.PANEL:
            return _("the panel away, or its key refused")
        case AlertEvent.NODE:
            return _("the node away")


def alert_line(alert: AlertRow, label: str | None, *, is_paused: bool, is_unheard: bool) -> str:
    """One line of the list: what, of which server, where, whom.

    Args:
        alert: The alert.
        label: The server's name; None for all.
        is_paused: Whether Discord refuses the channel.
        is_unheard: Whether the role can't be pinged there.
    """
    where = bold(label) if label else _("all servers")
    line = _(
        "**{event}** · {server} → {channel}",
        event=event_words(alert.event, alert.threshold),
        server=where,
        channel=f"<#{alert.channel_id}>",
    )
    if alert.role_id is not None:
        line += " · " + (
            _("pings {role}, who can't be pinged", role=f"<@&{alert.role_id}>")
            if is_unheard
            else _("pings {role}", role=f"<@&{alert.role_id}>")
        )
    if alert.in_thread:
        line += " · " + _("in a thread")
    if is_paused:
        line += "\n-# ⛔ " + _("paused: I may not write there")
    return line


def set_card(alert: AlertRow, label: str | None, notes: Sequence[str], *, is_new: bool) -> Message:
    """The answer to `/alerts set`."""
    about = bold(label) if label else _("all servers, also those to come")
    title = _("Alert set") if is_new else _("Alert replaced")
    said = _(
        "I tell of {event} of {server} in {channel}.",
        event=event_words(alert.event, alert.threshold),
        server=about,
        channel=f"<#{alert.channel_id}>",
    )
    if alert.event in (AlertEvent.PANEL, AlertEvent.NODE):
        said = _(
            "I tell in {channel} of {event}.",
            event=event_words(alert.event, alert.threshold),
            channel=f"<#{alert.channel_id}>",
        )
    if alert.role_id is not None:
        said += " " + _("{role} is pinged.", role=f"<@&{alert.role_id}>")
    return card(
        f"## {title}\n{said}",
        "\n".join(f"-# {note}" for note in notes),
        rows=[
            [
                button("alert-test", alert.id, label=_("Test")),
                button("alert-drop", alert.id, label=_("Remove")),
            ]
        ],
    )


def sample_card(alert: AlertRow, label: str | None, mention: str) -> Message:
    """What a test posts."""
    about = bold(label) if label else _("all servers")
    return card(
        "## ⚪ "
        + _("This is a test")
        + "\n"
        + _(
            "Nothing happened. Here I would tell of {event} of {server}.",
            event=event_words(alert.event, alert.threshold),
            server=about,
        ),
        mention,
    )


def cant_ping_words(role_id: int) -> str:
    """Why a role hears nothing, and what would help."""
    return _(
        "I can't ping {role}: make it mentionable in Server Settings → Roles, or give me *Mention "
        "Everyone* in that channel.",
        role=f"<@&{role_id}>",
    )


def news_card(dot: str, text: str, mention: str = "") -> Message:
    """A short piece of news: started, stopped, a backup that ended."""
    colours = {"🟢": Colour.GREEN, "🔴": Colour.RED, "🟡": Colour.YELLOW, "🔵": Colour.BLUE}
    return card(f"{dot} {text}", mention, colour=colours.get(dot, Colour.GREY))
