"""Follows what goes on after the answer, until its end is seen; a restart of the bot takes it up.

A follow is a row first and a task second: a bot that starts again finds the open rows and goes on.
How a thing is watched is up to its kind; who sees the end first closes the row and tells.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import discord
import structlog
from msgspec import Struct, structs

from bot.access.gate import Admitted, Gate
from bot.clock import Clock
from bot.fleet.directory import Directory, Server
from bot.fleet.hub import Listener
from bot.fleet.panels import PanelGone, Panels
from bot.posts.answers import publish
from bot.posts.messages import Message
from bot.posts.places import Places
from bot.pterodactyl import Client, KeyRejected, NotAllowed, PanelError
from bot.pterodactyl.console_events import Event
from bot.store import follows as rows
from bot.store.engine import Database
from bot.store.follows import FollowKind, FollowRow, NewFollow, Outcome
from bot.supervisor import Supervisor
from bot.texts import _, speaking
from bot.ui.doors import answer_of
from bot.ui.text import bold

log = structlog.stdlib.get_logger(__name__)

QUICK_SECONDS = 5.0
SLOW_SECONDS = 30.0
SLOW_AFTER = timedelta(minutes=5)
GIVE_UP_AFTER = timedelta(days=1)
"""The panel itself fails a silent backup after 6 h, which its operator may change (backups.md)."""
PRIVATE_SECONDS = 780.0
"""An interaction's token lives 15 minutes; what ends later can't be told by it."""
KEPT_DAYS = 7


class Ending(Struct, frozen=True):
    """How it ended, and the sentence for the channel."""

    outcome: Outcome
    text: str


Watch = Callable[[Server, FollowRow], Awaitable[Ending]]
Look = Callable[[Client], Awaitable[Ending | None]]
Pause = Callable[[float], Awaitable[None]]


class Followed(Struct, frozen=True):
    """What has just begun."""

    task: "asyncio.Task[Ending]"
    is_public: bool
    """Whether the channel will hear of the end."""


class Follows:
    """Keeps the promises to tell how things end."""

    def __init__(
        self,
        *,
        database: Database,
        directory: Directory,
        panels: Panels,
        gate: Gate,
        places: Places,
        supervisor: Supervisor,
        clock: Clock,
    ) -> None:
        self._database = database
        self._directory = directory
        self._panels = panels
        self._gate = gate
        self._places = places
        self._supervisor = supervisor
        self._clock = clock
        self._watches: dict[FollowKind, Watch] = {}
        self._tasks: dict[str, tuple[int, asyncio.Task[Ending]]] = {}

    def watch_with(self, kind: FollowKind, watch: Watch) -> None:
        """Say how things of a kind are watched."""
        self._watches[kind] = watch

    async def begin(
        self,
        interaction: discord.Interaction,
        admitted: Admitted,
        kind: FollowKind,
        subject_id: str,
        *,
        title: str,
        begun: Callable[[], str],
    ) -> Followed:
        """Tell the channel that something has begun, and follow it.

        Args:
            interaction: Where it was asked.
            admitted: By whom, and on which server.
            kind: One that `watch_with` knows.
            subject_id: The backup's uuid; the server's where it is about that alone.
            title: What people call it.
            begun: Makes the public sentence, in the guild's language.
        """
        guild_id = admitted.guild_id
        new = NewFollow(
            kind=kind,
            server_id=admitted.server.id,
            subject_id=subject_id,
            title=title,
            actor_id=admitted.actor.id,
            actor_name=admitted.actor.name,
            channel_id=admitted.channel_id,
        )
        async with self._database.write() as session:
            row = await rows.open_follow(session, guild_id=guild_id, new=new, now=self._clock.now())
        with speaking(self._language(guild_id)):
            post = await publish(interaction, Message(begun()))
        if post is not None:
            async with self._database.write() as session:
                await rows.note_follow_message(
                    session, guild_id=guild_id, follow_id=row.id, message_id=post.message_id
                )
            row = structs.replace(row, message_id=post.message_id)
        return Followed(self._start(row), post is not None)

    async def answer(
        self, interaction: discord.Interaction, followed: Followed, told: str
    ) -> Message:
        """The private answer: one line where the channel hears the end, else the end itself."""
        if followed.is_public:
            return Message(f"{told} " + _("How it ends is posted here."))
        alone = _("I may not write here, so only you see it. I say here how it ends.")
        await answer_of(interaction).show(Message(f"{told}\n-# {alone}"))
        try:
            async with self._clock.timeout(PRIVATE_SECONDS):
                return Message((await asyncio.shield(followed.task)).text)
        except TimeoutError:
            return Message(
                _("{told} It is still under way, and I can't say here any later.", told=told)
            )

    async def resume(self, guild_id: int) -> None:
        """Take up what is open and not followed yet; forget what ended long ago."""
        long_ago = self._clock.now() - timedelta(days=KEPT_DAYS)
        async with self._database.write() as session:
            await rows.drop_closed_follows(session, guild_id=guild_id, before=long_ago)
            found = await rows.list_open_follows(session, guild_id=guild_id)
        for row in found:
            if row.id not in self._tasks:
                self._start(row, is_resumed=True)

    def let_go(self, guild_id: int) -> None:
        """Stop following in a guild; its rows stay open."""
        for owner, task in list(self._tasks.values()):
            if owner == guild_id:
                task.cancel()

    async def ask_until(self, server: Server, row: FollowRow, look: Look, pause: Pause) -> Ending:
        """Ask the panel until `look` sees an ending.

        A panel or node that doesn't answer is asked again; a key that is refused, a panel that was
        removed and a day without an end are endings too, and said to be unknown.
        """
        while True:
            try:
                client = self._panels.client(server.guild_id, server.panel_id)
                ending = await look(client.background)
            except (PanelGone, KeyRejected, NotAllowed) as error:
                log.info("follow not readable", follow=row.id, error=type(error).__name__)
                return _unknown(row, server)
            except PanelError as error:
                log.info("follow asks again", follow=row.id, error=type(error).__name__)
                ending = None
            if ending is not None:
                return ending
            since = self._clock.now() - row.began_at
            if since > GIVE_UP_AFTER:
                return _unknown(row, server)
            await pause(QUICK_SECONDS if since < SLOW_AFTER else SLOW_SECONDS)

    def pausing(self, ears: Listener, is_hint: Callable[[Event], bool]) -> Pause:
        """Wait, but not past an event that says it is time to look; what it says isn't trusted."""

        async def pause(seconds: float) -> None:
            try:
                async with self._clock.timeout(seconds):
                    async for event in ears:
                        if is_hint(event):
                            return
                    await self._clock.sleep(seconds)  # no console to be had: asking must do
            except TimeoutError:
                pass

        return pause

    def _start(self, row: FollowRow, *, is_resumed: bool = False) -> "asyncio.Task[Ending]":
        name = f"follow {row.kind} {row.id}"
        task = self._supervisor.start(name, self._follow(row, is_resumed=is_resumed))
        self._tasks[row.id] = (row.guild_id, task)
        task.add_done_callback(lambda _task: self._tasks.pop(row.id, None))
        return task

    async def _follow(self, row: FollowRow, *, is_resumed: bool) -> Ending:
        server = self._directory.get(row.guild_id, row.server_id)
        with speaking(self._language(row.guild_id)):
            if server is None:
                ending = _unknown(row, None)
            else:
                ending = await self._watches[row.kind](server, row)
            # told before it is closed: ended in between, it is told again, and not left unsaid
            # the process may have ended between a message and its note, and nobody waits any more
            if row.message_id is not None or is_resumed:
                await self._tell(row, Message(ending.text))
            async with self._database.write() as session:
                await rows.close_follow(
                    session,
                    guild_id=row.guild_id,
                    follow_id=row.id,
                    outcome=ending.outcome,
                    now=self._clock.now(),
                )
        return ending

    async def _tell(self, row: FollowRow, message: Message) -> None:
        """The message becomes the result; where it is deleted or unknown, a new one is sent."""
        if row.message_id is not None:
            post = self._places.post(row.guild_id, row.channel_id, row.message_id)
            if await post.edit(message):
                return
        await self._places.send(row.guild_id, row.channel_id, message)

    def _language(self, guild_id: int) -> str:
        chosen = self._gate.book(guild_id).settings.language
        return chosen or self._places.language(guild_id)


def _unknown(row: FollowRow, server: Server | None) -> Ending:
    said = _(
        "I can't see any more how {title} of {server} ended. The panel shows it.",
        title=bold(row.title),
        server=bold(server.name) if server else _("a server"),
    )
    return Ending(Outcome.UNKNOWN, f"⚪ {said}")
