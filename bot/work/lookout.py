"""An ear on every server that somebody wants to hear of: its life, told to who deals with it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import Final

import structlog

from bot.clock import Clock
from bot.fleet.directory import Directory, Server
from bot.fleet.hub import Hub, TooManyWatched
from bot.fleet.life import Life, Turn
from bot.fleet.listening import Listener
from bot.pterodactyl.console_events import BackupCompleted, Event
from bot.supervisor import Supervisor

log = structlog.stdlib.get_logger(__name__)

LOOK_AGAIN_SECONDS: Final = 30.0
"""How often it is looked which servers there are to hear."""
ASK_BLIND_SECONDS: Final = 10.0
"""While a node can't be heard: how often it is looked what the panel said instead."""
TURNS_WAITING: Final = 200

Told = Callable[[Server, Turn], Awaitable[None]]
Wanted = Callable[[Server], bool]


class Lookout:
    """Watches servers through the hub and tells what happens, one thing after the other."""

    def __init__(
        self, hub: Hub, directory: Directory, supervisor: Supervisor, clock: Clock
    ) -> None:
        self._hub = hub
        self._directory = directory
        self._supervisor = supervisor
        self._clock = clock
        self._watches: dict[str, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()
        self.wanted_by: list[Wanted] = []
        """A server is watched if one of these says so."""
        self.tells: list[Told] = []
        """Told of every turn of a watched server, in this order."""
        self.when_backup: Callable[[Server], None] = lambda _server: None
        """Told that a backup of a server ended, by an event that may get lost."""

    def wake(self, _guild_id: int = 0) -> None:
        """Look at once which servers are wanted."""
        self._wake.set()

    async def run(self) -> None:
        """Watch what is wanted, for as long as the bot lives."""
        while True:
            self._wake.clear()
            self._match([server for server in self._directory.all() if self._is_wanted(server)])
            try:
                async with self._clock.timeout(LOOK_AGAIN_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                pass

    def _is_wanted(self, server: Server) -> bool:
        return any(wanted(server) for wanted in self.wanted_by)

    def _match(self, wanted: Iterable[Server]) -> None:
        servers = {server.id: server for server in wanted}
        for server_id, task in list(self._watches.items()):
            if server_id not in servers:
                task.cancel()
        for server in servers.values():
            if server.id not in self._watches:
                self._begin(server)

    def _begin(self, server: Server) -> None:
        task = self._supervisor.start(f"lookout {server.identifier}", self._watch(server))
        self._watches[server.id] = task
        task.add_done_callback(lambda _: self._watches.pop(server.id, None))

    async def _watch(self, server: Server) -> None:
        turns: asyncio.Queue[Turn] = asyncio.Queue(TURNS_WAITING)
        telling = self._supervisor.start(
            f"turns {server.identifier}", self._tell_all(server, turns)
        )
        try:
            async with self._hub.watch(server, hears_game=False) as ears:
                await self._listen(server, ears, turns)
        except TooManyWatched:
            log.info("not watched, the guild has its most", server=server.id)
            await self._clock.sleep(LOOK_AGAIN_SECONDS)
        finally:
            telling.cancel()

    async def _listen(self, server: Server, ears: Listener, turns: asyncio.Queue[Turn]) -> None:
        life = Life()
        known = self._hub.known(server)
        if known.is_live:  # others listen already: the state is not told anew
            life.begin(known.state)
        while True:
            try:
                event = await self._next(ears, life)
            except StopAsyncIteration:
                return
            now = self._clock.now()
            if event is None:
                found = self._learn(server, life, now)
            else:
                found = life.hear(event, now)
                if isinstance(event, BackupCompleted):
                    self.when_backup(server)
            for turn in found:
                if turns.full():
                    log.warning("turn dropped", server=server.id, turn=type(turn).__name__)
                    continue
                turns.put_nowait(turn)

    async def _next(self, ears: Listener, life: Life) -> Event | None:
        """The next event; None where something is to be decided without one."""
        due = life.due_at
        if due is None and not life.is_blind:
            return await anext(ears)
        seconds = ASK_BLIND_SECONDS
        if due is not None:
            seconds = min(seconds, max(0.0, (due - self._clock.now()).total_seconds()))
        try:
            async with self._clock.timeout(seconds):
                return await anext(ears)
        except TimeoutError:
            return None

    def _learn(self, server: Server, life: Life, now: datetime) -> list[Turn]:
        known = self._hub.known(server)
        is_asked = self._hub.fallback(server) is not None and not known.is_live
        if life.is_blind and is_asked:
            return life.learn(known.state, now)
        return life.tick(now)

    async def _tell_all(self, server: Server, turns: asyncio.Queue[Turn]) -> None:
        while True:
            turn = await turns.get()
            here = self._directory.get(server.guild_id, server.id) or server
            log.info("turn", server=server.id, turn=type(turn).__name__)
            for tell in self.tells:
                try:
                    await tell(here, turn)
                except Exception:  # what broke for one who is told must not deafen the others
                    log.exception("turn not told", server=server.id, turn=type(turn).__name__)
