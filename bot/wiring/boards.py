"""Boards, charts, and the samples they are drawn from."""

import itertools
from dataclasses import dataclass

import discord

from bot.access.gate import Admitted
from bot.supervisor import Supervisor
from bot.ui.charts import Charts
from bot.wiring.access import Access
from bot.wiring.area import Area
from bot.wiring.fleet import Fleet
from bot.wiring.ground import Ground
from bot.wiring.playing import Playing
from bot.wiring.posts import Posts
from bot.work import board
from bot.work.boards import Boards
from bot.work.guild_change import Change
from bot.work.headcount import Headcount
from bot.work.history import History
from bot.work.usage import Usage


@dataclass(frozen=True)
class Boarding(Area):
    """What is sampled, and where it is shown."""

    boards: Boards
    charts: Charts
    headcount: Headcount
    history: History
    usage: Usage

    async def start(self, supervisor: Supervisor) -> None:
        supervisor.keep("boards", self.boards.run)
        supervisor.keep("history", self.history.run)
        supervisor.keep("headcount", self.headcount.run)
        supervisor.keep("drawing", self.charts.watch)

    async def taken(self, admitted: Admitted, _guild: discord.Guild, _change: Change) -> list[str]:
        """Post the boards of a file that was taken over."""
        await self.boards.resume(admitted.guild_id)
        return []

    async def resume(self, guild_id: int) -> None:
        await self.boards.resume(guild_id)

    async def forget(self, guild_id: int) -> None:
        self.boards.let_go(guild_id)
        self.history.let_go(guild_id)


def build_boards(
    ground: Ground, fleet: Fleet, access: Access, playing: Playing, posts: Posts
) -> Boarding:
    """Put the parts together."""
    clock, database = ground.clock, ground.database
    hub, directory, gate = fleet.hub, fleet.directory, access.gate
    charts = Charts(clock)
    headcount = Headcount(
        playing.players,
        hub,
        lambda: itertools.chain(boards.shown(), history.sampled()),
        clock,
    )
    history = History(
        database=database,
        hub=hub,
        directory=directory,
        gate=gate,
        guilds=ground.presence.guilds,
        headcount=headcount,
        clock=clock,
    )
    usage = Usage(history, charts, gate, directory, clock)
    boards = Boards(
        board.Ground(
            database=database,
            hub=hub,
            directory=directory,
            gate=gate,
            places=posts.places,
            usage=usage,
            headcount=headcount,
            clock=clock,
        ),
        access.audit,
        ground.supervisor,
        boards_per_guild=ground.config.limits.boards_per_guild,
    )
    return Boarding(boards, charts, headcount, history, usage)
