"""Members' own wishes to be pinged: kept, taken back, and fulfilled where they asked for it."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import discord
import structlog

from bot.access.gate import Gate
from bot.clock import Clock
from bot.fleet.directory import Directory, Server
from bot.fleet.life import Running, Turn
from bot.posts.answers import NotSent
from bot.posts.members import Members, NotAsked
from bot.posts.messages import Message
from bot.posts.places import Places
from bot.store import subscriptions as rows
from bot.store.engine import Database
from bot.store.subscriptions import NewsEvent, SubscriptionRow
from bot.texts import _, speaking
from bot.ui.text import bold, duration, moment
from bot.work.pings import Pings

log = structlog.stdlib.get_logger(__name__)

PER_MEMBER: Final = 25
PINGED_AT_ONCE: Final = 50
"""Discord counts 100 mentions a message; so many are looked up anew before they are pinged."""
DAMPED: Final = timedelta(minutes=5)
"""The same news of a server pings nobody twice within this time."""
Words = Callable[[str], str]
"""Says the news with the server's name."""


class Notices:
    """Who wants to hear of what, in memory and in the database."""

    def __init__(
        self,
        *,
        database: Database,
        directory: Directory,
        gate: Gate,
        members: Members,
        places: Places,
        pings: Pings,
        clock: Clock,
    ) -> None:
        self._database = database
        self._directory = directory
        self._gate = gate
        self._members = members
        self._places = places
        self._pings = pings
        self._clock = clock
        self._guilds: dict[int, list[SubscriptionRow]] = {}
        self._heard: dict[int, frozenset[str]] = {}
        self._told_at: dict[tuple[str, NewsEvent], datetime] = {}

    async def load(self, guild_id: int) -> None:
        """Take a guild's wishes into memory."""
        async with self._database.read() as session:
            found = await rows.list_subscriptions(session, guild_id=guild_id)
        self._guilds[guild_id] = found
        self._heard[guild_id] = frozenset(
            one.server_id for one in found if one.event is not NewsEvent.RESTART
        )

    def forget(self, guild_id: int) -> None:
        """Drop a guild from memory."""
        self._guilds.pop(guild_id, None)
        self._heard.pop(guild_id, None)

    def wants(self, server: Server) -> bool:
        """Whether somebody wants to hear of what only its node can tell."""
        return server.id in self._heard.get(server.guild_id, frozenset())

    def wants_crashes(self, server: Server) -> bool:
        """Whether somebody wants to hear of its crashes."""
        return any(
            one.server_id == server.id and one.event is NewsEvent.CRASH
            for one in self._guilds.get(server.guild_id, ())
        )

    def of_member(self, guild_id: int, member_id: int) -> list[SubscriptionRow]:
        """A member's wishes, oldest first."""
        return [one for one in self._guilds.get(guild_id, ()) if one.member_id == member_id]

    def members(self, guild_id: int) -> list[int]:
        """Who has a wish."""
        return sorted({one.member_id for one in self._guilds.get(guild_id, ())})

    async def toggle(
        self, server: Server, member_id: int, event: NewsEvent, channel_id: int
    ) -> bool:
        """Note a wish, or take it back where it was noted; True where it holds now.

        Raises:
            LimitReached: The member has as many as allowed.
        """
        guild_id = server.guild_id
        async with self._database.write() as session:
            was_there = await rows.unsubscribe(
                session, guild_id=guild_id, member_id=member_id, server_id=server.id, event=event
            )
            if not was_there:
                await rows.subscribe(
                    session,
                    guild_id=guild_id,
                    member_id=member_id,
                    server_id=server.id,
                    event=event,
                    channel_id=channel_id,
                    at_most=PER_MEMBER,
                    now=self._clock.now(),
                )
        await self.load(guild_id)
        return not was_there

    async def drop_members(self, guild_id: int, member_ids: Sequence[int]) -> int:
        """Erase all wishes of members; how many those were."""
        async with self._database.write() as session:
            count = await rows.drop_subscribers(session, guild_id=guild_id, member_ids=member_ids)
        await self.load(guild_id)
        return count

    async def turned(self, server: Server, turn: Turn) -> None:
        """A server that was off runs again."""
        if isinstance(turn, Running) and turn.off_since is not None:
            off = duration((turn.at - turn.off_since).total_seconds())
            await self._tell(
                server,
                NewsEvent.UP,
                lambda label: (
                    "🟢 "
                    + _("{server} is up again. It was off for {time}.", server=label, time=off)
                ),
            )

    async def crashed(self, server: Server) -> None:
        """A server crashed; once an incident, however often it goes on."""
        await self._tell(
            server, NewsEvent.CRASH, lambda label: "🔴 " + _("{server} crashed.", server=label)
        )

    async def restart_planned(self, server: Server, at: datetime) -> None:
        """A restart was announced."""
        await self._tell(
            server,
            NewsEvent.RESTART,
            lambda label: (
                "🟡 " + _("{server} is to be restarted {time}.", server=label, time=moment(at))
            ),
        )

    async def _tell(self, server: Server, event: NewsEvent, words: Words) -> None:
        now, key = self._clock.now(), (server.id, event)
        found = [
            one
            for one in self._guilds.get(server.guild_id, ())
            if one.server_id == server.id and one.event is event
        ]
        told_at = self._told_at.get(key)
        if not found or (told_at is not None and now - told_at < DAMPED):
            return
        self._told_at[key] = now
        by_channel: defaultdict[int, list[SubscriptionRow]] = defaultdict(list)
        for one in found:
            by_channel[one.channel_id].append(one)
        for channel_id, wishes in by_channel.items():
            for first in range(0, len(wishes), PINGED_AT_ONCE):
                await self._ping(server, channel_id, wishes[first : first + PINGED_AT_ONCE], words)

    async def _ping(
        self, server: Server, channel_id: int, wishes: Sequence[SubscriptionRow], words: Words
    ) -> None:
        guild_id = server.guild_id
        if self._places.is_paused(guild_id, channel_id):
            return
        named = [one.member_id for one in wishes if await self._may_hear(server, one)]
        if not named:
            return
        pings = [discord.Object(one, type=discord.User) for one in named]
        with speaking(self._pings.language(guild_id)):
            label = bold(self._directory.label(server))
            text = f"{words(label)} " + " ".join(f"<@{one}>" for one in named)
            if self._pings.is_quiet(guild_id):
                pings = []
                text = f"{words(label)}\n-# " + _("Quiet hours: nobody is pinged.")
        try:
            await self._places.send(guild_id, channel_id, Message(text), pings=pings)
        except NotSent as error:
            log.info("ping not sent", guild=guild_id, channel=channel_id, error=str(error))

    async def _may_hear(self, server: Server, wish: SubscriptionRow) -> bool:
        """Decided anew: who left or may no longer see the server hears nothing of it."""
        try:
            actor = await self._members.actor(server.guild_id, wish.member_id)
        except NotAsked:
            return False
        if actor is None:
            await self.drop_members(server.guild_id, [wish.member_id])
            return False
        return self._gate.sees(server.guild_id, actor, server)
