"""Orders to restore a backup: each is a durable job, which `restore_course` carries out."""

import asyncio
from typing import Final

import discord
from msgspec import convert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access.gate import Admitted, Gate
from bot.clock import Clock
from bot.fleet.directory import Directory
from bot.fleet.hub import Hub
from bot.fleet.known import State
from bot.posts.answers import may_publish
from bot.posts.messages import Message
from bot.pterodactyl.models import Backup
from bot.store import jobs as rows
from bot.store.engine import Database
from bot.store.jobs import JobRow
from bot.texts import _
from bot.ui.backups import check_good
from bot.ui.doors import answer_of
from bot.ui.errors import Unfit
from bot.ui.text import bold
from bot.work.again import asked_by
from bot.work.engine import Jobs
from bot.work.jobs_view import JobLine, JobsView
from bot.work.restore_course import Course
from bot.work.restore_state import CAN_CANCEL, KIND, RIGHT, STEP, RestoreJob
from bot.work.restore_words import Words, line
from bot.work.telling import Told

PRIVATE_SECONDS: Final = 780.0
"""An interaction's token lives 15 minutes; what ends later can't be told by it."""


class Restores:
    """Takes orders to restore, and tells who asked."""

    def __init__(
        self,
        *,
        database: Database,
        jobs: Jobs,
        view: JobsView,
        gate: Gate,
        hub: Hub,
        directory: Directory,
        course: Course,
        clock: Clock,
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._gate = gate
        self._hub = hub
        self._directory = directory
        self._course = course
        self._clock = clock
        jobs.register(KIND, RestoreJob, course.work, failed=course.failed)
        view.describe(KIND, self._described)

    async def begin_in(
        self,
        session: AsyncSession,
        admitted: Admitted,
        backup: Backup,
        *,
        delete_files: bool,
        language: str,
        is_quiet: bool = False,
    ) -> str:
        """Keep an order with the transaction it belongs to, and return its id.

        Args:
            session: The caller's transaction.
            admitted: Who asked, with the consent of others where it takes that.
            backup: A whole one.
            delete_files: Delete every file first.
            language: Of the channel.
            is_quiet: Tell the channel nothing.

        Raises:
            Unfit: The server is being restored already, or too much is under way.
        """
        key = f"restoring {admitted.server.id}"
        state = RestoreJob(
            asked=asked_by(admitted),
            told=Told(channel_id=admitted.channel_id, is_quiet=is_quiet),
            language=language,
            backup_uuid=backup.uuid,
            backup_name=backup.name,
            delete_files=delete_files,
        )
        job_id = await self._jobs.submit(
            session,
            guild_id=admitted.guild_id,
            kind=KIND,
            state=state,
            key=key,
            subject_id=admitted.server.id,
            actor_id=admitted.actor.id,
            within_limit=True,
        )
        if job_id is not None:
            return job_id
        if await rows.live_job(session, guild_id=admitted.guild_id, key=key) is not None:
            raise Unfit(
                _(
                    "{server} is being restored already. `/jobs` shows how far that is.",
                    server=bold(self._directory.label(admitted.server)),
                )
            )
        raise Unfit(
            _(
                "So much is under way in this guild that I take nothing more. `/jobs` "
                "shows it, and ends what isn't needed."
            )
        )

    async def perform(
        self,
        interaction: discord.Interaction,
        admitted: Admitted,
        backup: Backup,
        *,
        delete_files: bool,
    ) -> Message:
        """Take an order from a command; what is returned is the private answer.

        Raises:
            PanelError: It was refused, or certainly not carried out.
            Unfit: It can't be taken, or the server can't be restored now.
        """
        locale = interaction.guild_locale.value if interaction.guild_locale else None
        language = self._gate.language(admitted.guild_id, locale)
        is_public = may_publish(interaction)
        check_good(backup)
        label = self._directory.label(admitted.server)
        words = Words(admitted.actor.name, backup.name, label)
        async with self._database.write() as session:
            job_id = await self.begin_in(
                session,
                admitted,
                backup,
                delete_files=delete_files,
                language=language,
                is_quiet=not is_public,
            )
            ear = self._course.listen(job_id)
        try:
            async with self._clock.timeout(PRIVATE_SECONDS):
                known = self._hub.known(admitted.server)
                if known.state.is_power_state and known.state is not State.OFFLINE:
                    first = Message(words.stops_first())
                    await answer_of(interaction).show(first, is_final=False)
                if not await asyncio.shield(ear.begun):
                    return Message(await asyncio.shield(ear.over))
                if is_public:
                    return Message(f"{words.begun()} " + _("How it ends is posted here."))
                alone = _("I may not write here, so only you see it. I say here how it ends.")
                await answer_of(interaction).show(Message(f"{words.begun()}\n-# {alone}"))
                return Message(await asyncio.shield(ear.over))
        except TimeoutError:
            return Message(
                _(
                    "{told} It is still under way, and I can't say here any later.",
                    told=words.begun(),
                )
            )

    def _described(self, row: JobRow) -> JobLine:
        state = convert(row.state, RestoreJob)
        server = self._directory.get(row.guild_id, row.subject_id)
        label = self._directory.label(server) if server is not None else _("a server")
        has_asked = STEP in row.steps
        return JobLine(
            text=line(row.phase, row, state, label),
            right=RIGHT,
            server_id=row.subject_id,
            can_cancel=row.phase in CAN_CANCEL and not has_asked,
        )
