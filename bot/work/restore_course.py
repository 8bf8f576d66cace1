"""The course of a restore: stop, restore, follow, start again. A handler of the engine.

The node neither stops a running server nor waits for it, so nothing is sent before the server is
off (contract: backups.md, restore). What was on its way when the bot died is looked for in the
server's state and in the panel's own log, and sent again only where that log shows that it never
arrived.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final, NoReturn

import structlog
from msgspec import convert, structs

from bot.access.decision import Reason, Refuse, is_agreed
from bot.access.facts import Action
from bot.access.gate import Admitted, Gate, NotAdmitted
from bot.clock import Clock
from bot.fleet.directory import Directory, Server
from bot.fleet.hub import Hub
from bot.fleet.known import Known, State
from bot.fleet.panels import PanelGone
from bot.posts.members import NotAsked
from bot.posts.messages import Message
from bot.pterodactyl import PanelError
from bot.store import jobs as rows
from bot.store.engine import Database
from bot.store.jobs import JobRow
from bot.texts import _, speaking
from bot.ui.errors import Unfit, panel_words
from bot.ui.text import bold
from bot.work.again import Again, MemberGone, ServerGone
from bot.work.backups import BackupWork
from bot.work.course import Signal
from bot.work.engine import Done, Job, Progress, Sleep
from bot.work.follows import FollowJob, Follows, Outcome, ending_of
from bot.work.jobs_view import CANCEL
from bot.work.looking import ARRIVES_WITHIN
from bot.work.power_order import PowerJob, PowerOrder
from bot.work.power_words import signal_name
from bot.work.restore_state import CAN_CANCEL, ORIGIN, STEP, RestoreJob
from bot.work.restore_words import Words, busy, cancelled, not_off, started, was_away
from bot.work.telling import Teller, Told
from bot.work.workflow import Workflows

log = structlog.stdlib.get_logger(__name__)

STOPPING: Final = Action("power stop", "control.stop", on_server=True)
STARTING: Final = Action("power start", "control.start", on_server=True)
LOOK_SECONDS: Final = 1.0
"""Between two looks at a stop or start that is waited for."""
STAY_SECONDS: Final = 60.0
"""So long a handler stays at a time, then others get their turn."""
FOLLOW_SECONDS: Final = 60.0
"""Its follow-up says when it is over; this is for the case that nobody says so."""
LISTEN_SECONDS: Final = 4.0
"""How long the node's own word is waited for."""
OLD_WORD: Final = timedelta(seconds=30)
"""The panel's word on a state is 20 s old at times (contract: servers.md)."""
ASK_AGAIN_SECONDS: Final = 15.0
LOOK_AGAIN_SECONDS: Final = 5.0
AWAY_FOR: Final = timedelta(minutes=5)
"""A bot that was away for longer touches no files without being asked anew."""


class _Not(Exception):
    """The restore is over without having begun, or nobody knows whether it has."""

    def __init__(self, outcome: str, why: str, error: Exception | None = None) -> None:
        super().__init__(outcome)
        self.outcome = outcome
        self.why = why
        self.error = error
        """What who waits here is answered with instead, where the channel heard nothing yet."""


