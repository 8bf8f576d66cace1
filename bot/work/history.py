"""History: a sample each minute of the servers of guilds that switched it on, thinned by the hour.

An in-memory loop per process, no jobs: a minute that the bot was away is a gap, and stays one.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog
from msgspec import Struct

from bot.access.gate import Gate
from bot.clock import Clock
from bot.fleet.directory import Directory, Server
from bot.fleet.holding import Holds
from bot.fleet.hub import Hub
from bot.fleet.samples import (
    FIVES,
    GRAINS,
    HOURS,
    MINUTES,
    Grain,
    Sample,
    put,
    sample_of,
    samples_in,
    thinned,
)
from bot.store import history as rows
from bot.store.engine import Database
from bot.work.headcount import Headcount

log = structlog.stdlib.get_logger(__name__)

MINUTE: Final = 60.0


class Range(Struct, frozen=True):
    """How far back one looks, in which steps, and how often a picture of it is drawn anew."""

    lasts: timedelta
    step_seconds: int
    redraw_seconds: float


RANGES: Final = {
    "1h": Range(timedelta(hours=1), 60, 300.0),
    "24h": Range(timedelta(hours=24), 300, 900.0),
    "7d": Range(timedelta(days=7), 1800, 3600.0),
}


class History:
    """Takes samples and gives them out."""

    def __init__(
        self,
        *,
        database: Database,
        hub: Hub,
        directory: Directory,
        gate: Gate,
        guilds: Callable[[], Iterable[int]],
        headcount: Headcount,
        clock: Clock,
    ) -> None:
        self._database = database
        self._hub = hub
        self._directory = directory
        self._gate = gate
        self._guilds = guilds
        self._headcount = headcount
        self._clock = clock
        self._holds: dict[int, Holds] = {}
        self._rows: dict[int, dict[str, bytearray]] = {}
        self._began: dict[int, datetime] = {}
        self._left_out: dict[int, list[str]] = {}

    def is_on(self, guild_id: int) -> bool:
        """Whether the guild wants its servers' history kept."""
        return self._gate.book(guild_id).settings.history

    def sampled(self) -> Iterator[Server]:
        """The servers whose history is kept."""
        for guild_id in self._holds:
            yield from self._directory.of(guild_id)

    def let_go(self, guild_id: int) -> None:
        """Stop for a guild; what is stored stays."""
        holds = self._holds.pop(guild_id, None)
        if holds is not None:
            holds.close()
        self._rows.pop(guild_id, None)
        self._began.pop(guild_id, None)
        self._left_out.pop(guild_id, None)

    def left_out(self, guild_id: int) -> Sequence[str]:
        """The ids of servers whose history isn't kept, because the guild watches enough."""
        return self._left_out.get(guild_id, [])

    async def run(self) -> None:
        """Take a sample of everything each full minute."""
        while True:
            here = set(self._guilds())
            for guild_id in [one for one in self._holds if one not in here]:
                self.let_go(guild_id)
            for guild_id in here:
                if self.is_on(guild_id):
                    self._hold(guild_id)
                else:
                    self.let_go(guild_id)
            now = self._clock.now()
            await self._clock.sleep(MINUTE - now.timestamp() % MINUTE)
            for guild_id in list(self._holds):
                try:
                    await self.sample(guild_id)
                except Exception:  # one guild's trouble must not cost the others their minute
                    log.exception("history not kept", guild=guild_id)

    async def sample(self, guild_id: int) -> None:
        """Take and keep this minute's samples of one guild."""
        now = self._clock.now()
        began_at = MINUTES.began(now)
        if self._began.get(guild_id) != began_at:
            await self._turn(guild_id, began_at)
        packed = self._rows[guild_id]
        for server in self._directory.of(guild_id):
            count = self._headcount.known(server)
            taken = sample_of(self._hub.known(server), count.online if count else None, now)
            if taken is not None:
                put(packed.setdefault(server.id, MINUTES.blank()), MINUTES, taken)
        async with self._database.write() as session:
            await rows.save_stretches(
                session,
                guild_id=guild_id,
                step_seconds=MINUTES.step_seconds,
                began_at=began_at,
                samples={server_id: bytes(row) for server_id, row in packed.items()},
            )

    async def read(self, server: Server, range_key: str) -> list[Sample]:
        """What is known of a server's last hour, day or week, oldest first; gaps are left out."""
        wanted = RANGES[range_key]
        since = self._clock.now() - wanted.lasts
        if wanted.step_seconds == MINUTES.step_seconds:
            found = await self._read(server, MINUTES, since)
        else:
            fives = await self._read(server, FIVES, since)
            thin_until = fives[-1].at + timedelta(minutes=5) if fives else since
            minutes = [s for s in await self._read(server, MINUTES, since) if s.at >= thin_until]
            found = thinned([*fives, *minutes], wanted.step_seconds)
        return [sample for sample in found if sample.at >= since]

    async def last_day(self, server: Server) -> list[Sample]:
        """What is known of a server's last 24 hours in steps of five minutes."""
        return await self.read(server, "24h")

    async def _read(self, server: Server, grain: Grain, since: datetime) -> list[Sample]:
        async with self._database.read() as session:
            found = await rows.list_stretches(
                session,
                guild_id=server.guild_id,
                step_seconds=grain.step_seconds,
                since=grain.began(since),
                server_id=server.id,
            )
        return [s for row in found for s in samples_in(row.samples, grain, row.began_at)]

    def _hold(self, guild_id: int) -> None:
        holds = self._holds.setdefault(guild_id, Holds(self._hub, yields=True))
        left_out = [server.id for server in holds.keep(self._directory.of(guild_id))]
        if left_out != self._left_out.get(guild_id, []):
            log.info("history leaves servers out", guild=guild_id, count=len(left_out))
        self._left_out[guild_id] = left_out

    async def _turn(self, guild_id: int, began_at: datetime) -> None:
        """An hour begins, or the bot does: thin what is complete and take up what was begun."""
        now = self._clock.now()
        async with self._database.read() as session:
            minutes = await rows.list_stretches(
                session,
                guild_id=guild_id,
                step_seconds=MINUTES.step_seconds,
                since=now - MINUTES.kept - timedelta(hours=1),
            )
        is_first = guild_id not in self._began
        complete = [row for row in minutes if row.began_at < began_at]
        if not is_first:
            complete = [row for row in complete if row.began_at >= began_at - timedelta(hours=2)]
        for grain in (FIVES, HOURS):
            await self._thin(guild_id, complete, grain)
        async with self._database.write() as session:
            for grain in GRAINS:
                span = timedelta(seconds=grain.span_seconds)
                await rows.drop_stretches(
                    session,
                    guild_id=guild_id,
                    step_seconds=grain.step_seconds,
                    before=now - grain.kept - span,
                )
        self._rows[guild_id] = {
            row.server_id: bytearray(row.samples) for row in minutes if row.began_at == began_at
        }
        self._began[guild_id] = began_at

    async def _thin(self, guild_id: int, minutes: list[rows.Stretch], grain: Grain) -> None:
        """Set the coarser samples of some hours; done twice it is the same."""
        if not minutes:
            return
        async with self._database.read() as session:
            found = await rows.list_stretches(
                session,
                guild_id=guild_id,
                step_seconds=grain.step_seconds,
                since=grain.began(min(row.began_at for row in minutes)),
            )
        held = {(row.server_id, row.began_at): bytearray(row.samples) for row in found}
        changed: dict[datetime, dict[str, bytes]] = {}
        for row in minutes:
            began = grain.began(row.began_at)
            packed = held.setdefault((row.server_id, began), grain.blank())
            taken = samples_in(row.samples, MINUTES, row.began_at)
            for sample in thinned(taken, grain.step_seconds):
                put(packed, grain, sample)
            changed.setdefault(began, {})[row.server_id] = bytes(packed)
        async with self._database.write() as session:
            for began, samples in changed.items():
                await rows.save_stretches(
                    session,
                    guild_id=guild_id,
                    step_seconds=grain.step_seconds,
                    began_at=began,
                    samples=samples,
                )
