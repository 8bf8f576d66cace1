"""A call that may have happened all the same is not repeated: the truth is read back instead."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final, TypeVar

import structlog

from bot.pterodactyl import PanelError

T = TypeVar("T")
log = structlog.stdlib.get_logger(__name__)

ARRIVES_WITHIN: Final = timedelta(seconds=60)
"""A call whose answer was lost may reach the node so much later; then it won't any more."""


async def done_or_seen(call: Awaitable[T], look: Callable[[], Awaitable[T | None]]) -> T:
    """What `call` returns, or what `look` finds of it where nobody can say whether it arrived.

    Args:
        call: One changing call.
        look: Reads whether it happened; None where nothing is to be seen of it.

    Raises:
        PanelError: Of the call: refused, or still unknown after looking.
    """
    try:
        return await call
    except PanelError as error:
        if not error.maybe_done:
            raise
        log.warning("outcome unknown", error=type(error).__name__)
        try:
            seen = await look()
        except PanelError:
            raise error from None
        if seen is None:
            raise
        return seen