class Ear:
    """Who asked, for as long as they and this process wait for it."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.begun: asyncio.Future[bool] = loop.create_future()
        """True once it began; False where it was over before that."""
        self.over: asyncio.Future[str] = loop.create_future()
        for one in (self.begun, self.over):
            one.add_done_callback(lambda end: end.cancelled() or end.exception())


class Course:
    """Leads restores from the order to the report."""

    def __init__(
        self,
        *,
        database: Database,
        gate: Gate,
        again: Again,
        hub: Hub,
        directory: Directory,
        backups: BackupWork,
        follows: Follows,
        workflows: Workflows,
        teller: Teller,
        clock: Clock,
    ) -> None:
        self._database = database
        self._gate = gate
        self._again = again
        self._hub = hub
        self._directory = directory
        self._backups = backups
        self._follows = follows
        self._workflows = workflows
        self._teller = teller
        self._clock = clock
        self._ears: dict[str, Ear] = {}
        self._phases: dict[str, Callable[[Job[RestoreJob]], Awaitable[Sleep | None]]] = {
            "new": self._new,
            "stop": self._stop,
            "ready": self._ready,
            "follow": self._follow,
            "start": self._start,
        }

    def listen(self, job_id: str) -> Ear:
        """Let who asked hear how it goes, as long as this process lives."""
        return self._ears.setdefault(job_id, Ear())

    def check_may_stop(self, admitted: Admitted, known: Known) -> None:
        """Who may restore may stop for it, but a denial of stopping wins.

        Raises:
            Unfit: The server runs, and can't be stopped for them.
        """
        if known.state is not State.OFFLINE and self._is_denied(admitted, STOPPING):
            raise Unfit(
                _(
                    "{server} has to be off for this, and it can't be stopped for you: `/why` "
                    "with `power stop` says why. Somebody has to stop it first.",
                    server=bold(self._directory.label(admitted.server)),
                )
            )

    async def work(self, job: Job[RestoreJob]) -> Sleep | Done:
        """The engine's handler."""
        with speaking(job.state.language):
            is_late = self._is_late(job)
            self._set(job, seen_at=self._clock.now())
            while job.phase != "report":
                try:
                    if is_late:
                        _check_phase(job)
                    sleep = await self._phases[job.phase](job)
                except _Not as over:
                    await self._dropped(job, over)
                    continue
                if sleep is not None:
                    self._set(job, seen_at=self._clock.now())
                    return sleep
            return await self._report(job)

    async def failed(self, job: Job[RestoreJob]) -> None:
        """The handler broke for good."""
        with speaking(job.state.language):
            said = f"⚪ {self._words(job).broken()}"
        await self._teller.last_word(job, said)
        self._end(job, said)

    async def _hear(self, job: Job[RestoreJob]) -> None:
        for one in await job.signals():
            if one.name == CANCEL and job.phase in CAN_CANCEL:
                raise _Not("cancelled", cancelled(str(one.payload.get("by", ""))))

    async def _new(self, job: Job[RestoreJob]) -> Sleep | None:
        await self._hear(job)
        admitted = await self._admit(job)
        if admitted is None:
            return Sleep(self._clock.now() + timedelta(seconds=ASK_AGAIN_SECONDS))
        known = await self._look(admitted.server)
        if known.state is State.OFFLINE:
            await job.save("ready")
            return None
        if not known.state.is_power_state:
            self._still_on(known)
        try:
            self.check_may_stop(admitted, known)
            await self._begin_stop(job, admitted)
        except Unfit as error:
            raise _Not("refused", str(error), error) from None
        return None

    async def _begin_stop(self, job: Job[RestoreJob], admitted: Admitted) -> None:
        order = PowerOrder(
            signal=Signal.STOP.value,
            reason=_("restore from {backup}", backup=job.state.backup_name),
            origin=ORIGIN,
        )
        async with self._database.write() as session:
            begun = await self._workflows.begin_in(
                session, admitted, order, language=job.state.language, is_quiet=True
            )
            # what somebody else ends is not ours to start again
            is_ours = not begun.is_joined
            if is_ours or begun.signal in (Signal.STOP.value, Signal.KILL.value):
                state = self._set(job, stop_job=begun.job_id, has_stopped=is_ours)
                await job.save_in(session, "stop", state)
        if job.phase != "stop":
            why = busy(begun.actor_name, signal_name(Signal(begun.signal)))
            raise _Not("refused", why, Unfit(why))

    async def _stop(self, job: Job[RestoreJob]) -> Sleep | None:
        row = await self._waited(job, job.state.stop_job, self._show_stop)
        if row is not None and row.outcome is None:
            return Sleep(self._clock.now())
        if row is None or row.outcome != "done":
            known = await self._look(self._server(job))
            if known.state is not State.OFFLINE:
                self._still_on(known)
        await job.save("ready", self._set(job, off_at=self._clock.now()))
        return None

    async def _show_stop(self, job: Job[RestoreJob], row: JobRow) -> None:
        hangs = convert(row.state, PowerJob).asks_kill
        shows = "hanging" if hangs else "stopping"
        if job.state.shows == shows:
            return
        words = self._words(job)
        message = Message(words.stopping())
        if hangs:
            message = words.hanging(job.state.asked.server_id)
        await self._teller.show(job, message)
        await job.save(state=self._set(job, shows=shows, seen_at=self._clock.now()))

    async def _ready(self, job: Job[RestoreJob]) -> Sleep | None:
        server, is_new = self._server(job), job.begun_at(STEP) is None
        if is_new or await job.begin(STEP) is not Progress.DONE:
            if is_new:
                await self._hear(job)
                admitted = await self._admit(job)
                if admitted is None:
                    return Sleep(self._clock.now() + timedelta(seconds=ASK_AGAIN_SECONDS))
                if not await self._is_off(job, server):
                    return Sleep(self._clock.now() + timedelta(seconds=LOOK_AGAIN_SECONDS))
                has_begun = await self._ask(job, admitted)
            else:
                has_begun = await self._has_begun(job, server)
            if not has_begun:
                return await self._look_again(job, has_begun)
            await job.end(STEP)
        await self._begin_follow(job, server)
        return None

    async def _is_off(self, job: Job[RestoreJob], server: Server) -> bool:
        """Whether it may begin; False where that can't be said yet.

        Raises:
            _Not: Somebody started it meanwhile.
        """
        known = await self._look(server)
        if known.state is State.OFFLINE:
            return True
        off_at = job.state.off_at
        if known.is_live or off_at is None or self._clock.now() - off_at > OLD_WORD:
            self._still_on(known)
        return False

    async def _look(self, server: Server) -> Known:
        """The state by the node's own word, where it can be heard."""
        async with self._hub.listen(server):
            await self._hub.wait_live(server, LISTEN_SECONDS)
            return await self._hub.look(server, fresh_seconds=0)

    async def _ask(self, job: Job[RestoreJob], admitted: Admitted) -> bool | None:
        """Send the one request; None where nobody can say whether it arrived."""
        server, state = admitted.server, job.state
        try:
            await self._backups.check_whole(server, state.backup_uuid)
            newest = await self._backups.newest_restore(server)
            self._set(job, reads_log=newest is not None, newest_entry=newest or "")
            await job.begin(STEP)
            await self._hear(job)  # what was said before the checkpoint was said in time
            await self._backups.send_restore(
                admitted, state.backup_uuid, state.backup_name, delete_files=state.delete_files
            )
        except Unfit as error:
            raise _Not("refused", str(error), error) from None
        except PanelGone:
            self._gone()
        except PanelError as error:
            if error.maybe_done and job.begun_at(STEP) is not None:
                log.warning("restore outcome unknown", job=job.id, error=type(error).__name__)
                return None
            why = panel_words(error, panel=server.panel_name, server=server.name)
            raise _Not("refused", why, error) from None
        return True

    async def _has_begun(self, job: Job[RestoreJob], server: Server) -> bool | None:
        """Look for what was on its way; None where nobody can say."""
        state = job.state
        if await self._backups.is_restoring(server):
            return True
        newest = await self._backups.newest_restore(server) if state.reads_log else None
        return None if newest is None else newest != state.newest_entry

    async def _look_again(self, job: Job[RestoreJob], has_begun: bool | None) -> Sleep | None:
        """Wait until it would have arrived; then it didn't, or that stays unknown."""
        since = self._clock.now() - (job.begun_at(STEP) or job.made_at)
        if since < ARRIVES_WITHIN:
            return Sleep(self._clock.now() + timedelta(seconds=LOOK_AGAIN_SECONDS))
        if has_begun is None:
            raise _Not("unknown", "")
        if since > AWAY_FOR:
            raise _Not("refused", was_away())
        job.forget(STEP)  # the panel's log shows that it never arrived
        await job.save()
        return None

    async def _begin_follow(self, job: Job[RestoreJob], server: Server) -> None:
        state = job.state
        followed = FollowJob(
            server_id=server.id,
            subject_uuid=state.backup_uuid,
            title=state.backup_name,
            actor_name=state.asked.actor_name,
            told=Told(channel_id=state.told.channel_id, is_quiet=True),
            language=state.language,
            parent_id=job.id,
        )
        async with self._database.write() as session:
            child = await self._follows.follow_in(
                session, job.guild_id, "restore", followed, actor_id=state.asked.actor_id
            )
            await job.save_in(session, "follow", self._set(job, follow_job=child))
        await self._teller.show(job, Message(self._words(job).restoring()))
        ear = self._ears.get(job.id)
        if ear is not None and not ear.begun.done():
            ear.begun.set_result(True)

    async def _follow(self, job: Job[RestoreJob]) -> Sleep | None:
        await self._hear(job)
        row = await self._job(job, job.state.follow_job)
        ending = ending_of(row, self._directory.get(job.guild_id, job.state.asked.server_id))
        if ending is None:
            return Sleep(self._clock.now() + timedelta(seconds=FOLLOW_SECONDS))
        outcome = ending.outcome.value
        if ending.outcome is Outcome.DONE and job.state.has_stopped:
            said = self._words(job).done()
            await job.save("start", self._set(job, outcome=outcome, said=said))
        else:
            await job.save("report", self._set(job, outcome=outcome, report=ending.text))
        return None

    # it runs again

    async def _start(self, job: Job[RestoreJob]) -> Sleep | None:
        await self._hear(job)
        if not job.state.start_job:
            try:
                admitted = await self._admit(job)
                if admitted is None:
                    return Sleep(self._clock.now() + timedelta(seconds=ASK_AGAIN_SECONDS))
                self._check_may_start(job, admitted)
                if not await self._begin_start(job, admitted):
                    return Sleep(self._clock.now() + timedelta(seconds=LOOK_SECONDS))
            except (_Not, Unfit) as error:
                why = error.why if isinstance(error, _Not) else str(error)
                off = _("It is off. `/power start` starts it.")
                await self._told_start(job, is_up=False, why=f"{off} {why}")
                return None
        row = await self._waited(job, job.state.start_job, None)
        if row is not None and row.outcome is None:
            return Sleep(self._clock.now())
        await self._told_start(job, is_up=row is not None and row.outcome == "done")
        return None

    async def _begin_start(self, job: Job[RestoreJob], admitted: Admitted) -> bool:
        """Begin it; False where something else has to end first."""
        order = PowerOrder(
            signal=Signal.START.value,
            reason=_("after the restore from {backup}", backup=job.state.backup_name),
            origin=ORIGIN,
        )
        async with self._database.write() as session:
            begun = await self._workflows.begin_in(
                session, admitted, order, language=job.state.language, is_quiet=True
            )
            if begun.signal not in (Signal.START.value, Signal.RESTART.value):
                return False
            await job.save_in(session, state=self._set(job, start_job=begun.job_id))
        await self._teller.show(job, Message(self._words(job).starting(job.state.said)))
        return True

    def _check_may_start(self, job: Job[RestoreJob], admitted: Admitted) -> None:
        if self._is_denied(admitted, STARTING):
            who = bold(job.state.asked.actor_name)
            raise _Not("refused", _("{who} may not start it.", who=who))

    async def _told_start(self, job: Job[RestoreJob], *, is_up: bool, why: str = "") -> None:
        report = started(job.state.said, is_up=is_up, why=why)
        await job.save("report", self._set(job, report=report))

    # the end

    async def _dropped(self, job: Job[RestoreJob], over: _Not) -> None:
        """It was not carried out, or nobody knows; what was stopped for nothing starts again."""
        words, ear = self._words(job), self._ears.get(job.id)
        said = words.unknown() if over.outcome == "unknown" else words.not_done(over.why)
        state = self._set(job, outcome=over.outcome, said=said, report=f"⚪ {said}")
        # nothing was said in the channel yet, and who asked hears of it here
        if ear is not None and state.told.message_id is None and over.error is not None:
            self._set(job, told=structs.replace(state.told, is_quiet=True))
            if not ear.begun.done():
                ear.begun.set_exception(over.error)
        starts = state.has_stopped and over.outcome in ("refused", "cancelled")
        await job.save("start" if starts else "report")

    async def _report(self, job: Job[RestoreJob]) -> Sleep | Done:
        """Told before it is closed: cut off in between it is told again, and not left unsaid."""
        later = await self._teller.report(job, Message(job.state.report))
        self._end(job, job.state.report)
        return later or Done(job.state.outcome)

    def _end(self, job: Job[RestoreJob], said: str) -> None:
        ear = self._ears.pop(job.id, None)
        if ear is None:
            return
        if not ear.begun.done():
            ear.begun.set_result(False)
        ear.over.set_result(said)

    # small things

    async def _admit(self, job: Job[RestoreJob]) -> Admitted | None:
        """Decide for who asked, as of now; None where Discord doesn't say who they are.

        Raises:
            _Not: It is no longer theirs to do, they left, or the server is gone.
        """
        try:
            admitted = await self._again.admit(job.state.asked)
        except NotAsked:
            return None
        except ServerGone:
            self._gone()
        except MemberGone:
            raise _Not("refused", _("Who asked has left.")) from None
        except NotAdmitted as error:
            raise _Not("refused", self._no_longer(job), error) from None
        if not is_agreed(admitted.decision, admitted.agreed):
            raise _Not("refused", self._no_longer(job))
        return admitted

    @staticmethod
    def _no_longer(job: Job[RestoreJob]) -> str:
        return _("{who} may no longer do it.", who=bold(job.state.asked.actor_name))

    def _is_denied(self, admitted: Admitted, action: Action) -> bool:
        said = self._gate.decide(admitted.guild_id, admitted.actor, action, admitted.server)
        return isinstance(said, Refuse) and said.because.reason in (Reason.DENIAL, Reason.KEY_LACKS)

    def _is_late(self, job: Job[RestoreJob]) -> bool:
        """Whether the bot was away for so long that nobody expects it to be done any more."""
        since = job.begun_at(STEP)
        if since is not None:
            return False  # what was sent is looked for, however late
        return self._clock.now() - (job.state.seen_at or job.made_at) > AWAY_FOR

    async def _waited(
        self,
        job: Job[RestoreJob],
        power_job: str,
        show: Callable[[Job[RestoreJob], JobRow], Awaitable[None]] | None,
    ) -> JobRow | None:
        """A power action of its own once it is over, or after a while."""
        ends_at = self._clock.monotonic() + STAY_SECONDS
        while True:
            await self._hear(job)
            row = await self._job(job, power_job)
            if row is None or row.outcome is not None or self._clock.monotonic() >= ends_at:
                return row
            if show is not None:
                await show(job, row)
            await job.wait(LOOK_SECONDS)

    async def _job(self, job: Job[RestoreJob], job_id: str) -> JobRow | None:
        async with self._database.read() as session:
            return await rows.get_job(session, guild_id=job.guild_id, job_id=job_id)

    def _server(self, job: Job[RestoreJob]) -> Server:
        server = self._directory.get(job.guild_id, job.state.asked.server_id)
        if server is None:
            self._gone()
        return server

    @staticmethod
    def _gone() -> NoReturn:
        raise _Not("gone", _("The server is no longer connected.")) from None

    @staticmethod
    def _still_on(known: Known) -> NoReturn:
        why = not_off(known)
        raise _Not("refused", why, Unfit(why))

    def _words(self, job: Job[RestoreJob]) -> Words:
        server = self._directory.get(job.guild_id, job.state.asked.server_id)
        label = self._directory.label(server) if server is not None else _("a server")
        return Words(job.state.asked.actor_name, job.state.backup_name, label)

    def _set(self, job: Job[RestoreJob], **changes: Any) -> RestoreJob:
        job.state = structs.replace(job.state, **changes)
        return job.state


def _check_phase(job: Job[RestoreJob]) -> None:
    """After long absence only what was begun is brought to an end."""
    if job.phase in CAN_CANCEL:
        raise _Not("refused", was_away())
