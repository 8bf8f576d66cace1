"""One server as its node runs it: power, console, statistics, crashes (contract: console.md)."""

import asyncio
import random
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Final

import msgspec

from demo.panel.channel import Channel, Listener
from demo.panel.clock import Clock
from demo.panel.frames import Throttle
from demo.panel.game import GAMES, Game
from demo.panel.server import ProcessState, Server
from demo.panel.tasks import Tasks

HISTORY_LINES: Final = 150
LINE_BYTES: Final = 65_536
LOST_AT_CUT: Final = 4096
CRASH_TIMEOUT_SECONDS: Final = 60.0
BUSY: Final = (
    "another power action is currently being processed for this server, please try again later"
)


class PowerError(Exception):
    """What the node says to the one who asked; `is_plain` when everybody may read it."""

    def __init__(self, text: str, *, is_plain: bool = False) -> None:
        super().__init__(text)
        self.is_plain: Final = is_plain


class Instance(Channel):
    """The process of a server and everybody who watches it."""

    def __init__(self, server: Server, clock: Clock, tasks: Tasks) -> None:
        super().__init__(server)
        self.state: ProcessState = "offline"
        self.is_installing = False
        self.throttle: Final = Throttle(clock)
        self._clock = clock
        self._tasks = tasks
        self._history: deque[str] = deque(maxlen=HISTORY_LINES)
        self._game: Game | None = None
        self._is_ready = False
        self._is_leaving = False
        self._typed: list[str] = []
        self._work: set[asyncio.Task[None]] = set()  # of the present process
        self._ticker: asyncio.Task[None] | None = None
        self._is_busy = False
        self._gone = asyncio.Event()
        self._gone.set()
        self._started = 0.0
        self._crashed: float | None = None
        self._was_started = False
        self._traffic = 0
        self._random = random.Random(server.uuid)

    # what the node tells

    def history(self) -> list[str]:
        """The last lines of the process; none while it is offline."""
        return [] if self.state == "offline" else list(self._history)

    def stats(self) -> dict[str, object]:
        """The figures of this moment, in the order of an answer to `send stats`."""
        is_up = self.state != "offline" and self._game is not None
        uptime = int((self._clock.monotonic() - self._started) * 1000) if is_up else 0
        limit = self.server.memory_mib * 1_150_000
        wobble = self._random.uniform(0.45, 0.6)
        memory, cpu = self.server.memory_now_bytes, self.server.cpu_now_percent
        memory = int(limit * wobble) if memory is None else memory
        cpu = round(self._random.uniform(0.2, 60), 3) if cpu is None else cpu
        return {
            "memory_bytes": memory if is_up else 0,
            "memory_limit_bytes": limit if self._was_started else 0,
            "cpu_absolute": cpu if is_up else 0,
            "network": {
                "rx_bytes": 656 + uptime // 3 + self._traffic if is_up else 0,
                "tx_bytes": uptime // 4 if is_up else 0,
            },
            "uptime": uptime,
            "state": self.state,
            "disk_bytes": self.disk_bytes(),
        }

    def disk_bytes(self) -> int:
        return self.server.base_disk_bytes + self.server.files.size

    def stats_text(self, *, is_pushed: bool) -> str:
        """The figures as the JSON text of a `stats` event; the order of keys differs."""
        figures = self.stats()
        if is_pushed:
            figures = dict(sorted(figures.items()))
        return msgspec.json.encode(figures).decode()

    def watch(self, listener: Listener) -> None:
        """Take in a socket that has authenticated."""
        self.listeners.add(listener)
        if self.state != "offline":
            self._tick()

    # what one may do to it

    def power(self, action: str, fail: Callable[[PowerError], None] | None = None) -> None:
        """Do a power action in the background; `fail` hears what the node refuses."""
        self._tasks.start(f"power {action} {self.server.identifier}", self._power(action, fail))

    def type(self, text: str) -> bool:
        """Type lines into the console, which echoes them; False when nothing runs."""
        if self._game is None:
            return False
        lines = text.split("\n")
        if self.server.egg.stop in lines and self.state in ("starting", "running"):
            self._enter("stopping")
        for line in lines:
            self.printed(line)
        self._typed += lines
        if self._is_ready:
            self._answer()
        return True

    def printed(self, text: str) -> None:
        """Take one line from the process: keep it, and pass it on unless there are too many."""
        data = text.encode(errors="replace")
        if len(data) > LINE_BYTES:
            for start in range(0, len(data), LINE_BYTES + LOST_AT_CUT):
                self.printed(data[start : start + LINE_BYTES].decode(errors="replace"))
            return
        self._history.append(text)
        self._traffic += 7
        may_pass = self.throttle.admit()
        if may_pass and text:
            self.publish("console output", text)
        elif may_pass is None:
            self.say("Server is outputting console data too quickly -- throttling...")
        if self.state == "starting" and self.server.egg.done in text:
            self._enter("running")

    def crash(self, code: int, *, is_oom: bool) -> None:
        """Let the game break down.

        Raises:
            RuntimeError: Nothing runs.
        """
        self.game().crash(code, is_oom=is_oom)

    def game(self) -> Game:
        """The running game.

        Raises:
            RuntimeError: Nothing runs.
        """
        if self._game is None:
            raise RuntimeError(f"{self.server.name} is not running")
        return self._game

    def jump(self, state: ProcessState) -> None:
        """Be running or offline at once, without the lines of the way there."""
        if state == "offline" and self._game is not None:
            self.state = "stopping"
            self.exit(0)
        elif state == "running" and self._game is None:
            self._create()
            for _, line in self.game().boot(self._invocation()):
                self._history.append(line)
            self._is_ready = True
            self._enter("running")
            self._liven()

    def suspended(self) -> None:
        """The panel suspended it: the node stops it; newer ones cut the sockets."""
        if self._game is not None:
            self._tasks.start(f"suspend {self.server.identifier}", self._stop())
        if self.server.node.newer:
            self.end_sockets(None, "")

    async def stopped(self) -> None:
        """Stop it if it runs and wait until it is offline."""
        await self._stop()

    # the machine of a game

    def print(self, text: str) -> None:
        self.printed(text)

    def quit(self) -> None:
        """The game was told to shut down."""
        if self._game is not None and not self._is_leaving and not self._game.ignores_stop:
            self._is_leaving = True
            self._start_work("farewell", self._farewell(self._game))

    def exit(self, code: int, *, is_oom: bool = False) -> None:
        """The process ended."""
        if self._game is None:
            return
        present = asyncio.current_task()
        for task in self._work:
            if task is not present:
                task.cancel()
        self._work.clear()
        self._game, self._is_ready = None, False
        self._typed.clear()
        self.server.lobby.players.clear()
        was_wanted = self.state == "stopping"
        self._enter("offline")
        self._gone.set()
        if not was_wanted:
            self._tasks.start(f"crash {self.server.identifier}", self._handle_crash(code, is_oom))

    # inside

    def _enter(self, state: ProcessState) -> None:
        self.state = state
        self.publish("status", state)
        if state == "offline":
            self.publish("stats", self.stats_text(is_pushed=True))
        elif self.listeners:
            self._tick()

    async def _power(self, action: str, fail: Callable[[PowerError], None] | None) -> None:
        try:
            self._check_free(action)
            if action == "kill":
                await self._kill()
                return
            self._is_busy = True
            try:
                if action in ("stop", "restart"):
                    await self._stop()
                if action in ("start", "restart"):
                    await self._start()
            finally:
                self._is_busy = False
        except PowerError as error:
            if fail is not None:
                fail(error)

    def _check_free(self, action: str) -> None:
        if self.is_installing:
            raise PowerError("server is currently installing")
        if self.server.is_transferring:
            raise PowerError("server is currently being transferred")
        if self.server.status == "restoring_backup":
            raise PowerError("server is currently being restored")
        if action not in ("start", "stop", "restart", "kill"):
            raise PowerError("attempting to handle unknown power action")
        if action in ("start", "restart") and self.server.status == "suspended":
            raise PowerError("server is currently in a suspended state")
        if self._is_busy and action != "kill":
            raise PowerError(BUSY, is_plain=True)

    async def _start(self) -> None:
        if self._game is not None:
            raise PowerError("server is running")
        if self.server.disk_mib:
            self.say("Checking server disk space usage, this could take a few seconds...")
        self.say("Updating process configuration files...")
        self.say("Ensuring file permissions are set correctly, this could take a few seconds...")
        self._create()
        self._enter("starting")
        # a real node prints these two in the wrong order three times out of four
        self.say("Finished pulling Docker container image")
        self.say("Pulling Docker container image, this could take a few minutes to complete...")
        game = self.game()
        self._start_work("boot", self._boot(game))
        if self.server.boot_seconds:
            await self._clock.sleep(0.1 * self.server.boot_seconds)

    def _create(self) -> None:
        self._history.clear()
        self._typed.clear()
        self._was_started, self._is_ready, self._is_leaving = True, False, False
        self._started = self._clock.monotonic()
        self._gone.clear()
        kind = GAMES[self.server.egg.game]
        self._game = kind(
            self,
            self.server.lobby,
            lambda: f"{self._clock.now():%H:%M:%S}",
            f"{self.server.uuid} {self._started}",
        )

    def _invocation(self) -> str:
        text = self.server.egg.startup
        for variable in self.server.egg.variables:
            value = self.server.values.get(variable.env_variable)
            text = text.replace(
                "{{" + variable.env_variable + "}}", value or variable.default_value
            )
        return text.replace("{{SERVER_MEMORY}}", str(self.server.memory_mib))

    async def _boot(self, game: Game) -> None:
        done = 0.0
        for share, line in game.boot(self._invocation()):
            if self.server.boot_seconds:
                await self._clock.sleep((share - done) * self.server.boot_seconds)
                done = share
            if self.server.crashes_on_start and share >= 0.7:
                game.say("java.lang.RuntimeException: failed to bind to port")
                self.exit(1)
                return
            self.printed(line)
        self._is_ready = True
        self._liven()
        self._answer()

    def _liven(self) -> None:
        if self.server.chatter and self._game is not None:
            self._start_work("players", self._play(self._game))

    async def _play(self, game: Game) -> None:
        while self.server.chatter:
            await self._clock.sleep(game.live())

    def _answer(self) -> None:
        lines, self._typed = self._typed, []
        for line in lines:
            if self._game is None:
                return
            is_deaf = self.state == "stopping" and self._game.ignores_stop
            if not self._is_leaving and not is_deaf:
                self._game.answer(line)

    async def _farewell(self, game: Game) -> None:
        first, last = game.farewell()
        for line in first:
            self.printed(line)
        if self.server.stop_seconds:
            await self._clock.sleep(self.server.stop_seconds)
        for line in last:
            self.printed(line)
        if self.state != "offline":
            self.state = "stopping"
        self.exit(0)

    async def _stop(self) -> None:
        if self._game is None:
            return
        if self.state != "stopping":
            self._enter("stopping")
            stop = self.server.egg.stop
            self.printed(stop)
            self._typed.append(stop)
            if self._is_ready:
                self._answer()
        await self._gone.wait()

    async def _kill(self) -> None:
        if self._game is None:
            return
        if self.state != "stopping":
            self._enter("stopping")
        await asyncio.sleep(0)
        self.exit(137)

    async def _handle_crash(self, code: int, is_oom: bool) -> None:
        if self.server.crash_seconds:
            await self._clock.sleep(self.server.crash_seconds)
        self.say("---------- Detected server process in a crashed state! ----------")
        self.say(f"Exit code: {code}")
        self.say(f"Out of memory: {'true' if is_oom else 'false'}")
        now = self._clock.monotonic()
        if self._crashed is not None and now - self._crashed < CRASH_TIMEOUT_SECONDS:
            self.say("Aborting automatic restart, last crash occurred less than 60 seconds ago.")
            return
        self._crashed = now
        await self._power("start", None)

    def _start_work(self, name: str, work: Coroutine[object, object, None]) -> None:
        task = self._tasks.start(f"{name} {self.server.identifier}", work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    def _tick(self) -> None:
        if self._ticker is None or self._ticker.done():
            name = f"stats {self.server.identifier}"
            self._ticker = self._tasks.start(name, self._push_stats())

    async def _push_stats(self) -> None:
        while True:
            await self._clock.sleep(self.server.node.stats_every)
            if self.state == "offline" or not self.listeners:
                return
            self.publish("stats", self.stats_text(is_pushed=True))
