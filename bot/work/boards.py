"""The boards of all guilds: made, found again after a restart, and told what changed."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Final

import structlog
from msgspec import Struct, structs
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access.acting import Audit
from bot.access.gate import Admitted
from bot.fleet.directory import Server
from bot.store import boards as rows
from bot.store.boards import BoardRow, BoardServer, NewBoard, Style
from bot.supervisor import Supervisor
from bot.texts import _
from bot.ui.boards import SERVERS_AT_MOST, WITH_BUTTONS_AT_MOST
from bot.ui.errors import Unfit
from bot.work.board import Board, Ground

log = structlog.stdlib.get_logger(__name__)

TOLD_EVERY_SECONDS: Final = 1.0
"""However much happens, boards are told of it once a second."""


class Made(Struct, frozen=True):
    """A board that was made, and whether it could be posted at once."""

    row: BoardRow
    is_posted: bool


class Boards:
    """Keeps every board of the guilds that are here."""

    def __init__(
        self,
        ground: Ground,
        audit: Audit,
        supervisor: Supervisor,
        *,
        boards_per_guild: int,
    ) -> None:
        self._ground = ground
        self._audit = audit
        self._supervisor = supervisor
        self._boards_per_guild = boards_per_guild
        self._boards: dict[int, dict[str, Board]] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def resume(self, guild_id: int) -> None:
        """Take up a guild's boards; those that are kept already go on."""
        async with self._ground.database.read() as session:
            stored = await rows.list_boards(session, guild_id=guild_id)
        for row in stored:
            if row.id not in self._boards.get(guild_id, {}):
                self._begin(Board(row, self._ground))

    def let_go(self, guild_id: int) -> None:
        """Stop keeping a guild's boards; what is stored and posted stays."""
        for board_id in self._boards.pop(guild_id, {}):
            self._end(board_id)

    def of(self, guild_id: int) -> list[Board]:
        """The guild's boards, oldest first."""
        found = self._boards.get(guild_id, {}).values()
        return sorted(found, key=lambda board: (board.row.made_at, board.row.id))

    def shown(self) -> Iterator[Server]:
        """The servers that stand on boards; one that stands on several comes as often."""
        for guild_id, guild in self._boards.items():
            for board in guild.values():
                for server_id in board.server_ids:
                    server = self._ground.directory.get(guild_id, server_id)
                    if server is not None:
                        yield server

    def get(self, guild_id: int, board_id: str) -> Board:
        """One board.

        Raises:
            Unfit: It was removed.
        """
        board = self._boards.get(guild_id, {}).get(board_id)
        if board is None:
            raise Unfit(_("That board is gone. `/board list` shows those there are."))
        return board

    async def run(self) -> None:
        """Tell boards of what changed on them."""
        with self._ground.hub.changes() as changes:
            while True:
                changed = await changes.take()
                for guild in self._boards.values():
                    for board in guild.values():
                        if not changed.isdisjoint(board.server_ids):
                            board.changed.set()
                await self._ground.clock.sleep(TOLD_EVERY_SECONDS)

    async def create(self, admitted: Admitted, new: NewBoard) -> Made:
        """Make a board and post it.

        Raises:
            Unfit: Too many servers or boards, or what it should show can't be had here.
            LimitReached: The guild has as many boards as it may.
        """
        self.check(admitted.guild_id, new.style, new.chart, [one.id for one in new.servers])
        ground = self._ground
        async with ground.database.write() as session:
            row = await rows.add_board(
                session,
                guild_id=admitted.guild_id,
                new=new,
                at_most=self._boards_per_guild,
                now=ground.clock.now(),
            )
            await self._note(session, admitted, f"board {new.title!r} in {new.channel_id}")
        board = Board(row, ground)
        ground.places.resume(admitted.guild_id, new.channel_id)
        self._begin(board)
        await board.show()
        return Made(board.row, board.row.message_id is not None)

    async def change(
        self,
        admitted: Admitted,
        board_id: str,
        *,
        servers: Sequence[BoardServer],
        style: Style,
        chart: str,
    ) -> Board:
        """Show other servers on a board, or the same in another way; it is edited at once.

        Raises:
            Unfit: As `create`; or it was removed.
        """
        before = self.get(admitted.guild_id, board_id)
        self.check(admitted.guild_id, style, chart, [one.id for one in servers], board=before)
        async with self._ground.database.write() as session:
            row = await rows.change_board(
                session,
                guild_id=admitted.guild_id,
                board_id=board_id,
                servers=servers,
                style=style,
                chart=chart,
            )
            await self._note(session, admitted, f"board {before.row.title!r} changed")
        return await self._again(board_id, row)

    async def post_again(self, admitted: Admitted, board_id: str) -> Board:
        """Post a board anew whose message was deleted or can't be edited, because an admin asks.

        Raises:
            Unfit: It was removed, or its channel is gone.
        """
        board = self.get(admitted.guild_id, board_id)
        channel_id = board.row.channel_id
        if not self._ground.places.has_channel(admitted.guild_id, channel_id):
            raise Unfit(_("Its channel is gone. Remove the board and make one elsewhere."))
        self._ground.places.resume(admitted.guild_id, channel_id)
        await board.remove_message()
        fresh = structs.replace(board.row, message_id=None, paused=None)
        return await self._again(board_id, fresh)

    async def remove(self, admitted: Admitted, board_id: str) -> BoardRow:
        """Forget a board and delete its message.

        Raises:
            Unfit: It was removed before.
        """
        board = self.get(admitted.guild_id, board_id)
        async with self._ground.database.write() as session:
            await rows.remove_board(session, guild_id=admitted.guild_id, board_id=board_id)
            await self._note(session, admitted, f"board {board.row.title!r} removed")
        self._boards[admitted.guild_id].pop(board_id, None)
        self._end(board_id)
        await board.remove_message()
        return board.row

    def check(
        self,
        guild_id: int,
        style: Style,
        chart: str,
        server_ids: Sequence[str],
        *,
        board: Board | None = None,
    ) -> None:
        """See whether a board can show this.

        Raises:
            Unfit: It can't; says why and what would help.
        """
        if not server_ids:
            raise Unfit(_("A board needs at least one server. Choose some first."))
        if len(server_ids) > SERVERS_AT_MOST:
            raise Unfit(
                _("{count} servers are too many for one board; {most} fit.",
                  count=len(server_ids), most=SERVERS_AT_MOST)
            )  # fmt: skip
        if style is Style.BUTTONS and len(server_ids) > WITH_BUTTONS_AT_MOST:
            raise Unfit(
                _("With power buttons {most} servers fit on a board, not {count}. Choose fewer, or "
                  "another style.", most=WITH_BUTTONS_AT_MOST, count=len(server_ids))
            )  # fmt: skip
        if chart and not self._ground.usage.is_on(guild_id):
            raise Unfit(
                _("A chart needs history, which is off here. Switch it on in `/config`, page "
                  "*Servers*; the chart fills from then on.")
            )  # fmt: skip
        held = set(board.server_ids) if board else set()
        self._check_room(guild_id, [one for one in server_ids if one not in held])

    def _check_room(self, guild_id: int, server_ids: Sequence[str]) -> None:
        found = (self._ground.directory.get(guild_id, one) for one in server_ids)
        new = [server for server in found if server is not None]
        room = self._ground.hub.room(guild_id, new)
        if room < 0:
            raise Unfit(
                _("This guild watches as many servers as it may for boards, mirrors and alerts; "
                  "{count} of these don't fit.", count=-room)
            )  # fmt: skip

    async def _again(self, board_id: str, row: BoardRow | None) -> Board:
        if row is None:
            raise Unfit(_("That board is gone. `/board list` shows those there are."))
        self._end(board_id)
        board = Board(row, self._ground)
        self._begin(board)
        await board.show()
        return board

    async def _note(self, session: AsyncSession, admitted: Admitted, detail: str) -> None:
        entry = self._audit.entry(admitted, "change", detail=detail)
        await self._audit.append(session, admitted.guild_id, entry)

    def _begin(self, board: Board) -> None:
        self._boards.setdefault(board.row.guild_id, {})[board.row.id] = board
        self._tasks[board.row.id] = self._supervisor.keep(f"board {board.row.id}", board.keep)

    def _end(self, board_id: str) -> None:
        task = self._tasks.pop(board_id, None)
        if task is not None:
            task.cancel()
