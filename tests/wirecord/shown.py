"""What an interaction led to, as the member sees it."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from tests.wirecord.message import text_of
from tests.wirecord.protocol import Interaction, Json, Refusal, snowflake

if TYPE_CHECKING:
    from tests.wirecord.member import Member
    from tests.wirecord.wire import Wire
    from tests.wirecord.world import Channel

T = TypeVar("T")

TOKEN_LIFE = 900.0  # seconds
ACKNOWLEDGE_WITHIN = 3.0  # seconds
LOOK_EVERY = 0.02  # seconds


class Shown:
    """The acknowledgement of one interaction, and the messages that came of it.

    `modal` is the form that was opened, `choices` what an autocomplete offered, `type` the kind
    of the acknowledgement, `acknowledged_after` its delay in seconds.
    """

    def __init__(
        self, wire: Wire, who: Member, channel: Channel, kind: Interaction, source: Json | None
    ) -> None:
        self.wire = wire
        self.who = who
        self.channel = channel
        self.kind = kind
        self.source = source  # the message a component belongs to
        self.id = snowflake()
        self.token = secrets.token_urlsafe(24) + "x" * 60  # about as long as Discord's
        self.sent_at = time.monotonic()
        self.sent_at_own = wire.own_time.now()
        self.acknowledged_after: float | None = None
        self.type: int | None = None
        self.modal: Json | None = None
        self.choices: list[Json] = []
        self.messages: list[Json] = []
        self.original: Json | None = None
        self.is_waiting = False  # "thinking": the first follow-up will fill it in
        self.is_expired = False
        self.acknowledged = asyncio.Event()

    @property
    def message(self) -> Json:
        """The newest message of it, or the one that was clicked."""
        return self.messages[-1] if self.messages else (self.source or {})

    @property
    def text(self) -> str:
        return "\n".join(text_of(message) for message in self.messages)

    def expire(self) -> None:
        """Let the 15 minutes be over: the token is worth nothing."""
        self.is_expired = True

    def check_token(self) -> None:
        """Raise what Discord answers to an early or a late use of the token."""
        if self.type is None:
            raise Refusal(404, 10015, "Unknown Webhook")
        if self.is_expired or time.monotonic() - self.sent_at > TOKEN_LIFE:
            raise Refusal(401, 50027, "Invalid Webhook Token")

    async def until(self, check: Callable[[], object], timeout: float = 20) -> Shown:
        """Wait until `check` holds.

        Raises:
            TimeoutError: It did not within `timeout` seconds; says what was shown instead.
        """
        end = time.monotonic() + timeout
        while not check():
            if time.monotonic() > end:
                raise TimeoutError(
                    f"not seen in {timeout} s; shown: {self.text!r}; "
                    f"channel: {self.channel.texts()[-5:]}"
                )
            await asyncio.sleep(LOOK_EVERY)
        return self

    async def settled(self, timeout: float = 20) -> Shown:
        """Wait until a "thinking" answer was filled in or taken away."""
        return await self.until(lambda: not self.is_waiting, timeout)

    async def answered(self, timeout: float = 20) -> Shown:
        """Wait for a message with content (a deferred answer filled in), a form, or choices."""
        return await self.until(
            lambda: (
                self.modal
                or self.choices
                or any(text_of(m) or m.get("attachments") for m in self.messages)
            ),
            timeout,
        )


async def eventually(check: Callable[[], T], timeout: float = 15) -> T:
    """Wait until `check` gives something true and return that.

    Raises:
        TimeoutError: It did not within `timeout` seconds.
    """
    end = time.monotonic() + timeout
    while not (value := check()):
        if time.monotonic() > end:
            raise TimeoutError(f"not seen in {timeout} s")
        await asyncio.sleep(LOOK_EVERY)
    return value
