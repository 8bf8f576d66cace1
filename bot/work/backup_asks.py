"""A backup that was asked for, until it is followed: a bot that dies in between finds it again."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import structlog
from msgspec import Struct, structs
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access.gate import Admitted
from bot.clock import Clock
from bot.fleet.directory import Directory, Server
from bot.fleet.panels import PanelGone, Panels
from bot.posts.messages import Message
from bot.pterodactyl import PanelError
from bot.pterodactyl.models import Backup
from bot.store.engine import Database
from bot.texts import _, speaking
from bot.ui.text import bold
from bot.work.engine import Done, Job, Jobs, Sleep
from bot.work.follows import FollowJob, Follows
from bot.work.telling import Teller, Told

log = structlog.stdlib.get_logger(__name__)

KIND: Final = "backup ask"
SETTLED: Final = "settled"
"""The signal that its end is known: it is followed, or was refused."""
LOOK_AFTER: Final = timedelta(seconds=90)
"""Longer than the request itself may take; whoever sent it would have said by then."""
LOOK_AGAIN: Final = timedelta(seconds=30)
GIVE_UP_AFTER: Final = timedelta(hours=1)
CLOCKS_APART: Final = timedelta(seconds=90)
"""The panel's clock and ours, at most."""


class AskJob(Struct, frozen=True, kw_only=True):
    """A backup that was asked for; a stored contract, so new fields need defaults."""

    server_id: str
    actor_name: str
    told: Told
    language: str
    """Of the channel."""
    name: str = ""
    """As it was wished; empty lets the panel name it."""
    known: tuple[str, ...] | None = None
    """Those there were before; None where they couldn't be read."""
    report: str = ""


class BackupAsks:
    """Keeps what is on its way to the panel."""

    def __init__(
        self,
        *,
        database: Database,
        jobs: Jobs,
        teller: Teller,
        directory: Directory,
        panels: Panels,
        follows: Follows,
        clock: Clock,
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._teller = teller
        self._directory = directory
        self._panels = panels
        self._follows = follows
        self._clock = clock
        jobs.register(KIND, AskJob, self._work, failed=self._failed)

    async def keep(
        self,
        admitted: Admitted,
        name: str,
        known: Sequence[Backup] | None,
        *,
        language: str,
        is_quiet: bool,
    ) -> str:
        """Write down that a backup is about to be asked for; the id is for `settle`.

        Args:
            admitted: Who asks, of which server, and in which channel that is told.
            name: As it is wished.
            known: Those there are now; None where they can't be read.
            language: Of the channel.
            is_quiet: Tell the channel nothing.
        """
        state = AskJob(
            server_id=admitted.server.id,
            actor_name=admitted.actor.name,
            told=Told(channel_id=admitted.channel_id, is_quiet=is_quiet),
            language=language,
            name=name,
            known=None if known is None else tuple(one.uuid for one in known),
        )
        async with self._database.write() as session:
            job_id = await self._jobs.submit(
                session,
                guild_id=admitted.guild_id,
                kind=KIND,
                state=state,
                subject_id=admitted.server.id,
                actor_id=admitted.actor.id,
                run_at=self._clock.now() + LOOK_AFTER,
            )
        return job_id or ""

    async def settle(self, session: AsyncSession, guild_id: int, job_id: str) -> None:
        """Its end is known; within the transaction that goes on with it."""
        await self._jobs.signal(session, guild_id=guild_id, job_id=job_id, name=SETTLED)

    async def refused(self, guild_id: int, job_id: str) -> None:
        """It certainly didn't begin, and who asked was told."""
        async with self._database.write() as session:
            await self.settle(session, guild_id, job_id)

    async def _work(self, job: Job[AskJob]) -> Sleep | Done:
        if job.phase == "report":
            return await self._report(job)
        if any(said.name == SETTLED for said in await job.signals()):
            return Done()
        due, now = job.made_at + LOOK_AFTER, self._clock.now()
        if now < due:
            return Sleep(due)
        server = self._directory.get(job.guild_id, job.state.server_id)
        listed = await self._list(server) if server is not None else ()
        with speaking(job.state.language):
            if server is None or (listed is None and now - due > GIVE_UP_AFTER):
                return await self._tell(job, self._unknown(job))
            if listed is None:
                return Sleep(now + LOOK_AGAIN)
            found = self._new_one(job, listed)
            if found is None:
                return await self._tell(job, self._not_begun(job))
        async with self._database.write() as session:
            await self._follows.follow_in(
                session,
                job.guild_id,
                "backup",
                FollowJob(
                    server_id=server.id,
                    subject_uuid=found.uuid,
                    title=found.name,
                    actor_name=job.state.actor_name,
                    told=job.state.told,
                    language=job.state.language,
                ),
                actor_id=job.actor_id,
            )
            await job.save_in(session, "followed")
        return Done()

    async def _failed(self, job: Job[AskJob]) -> None:
        """Nobody heard of it yet, so there is nothing to take back."""
        log.error("backup not looked for", job=job.id)

    async def _list(self, server: Server) -> Sequence[Backup] | None:
        try:
            client = self._panels.client(server.guild_id, server.panel_id).background
            return (await client.servers.backups.list_backups(server.uuid)).rows
        except (PanelError, PanelGone) as error:
            log.info("backups not read", error=type(error).__name__)
            return None

    def _new_one(self, job: Job[AskJob], listed: Sequence[Backup]) -> Backup | None:
        state = job.state
        found = [
            one
            for one in listed
            if state.name in ("", one.name)
            and one.created_at >= job.made_at - CLOCKS_APART
            and (state.known is None or one.uuid not in state.known)
        ]
        return min(found, key=lambda one: one.created_at, default=None)

    async def _tell(self, job: Job[AskJob], text: str) -> Sleep | Done:
        await job.save("report", structs.replace(job.state, report=text))
        return await self._report(job)

    async def _report(self, job: Job[AskJob]) -> Sleep | Done:
        return await self._teller.report(job, Message(job.state.report)) or Done("unknown")

    def _not_begun(self, job: Job[AskJob]) -> str:
        said = _(
            "{who}'s backup of {server} did not begin: I was stopped, or the panel stopped "
            "answering, while I asked for it. `/backup create` tries again.",
            who=bold(job.state.actor_name),
            server=self._label(job),
        )
        return f"⚪ {said}"

    def _unknown(self, job: Job[AskJob]) -> str:
        said = _(
            "Whether {who}'s backup of {server} began is unknown, and I can't look it up. "
            "`/backup list` shows it.",
            who=bold(job.state.actor_name),
            server=self._label(job),
        )
        return f"⚪ {said}"

    def _label(self, job: Job[AskJob]) -> str:
        server = self._directory.get(job.guild_id, job.state.server_id)
        return bold(self._directory.label(server) if server is not None else _("a server"))
