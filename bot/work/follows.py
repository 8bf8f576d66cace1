"""Follows what goes on after the answer, until its end is seen: each is a job of the engine.

Backups, restores and installations are followed once, whoever began them: the key of the job is
the kind and what it is about. How a thing is watched is up to its kind.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from enum import StrEnum
from typing import Final, Literal

import discord
import msgspec
import structlog
from msgspec import Struct, structs
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access.gate import Admitted, Gate
from bot.clock import Clock
from bot.fleet.directory import Directory, Server
from bot.fleet.hub import Hub, Listener
from bot.fleet.panels import PanelGone, Panels
from bot.posts.answers import may_publish
from bot.posts.messages import Message
from bot.pterodactyl import Client, KeyRejected, NotAllowed, PanelError
from bot.pterodactyl.console_events import Event
from bot.store import jobs as rows
from bot.store.engine import Database
from bot.store.jobs import JobRow
from bot.texts import _, speaking
from bot.ui.doors import answer_of
from bot.ui.text import bold, moment
from bot.work.engine import Done, Job, Jobs, Sleep
from bot.work.jobs_view import JobLine, JobsView
from bot.work.telling import Teller, Told

log = structlog.stdlib.get_logger(__name__)

QUICK_SECONDS: Final = 5.0
SLOW_SECONDS: Final = 30.0
SLOW_AFTER: Final = timedelta(minutes=5)
STAY_SECONDS: Final = 60.0
"""So long it listens at first: most end by then, and an event says when to look."""
GIVE_UP_AFTER: Final = timedelta(days=1)
"""The panel itself fails a silent backup after 6 h, which its operator may change (backups.md)."""
PRIVATE_SECONDS: Final = 780.0
"""An interaction's token lives 15 minutes; what ends later can't be told by it."""

FollowKind = Literal["backup", "restore", "reinstall"]
RIGHTS: Final[dict[str, str]] = {
    "backup": "backup.read",
    "restore": "backup.restore",
    "reinstall": "settings.reinstall",
}


class Outcome(StrEnum):
    """How it ended."""

    DONE = "done"
    FAILED = "failed"
    GONE = "gone"
    """Deleted before it ended."""
    UNKNOWN = "unknown"
    """It can't be asked for any more."""


class FollowJob(Struct, frozen=True, kw_only=True):
    """What a follow-up keeps; a stored contract."""

    server_id: str
    """Our row."""
    subject_uuid: str
    """The backup's uuid; the server's where it is about that alone."""
    title: str
    """What people call it."""
    actor_name: str
    told: Told
    language: str
    begun: str = ""
    """The channel's sentence for as long as it goes on."""
    parent_id: str = ""
    """The job that waits for it, and hears the signal `followed`."""
    looks: int = 0
    report: str = ""
    outcome: str = ""


class Ending(Struct, frozen=True):
    """How it ended, and the sentence for the channel."""

    outcome: Outcome
    text: str


Look = Callable[[Client, Server, FollowJob], Awaitable[Ending | None]]
Heard = Callable[[int, FollowKind, FollowJob, Ending], Awaitable[None]]


class Watch(Struct, frozen=True):
    """How things of a kind are watched."""

    look: Look
    """Asks the panel; None while it goes on."""
    is_hint: Callable[[Event, FollowJob], bool]
    """Whether an event says that it is time to look; what it says isn't trusted."""
    over: Callable[[Server], None] = lambda _server: None
    """Called once it is over, so that nothing old is shown."""


class Followed(Struct, frozen=True):
    """What has just begun."""

    ended: "asyncio.Future[Ending]"
    is_public: bool
    """Whether the channel will hear of the end."""


