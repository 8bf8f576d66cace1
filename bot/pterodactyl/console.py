"""One game server's console over its websocket: it stays connected, and says what happens.

    async with Console(network, "1eab9400", mint, origin="https://panel.example") as console:
        await console.send_command("say hi")
        async for event in console:
            match event:
                case ConsoleLine(text):
                    print(text)

Contract: console.md, "What a robust client must do". Commands and power actions get no answer, and
several events are sent after a failure too (console_events.py): set limits, look, ask the panel.
"""

import asyncio
import random
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Sequence
from types import TracebackType
from typing import Any, Final, Literal, Self, get_args

import structlog

from bot.pterodactyl.console_ending import Ending
from bot.pterodactyl.console_events import (
    DAEMON_LINE,
    CaughtUp,
    Connected,
    ConsoleLine,
    Disconnected,
    Event,
    Lapsed,
    Lost,
    Reconnected,
    Stats,
    Status,
    is_throttling,
    lines_of,
)
from bot.pterodactyl.console_history import join
from bot.pterodactyl.console_session import Mint, Session
from bot.pterodactyl.dial import Network
from bot.pterodactyl.errors import PanelError

log = structlog.stdlib.get_logger(__name__)

Signal = Literal["start", "stop", "restart", "kill"]

Spawn = Callable[[str, Coroutine[Any, Any, None]], "asyncio.Task[None]"]
"""Starts a named task; `Supervisor.start` is one."""

QUEUE_SIZE: Final = 2000
"""Events that wait for a slow listener; beyond them the oldest are dropped and counted."""

KEPT_LINES: Final = 500
SETTLED_SECONDS: Final = 60.0
"""After a connection of this length the next failure counts as the first."""

LONGEST_WAIT_SECONDS: Final = 60.0
QUIET_SECONDS: Final = 0.5
"""The history has no end mark: it is over when nothing came for so long."""

HISTORY_ROUNDS: Final = 4
HISTORY_AT_MOST: Final = 1000
COMMAND_BYTES: Final = 4095
"""The game's terminal cuts a longer command off."""


