"""Everything that is sent to channels takes its turn here: one budget, fair shares, no storms.

What somebody waits for goes first. The rest takes turns: guild by guild, channel by channel, one
at a time in each. A channel that refuses is paused at once and left alone until its permissions
change or an admin asks for it; what Discord tells us to wait for is waited for, once, here.
"""

import asyncio
import heapq
import itertools
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Hashable
from datetime import datetime
from typing import Final, TypeVar

import discord
import structlog
from msgspec import Struct

from bot.clock import Clock
from bot.observe import Metrics
from bot.posts.traffic import OLD_EDITS, HeldUp, Limits, Traffic

log = structlog.stdlib.get_logger(__name__)
T = TypeVar("T")

SEND_SECONDS: Final = 10.0
"""How long Discord may take for one call."""
SENDS_PER_SECOND: Final = 40.0
"""Of the 50 that Discord allows a bot; answers to interactions don't count there."""
RESERVE: Final = 10.0
"""Of a second's budget, what only those may use for whom somebody waits."""
UNDER_WAY: Final = 24
"""Calls in the background at a time."""
HOOK_SENDS: Final = 30
HOOK_SECONDS: Final = 60.0
"""About what the webhooks of one channel may send; no header tells."""
FIRST_WAITS_SECONDS: Final = 10.0
QUIET_AT_REFUSALS: Final = 5000
SILENT_AT_REFUSALS: Final = 8000
"""In ten minutes; Discord bans the address at 10,000. First the background stops, then all."""
_LOOK_AGAIN_SECONDS: Final = 10.0

THREAD_SHUT: Final = frozenset({50083, 160005})
"""Discord's codes for a thread that is archived or locked."""
_CHANNEL_REFUSES: Final = frozenset({0, 10003, 10004, 40001, 50001, 50008, 50013})
"""Discord's codes that speak of the channel or guild; others of one message or webhook."""


class Place(Struct, frozen=True):
    """Where something is sent: a channel, by the bot itself or by a webhook in it."""

    guild_id: int
    channel_id: int
    by_webhook: bool = False
    parent_id: int | None = None
    """The channel above a thread, where a webhook sends: it belongs to that."""


class Pause(Struct, frozen=True):
    """A channel that refused, and when."""

    place: Place
    is_gone: bool
    """The channel is not there any more, so that no permission helps."""
    since: datetime
    is_shut: bool = False
    """It is a thread that was closed and locked."""


class Superseded(Exception):
    """A newer edit of the same message took this one's place."""


class Paused(Exception):
    """The channel refused before; nothing was sent."""


class _Turn:
    """Somebody's wait for their turn."""

    def __init__(self, replaces: Hashable | None) -> None:
        self.granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.replaces = replaces

    @property
    def is_granted(self) -> bool:
        granted = self.granted
        return granted.done() and not granted.cancelled() and granted.exception() is None