class Follows:
    """Keeps the promises to tell how things end."""

    def __init__(
        self,
        *,
        database: Database,
        jobs: Jobs,
        view: JobsView,
        teller: Teller,
        directory: Directory,
        panels: Panels,
        hub: Hub,
        gate: Gate,
        clock: Clock,
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._view = view
        self._teller = teller
        self._directory = directory
        self._panels = panels
        self._hub = hub
        self._gate = gate
        self._clock = clock
        self._watches: dict[str, Watch] = {}
        self._waiting: dict[str, list[asyncio.Future[Ending]]] = {}
        self.on_end: list[Heard] = []
        """Told of every end, at least once; what is done there has to bear that."""

    def watch_with(self, kind: FollowKind, watch: Watch) -> None:
        """Say how things of a kind are watched."""
        self._watches[kind] = watch
        self._jobs.register(kind, FollowJob, self._work, failed=self._failed)
        self._view.describe(kind, self._described)

    async def begin(
        self,
        interaction: discord.Interaction | None,
        admitted: Admitted,
        kind: FollowKind,
        subject_uuid: str,
        *,
        title: str,
        begun: Callable[[], str],
        settles: Callable[[AsyncSession], Awaitable[None]] | None = None,
    ) -> Followed:
        """Tell the channel that something has begun, and follow it.

        Args:
            interaction: Where it was asked; None where others agreed to it meanwhile.
            admitted: By whom, and on which server.
            kind: One that `watch_with` knows.
            subject_uuid: The backup's uuid; the server's where it is about that alone.
            title: What people call it.
            begun: Makes the public sentence, in the guild's language.
            settles: What else is true from then on, within the same transaction.
        """
        located = interaction.guild_locale if interaction is not None else None
        language = self._gate.language(admitted.guild_id, located.value if located else None)
        is_public = interaction is None or may_publish(interaction)
        with speaking(language):
            said = begun()
        state = FollowJob(
            server_id=admitted.server.id,
            subject_uuid=subject_uuid,
            title=title,
            actor_name=admitted.actor.name,
            told=Told(channel_id=admitted.channel_id, is_quiet=not is_public),
            language=language,
            begun=said,
        )
        ended: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        async with self._database.write() as session:
            await self.follow_in(
                session, admitted.guild_id, kind, state, actor_id=admitted.actor.id, ended=ended
            )
            if settles is not None:
                await settles(session)
        return Followed(ended, is_public)

    async def follow_in(
        self,
        session: AsyncSession,
        guild_id: int,
        kind: FollowKind,
        state: FollowJob,
        *,
        actor_id: int | None = None,
        ended: "asyncio.Future[Ending] | None" = None,
    ) -> str:
        """Follow something from now on, with the transaction it belongs to; once for all who ask.

        Where it is followed quietly already and `state` isn't quiet, that job speaks from now on.

        Args:
            session: The caller's transaction.
            guild_id: Whose it is.
            kind: One that `watch_with` knows.
            state: What is followed, and where that is told.
            actor_id: Who began it, where that is known.
            ended: Set once it has ended, as long as this process lives.

        Returns:
            The job's id.
        """
        key = f"{kind} {state.subject_uuid}"
        job_id = await self._jobs.submit(
            session,
            guild_id=guild_id,
            kind=kind,
            state=state,
            key=key,
            subject_id=state.server_id,
            actor_id=actor_id,
        )
        if job_id is None:
            other = await rows.live_job(session, guild_id=guild_id, key=key)
            if other is None:  # pragma: no cover  # one transaction sees both
                raise LookupError(key)
            job_id = other.id
            await self._jobs.signal(
                session,
                guild_id=guild_id,
                job_id=job_id,
                name="join",
                payload=msgspec.to_builtins(state),
            )
        if ended is not None:
            self._waiting.setdefault(job_id, []).append(ended)
        return job_id

    async def answer(
        self, interaction: discord.Interaction | None, followed: Followed, told: str
    ) -> Message:
        """The private answer: one line where the channel hears the end, else the end itself."""
        if followed.is_public:
            return Message(f"{told} " + _("How it ends is posted here."))
        if interaction is None:
            return Message(told)
        alone = _("I may not write here, so only you see it. I say here how it ends.")
        await answer_of(interaction).show(Message(f"{told}\n-# {alone}"))
        try:
            async with self._clock.timeout(PRIVATE_SECONDS):
                return Message((await asyncio.shield(followed.ended)).text)
        except TimeoutError:
            return Message(
                _("{told} It is still under way, and I can't say here any later.", told=told)
            )

    async def _work(self, job: Job[FollowJob]) -> Sleep | Done:
        if job.phase == "report":
            return await self._report(job)
        state = await self._joined(job)
        server = self._directory.get(job.guild_id, state.server_id)
        with speaking(state.language):
            if server is None:
                return await self._end(job, None, _unknown(state, None))
            if state.begun and state.told.message_id is None:
                await self._teller.show(job, Message(state.begun))
            ending = await self._watch(job, server)
            if ending is None:
                job.state = structs.replace(job.state, looks=job.state.looks + 1)
                return Sleep(self._clock.now() + timedelta(seconds=self._pause(job)))
            return await self._end(job, server, ending)

    async def _joined(self, job: Job[FollowJob]) -> FollowJob:
        """Take up who else wants to hear of it."""
        for said in await job.signals():
            if said.name == "join":
                other = msgspec.convert(said.payload, FollowJob)
                if job.state.told.is_quiet and not other.told.is_quiet:
                    parent = other.parent_id or job.state.parent_id
                    job.state = structs.replace(other, parent_id=parent)
                elif other.parent_id:
                    job.state = structs.replace(job.state, parent_id=other.parent_id)
        return job.state

    async def _watch(self, job: Job[FollowJob], server: Server) -> Ending | None:
        """Look, for a while at first and then once a time."""
        watch = self._watches[job.kind]
        if job.state.looks:
            return await self._look(job, server, watch)
        async with self._hub.listen(server) as ears:
            ends_at = self._clock.monotonic() + STAY_SECONDS
            while True:
                ending = await self._look(job, server, watch)
                if ending is not None or self._clock.monotonic() >= ends_at or job.has_news:
                    return ending
                await self._wait(job, ears, watch)

    async def _look(self, job: Job[FollowJob], server: Server, watch: Watch) -> Ending | None:
        """Ask the panel.

        A panel or node that doesn't answer is asked again; a key that is refused, a panel that was
        removed and a day without an end are endings too, and said to be unknown.
        """
        try:
            client = self._panels.client(server.guild_id, server.panel_id)
            ending = await watch.look(client.background, server, job.state)
        except (PanelGone, KeyRejected, NotAllowed) as error:
            log.info("follow not readable", job=job.id, error=type(error).__name__)
            return _unknown(job.state, server)
        except PanelError as error:
            log.info("follow asks again", job=job.id, error=type(error).__name__)
            ending = None
        if ending is None and self._clock.now() - job.made_at > GIVE_UP_AFTER:
            return _unknown(job.state, server)
        return ending

    async def _wait(self, job: Job[FollowJob], ears: Listener, watch: Watch) -> None:
        """Wait, but not past an event that says it is time to look."""
        try:
            async with self._clock.timeout(QUICK_SECONDS):
                async for event in ears:
                    if watch.is_hint(event, job.state):
                        return
                await self._clock.sleep(QUICK_SECONDS)  # no console to be had: asking must do
        except TimeoutError:
            pass

    def _pause(self, job: Job[FollowJob]) -> float:
        since = self._clock.now() - job.made_at
        return QUICK_SECONDS if since < SLOW_AFTER else SLOW_SECONDS

    async def _end(
        self, job: Job[FollowJob], server: Server | None, ending: Ending
    ) -> Sleep | Done:
        if server is not None:
            self._watches[job.kind].over(server)
        state = structs.replace(job.state, report=ending.text, outcome=ending.outcome.value)
        async with self._database.write() as session:
            await job.save_in(session, "report", state)
            if state.parent_id:
                await self._jobs.signal(
                    session, guild_id=job.guild_id, job_id=state.parent_id, name="followed"
                )
        return await self._report(job)

    async def _report(self, job: Job[FollowJob]) -> Sleep | Done:
        """Told before it is closed: cut off in between it is told again, and not left unsaid."""
        state = job.state
        ending = Ending(Outcome(state.outcome), state.report)
        later = await self._teller.report(job, Message(state.report))
        for heard in self.on_end:
            await heard(job.guild_id, _kind(job.kind), state, ending)
        for ended in self._waiting.pop(job.id, ()):
            if not ended.done():
                ended.set_result(ending)
        return later or Done(state.outcome)

    async def _failed(self, job: Job[FollowJob]) -> None:
        server = self._directory.get(job.guild_id, job.state.server_id)
        with speaking(job.state.language):
            ending = _unknown(job.state, server)
        await self._teller.last_word(job, ending.text)
        for ended in self._waiting.pop(job.id, ()):
            if not ended.done():
                ended.set_result(ending)

    def _described(self, row: JobRow) -> JobLine | None:
        state = msgspec.convert(row.state, FollowJob)
        if state.parent_id:
            return None  # the job that waits for it says so
        server = self._directory.get(row.guild_id, state.server_id)
        values = {
            "server": bold(self._directory.label(server) if server else _("a server")),
            "title": bold(state.title),
        }
        what = {
            "backup": _("{server}: backup {title}", **values),
            "restore": _("{server}: restore from {title}", **values),
            "reinstall": _("{server}: reinstallation", **values),
        }[row.kind]
        since = _("under way since {time}", time=moment(row.made_at))
        return JobLine(
            text=f"{what}\n-# {since}", right=RIGHTS[row.kind], server_id=state.server_id
        )


def _kind(text: str) -> FollowKind:
    kinds: dict[str, FollowKind] = {
        "backup": "backup",
        "restore": "restore",
        "reinstall": "reinstall",
    }
    return kinds[text]


def ending_of(row: JobRow | None, server: Server | None) -> Ending | None:
    """How a follow-up saw it end, for the job that waits for it; None while it goes on.

    It is known before it is told, and so before the follow-up itself is over.
    """
    if row is None:
        said = _("I can't see any more how it ended. The panel shows it.")
        return Ending(Outcome.UNKNOWN, f"⚪ {said}")
    state = msgspec.convert(row.state, FollowJob)
    if state.outcome:
        return Ending(Outcome(state.outcome), state.report)
    return _unknown(state, server) if row.outcome is not None else None


def _unknown(state: FollowJob, server: Server | None) -> Ending:
    said = _(
        "I can't see any more how {title} of {server} ended. The panel shows it.",
        title=bold(state.title),
        server=bold(server.name) if server else _("a server"),
    )
    return Ending(Outcome.UNKNOWN, f"⚪ {said}")
