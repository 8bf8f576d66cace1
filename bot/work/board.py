"""One board: kept true by edits, only where something changed and as Discord allows."""

import asyncio
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import discord
import structlog

from bot.access.gate import Gate
from bot.clock import Clock
from bot.fleet.directory import Directory, Server
from bot.fleet.holding import Holds
from bot.fleet.hub import Hub
from bot.fleet.known import NOTHING_KNOWN, State
from bot.posts.answers import Edited, NotSent
from bot.posts.messages import Message
from bot.posts.places import Places, newer_than
from bot.store import boards as rows
from bot.store.boards import BoardRow, BoardServer, Pause
from bot.store.engine import Database
from bot.texts import speaking
from bot.ui.boards import CHART_NAME, Row, board_message, facts, has_moved
from bot.work.headcount import Headcount
from bot.work.history import RANGES
from bot.work.usage import Usage

log = structlog.stdlib.get_logger(__name__)

LOOK_SECONDS: Final = 2.0
"""Between two looks at what changed; each looks at all servers of the board at once."""
IDLE_SECONDS: Final = 30.0
"""Age alone makes a state stale, so a board is looked at even when nothing happens."""
STATES_EVERY_SECONDS: Final = 5.0
NUMBERS_EVERY_SECONDS: Final = 60.0
OLD_NUMBERS_EVERY_SECONDS: Final = 300.0
"""Discord takes few edits of a message older than an hour."""
OLD: Final = timedelta(minutes=55)
FIRST_LOOK_SECONDS: Final = 20.0
"""After a start the board waits so long for its servers, rather than show them as unknown."""
NO_CHART_YET_SECONDS: Final = 300.0
TROUBLE_SECONDS: Final = 20.0
REFUSED_SECONDS: Final = 60.0
SAME_START: Final = timedelta(minutes=2)


@dataclass(frozen=True)
class Ground:
    """What every board stands on."""

    database: Database
    hub: Hub
    directory: Directory
    gate: Gate
    places: Places
    usage: Usage
    headcount: Headcount
    clock: Clock


