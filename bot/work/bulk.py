"""One power action on several servers: each decided anew, followed, and told in a line."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

import discord
import msgspec
import structlog
from msgspec import structs

from bot.access.acting import Audit
from bot.access.consent import NeedsConsent
from bot.access.facts import Action, Actor
from bot.access.gate import Admitted, Gate, NotAdmitted
from bot.access.rights import ADMIN
from bot.clock import Clock
from bot.fleet.directory import Directory, Server
from bot.fleet.hub import Hub
from bot.fleet.panels import PanelGone
from bot.posts.answers import may_publish
from bot.posts.members import NotAsked
from bot.posts.messages import Message
from bot.pterodactyl import PanelError
from bot.store.engine import Database
from bot.store.jobs import JobRow
from bot.texts import _, speaking
from bot.ui.cards import dot
from bot.ui.doors import answer_of, new_reference
from bot.ui.errors import Unfit, panel_words
from bot.work.again import Again, Asked, MemberGone
from bot.work.bulk_drafts import Drafts
from bot.work.bulk_lines import (
    KIND,
    BulkJob,
    BulkLine,
    board,
    board_text,
    broke,
    cancelled,
    failed,
    job_text,
    left_out,
    panel_gone,
    row_text,
)
from bot.work.bulk_news import News, private_end
from bot.work.course import Signal
from bot.work.engine import Done, Job, Jobs, Sleep
from bot.work.jobs_view import CANCEL, JobLine, JobsView
from bot.work.power_countdown import AWAY_SECONDS
from bot.work.power_desk import Ear
from bot.work.power_order import RIGHTS, PowerOrder
from bot.work.telling import Teller, Told
from bot.work.workflow import PRIVATE_SECONDS, Workflows

log = structlog.stdlib.get_logger(__name__)

SERVERS_AT_MOST: Final = 25
"""As many as one select holds."""
AT_ONCE: Final = 4
STAY_SECONDS: Final = 60.0
"""So long a handler stays at a time, then others get their turn."""
LOOK_SECONDS: Final = 15.0
"""Also where nothing was heard: Discord may not have said who the member is."""
_DOTS: Final = frozenset("🟢🟡⚫🔵🔴⚪")


def action_for(signal: Signal) -> Action:
    """What is decided on each server; a kill as everywhere, for it may take two."""
    if signal is Signal.KILL:
        return Action("power kill", RIGHTS[signal], on_server=True)
    return Action("bulk power", RIGHTS[signal], on_server=True)


class BulkWork:
    """Runs one action on many servers, a few at a time; a job of its own keeps the message true."""

    def __init__(
        self,
        *,
        database: Database,
        jobs: Jobs,
        view: JobsView,
        teller: Teller,
        again: Again,
        gate: Gate,
        workflows: Workflows,
        audit: Audit,
        hub: Hub,
        directory: Directory,
        clock: Clock,
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._teller = teller
        self._again = again
        self._gate = gate
        self._workflows = workflows
        self._audit = audit
        self._hub = hub
        self._directory = directory
        self._clock = clock
        self.drafts = Drafts(clock)
        self._news: dict[str, News] = {}
        jobs.register(KIND, BulkJob, self._work, failed=self._failed)
        view.describe(KIND, _described)

    async def run(
        self,
        interaction: discord.Interaction,
        admitted: Admitted,
        servers: Sequence[Server],
        signal: Signal,
        reason: str,
    ) -> Message:
        """Act on each server and say in the channel, line by line, what came of it.

        Raises:
            Unfit: The guild has as many things under way as it may.
        """
        locale = interaction.guild_locale.value if interaction.guild_locale else None
        language = self._gate.language(admitted.guild_id, locale)
        is_public = may_publish(interaction)
        action = action_for(signal)
        asked = Asked(
            guild_id=admitted.guild_id,
            channel_id=admitted.channel_id,
            actor_id=admitted.actor.id,
            actor_name=admitted.actor.name,
            action=action.name,
            right=action.right or "",
            server_id="",
            reference=admitted.reference,
        )
        state = BulkJob(
            asked=asked,
            signal=signal.value,
            reason=reason,
            language=language,
            told=Told(channel_id=admitted.channel_id, is_quiet=not is_public),
            lines=self._first_lines(servers, language),
        )
        news = News(interaction)
        news.actor, news.state, news.is_public = admitted.actor, state, is_public
        async with self._database.write() as session:
            job_id = await self._jobs.submit(
                session,
                guild_id=admitted.guild_id,
                kind=KIND,
                state=state,
                actor_id=admitted.actor.id,
                within_limit=True,
            )
            if job_id is None:
                raise Unfit(
                    _(
                        "So much is under way in this guild that I take nothing more. `/jobs` "
                        "shows it, and ends what isn't needed."
                    )
                )
            self._news[job_id] = news
        if is_public:
            told = _("I'm at it. The channel sees each server's result as it comes.")
            await answer_of(interaction).show(Message(told))
        try:
            async with self._clock.timeout(PRIVATE_SECONDS):
                await news.over.wait()
        except TimeoutError:
            return Message(
                _("It is still under way, and I can't say here any later. The channel shows it.")
            )
        return private_end(news)

    def _first_lines(self, servers: Sequence[Server], language: str) -> tuple[BulkLine, ...]:
        lines = []
        for server in servers:
            line = BulkLine(server_id=server.id, label=self._directory.label(server), text="")
            with speaking(language):
                said = _("▫️ {server}: its turn comes", server=line.name)
            lines.append(structs.replace(line, text=said))
        return tuple(lines)

    async def _work(self, job: Job[BulkJob]) -> Sleep | Done:
        news = self._news.setdefault(job.id, News())
        if job.phase != "report":
            entered = self._clock.monotonic()
            news.wake = job.hear
            await self._take_up(job, news)
            await self._show(job, news)
            while job.state.over < len(job.state.lines):
                before = job.state.lines
                await self._hear(job)
                await self._step(job, news)
                if job.state.lines != before:
                    await job.save()
                    await self._show(job, news)
                    continue
                if self._clock.monotonic() - entered > STAY_SECONDS:
                    job.state = structs.replace(job.state, seen_at=self._clock.now())
                    return Sleep(self._clock.now())
                await job.wait(LOOK_SECONDS)
            await job.save("report")
        with speaking(job.state.language):
            message = board(job.state)
        later = await self._teller.report(job, message)
        self._end(job)
        return later or Done()

    async def _hear(self, job: Job[BulkJob]) -> None:
        """Leave out what was not begun by the time somebody cancelled; the others go on."""
        for one in await job.signals():
            if one.name != CANCEL:
                continue
            job.state = structs.replace(job.state, cancelled_by=str(one.payload.get("by", "")))
            with speaking(job.state.language):
                for line in job.state.lines:
                    if line.is_waiting:
                        _set(job, line, text=cancelled(line), is_over=True, is_cancelled=True)

    async def _take_up(self, job: Job[BulkJob], news: News) -> None:
        """Listen to what was begun before, or read how it ended; leave out what came too late."""
        late = self._clock.now() - (job.state.seen_at or job.made_at)
        for line in job.state.lines:
            if line.is_over:
                continue
            ear = news.ears.get(line.server_id)
            if line.job_id and (ear is None or not ear.end.done()):
                await self._listen(job, line, news)
            elif not line.job_id and late > timedelta(seconds=AWAY_SECONDS):
                with speaking(job.state.language):
                    said = _("⚪ {server}: not sent, I was away for too long.", server=line.name)
                _set(job, line, text=said, is_over=True)
        job.state = structs.replace(job.state, seen_at=self._clock.now())
        await job.save()

    async def _listen(self, job: Job[BulkJob], line: BulkLine, news: News) -> None:
        ear = news.ears.get(line.server_id)
        fresh = ear or news.ear(line)
        row = await self._workflows.hear(job.guild_id, line.job_id, fresh, is_new=ear is None)
        news.ears[line.server_id] = fresh
        if fresh.end.done() or (row is not None and row.outcome is None):
            return
        server = self._directory.get(job.guild_id, line.server_id)
        known = await self._hub.look(server) if server is not None else None
        with speaking(job.state.language):
            said = row_text(line, row, known) if known is not None else panel_gone(line)
        _set(job, line, text=said, is_over=True)

    async def _step(self, job: Job[BulkJob], news: News) -> None:
        """Take what was heard, and begin what there is room for."""
        for line in job.state.lines:
            ear = news.ears.get(line.server_id)
            said = news.texts.pop(line.server_id, "")
            if line.is_over:
                continue
            if line.job_id and ear is not None and ear.end.done():
                await self._ended(job, line, news, ear)
            elif said:
                _set(job, line, text=said)
        room = AT_ONCE - sum(1 for one in job.state.lines if one.job_id and not one.is_over)
        waiting = [one for one in job.state.lines if one.is_waiting]
        if room <= 0 or not waiting:
            return
        actor, news.actor = news.actor, None
        if actor is None:
            try:
                actor = await self._again.actor(job.state.asked)
            except NotAsked:
                return
            except MemberGone:
                with speaking(job.state.language):
                    for line in waiting:
                        _set(job, line, text=left_out(line), is_over=True)
                return
        for line in waiting[:room]:
            await self._begin(job, line, news, actor)

    async def _begin(self, job: Job[BulkJob], line: BulkLine, news: News, actor: Actor) -> None:
        """Order it on one server; the order and its line are kept together, or neither is."""
        state, reference = job.state, new_reference()
        server = self._directory.get(job.guild_id, line.server_id)
        if server is None:
            with speaking(state.language):
                _set(job, line, text=panel_gone(line), is_over=True)
            return
        order = PowerOrder(signal=state.signal, reason=state.reason, origin="bulk")
        ear = news.ear(line)
        try:
            own = self._gate.admit(
                job.guild_id,
                state.asked.channel_id,
                actor,
                action_for(Signal(state.signal)),
                reference,
                target=server,
            )
            with speaking(news.language(state)):
                async with self._database.write() as session:
                    begun = await self._workflows.take_in(
                        session, own, order, language=state.language, ear=ear
                    )
                    _set(job, line, job_id=begun)
                    await job.save_in(session)
            news.ears[line.server_id] = ear
        except (NotAdmitted, NeedsConsent, Unfit) as error:
            await self._dropped(job, line, news, error, reference)

    async def _ended(self, job: Job[BulkJob], line: BulkLine, news: News, ear: Ear) -> None:
        error = ear.end.exception()
        if error is not None:
            await self._dropped(job, line, news, error, job.state.asked.reference)
            return
        with speaking(job.state.language):
            text = ear.end.result()(is_public=False).text
        server = self._directory.get(job.guild_id, line.server_id)
        if text[:1] not in _DOTS and server is not None:
            text = f"{dot(self._hub.known(server))} {text}"
        _set(job, line, text=text, is_over=True)

    async def _dropped(
        self, job: Job[BulkJob], line: BulkLine, news: News, error: BaseException, reference: str
    ) -> None:
        """Whatever goes wrong with one is its line, and ends nobody else's."""
        state, details = job.state, ""
        with speaking(state.language):
            match error:
                case NotAdmitted():
                    said = left_out(line)
                    where = (job.guild_id, state.asked.channel_id, state.asked.actor_id)
                    await self._audit.refused(*where, reference, error)
                case NeedsConsent():
                    said = _(
                        "⛔ {server}: it takes a second member, whom `/power kill` asks.",
                        server=line.name,
                    )
                case Unfit():
                    said = _(
                        "⚪ {server}: not sent, another action is under way.", server=line.name
                    )
                    details = str(error)
                case PanelError():
                    said = failed(line)
                    server = self._directory.get(job.guild_id, line.server_id)
                    panel = server.panel_name if server else ""
                    with speaking(news.language(state)):
                        details = panel_words(error, panel=panel, server=line.label)
                case PanelGone():
                    said = panel_gone(line)
                case _:
                    log.error("bulk action broke", server=line.server_id, exc_info=error)
                    said = broke(line)
        if details:
            news.details.append(details)
        _set(job, line, text=said, is_over=True)

    async def _show(self, job: Job[BulkJob], news: News) -> None:
        with speaking(job.state.language):
            shown = board(job.state)
        await self._teller.show(job, shown)
        told = job.state.told
        news.is_public = not told.is_quiet and (told.message_id is not None or told.is_unsure)
        if not news.is_public and news.interaction is not None:
            with speaking(job.state.language):
                await answer_of(news.interaction).show(board(job.state))

    def _end(self, job: Job[BulkJob]) -> None:
        news = self._news.pop(job.id, None)
        if news is not None:
            news.state = job.state
            news.over.set()

    async def _failed(self, job: Job[BulkJob]) -> None:
        with speaking(job.state.language):
            for line in job.state.lines:
                if not line.is_over:
                    _set(job, line, text=broke(line), is_over=True)
            text = board_text(job.state)
        await self._teller.last_word(job, text)
        self._end(job)


def _set(job: Job[BulkJob], line: BulkLine, **changes: Any) -> None:
    lines = tuple(
        structs.replace(one, **changes) if one.server_id == line.server_id else one
        for one in job.state.lines
    )
    job.state = structs.replace(job.state, lines=lines)


def _described(row: JobRow) -> JobLine:
    state = msgspec.convert(row.state, BulkJob)
    can_cancel = row.phase != "report" and any(line.is_waiting for line in state.lines)
    return JobLine(text=job_text(state, row.made_at), right=ADMIN, can_cancel=can_cancel)