class _Line:
    """The queue of one place."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.turns: deque[_Turn] = deque()
        self.is_busy = False
        self.is_queued = False
        self.free_at = 0.0
        self.sent_at: deque[float] = deque(maxlen=HOOK_SENDS)


class Delivery:
    """Grants turns. `run` is kept by the supervisor and wakes whom only time holds back."""

    def __init__(self, traffic: Traffic, metrics: Metrics, clock: Clock) -> None:
        self._traffic = traffic
        self._metrics = metrics
        self._clock = clock
        self._lines: dict[Place, _Line] = {}
        self._ready: OrderedDict[int, deque[_Line]] = OrderedDict()
        self._resting: list[tuple[float, int, _Line]] = []
        self._order = itertools.count()
        self._first: deque[_Turn] = deque()
        self._under_way = 0
        self._budget = SENDS_PER_SECOND
        self._filled_at = clock.monotonic()
        self._free_at = 0.0
        self._changed = asyncio.Event()
        self._paused: dict[Place, Pause] = {}
        self._probed: dict[Place, Pause] = {}
        """Pauses that were lifted to see whether they still hold."""
        self._stopped_by_refusals = False
        self.on_pause: Callable[[Pause], None] | None = None
        """Told once of every channel that is paused."""

    async def send(
        self,
        place: Place,
        work: Callable[[], Awaitable[T]],
        *,
        is_first: bool = False,
        replaces: Hashable | None = None,
    ) -> T:
        """Call Discord when it is this call's turn.

        Args:
            place: Where it is about.
            work: Makes the call; made again after a 429, which did nothing.
            is_first: Somebody waits for it. It queues behind nothing in the background.
            replaces: What it is the newest version of; older ones still waiting are dropped.

        Raises:
            Superseded: A newer one came while this one waited.
            Paused: The channel refused, now or before; only what is first is tried all the same.
            HeldUp: Messages older than an hour can't be edited just now (30046).
            TimeoutError: Discord didn't answer, or what is first waited too long for its turn.
            discord.HTTPException: Whatever else Discord said.
        """
        line = self._lines.setdefault(place, _Line(place))
        is_again = False
        while True:
            if is_first:
                async with asyncio.timeout(FIRST_WAITS_SECONDS):
                    await self._wait_first(line)
            else:
                await self._wait(line, replaces, is_again=is_again)
            try:
                return await self._call(line, work)
            except HeldUp as held:
                self._metrics.sent("limited")
                if held.code == OLD_EDITS:
                    raise
                self._hold(line, held)
                is_again = True
            except discord.HTTPException as error:
                is_refused = isinstance(error, discord.Forbidden | discord.NotFound)
                is_shut = error.code in THREAD_SHUT
                self._metrics.sent("refused" if is_refused or is_shut else "failed")
                if is_shut or (is_refused and error.code in _CHANNEL_REFUSES):
                    self._pause(place, is_gone=error.code in (10003, 10004), is_shut=is_shut)
                    raise Paused from error
                raise
            except TimeoutError:
                self._metrics.sent("failed")
                raise
            finally:
                self._done(line, is_first=is_first)

    @property
    def under_way(self) -> int:
        """Calls in the background at this moment."""
        return self._under_way

    @property
    def refusals(self) -> int:
        """Refusals by Discord in the last ten minutes."""
        return self._traffic.refusals

    def paused(self, guild_id: int) -> tuple[Pause, ...]:
        """The places of a guild that refused and are left alone."""
        return tuple(one for one in self._paused.values() if one.place.guild_id == guild_id)

    def pause_of(self, place: Place) -> Pause | None:
        """Since when and why a place is left alone; None where it isn't."""
        return self._paused.get(place)

    def is_paused(self, place: Place) -> bool:
        """Whether a place is left alone because it refused."""
        return place in self._paused

    @property
    def all_paused(self) -> tuple[Pause, ...]:
        """The places of all guilds that are left alone."""
        return tuple(self._paused.values())

    def resume(self, place: Place) -> None:
        """Try a place again: permissions changed, or an admin asked for it."""
        self._paused.pop(place, None)
        self._probed.pop(place, None)

    def probe(self, place: Place) -> None:
        """Try a place again that looks well; another refusal there is no news."""
        pause = self._paused.pop(place, None)
        if pause is not None:
            self._probed[place] = pause

    def forget(self, guild_id: int) -> None:
        """Let go of a guild: what waits is told that it will not be sent."""
        for place in [one for one in (*self._paused, *self._probed) if one.guild_id == guild_id]:
            self.resume(place)
        for line in [one for one in self._lines.values() if one.place.guild_id == guild_id]:
            self._dismiss(line)

    async def run(self) -> None:
        """Grant turns that wait for time to pass."""
        while True:
            self._changed.clear()
            self._grant()
            try:
                async with self._clock.timeout(self._next_in()):
                    await self._changed.wait()
            except TimeoutError:
                continue

    # waiting

    async def _wait_first(self, line: _Line) -> None:
        turn = _Turn(None)
        while line.free_at > self._clock.monotonic():
            await self._clock.sleep(line.free_at - self._clock.monotonic())
        self._first.append(turn)
        self._go_on()
        await turn.granted

    async def _wait(self, line: _Line, replaces: Hashable | None, *, is_again: bool) -> None:
        if self.is_paused(line.place):
            raise Paused
        if replaces is not None:
            newer = [turn for turn in line.turns if turn.replaces == replaces]
            if newer and is_again:
                raise Superseded
            for turn in newer:
                line.turns.remove(turn)
                if not turn.granted.done():
                    turn.granted.set_exception(Superseded())
        turn = _Turn(replaces)
        if is_again:
            line.turns.appendleft(turn)
        else:
            line.turns.append(turn)
        self._enroll(line)
        self._go_on()
        try:
            await turn.granted
        except asyncio.CancelledError:
            if turn.is_granted:
                self._done(line, is_first=False)  # nobody takes it any more
            raise

    def _enroll(self, line: _Line) -> None:
        if line.is_queued or line.is_busy or not line.turns:
            return
        line.is_queued = True
        if line.free_at > self._clock.monotonic():
            heapq.heappush(self._resting, (line.free_at, next(self._order), line))
            self._changed.set()
        else:
            self._ready.setdefault(line.place.guild_id, deque()).append(line)

    # granting

    def _go_on(self) -> None:
        self._grant()
        if self._first or self._ready:
            self._changed.set()  # only time gives them their turn, so `run` looks at the clock

    def _grant(self) -> None:
        now = self._clock.monotonic()
        self._refill(now)
        while self._resting and self._resting[0][0] <= now:
            _, _, line = heapq.heappop(self._resting)
            line.is_queued = False
            self._enroll(line)
        if self._free_at > now or self._is_stopped(SILENT_AT_REFUSALS):
            return
        while self._first and self._budget >= 1:
            turn = self._first.popleft()
            if not turn.granted.done():
                self._budget -= 1
                turn.granted.set_result(None)
        may_background = not self._is_stopped(QUIET_AT_REFUSALS)
        while (
            may_background
            and self._ready
            and self._under_way < UNDER_WAY
            and self._budget >= 1 + RESERVE
        ):
            self._grant_next(now)

    def _grant_next(self, now: float) -> None:
        guild_id, lines = next(iter(self._ready.items()))
        line = lines.popleft()
        if lines:
            self._ready.move_to_end(guild_id)
        else:
            del self._ready[guild_id]
        line.is_queued = False
        while line.turns and line.turns[0].granted.done():
            line.turns.popleft()
        if not line.turns:
            return
        if line.free_at > now:
            self._enroll(line)
            return
        turn = line.turns.popleft()
        line.is_busy = True
        self._under_way += 1
        self._budget -= 1
        turn.granted.set_result(None)

    def _refill(self, now: float) -> None:
        gained = (now - self._filled_at) * SENDS_PER_SECOND
        self._budget = min(SENDS_PER_SECOND, self._budget + gained)
        self._filled_at = now

    def _next_in(self) -> float | None:
        """Seconds until time alone lets somebody have their turn; None where it doesn't."""
        now = self._clock.monotonic()
        waits = [self._resting[0][0] - now] if self._resting else []
        if self._first or self._ready:
            if self._stopped_by_refusals:
                waits.append(_LOOK_AGAIN_SECONDS)
            elif self._free_at > now:
                waits.append(self._free_at - now)
            elif self._first or self._under_way < UNDER_WAY:
                needed = 1.0 if self._first else 1.0 + RESERVE
                waits.append(max(0.0, needed - self._budget) / SENDS_PER_SECOND)
        return max(0.001, min(waits)) if waits else None

    def _is_stopped(self, at_refusals: int) -> bool:
        refusals = self._traffic.refusals
        is_stopped = refusals >= at_refusals
        if (refusals >= QUIET_AT_REFUSALS) != self._stopped_by_refusals:
            self._stopped_by_refusals = not self._stopped_by_refusals
            if self._stopped_by_refusals:
                log.error("too many refusals by Discord: sending rests", refusals=refusals)
            else:
                log.info("sending goes on", refusals=refusals)
        return is_stopped

    # calling

    async def _call(self, line: _Line, work: Callable[[], Awaitable[T]]) -> T:
        now = self._clock.monotonic()
        if line.place.by_webhook:
            line.sent_at.append(now)
            if len(line.sent_at) == HOOK_SENDS:
                line.free_at = max(line.free_at, line.sent_at[0] + HOOK_SECONDS)
        with self._traffic.watching() as limits:
            async with asyncio.timeout(SEND_SECONDS):
                done = await work()
        self._heed(line, limits)
        self.resume(line.place)
        self._metrics.sent("done")
        return done

    def _heed(self, line: _Line, limits: Limits) -> None:
        """Nothing left in a webhook's bucket: wait here for it to fill, and not in the call.

        discord.py does the same for what the bot sends itself.
        """
        if line.place.by_webhook and limits.remaining == 0:
            line.free_at = max(line.free_at, self._clock.monotonic() + limits.reset_after)

    def _hold(self, line: _Line, held: HeldUp) -> None:
        until = self._clock.monotonic() + held.retry_after
        if held.is_global:
            if self._free_at < self._clock.monotonic():
                log.warning("Discord holds everything up", seconds=round(held.retry_after, 1))
            self._free_at = max(self._free_at, until)
        else:
            line.free_at = max(line.free_at, until)

    def _done(self, line: _Line, *, is_first: bool) -> None:
        if not is_first:
            line.is_busy = False
            self._under_way -= 1
        self._enroll(line)
        self._go_on()
        self._tidy(line)

    def _tidy(self, line: _Line) -> None:
        rests = line.free_at > self._clock.monotonic()
        if line.turns or line.is_busy or line.is_queued or rests or line.sent_at:
            return
        if self._lines.get(line.place) is line:
            del self._lines[line.place]

    def _pause(self, place: Place, *, is_gone: bool, is_shut: bool) -> None:
        before = self._probed.pop(place, None)
        if before is not None and (before.is_gone, before.is_shut) == (is_gone, is_shut):
            self._paused[place] = before
        elif place not in self._paused:
            pause = Pause(place, is_gone, self._clock.now(), is_shut)
            self._paused[place] = pause
            log.info(
                "channel paused",
                guild=place.guild_id,
                channel=place.channel_id,
                gone=is_gone,
                shut=is_shut,
            )
            if self.on_pause is not None:
                self.on_pause(pause)
        if place in self._lines:
            self._dismiss(self._lines[place])

    def _dismiss(self, line: _Line) -> None:
        while line.turns:
            turn = line.turns.popleft()
            if not turn.granted.done():
                turn.granted.set_exception(Paused())
