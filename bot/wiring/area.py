"""What every area may do as the bot starts, and as guilds come and go."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from bot.supervisor import Supervisor

IsMember = Callable[[int, int], Awaitable[bool]]
"""Whether a member (guild, member) is still there; True where Discord doesn't say."""


class Area:
    """An area does nothing of this until it says otherwise."""

    async def start(self, supervisor: Supervisor) -> None:
        """Begin the loops that keep it going; every known guild is loaded."""

    async def load(self, guild_id: int) -> None:
        """Take a guild into memory; Discord may not know it yet."""

    async def resume(self, guild_id: int) -> None:
        """Go on with what is posted in a loaded guild: Discord knows it now."""

    async def forget(self, guild_id: int) -> None:
        """Drop a guild from memory; its rows stay."""

    async def erase(self, guild_id: int) -> None:
        """Take away what stands outside the database, before everything of a guild is erased."""

    async def tidy(self, guild_id: int, now: datetime) -> None:
        """Drop rows of a loaded guild that nobody needs any more; from time to time."""

    async def who_left(self, guild_id: int, is_member: IsMember) -> None:
        """Erase what is kept of members who left a loaded guild; once a day."""