class Board:
    """Looks at its servers and edits its message; `keep` runs until it is paused or removed."""

    def __init__(self, row: BoardRow, ground: Ground) -> None:
        self.row = row
        self.changed = asyncio.Event()
        self.is_refused = False
        """Whether Discord refuses the channel for now."""
        self.unwatched: list[Server] = []
        """Servers for which the guild's cap has no room."""
        self._ground = ground
        self._holds = Holds(ground.hub)
        self._shown: list[Row] | None = None
        self._shown_facts = ""
        self._edited_at = 0.0
        self._again_at = 0.0
        self._changed_at = ground.clock.now()
        self._is_taken_up = True
        """Nothing was posted yet by this process."""
        self._posted_at = _written_at(row.message_id)
        self._started: dict[str, datetime] = {}
        self._picture: bytes | None = None
        self._picture_words = ""
        self._is_new_picture = False
        self._drawn_at: float | None = None
        self._lock = asyncio.Lock()

    @property
    def server_ids(self) -> list[str]:
        """Its servers, in order."""
        return [server.id for server in self.row.servers]

    @property
    def _guild_id(self) -> int:
        return self.row.guild_id

    async def keep(self) -> None:
        """Stay true."""
        self._hold()
        try:
            if self.row.message_id is not None:
                await self._settle()
            while self.row.paused is None:
                self._hold()
                wait = self._due_in()
                if wait <= 0:
                    wait = await self.show()
                await self._wait(max(wait, LOOK_SECONDS))
        finally:
            self._holds.close()

    async def show(self) -> float:
        """Post or edit it where that is due; returns the seconds after which to look again."""
        async with self._lock:
            wait = self._due_in()
            if wait > 0:
                return wait
            language = self._ground.gate.language(
                self._guild_id, self._ground.places.language(self._guild_id)
            )
            with speaking(language):
                await self._draw()
                now, seen = self._ground.clock.now(), self._rows()
                if self._shown is not None and facts(seen, now) != self._shown_facts:
                    self._changed_at = now
                wait = await self._deliver(seen, now)
            self._edited_at = self._ground.clock.monotonic()
            self._again_at = self._edited_at + wait
            return wait

    async def remove_message(self) -> bool:
        """Take its message away; True once it isn't there."""
        message_id = self.row.message_id
        if message_id is None:
            return True
        return await self._ground.places.post(
            self._guild_id, self.row.channel_id, message_id
        ).delete()

    # when

    def _due_in(self) -> float:
        """Seconds until something is worth an edit; `IDLE_SECONDS` when nothing is."""
        monotonic = self._ground.clock.monotonic()
        since = monotonic - self._edited_at
        if monotonic < self._again_at:
            return self._again_at - monotonic
        if self._shown is None or self.row.message_id is None:
            return 0.0
        now, seen = self._ground.clock.now(), self._rows()
        if facts(seen, now) != self._shown_facts:
            return STATES_EVERY_SECONDS - since
        moved = any(has_moved(old, new) for old, new in zip(self._shown, seen, strict=True))
        if not moved and not self._is_chart_due():
            return IDLE_SECONDS
        is_old = now - self._posted_at > OLD
        every = OLD_NUMBERS_EVERY_SECONDS if is_old else NUMBERS_EVERY_SECONDS
        return every - since

    async def _wait(self, seconds: float) -> None:
        """Return after `seconds`, or soon after something changed."""
        clock = self._ground.clock
        try:
            async with clock.timeout(min(seconds, IDLE_SECONDS)):
                await self.changed.wait()
        except TimeoutError:
            return
        await clock.sleep(LOOK_SECONDS)
        self.changed.clear()

    async def _settle(self) -> None:
        """Wait a little for the servers after a start."""
        clock = self._ground.clock
        deadline = clock.monotonic() + FIRST_LOOK_SECONDS
        while clock.monotonic() < deadline:
            known = [row.known for row in self._rows() if row.server is not None]
            if all(one.seen_at is not None and one.state is not State.UNKNOWN for one in known):
                return
            await clock.sleep(1.0)

    # what

    def _hold(self) -> None:
        found = (self._ground.directory.get(self._guild_id, one) for one in self.server_ids)
        self.unwatched = self._holds.keep(server for server in found if server is not None)

    def _rows(self) -> list[Row]:
        return [self._row(one) for one in self.row.servers]

    def _row(self, chosen: BoardServer) -> Row:
        ground = self._ground
        server = ground.directory.get(self._guild_id, chosen.id)
        if server is None:
            return Row(chosen.id, chosen.name, NOTHING_KNOWN, None)
        known = ground.hub.known(server)
        return Row(
            server.id,
            ground.directory.label(server),
            known,
            server,
            started_at=self._start_of(server.id),
            count=ground.headcount.known(server),
            is_asked=ground.hub.fallback(server) is not None,
        )

    def _start_of(self, server_id: str) -> datetime | None:
        """When a running server came up; the figure wavers by seconds, which deserve no edit."""
        server = self._ground.directory.get(self._guild_id, server_id)
        known = self._ground.hub.known(server) if server else NOTHING_KNOWN
        if known.state is not State.RUNNING or known.numbers is None or known.seen_at is None:
            return self._started.get(server_id) if known.state is State.RUNNING else None
        up = timedelta(seconds=known.numbers.uptime_seconds)
        started = known.seen_at - up
        before = self._started.get(server_id)
        if before is not None and abs(before - started) < SAME_START:
            return before
        self._started[server_id] = started
        return started

    # the chart

    def _is_chart_due(self) -> bool:
        if not self.row.chart or not self._ground.usage.is_on(self._guild_id):
            return False
        if self._drawn_at is None:
            return True
        every = RANGES[self.row.chart].redraw_seconds
        return self._ground.clock.monotonic() - self._drawn_at >= every

    async def _draw(self) -> None:
        if not self._is_chart_due():
            return
        self._drawn_at = self._ground.clock.monotonic()
        found = (self._ground.directory.get(self._guild_id, one) for one in self.server_ids)
        servers = [server for server in found if server is not None]
        drawn = await self._ground.usage.board_chart(self._guild_id, servers, self.row.chart)
        if drawn is None:
            self._drawn_at += NO_CHART_YET_SECONDS - RANGES[self.row.chart].redraw_seconds
            return
        self._picture, self._picture_words = drawn
        self._is_new_picture = True

    # delivering

    def _message(self, seen: Sequence[Row], now: datetime, *, with_picture: bool) -> Message:
        picture = self._picture
        file = None
        if picture is not None and with_picture:
            file = discord.File(io.BytesIO(picture), CHART_NAME)
        return board_message(
            self.row.id,
            self.row.title,
            seen,
            self.row.style,
            now=now,
            changed_at=self._changed_at,
            chart=file,
            has_chart=picture is not None,
            chart_words=self._picture_words,
        )

    async def _deliver(self, seen: list[Row], now: datetime) -> float:
        if self.row.message_id is None:
            return await self._post(seen, now)
        post = self._ground.places.post(self._guild_id, self.row.channel_id, self.row.message_id)
        is_new = self._is_new_picture or (self._shown is None and self._picture is not None)
        edited = await post.edit(self._message(seen, now, with_picture=is_new))
        match edited:
            case Edited.DONE | Edited.SUPERSEDED:
                self._was_shown(seen, now)
            case Edited.TOO_OLD:
                return await self._post(seen, now)
            case Edited.GONE:
                await self._pause(Pause.MESSAGE_GONE)
            case Edited.PAUSED:
                return await self._refused()
            case Edited.LATER:
                return TROUBLE_SECONDS
        return LOOK_SECONDS

    async def _post(self, seen: list[Row], now: datetime) -> float:
        """Send it anew; the message before, if there is one, goes once the new one stands."""
        places, old_id = self._ground.places, self.row.message_id
        message = self._message(seen, now, with_picture=True)
        try:
            post = await places.send_once(
                self._guild_id,
                self.row.channel_id,
                message,
                row_id=self.row.id,
                lost_since=self._lost_since(),
            )
        except NotSent as error:
            log.info("board not posted", board=self.row.id, error=str(error))
            return TROUBLE_SECONDS
        if post is None:
            return await self._refused()
        self._posted_at, self._is_taken_up = now, False
        self._was_shown(seen, now)
        async with self._ground.database.write() as session:
            kept = await rows.board_posted(
                session,
                guild_id=self._guild_id,
                board_id=self.row.id,
                message_id=post.message_id,
            )
        if kept is None:  # it was removed while it was being posted
            await post.delete()
            return LOOK_SECONDS
        self.row = kept
        if old_id is not None:
            await places.post(self._guild_id, self.row.channel_id, old_id).delete()
        return LOOK_SECONDS

    def _lost_since(self) -> datetime | None:
        """Since when a former process may have posted it without a note of that."""
        if not self._is_taken_up:
            return None
        if self.row.message_id is None:
            return self.row.made_at
        return newer_than(self.row.message_id)

    def _was_shown(self, seen: list[Row], now: datetime) -> None:
        self.is_refused = False
        self._is_new_picture = False
        self._shown, self._shown_facts = seen, facts(seen, now)

    async def _refused(self) -> float:
        if not self._ground.places.has_channel(self._guild_id, self.row.channel_id):
            await self._pause(Pause.CHANNEL_GONE)
        self.is_refused = True
        return REFUSED_SECONDS

    async def _pause(self, why: Pause) -> None:
        log.info("board paused", board=self.row.id, guild=self._guild_id, why=why.value)
        async with self._ground.database.write() as session:
            kept = await rows.pause_board(
                session, guild_id=self._guild_id, board_id=self.row.id, why=why
            )
        if kept is not None:
            self.row = kept


def _written_at(message_id: int | None) -> datetime:
    return discord.utils.snowflake_time(message_id or 0)
