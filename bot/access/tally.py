"""How a vote stands. Pure: ballots in, outcome out."""

import math
from collections.abc import Sequence
from enum import Enum

from msgspec import Struct

from bot.store.ballots import Ballot


class Standing(Enum):
    """Whether a vote is decided, and how."""

    OPEN = "open"
    CARRIED = "carried"
    REJECTED = "rejected"
    """As many are against as would have carried it, or too few are left."""
    SHORT = "short"
    """Its time is over, and too few were for it."""


class Tally(Struct, frozen=True, kw_only=True):
    """Votes for and against, and how many it takes."""

    needed: int
    size: int | None = None
    """How many may vote; None where nobody can say."""
    votes_for: int = 0
    against: int = 0
    changes: int = 0
    """How often somebody changed their mind."""
    dropped: int = 0
    """Votes that no longer count, because their members left or lost the role."""
    away: int = 0
    """Votes that don't count just now, because their members aren't in the voice channel."""

    def standing(self, *, is_over: bool) -> Standing:
        """Who first has as many as it takes decides it, for or against."""
        if self.votes_for >= self.needed:
            return Standing.CARRIED
        unreachable = self.size is not None and self.size - self.against < self.needed
        if self.against >= self.needed or unreachable:
            return Standing.REJECTED
        return Standing.SHORT if is_over else Standing.OPEN


def tally(ballots: Sequence[Ballot], *, needed: int, size: int | None) -> Tally:
    """Count ballots."""
    votes_for = sum(one.is_for for one in ballots)
    return Tally(
        needed=needed,
        size=size,
        votes_for=votes_for,
        against=len(ballots) - votes_for,
        changes=sum(one.changes for one in ballots),
    )


def share(percent: int, size: int) -> int:
    """How many votes a share of some people is; at least one."""
    return max(1, math.ceil(percent * size / 100))