class Console:
    """A server's console, reconnecting by itself until it is closed or coming back is useless.

    Entering the context waits until the login is accepted or the first try has failed; it fails
    itself only through what `mint` raises unforeseen. Iterate in one place: events are handed out
    once. When it is over for good (key rejected, not allowed, server gone or blocked by the panel:
    suspended, not installed, restored, moved, its node maintained), the iteration gives a
    `Disconnected` without `again_in` and then raises the error; after `close` it just ends.

    Args:
        network: Whose sessions, clock and guard are used.
        server_id: For errors and the log.
        mint: Asks the panel for address and token, afresh for every login.
        origin: The panel's URL, as the node's configuration has it: no slash at the end.
        spawn: Starts the reader; without it the console owns its task.
        queue_size: Events that wait for a slow listener.
        kept_lines: Length of `lines`.
        known_lines: What an earlier console of the server heard, oldest first: the node's history
            is joined to it.
    """

    __slots__ = (
        "_failure",
        "_first",
        "_gathered",
        "_gatherer",
        "_half",
        "_has_been_in",
        "_is_over",
        "_is_state_doubtful",
        "_kept_lines",
        "_left_at",
        "_left_state",
        "_lines",
        "_lost_lines",
        "_lost_others",
        "_mint",
        "_network",
        "_origin",
        "_queue",
        "_queue_size",
        "_session",
        "_spawn",
        "_task",
        "_waiter",
        "server_id",
        "state",
        "stats",
    )

    def __init__(
        self,
        network: Network,
        server_id: str,
        mint: Mint,
        *,
        origin: str,
        spawn: Spawn | None = None,
        queue_size: int = QUEUE_SIZE,
        kept_lines: int = KEPT_LINES,
        known_lines: Iterable[str] = (),
    ) -> None:
        self.server_id = server_id
        self.state: str | None = None
        """Last known: `offline`, `starting`, `running`, `stopping`; None before the first login."""
        self.stats: Stats | None = None
        """Last known; None before the first."""
        self._network = network
        self._mint = mint
        self._origin = origin.rstrip("/")
        self._spawn = spawn or _own_task
        self._queue: deque[Event] = deque()
        self._queue_size = queue_size
        self._half = queue_size // 2
        self._kept_lines = kept_lines
        # made for the first line: most consoles are silent
        self._lines: deque[str] | None = deque(known_lines, maxlen=kept_lines) or None
        self._session: Session | None = None
        self._task: asyncio.Task[None] | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._first: asyncio.Future[None] | None = None
        self._gathered: list[str] | None = None
        self._gatherer: asyncio.Task[None] | None = None
        self._failure: Exception | None = None
        self._is_over = False
        self._has_been_in = False
        self._is_state_doubtful = False
        self._left_at: float | None = None
        self._left_state: str | None = None
        self._lost_lines = 0
        self._lost_others = 0

    @property
    def is_connected(self) -> bool:
        """Whether a login is in force right now."""
        return self._session is not None and self._session.is_in

    @property
    def is_over(self) -> bool:
        """Closed, or ended by what won't heal."""
        return self._is_over

    @property
    def waiting(self) -> int:
        """Events that wait to be taken; those dropped count as one."""
        return len(self._queue) + bool(self._lost_lines or self._lost_others)

    @property
    def lines(self) -> Sequence[str]:
        """The last lines, oldest first; a copy."""
        return tuple(self._lines or ())

    # for those who use it

    def start(self) -> None:
        """Begin to connect, without waiting for it."""
        if self._task is None:
            self._task = self._spawn(f"console {self.server_id}", self._run())
            self._task.add_done_callback(self._ended)

    async def close(self) -> None:
        """Say good-bye to the node and end the iteration; nothing runs on."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})
        self._over(None)

    async def __aenter__(self) -> Self:
        self._first = asyncio.get_running_loop().create_future()
        self.start()
        try:
            await self._first
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        while True:
            if self._lost_lines or self._lost_others:
                lost = Lost(cause="queue", lines=self._lost_lines, others=self._lost_others)
                self._lost_lines = self._lost_others = 0
                return lost
            if self._queue:
                return self._queue.popleft()
            if self._is_over:
                raise self._failure or StopAsyncIteration
            if self._waiter is not None:
                raise RuntimeError("a console is iterated in one place")
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None

    async def send_command(self, command: str) -> None:
        """Type one line into the game; it waits where the node's throttle wants it.

        That it was sent says nothing: the node keeps silent when the server is off, the right is
        missing or it dropped the command.

        Raises:
            ValueError: A line break in it, or over 4,095 bytes.
            NodeFailed: Not connected; with `maybe_done` it may have been sent.
        """
        if "\n" in command or "\r" in command:
            raise ValueError("a command is one line")
        if len(command.encode()) > COMMAND_BYTES:
            raise ValueError(f"a command has at most {COMMAND_BYTES} bytes")
        await self._connected().send("send command", (command,))

    async def set_state(self, signal: Signal) -> None:
        """Ask for a power action. Follow `Status`: only errors are answered (`DaemonError`).

        Raises:
            NodeFailed: Not connected; with `maybe_done` it may have been sent.
        """
        if signal not in get_args(Signal):
            raise ValueError(f"{signal!r} is no power action")
        await self._connected().send("set state", (signal,))

    async def request_stats(self) -> None:
        """Ask for one `Stats` now, in whatever state the server is.

        Raises:
            NodeFailed: Not connected.
        """
        await self._connected().send("send stats")

    def _connected(self) -> Session:
        session = self._session
        if session is None:
            session = Session(
                self, self._network, self._mint, server_id=self.server_id, origin=self._origin
            )
        if not session.is_in:
            raise session.not_connected()
        return session

    # staying connected

    async def _run(self) -> None:
        clock = self._network.clock
        failures = 0
        while True:
            self._session = Session(
                self, self._network, self._mint, server_id=self.server_id, origin=self._origin
            )
            began = clock.monotonic()
            try:
                ending = await self._session.run()
            finally:
                self._session = None
                await self._stop_gathering()
            if clock.monotonic() - began >= SETTLED_SECONDS:
                failures = 0
            if self._has_been_in and self._left_at is None:
                self._left_at, self._left_state = clock.monotonic(), self.state
            again_in = _wait(ending, failures)
            failures += 1
            log.info("console lost", server=self.server_id, reason=ending.reason, again_in=again_in)
            self._put(Disconnected(reason=ending.reason, code=ending.code, again_in=again_in))
            self._first_try_done()
            if again_in is None:
                self._over(ending.error)
                return
            await clock.sleep(again_in)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        fault = None if task.cancelled() else task.exception()
        self._over(fault if isinstance(fault, Exception) else None)

    def _over(self, failure: PanelError | Exception | None) -> None:
        if not self._is_over:
            self._is_over = True
            self._failure = failure
        self._first_try_done()
        self._wake()

    def _first_try_done(self) -> None:
        if self._first is not None and not self._first.done():
            self._first.set_result(None)

    # what a session tells

    @property
    def is_crowded(self) -> bool:
        return len(self._queue) > self._half

    def logged_in(self) -> None:
        if self._left_at is None:
            self._put(Connected())
        else:
            self._put(Reconnected(self._network.clock.monotonic() - self._left_at))
        self._has_been_in, self._left_at = True, None
        self._first_try_done()

    def was_blind(self) -> None:
        self._is_state_doubtful = True

    def history_begins(self) -> None:
        self._join()
        self._gathered = []
        self._gatherer = asyncio.create_task(self._gather(), name="console history")

    def take_text(self, text: str) -> None:
        if self._gathered is not None:
            self._gathered += lines_of(text)
            if len(self._gathered) >= HISTORY_AT_MOST:
                self._join()
        elif "\r" in text:
            for line in lines_of(text):
                self._line(line)
        else:
            self._line(text)

    def take(self, event: Event) -> None:
        if isinstance(event, Stats):
            self.stats = event
            if self._is_state_doubtful and event.state:
                self._is_state_doubtful = False
                if event.state != self.state:
                    self.state = event.state
                    self._put(Status(event.state))
        elif isinstance(event, Status):
            self.state = event.state
            self._is_state_doubtful = False
        elif isinstance(event, Lapsed):
            self._left_state = self.state
        self._put(event)

    # lines and events

    async def _gather(self) -> None:
        seen = -1
        for _ in range(HISTORY_ROUNDS):
            await self._network.clock.sleep(QUIET_SECONDS)
            if self._gathered is None or len(self._gathered) == seen:
                break
            seen = len(self._gathered)
        self._join()

    async def _stop_gathering(self) -> None:
        self._join()
        gatherer, self._gatherer = self._gatherer, None
        if gatherer is not None and not gatherer.done():
            gatherer.cancel()
            await asyncio.wait({gatherer})

    def _join(self) -> None:
        """Hand on what came since the history was asked for, without what was known."""
        batch, self._gathered = self._gathered, None
        if batch:
            joined = join(self._lines or (), batch)
            if joined.has_gap:
                self._put(Lost(cause="gap"))
            for line in joined.new:
                self._line(line, is_history=True)
        elif batch is not None and self._went_off_unheard():
            self._put(Lost(cause="gap"))  # the node keeps no history of a server that is off
        if batch is not None:
            self._left_state = None
            self._put(CaughtUp())

    def _went_off_unheard(self) -> bool:
        return self._left_state not in (None, "offline") and self.state == "offline"

    def _line(self, line: str, *, is_history: bool = False) -> None:
        if self._lines is None:
            self._lines = deque(maxlen=self._kept_lines)
        self._lines.append(line)
        self._put(ConsoleLine(line, is_history))
        if line.startswith(DAEMON_LINE) and is_throttling(line):
            self._put(Lost(cause="node"))

    def _put(self, event: Event) -> None:
        queue = self._queue
        if len(queue) >= self._queue_size:
            self._drop(queue.popleft())
        queue.append(event)
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def _drop(self, event: Event) -> None:
        if isinstance(event, ConsoleLine):
            self._lost_lines += 1
        elif isinstance(event, Lost) and event.cause == "queue":
            self._lost_lines += event.lines or 0
        else:
            self._lost_others += 1

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def _own_task(name: str, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
    return asyncio.create_task(work, name=name)


def _wait(ending: Ending, failures: int) -> float | None:
    """Seconds until the next try; never below one, for tokens carry whole seconds."""
    if ending.wait is None:
        return None
    longest = min(LONGEST_WAIT_SECONDS, 2.0 * 2.0 ** min(failures, 10))
    spread = random.uniform(0.5, 1.0)  # noqa: S311  # sockets of one node come back spread out
    return max(1.0, longest * spread, ending.wait * (1.0 + spread / 10))
