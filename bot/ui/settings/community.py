"""What members may ask of each other: votes, approvals, quiet hours."""

from typing import Final

from bot.store.guilds import GuildSettings
from bot.texts import _
from bot.ui.settings.kinds import ChannelPick, Page


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
        ChannelPick(
            key="idle_channel_id",
            label=lambda: _("Where idle stops are told"),
            says=_idle,
        ),
    ),
)
