"""What a vote, an approval or the question to a second person keeps of how far it is."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access.consent import Consent
from bot.access.gate import Admitted
from bot.store.policies import Terms
from bot.work.again import Asked
from bot.work.telling import Told

KIND: Final = "consent"
OPEN_PHASES: Final = frozenset({"new", "open"})
"""In these a ballot still counts."""


class ConsentJob(Struct, frozen=True, kw_only=True):
    """A request that waits for others; a stored contract."""

    asked: Asked
    verb: str
    """Who carries it out once it is agreed to."""
    payload: dict[str, Any] = {}
    consent: Consent
    right: str
    """What takes those who approve, or agree as the second person."""
    what: str
    """What is asked for, in the channel's language: "restart **Survival**"."""
    reason: str = ""
    """In the asker's words; the channel sees it."""
    language: str
    """Of the channel."""
    opened_at: datetime
    ends_at: datetime
    window_seconds: int
    terms: Terms | None = None
    """Those of the policy as they were when it was asked."""
    needed: int = 1
    size: int | None = None
    """How many may vote; None where nobody can say."""
    also: tuple[int, ...] = ()
    """Members who asked for the same meanwhile."""
    told: Told
    by: tuple[int, ...] = ()
    """Who agreed."""
    checked: str = ""
    """By which rule the second person was let through, in the channel's language."""
    said: str = ""
    """How it was agreed to, for the audit."""
    dropped: int = 0
    """Votes that were cast and no longer count, because their members left or lost the role."""
    away: int = 0
    """Votes that didn't count when it was decided: their members weren't in the voice channel."""
    votes: tuple[int, int] = (0, 0)
    """For and against, once it is decided."""
    outcome: str = ""
    ended: str = ""
    """How it ended, in the channel's language."""


class Deed(Struct, frozen=True):
    """What is to be done now that it was agreed to."""

    job_id: str
    admitted: Admitted
    """Decided anew, with the consent in it."""
    payload: dict[str, Any]
    reason: str
    terms: Terms | None
    language: str
    """In which the answer is read; it is spoken already."""
    keep_in: Callable[[AsyncSession, str], Awaitable[None]]
    """Write down, in a transaction that does the deed, that it is done, and what is told of it.
    With it, the deed happens exactly once."""


CarryOut = Callable[[Deed], Awaitable[str]]
"""Do it, and return what the channel is told."""
Look = Callable[[Deed], Awaitable[bool | None]]
"""Whether a deed that was cut off has happened; None where nobody can say."""


class Carrier(Struct, frozen=True):
    """Who carries out a verb."""

    carry_out: CarryOut
    look: Look
