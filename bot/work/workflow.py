"""Power workflows: one per server, from the order to the report; a second order joins it."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import discord
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access.consent import NeedsConsent
from bot.access.decision import Ask, is_agreed
from bot.access.gate import Admitted
from bot.posts.answers import may_publish
from bot.posts.messages import Message
from bot.store import jobs as rows
from bot.store.engine import Database
from bot.store.jobs import JobRow
from bot.texts import _, speaking
from bot.ui.doors import answer_of
from bot.ui.errors import Unfit
from bot.ui.explain import right_name
from bot.ui.text import bold, moment
from bot.work.again import asked_by
from bot.work.course import Signal
from bot.work.engine import Jobs
from bot.work.follows import Follows
from bot.work.jobs_view import CANCEL, JobLine, JobsView
from bot.work.power_countdown import check_postponed
from bot.work.power_desk import Desk, Ear
from bot.work.power_leg import KILL, by_of
from bot.work.power_order import (
    CAN_CANCEL,
    KIND,
    RIGHTS,
    Begun,
    PowerJob,
    PowerOrder,
    action_of,
)
from bot.work.power_phases import Phases
from bot.work.power_words import Story, line_of, signal_name
from bot.work.restore_state import ORIGIN as RESTORE
from bot.work.telling import Told

SAID_IN: Final = {
    "now": frozenset({"new", "countdown"}),
    "later": frozenset({"new", "countdown"}),
    "go": frozenset({"ask"}),
    CANCEL: CAN_CANCEL,
}
"""In which phases a click comes in time."""
PRIVATE_SECONDS: Final = 780.0
"""An interaction's token lives 15 minutes; what ends later can't be told by it."""


class Workflows:
    """Takes orders, and tells those who wait."""

    def __init__(
        self, database: Database, jobs: Jobs, view: JobsView, desk: Desk, follows: Follows
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._desk = desk
        self._clock = desk.clock
        self._phases = Phases(desk, follows, database)
        jobs.register(KIND, PowerJob, self._phases.work, failed=self._phases.failed)
        view.describe(KIND, self._described)

    async def begin(
        self,
        admitted: Admitted,
        order: PowerOrder,
        *,
        language: str,
        is_quiet: bool = False,
        ear: Ear | None = None,
    ) -> Begun:
        """Keep an order, which is carried out from now on; or join the one that is under way.

        Args:
            admitted: Who orders it, on which server; its channel is told.
            order: What is to be done.
            language: Of the channel.
            is_quiet: Tell the channel nothing.
            ear: Hears how it ends, as long as this process lives.

        Raises:
            NeedsConsent: Others have to agree first; nothing was kept.
            Unfit: The guild has as many things under way as it may.
        """
        async with self._database.write() as session:
            return await self.begin_in(
                session, admitted, order, language=language, is_quiet=is_quiet, ear=ear
            )

    async def begin_in(
        self,
        session: AsyncSession,
        admitted: Admitted,
        order: PowerOrder,
        *,
        language: str,
        is_quiet: bool = False,
        ear: Ear | None = None,
    ) -> Begun:
        """The same within a transaction, with what else belongs to it.

        Raises:
            NeedsConsent: Others have to agree first; nothing was kept.
            Unfit: The guild has as many things under way as it may.
        """
        decision = admitted.decision
        if not is_agreed(decision, admitted.agreed):
            raise NeedsConsent(decision.consent if isinstance(decision, Ask) else None)
        server, key = admitted.server, f"power {admitted.server.id}"
        state = PowerJob(
            asked=asked_by(admitted),
            order=order,
            language=language,
            told=Told(channel_id=admitted.channel_id, is_quiet=is_quiet),
        )
        job_id = await self._jobs.submit(
            session,
            guild_id=admitted.guild_id,
            kind=KIND,
            state=state,
            key=key,
            subject_id=server.id,
            actor_id=admitted.actor.id,
            within_limit=True,
        )
        if job_id is None:
            other = await rows.live_job(session, guild_id=admitted.guild_id, key=key)
            if other is None:
                raise Unfit(
                    _(
                        "So much is under way in this guild that I take nothing more. `/jobs` "
                        "shows it, and ends what isn't needed."
                    )
                )
            if ear is not None:
                self._desk.listen(other.id, ear)
            return await self._join(session, admitted, order, other)
        if ear is not None:
            self._desk.listen(job_id, ear)
        if order.delay_seconds == 0:
            self._desk.trust(job_id, admitted)
        else:
            detail = f"in {order.delay_seconds} s"
            entry = self._desk.audit.entry(admitted, "change", why=order.reason, detail=detail)
            await self._desk.audit.append(session, admitted.guild_id, entry)
        return Begun(
            job_id=job_id,
            is_joined=False,
            signal=order.signal,
            actor_name=admitted.actor.name,
            since=self._clock.now(),
        )

    async def _join(
        self, session: AsyncSession, admitted: Admitted, order: PowerOrder, other: JobRow
    ) -> Begun:
        """A kill is consent to end what doesn't stop; everything else waits for the other one."""
        begun = _joined(other)
        leg = str(other.state.get("leg", ""))
        if order.signal != Signal.KILL.value or other.phase != "leg" or leg == order.signal:
            return begun
        await self._jobs.signal(
            session,
            guild_id=other.guild_id,
            job_id=other.id,
            name=KILL,
            payload=msgspec.to_builtins(asked_by(admitted)),
        )
        return msgspec.structs.replace(begun, is_kill=True)

    async def say(self, admitted: Admitted, job_id: str, what: str, *, minutes: int = 0) -> None:
        """A click on a countdown or question, in one transaction with its audit entry.

        Args:
            admitted: Who clicked, on which server.
            job_id: The workflow.
            what: now, later, cancel or go.
            minutes: By how many it is put off.

        Raises:
            NotAdmitted: It takes the right of what is wanted; who asked may cancel their own.
            Unfit: They may only ask others for it, it is too late, or it was put off for too long.
        """
        async with self._database.write() as session:
            row = await rows.get_job(session, guild_id=admitted.guild_id, job_id=job_id)
            if row is None or row.kind != KIND or row.subject_id != admitted.server.id:
                raise Unfit(_("I don't know that any more. `/jobs` shows what is under way."))
            state = msgspec.convert(row.state, PowerJob)
            own = self._may_say(admitted, row, state, what)
            said = await rows.list_signals(session, guild_id=row.guild_id, job_id=row.id)
            self._check_in_time(row, state, said, what)
            if what == "later":
                check_postponed(state, said, minutes)
            payload = {"by": admitted.actor.name, "by_id": admitted.actor.id, "minutes": minutes}
            await self._jobs.signal(
                session, guild_id=row.guild_id, job_id=row.id, name=what, payload=payload
            )
            detail = f"{what} {minutes} min" if minutes else what
            entry = self._desk.audit.entry(own, "change", detail=detail)
            await self._desk.audit.append(session, row.guild_id, entry)

    def _may_say(self, admitted: Admitted, row: JobRow, state: PowerJob, what: str) -> Admitted:
        if what == CANCEL and row.actor_id == admitted.actor.id:
            return admitted
        own = self._desk.gate.admit(
            admitted.guild_id,
            admitted.channel_id,
            admitted.actor,
            action_of(state.signal),
            admitted.reference,
            target=admitted.target,
        )
        if not is_agreed(own.decision, None) and row.actor_id == admitted.actor.id:
            raise Unfit(
                _(
                    "That takes the right *{right}* itself, and you may only ask for it. What you "
                    "asked for you may cancel.",
                    right=right_name(RIGHTS[state.signal]),
                )
            )
        if not is_agreed(own.decision, None):
            raise Unfit(
                _(
                    "On what {who} announced that takes the right *{right}* itself, and you may "
                    "only ask for it. Nothing was changed; ask {who}, or somebody who has it.",
                    who=bold(state.asked.actor_name),
                    right=right_name(RIGHTS[state.signal]),
                )
            )
        return own

    @staticmethod
    def _check_in_time(
        row: JobRow, state: PowerJob, said: Sequence[rows.Signal], what: str
    ) -> None:
        for one in said:
            if one.name == CANCEL or (one.name == what and what != "later"):
                raise Unfit(_("{by} was a moment faster. Yours did nothing.", by=bold(by_of(one))))
            if one.name == "now" and what == "later":
                raise Unfit(_("{by} was a moment faster. Yours did nothing.", by=bold(by_of(one))))
        if row.outcome is not None:
            raise Unfit(_("Too late: that is over. Its message says how it ended."))
        if row.phase not in SAID_IN[what]:
            if state.hurried_by:
                raise Unfit(
                    _(
                        "Too late: {by} brought it forward, and it is under way.",
                        by=bold(state.hurried_by),
                    )
                )
            raise Unfit(_("Too late: it is under way, and can't be taken back."))

    async def perform(
        self, interaction: discord.Interaction, admitted: Admitted, order: PowerOrder
    ) -> Message:
        """Take an order from a command or button; what is returned is the private answer.

        Raises:
            PanelError: It was refused, or certainly not carried out.
            Unfit: It can't be taken.
        """
        locale = interaction.guild_locale.value if interaction.guild_locale else None
        language = self._desk.gate.language(admitted.guild_id, locale)
        ear = Ear(_Private(interaction))
        begun = await self.begin(
            admitted, order, language=language, is_quiet=not may_publish(interaction), ear=ear
        )
        told = ""
        if begun.is_joined:
            told = self._joined_words(admitted, begun)
        elif order.delay_seconds > 0:
            told = self._planned_words(interaction, admitted, order)
        if told:
            await answer_of(interaction).show(Message(told))
        if order.delay_seconds > PRIVATE_SECONDS:
            return Message(told)
        try:
            async with self._clock.timeout(PRIVATE_SECONDS):
                end = await asyncio.shield(ear.end)
        except TimeoutError:
            return Message(
                _("It is still under way, and I can't say here any later. The channel shows it.")
            )
        ended = end(is_public=False)
        if not begun.is_joined:
            return ended
        return Message(f"{told}\n{ended.text}", files=ended.files)

    async def take_in(
        self,
        session: AsyncSession,
        admitted: Admitted,
        order: PowerOrder,
        *,
        language: str,
        ear: Ear,
    ) -> str:
        """Take an order that somebody else tells of, within a transaction; the workflow's id.

        Raises:
            NeedsConsent: Others have to agree first; nothing was kept.
            Unfit: Another one is under way, or too many are; this one was not taken.
        """
        begun = await self.begin_in(
            session, admitted, order, language=language, is_quiet=True, ear=ear
        )
        if begun.is_joined and not begun.is_kill:
            self._desk.unlisten(begun.job_id, ear)
            raise Unfit(self._joined_words(admitted, begun))
        return begun.job_id

    async def hear(self, guild_id: int, job_id: str, ear: Ear, *, is_new: bool) -> JobRow | None:
        """Listen to a workflow that was begun before, and read how far it is.

        Args:
            guild_id: The guild of the workflow.
            job_id: The workflow.
            ear: Hears its end, unless it is over by now.
            is_new: Whether the ear doesn't listen to it yet.
        """
        if is_new:
            self._desk.listen(job_id, ear)
        async with self._database.read() as session:
            row = await rows.get_job(session, guild_id=guild_id, job_id=job_id)
        if row is None or row.outcome is not None:
            self._desk.unlisten(job_id, ear)
        return row

    def _described(self, row: JobRow) -> JobLine | None:
        state = msgspec.convert(row.state, PowerJob)
        if state.order.origin == RESTORE:
            return None  # the restore that it belongs to says so
        server = self._desk.directory.get(row.guild_id, row.subject_id)
        label = self._desk.directory.label(server) if server else _("a server")
        return JobLine(
            text=line_of(row.phase, state, label, row.made_at),
            right=RIGHTS[state.signal],
            server_id=row.subject_id,
            can_cancel=row.phase in CAN_CANCEL,
        )

    def _planned_words(
        self, interaction: discord.Interaction, admitted: Admitted, order: PowerOrder
    ) -> str:
        due = self._clock.now() + timedelta(seconds=order.delay_seconds)
        said = _(
            "Planned: {signal} of {server} {time}. `/jobs` shows it, and cancels it.",
            signal=signal_name(Signal(order.signal)),
            server=bold(admitted.server.name),
            time=moment(due),
        )
        if may_publish(interaction):
            return said
        return f"{said}\n-# " + _("I may not write here, so only you see it.")

    def _joined_words(self, admitted: Admitted, begun: Begun) -> str:
        if begun.is_kill:
            return _(
                "I kill {server} for the {signal} that {actor} began, and say here how it ends.",
                actor=bold(begun.actor_name),
                signal=signal_name(Signal(begun.signal)),
                server=bold(admitted.server.name),
            )
        if begun.is_waiting and begun.due_at is not None:
            said = _(
                "{actor} announced a {signal} of {server} already: it comes {time}. Yours was not "
                "sent.",
                actor=bold(begun.actor_name),
                signal=signal_name(Signal(begun.signal)),
                server=bold(admitted.server.name),
                time=moment(begun.due_at),
            )
            if begun.shown_in is None:
                return f"{said} " + _("`/jobs` shows it, and cancels it.")
            return f"{said} " + _(
                "Its message in {channel} brings it forward, puts it off, or cancels it.",
                channel=f"<#{begun.shown_in}>",
            )
        return _(
            "{actor} is at it already: a {signal} of {server} is under way since {time}. Yours "
            "was not sent; I say here how that one ends.",
            actor=bold(begun.actor_name),
            signal=signal_name(Signal(begun.signal)),
            server=bold(admitted.server.name),
            time=moment(begun.since),
        )


class _Private:
    """Tells who asked, in their own words and language."""

    shows_console = True

    def __init__(self, interaction: discord.Interaction) -> None:
        self._interaction = interaction

    async def sent(self, story: Story, *, is_known: bool, is_public: bool) -> None:
        with speaking(self._interaction.locale.value):
            told = story.private_sent() if is_known else story.unknown()
            if not is_public and not may_publish(self._interaction):
                alone = _("I may not write here, so only you see it.")
                told = Message(f"{told.text}\n-# {alone}")
        await answer_of(self._interaction).show(told)

    async def slow(self, story: Story, public: Message) -> None:
        """The channel says it."""


def _joined(other: JobRow) -> Begun:
    state = msgspec.convert(other.state, PowerJob)
    return Begun(
        job_id=other.id,
        is_joined=True,
        signal=state.order.signal,
        actor_name=state.asked.actor_name,
        since=other.made_at,
        is_waiting=other.phase == "countdown",
        due_at=state.due_at,
        shown_in=state.told.channel_id if state.told.message_id is not None else None,
    )
