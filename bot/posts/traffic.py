"""What Discord answers, seen where every answer passes: its limits, and refusals that add up.

discord.py waits a limit out by itself, deep within a call and by the machine's own time. What is
sent through `Delivery` doesn't: its 429 is raised as `HeldUp`, so that one place waits for all.
"""

import contextlib
from collections import deque
from collections.abc import Iterator
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Final

import aiohttp
import msgspec
from msgspec import Struct

from bot.clock import Clock

OLD_EDITS: Final = 30046
"""Discord's code: too many edits of messages older than an hour."""
REFUSALS_WITHIN_SECONDS: Final = 600.0
BANNED_SECONDS: Final = 900.0
"""How long to keep still where Discord's own edge turned us away without saying how long."""
_REFUSALS: Final = frozenset({401, 403, 429})
_SLOT_SECONDS: Final = 10.0


class HeldUp(Exception):
    """Discord said 429: not now."""

    def __init__(self, retry_after: float, *, code: int, is_global: bool) -> None:
        super().__init__(f"held up for {retry_after:.1f} s")
        self.retry_after = retry_after
        self.code = code
        self.is_global = is_global


class Limits(Struct):
    """What the answer to a call said of its bucket; None where it said nothing."""

    remaining: float | None = None
    reset_after: float = 0.0


class _Told(Struct):
    retry_after: float = 1.0
    code: int = 0
    is_global: bool = msgspec.field(default=False, name="global")


_TOLD: Final = msgspec.json.Decoder(_Told)
_call: ContextVar[Limits | None] = ContextVar("call", default=None)


class Traffic:
    """Sees every answer of Discord's API to this process; the client carries its `trace`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._refused: deque[tuple[float, int]] = deque()

    @property
    def refusals(self) -> int:
        """Answers 401, 403 and 429 in the last ten minutes; 10,000 ban the address."""
        oldest = self._clock.monotonic() - REFUSALS_WITHIN_SECONDS
        while self._refused and self._refused[0][0] < oldest:
            self._refused.popleft()
        return sum(count for _, count in self._refused)

    def trace(self) -> aiohttp.TraceConfig:
        """For the session of a discord.py client."""
        config = aiohttp.TraceConfig()
        config.on_request_end.append(self._answered)
        return config

    @contextlib.contextmanager
    def watching(self) -> Iterator[Limits]:
        """Read what the calls in the block are told; their 429 is raised instead of waited for."""
        limits = Limits()
        token = _call.set(limits)
        try:
            yield limits
        finally:
            _call.reset(token)

    async def _answered(
        self,
        _session: aiohttp.ClientSession,
        _context: SimpleNamespace,
        ended: aiohttp.TraceRequestEndParams,
    ) -> None:
        response = ended.response
        if response.status in _REFUSALS:
            self._count()
        limits = _call.get()
        if limits is None:
            return
        if response.status == 429:
            raise await _held_up(response)
        limits.remaining = _number(response.headers.get("X-RateLimit-Remaining"))
        limits.reset_after = _number(response.headers.get("X-RateLimit-Reset-After")) or 0.0

    def _count(self) -> None:
        now = self._clock.monotonic()
        if self._refused and now - self._refused[-1][0] < _SLOT_SECONDS:
            at, count = self._refused[-1]
            self._refused[-1] = (at, count + 1)
        else:
            self._refused.append((now, 1))


async def _held_up(response: aiohttp.ClientResponse) -> HeldUp:
    if "Via" not in response.headers:  # not the API but the edge before it: the address is banned
        after = _number(response.headers.get("Retry-After")) or BANNED_SECONDS
        return HeldUp(after, code=0, is_global=True)
    try:
        told = _TOLD.decode(await response.read())
    except (msgspec.DecodeError, aiohttp.ClientError, TimeoutError):
        told = _Told(_number(response.headers.get("Retry-After")) or 1.0)
    return HeldUp(told.retry_after, code=told.code, is_global=told.is_global)


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None
