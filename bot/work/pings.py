"""Whom an alert pings: nobody in the guild's quiet hours, and said so where Discord lets it not."""

import discord

from bot.access.gate import Gate
from bot.access.quiet import is_quiet
from bot.clock import Clock
from bot.posts.places import Places
from bot.texts import _
from bot.ui.alerts import cant_ping_words


class Pings:
    """Decides at the moment of sending."""

    def __init__(self, gate: Gate, places: Places, clock: Clock) -> None:
        self._gate = gate
        self._places = places
        self._clock = clock

    def language(self, guild_id: int) -> str:
        """In which a guild's channels are spoken to."""
        return self._gate.language(guild_id, self._places.language(guild_id))

    def is_quiet(self, guild_id: int) -> bool:
        """Whether the guild has its quiet hours now."""
        settings = self._gate.book(guild_id).settings
        return is_quiet(settings.quiet_hours, settings.time_zone, self._clock.now())

    def of_role(
        self, guild_id: int, channel_id: int, role_id: int | None
    ) -> tuple[str, list[discord.Object]]:
        """The line that names a role, and who is pinged by it; nobody where that can't be."""
        if role_id is None:
            return "", []
        if self.is_quiet(guild_id):
            return "-# " + _("Quiet hours: nobody is pinged."), []
        role = discord.Object(role_id, type=discord.Role)
        if not self._places.can_ping(guild_id, channel_id, role):
            return "-# " + cant_ping_words(role_id), []
        return f"<@&{role_id}>", [role]
