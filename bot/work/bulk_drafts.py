"""What members want done in bulk, until they chose the servers; in memory, for some minutes."""

from secrets import token_urlsafe
from typing import Final

from msgspec import Struct

from bot.access.gate import Admitted
from bot.clock import Clock
from bot.texts import _
from bot.ui.errors import Unfit
from bot.work.course import Signal

DRAFT_SECONDS: Final = 900.0
DRAFTS_AT_MOST: Final = 500


class Draft(Struct, frozen=True):
    """What a member wants done, until they chose where."""

    guild_id: int
    member_id: int
    signal: Signal
    reason: str
    begun_at: float


class Drafts:
    """Keeps drafts by a token; the oldest make room."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._drafts: dict[str, Draft] = {}

    def keep(self, admitted: Admitted, signal: Signal, reason: str) -> str:
        """Keep what is wanted while the servers are chosen; the token goes into the select."""
        token = token_urlsafe(8)
        self._drafts[token] = Draft(
            admitted.guild_id, admitted.actor.id, signal, reason, self._clock.monotonic()
        )
        while len(self._drafts) > DRAFTS_AT_MOST:
            del self._drafts[next(iter(self._drafts))]
        return token

    def get(self, admitted: Admitted, token: str) -> Draft:
        """What a token stands for, for the member who began it.

        Raises:
            Unfit: It is too old, or somebody else's.
        """
        found = self._drafts.get(token)
        whose = (admitted.guild_id, admitted.actor.id)
        if (
            found is None
            or (found.guild_id, found.member_id) != whose
            or self._clock.monotonic() - found.begun_at > DRAFT_SECONDS
        ):
            raise Unfit(_("That choice is too old. Run `/bulk power` again."))
        return found
