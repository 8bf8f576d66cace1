"""The panel's request budget: one per account, whatever number of keys and clients share it.

The panel counts in fixed windows of a minute that begin with the first call, and tells limit and
rest with each answer (contract: README.md, rate limits). So callers are let through while the rest
covers them and those under way, and wait in order when it doesn't: until the window must be over,
or as long as a 429 said. A new window is entered narrowly until its first answer shows the rest,
because others may use the same account.
"""

import asyncio
from collections import deque
from hashlib import sha256
from typing import Final, NamedTuple
from weakref import WeakValueDictionary

from bot.clock import Clock
from bot.secret import Secret

WINDOW_SECONDS: Final = 60.0
NARROW: Final = 10
"""Calls under way at once while the rest is unknown; no panel's budget is smaller."""

STALE_SECONDS: Final = 5.0
"""A probe unanswered for so long no longer holds the others up."""

RESERVE_SHARE: Final = 8
RESERVE_AT_MOST: Final = 32
"""Background calls leave an eighth of the budget, at most so many, to interactive ones."""

ROUTES_AT_MOST: Final = 1000
JOINED: Final = -1
"""The window of a call that was sent before its budget was joined to another."""


class Budgets:
    """The budgets of all panel accounts of this process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by_account: WeakValueDictionary[tuple[str, str], Budget] = WeakValueDictionary()
        self._by_key: WeakValueDictionary[tuple[str, bytes], Budget] = WeakValueDictionary()

    def of(self, address: str, key: Secret, account: str | None = None) -> "Budget":
        """The budget of a key, shared with every other key known to be of the same account.

        Args:
            address: The panel's.
            key: Kept as a fingerprint only.
            account: `Account.account_id`, where it is known already.
        """
        place = (address, _fingerprint(key))
        budget = self._by_key.get(place)
        if budget is None:
            budget = self._by_key[place] = Budget(self._clock)
        return budget.latest if account is None else self.learned(address, key, account)

    def learned(self, address: str, key: Secret, account: str) -> "Budget":
        """Note whose key it is; budgets that turn out to be one become one."""
        place = (address, _fingerprint(key))
        mine = self._by_key.get(place)
        shared = self._by_account.get((address, account))
        if shared is None:
            shared = mine.latest if mine is not None else Budget(self._clock)
        elif mine is not None:
            mine.latest.join(shared.latest)
        shared = shared.latest
        self._by_account[address, account] = self._by_key[place] = shared
        return shared


class Ticket(NamedTuple):
    """A call that was let through: hand it to `leave` of its budget."""

    budget: "Budget"
    window: int
    number: int  # of all calls of this budget


class _Waiter:
    __slots__ = ("look", "ticket")

    def __init__(self) -> None:
        self.ticket: Ticket | None = None
        self.look: asyncio.Future[None] | None = None

    def poke(self) -> None:
        if self.look is not None and not self.look.done():
            self.look.set_result(None)


class Budget:
    """One account's calls. Enter before a call, leave after it with what the answer told."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._successor: Budget | None = None
        self._lanes: tuple[deque[_Waiter], deque[_Waiter]] = (deque(), deque())
        self._limit: int | None = None
        self._is_unmetered = False  # the panel, or a proxy before it, tells nothing
        self._window = 0
        self._rest: int | None = None  # the lowest seen in this window; None until one was
        self._rest_at = 0  # calls sent when it was seen
        self._ends_at: float | None = None  # when this window must be over
        self._is_anchored = False  # it began with a call of ours, so that moment is near
        self._held_until = 0.0
        self._width = NARROW
        self._sent = 0
        self._sent_at = 0.0
        self._sent_in_window = 0
        self._under_way = 0
        self._under_way_in_window = 0
        self._has_probed = False
        self._routes: dict[tuple[str, str | None], float] = {}

    @property
    def latest(self) -> "Budget":
        """Itself, or the one it was joined to."""
        budget = self
        while budget._successor is not None:
            budget = budget._successor
        return budget

    @property
    def limit(self) -> int | None:
        """Calls a minute; None until an answer told."""
        return self._limit

    @property
    def rest(self) -> int | None:
        """Calls left in this window, those under way taken off; None while unknown."""
        return None if self._rest is None else self._rest - self._under_way

    def try_enter(self, *, background: bool = False) -> Ticket | None:
        """Enter at once, if nobody waits before and the rest covers it."""
        lanes = self._lanes
        if lanes[0] or (background and lanes[1]) or self._wait(background=background) > 0:
            return None
        return self._grant()

    async def enter(
        self, *, background: bool = False, patience: float, again: bool = False
    ) -> Ticket | None:
        """Enter in turn; None when it would take, or took, longer than `patience` seconds.

        Args:
            background: Leave the reserve, and go after everyone interactive.
            patience: In seconds.
            again: It was refused after its turn, so it goes first.
        """
        deadline = self._clock.monotonic() + patience
        lane = self._lanes[background]
        waiter = _Waiter()
        if again:
            lane.appendleft(waiter)
        else:
            lane.append(waiter)
        self._wake()
        try:
            while waiter.ticket is None and self._successor is None:
                if not await self._look(waiter, deadline, background=background):
                    break
        except BaseException:
            if waiter.ticket is not None:
                self.leave(waiter.ticket)
            raise
        finally:
            if waiter.ticket is None:
                lane.remove(waiter)
                self._wake()
        if waiter.ticket is None and self._successor is not None:
            left = deadline - self._clock.monotonic()
            joined = self.latest
            return joined.try_enter(background=background) or await joined.enter(
                background=background, patience=left, again=again
            )
        return waiter.ticket

    def leave(
        self,
        ticket: Ticket,
        *,
        limit: int | None = None,
        rest: int | None = None,
        counted: bool = False,
        is_open: bool = False,
    ) -> None:
        """Tell how a call ended.

        Args:
            ticket: From entering.
            limit: `X-RateLimit-Limit` of the account's budget.
            rest: `X-RateLimit-Remaining` of it.
            counted: It counts, though the answer doesn't speak of this budget.
            is_open: It succeeded without a word about any budget.
        """
        if self._successor is not None:
            joined = Ticket(self.latest, JOINED, 0)
            joined.budget.leave(joined, limit=limit, rest=rest, counted=counted, is_open=is_open)
            return
        self._under_way -= 1
        if ticket.window == self._window:
            self._under_way_in_window -= 1
        if limit is not None and rest is not None:
            self._learn(ticket, limit, rest)
        elif is_open and self._limit is None:
            self._is_unmetered = True
        elif counted and self._rest is not None:
            self._rest -= 1
        if self._lanes[0] or self._lanes[1]:
            self._wake()

    def hold(self, ticket: Ticket, wait: float) -> None:
        """A call met a 429 of the whole budget: nobody is sent for `wait` seconds, then one."""
        if self._successor is not None:
            self.latest.hold(Ticket(self.latest, JOINED, 0), wait)
            return
        if ticket.window != self._window and self._held_until > self._clock.monotonic():
            return  # a straggler of the window that is being waited out
        self._next_window(width=1)
        self._rest = 0
        self._held_until = self._clock.monotonic() + wait
        self._ends_at = self._held_until
        self._is_anchored = True
        self._wake()

    def free_in(self, *, background: bool = False) -> float:
        """Seconds until the next call may go, as far as is known."""
        return self._wait(background=background)

    def hold_route(self, route: str, server: str | None, wait: float) -> None:
        """A small budget of one route is used up for `wait` seconds."""
        now = self._clock.monotonic()
        if len(self._routes) >= ROUTES_AT_MOST:
            self._routes = {key: at for key, at in self._routes.items() if at > now}
        self._routes[route, server] = now + wait

    def route_free_in(self, route: str, server: str | None) -> float:
        """Seconds until a route's small budget is free again; 0 where nothing is known."""
        until = self._routes.get((route, server))
        return 0.0 if until is None else max(0.0, until - self._clock.monotonic())

    def join(self, other: "Budget") -> None:
        """Become one with `other`, which goes on for both."""
        if other is self:
            return
        other.take_over(
            limit=self._limit,
            rest=self._rest,
            under_way=self._under_way,
            ends_at=self._ends_at,
            held_until=self._held_until,
            routes=self._routes,
        )
        self._successor = other
        for lane in self._lanes:
            for waiter in lane:
                waiter.poke()

    def take_over(
        self,
        *,
        limit: int | None,
        rest: int | None,
        under_way: int,
        ends_at: float | None,
        held_until: float,
        routes: dict[tuple[str, str | None], float],
    ) -> None:
        """Learn what another budget of the same account knew."""
        self._limit = self._limit or limit
        self._under_way += under_way
        if rest is not None:
            self._rest = rest if self._rest is None else min(self._rest, rest)
            self._ends_at = max(filter(None, (ends_at, self._ends_at)), default=None)
        self._held_until = max(self._held_until, held_until)
        self._routes.update(routes)

    async def _look(self, waiter: _Waiter, deadline: float, *, background: bool) -> bool:
        """Wait for a change; False when patience is over, or is sure not to last."""
        now = self._clock.monotonic()
        wait = deadline - now
        if wait <= 0:
            return False
        if self._lanes[background][0] is waiter and not (background and self._lanes[0]):
            free_in = self._wait(background=background)
            if free_in <= 0:
                self._wake()
                return True
            if free_in > wait:
                return False
            wait = free_in
        waiter.look = asyncio.get_running_loop().create_future()
        try:
            async with self._clock.timeout(wait):
                await waiter.look
        except TimeoutError:
            self._wake()
            return waiter.ticket is not None or self._clock.monotonic() < deadline
        return True

    def _wake(self) -> None:
        """Let go whoever may, in order; the next look how long it will be."""
        interactive, background = self._lanes
        if self._successor is not None:
            return
        while interactive and self._wait(background=False) <= 0:
            self._let(interactive)
        while background and not interactive and self._wait(background=True) <= 0:
            self._let(background)
        for lane in self._lanes:
            if lane:
                lane[0].poke()

    def _let(self, lane: deque[_Waiter]) -> None:
        waiter = lane.popleft()
        waiter.ticket = self._grant()
        waiter.poke()

    def _grant(self) -> Ticket:
        if self._rest is not None and self._rest - self._under_way <= 0:
            self._has_probed = True
        self._sent += 1
        self._sent_at = self._clock.monotonic()
        self._sent_in_window += 1
        self._under_way += 1
        self._under_way_in_window += 1
        return Ticket(self, self._window, self._sent)

    def _wait(self, *, background: bool) -> float:
        """Seconds until one more call may go; 0 is now."""
        if self._is_unmetered:
            return 0.0
        now = self._clock.monotonic()
        if now < self._held_until:
            return self._held_until - now
        if self._ends_at is not None and now >= self._ends_at:
            self._next_window(width=self._width)
        if self._rest is None:
            width = self._width if not background else max(1, self._width // 2)
            if self._under_way_in_window < width:
                return 0.0
            return max(0.0, self._sent_at + STALE_SECONDS - now)
        reserve = 0
        if background:
            reserve = min(RESERVE_AT_MOST, (self._limit or 0) // RESERVE_SHARE)
        if self._rest - self._under_way > reserve:
            return 0.0
        if self._may_probe and not background:
            return 0.0
        if self._ends_at is None:
            return STALE_SECONDS
        return self._ends_at - now

    @property
    def _may_probe(self) -> bool:
        """Nothing is left, and the window may end any moment: a 429 will tell exactly."""
        is_spent = self._rest is not None and self._rest <= 0
        return is_spent and not (self._is_anchored or self._has_probed or self._under_way)

    def _learn(self, ticket: Ticket, limit: int, rest: int) -> None:
        now = self._clock.monotonic()
        self._is_unmetered = False
        self._limit = limit
        if ticket.window == JOINED and self._rest is not None:
            self._rest = min(rest, self._rest)
        if ticket.window != self._window:
            return
        if self._rest is None:
            self._rest = rest
            self._ends_at = now + WINDOW_SECONDS
            self._is_anchored = rest >= limit - self._sent_in_window
        elif rest < self._rest:
            self._rest = rest
        elif (
            rest > self._rest and ticket.number > self._rest_at
        ):  # sent after the lower one was seen
            self._next_window(width=NARROW)
            self._rest = rest
            self._ends_at = now + WINDOW_SECONDS
            self._is_anchored = False
        else:
            return
        self._rest_at = self._sent
        self._width = NARROW

    def _next_window(self, *, width: int) -> None:
        self._window += 1
        self._rest = None
        self._ends_at = None
        self._is_anchored = False
        self._has_probed = False
        self._width = width
        self._sent_in_window = 0
        self._under_way_in_window = 0


def _fingerprint(key: Secret) -> bytes:
    return sha256(key.reveal().encode()).digest()
