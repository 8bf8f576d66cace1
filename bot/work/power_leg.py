"""One signal of a power workflow: sent once, followed until the server is there, told truly."""

from datetime import timedelta
from functools import partial
from typing import Final, Protocol

import discord
import msgspec
import structlog

from bot.access.acting import Acting
from bot.access.consent import kills_unasked
from bot.access.decision import Allow, is_agreed
from bot.access.facts import Action
from bot.access.gate import Admitted, NotAdmitted
from bot.fleet.directory import Server
from bot.fleet.hub import Listener
from bot.fleet.known import Known, State
from bot.fleet.panels import PanelGone
from bot.posts.lines import console_text
from bot.posts.members import NotAsked
from bot.posts.messages import Message
from bot.posts.redaction import redacted_lines
from bot.pterodactyl import Limited, NodeFailed, PanelDown, PanelError
from bot.pterodactyl.console_events import Disconnected, Stats, Status
from bot.store.jobs import Signal as Said
from bot.texts import _, speaking
from bot.ui.parts import Colour, button, card
from bot.ui.text import block
from bot.work.again import Asked, MemberGone, ServerGone
from bot.work.console import FILE_LINES, lines_file
from bot.work.course import Course, Signal, Stage
from bot.work.engine import Progress
from bot.work.jobs_view import CANCEL
from bot.work.power_desk import FAILED, Desk, Over, Run, Wait
from bot.work.power_order import MayKill
from bot.work.power_words import Story, said_state

log = structlog.stdlib.get_logger(__name__)

LISTEN_SECONDS: Final = 4.0
"""How long the signal waits for the console, so that no change is missed."""
IGNORED_SECONDS: Final = 25.0
"""A node that is busy drops a second action silently, with 204 (contract: servers.md)."""
FELL_SECONDS: Final = 8.0
"""How long a server that fell may take until the node starts it once more by itself."""
SLOW_SECONDS: Final = 300.0
GIVE_UP_SECONDS: Final = 900.0
POLL_SECONDS: Final = 10.0
UNKNOWN_SECONDS: Final = 45.0
STAY_SECONDS: Final = 60.0
"""So long a handler stays with a server at a time, then others get their turn."""
OFF_SECONDS: Final = 10.0
"""A killed server whose restart is under way on the node is not off for so long."""
LOOK_AT_LEAST_SECONDS: Final = 10.0
"""A bot that comes back when the time is over looks before it says that it can't know."""
LAST_LINES: Final = 12
KILL: Final = "kill agreed"
"""Both the signal to a job and the name of its step."""
STARTS_AT_MOST: Final = 2
"""A start may be repeated safely (contract: servers.md), where the first one came to nothing."""
STOPS_AT_MOST: Final = 2
"""A stop as well, where a bot that was killed while it sent it sees the server in the same run."""
AGAIN_WITHIN: Final = timedelta(minutes=2)
"""Later than that, what was cut off is no longer what people expect to happen."""
START_AGAIN_SECONDS: Final = 15.0
START_FOR_SECONDS: Final = 900.0
"""So long after the stop of a restart its start is tried while the panel is away."""
_PASSING: Final = (PanelDown, NodeFailed, Limited)
READ_CONSOLE: Final = Action("console tail", "control.console", on_server=True)


class Legs:
    """Sends signals and follows them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._hub = desk.hub
        self._clock = desk.clock

    async def go(self, run: Run) -> tuple[float, bool]:
        """Send the leg's signal, unless that was done, and follow it until the server is there.

        Returns:
            The seconds since it was sent, and whether the state is the one from before.

        Raises:
            Over: It ended otherwise.
            Wait: It goes on, after a pause for others.
        """
        server = run.server
        async with self._hub.listen(server) as ears:
            await self._hub.wait_live(server, LISTEN_SECONDS)
            await self._send_once(run)
            return await self._follow(run, ears)

    async def _send_once(self, run: Run) -> None:
        job, leg = run.job, Signal(run.state.leg)
        step = leg.value if run.state.attempt == 1 else f"{leg.value} {run.state.attempt}"
        if job.begun_at(step) is None:
            before = self._hub.known(run.server)
            if not before.is_live:
                before = await self._hub.look(run.server)
            if before.is_live and is_there_already(leg, before.state):
                self._is_there(run, before)
                return
            await self._desk.admit(run)
            run.set(
                before=before.state.value,
                sent_at=self._clock.now(),
                began_at=run.state.began_at or self._clock.now(),
                is_known=True,
                may_repeat=False,
                left=False,
                started=False,
            )
        progress = await job.begin(step)
        if progress is Progress.NEW:
            # what was said before the checkpoint was said in time
            stop_on_cancel(run, await job.signals())
            await job.end(step, state=run.set(is_known=await self._call(run, leg)))
        elif progress is Progress.UNKNOWN:
            begun_at, now = job.begun_at(step), self._clock.now()
            is_fresh = begun_at is not None and now - begun_at <= AGAIN_WITHIN
            await job.end(step, state=run.set(is_known=False, may_repeat=is_fresh))
        await self._tell_sent(run, leg, is_new=progress is Progress.NEW)

    def _is_there(self, run: Run, known: Known) -> None:
        if run.state.began_at is None:
            raise Over("done", partial(already, run.story, known))
        # of a restart the stop came to pass without us, or somebody else has started it
        run.set(sent_at=self._clock.now(), before=known.state.value, left=True)

    async def _call(self, run: Run, leg: Signal) -> bool:
        """Send the signal; False when nobody can say whether it arrived."""
        admitted = await self._desk.admit(run)
        try:
            await send_signal(
                self._desk.acting, admitted, run.server, leg, why=run.state.order.reason
            )
        except PanelGone as error:
            raise self._desk.refused(run, error) from None
        except PanelError as error:
            if not error.maybe_done:
                if run.state.has_stopped and isinstance(error, _PASSING):
                    await self._start_later(run, error)
                raise self._desk.refused(run, error) from None
            log.warning("power outcome unknown", reference=admitted.reference, error=str(error))
            return False
        return True

    async def _start_later(self, run: Run, error: PanelError) -> None:
        """A server that is off by us isn't left off because the panel was away for a moment.

        Raises:
            Wait: The start is tried again.
        """
        if not self._may_start_still(run):
            return
        log.info("start not sent yet", job=run.job.id, error=type(error).__name__)
        run.job.forget(Signal.START.value, f"{Signal.START.value} {run.state.attempt}")
        await run.job.save()
        with speaking(run.story.language):
            waits = run.story.start_waits()
        await self._desk.show(run, waits)
        raise Wait(START_AGAIN_SECONDS)

    def _may_start_still(self, run: Run) -> bool:
        began_at = run.state.began_at or self._clock.now()
        return (self._clock.now() - began_at).total_seconds() <= START_FOR_SECONDS

    async def _tell_sent(self, run: Run, leg: Signal, *, is_new: bool) -> None:
        story, state = run.story, run.state
        with speaking(story.language):
            begun = story.sent(leg) if state.is_known else story.unknown()
        if is_new or state.told.message_id is None:
            await self._desk.show(run, begun)
        if is_new:
            for watcher in self._desk.watchers(run.job.id):
                is_public = run.state.told.message_id is not None
                await watcher.sent(story, is_known=state.is_known, is_public=is_public)

    async def _follow(self, run: Run, ears: Listener) -> tuple[float, bool]:
        job, state = run.job, run.state
        leg = Signal(state.leg)
        course = Course(leg, State(state.before), has_left=state.left, has_started=state.started)
        sent_at = state.sent_at or self._clock.now()
        # a clock that was set back makes nothing younger than it is
        base = max(0.0, (self._clock.now() - sent_at).total_seconds())
        began = self._clock.monotonic()
        fell_at: float | None = None
        limit = GIVE_UP_SECONDS if state.is_known else UNKNOWN_SECONDS
        await self._hear(run, await job.signals())
        while True:
            known = await self._next(run, ears)
            since = base + self._clock.monotonic() - began
            if job.has_news:
                await self._hear(run, await job.signals())
            up = known.numbers.uptime_seconds if known.numbers else None
            stage = course.see(known.state, up_seconds=up, since_seconds=since)
            if stage is Stage.THERE:
                return since, course.is_back
            if course.seen != (run.state.left, run.state.started):
                left, started = course.seen
                await job.save(state=run.set(left=left, started=started))
            if stage is Stage.FELL:
                fell_at = fell_at if fell_at is not None else since
                if since - fell_at > FELL_SECONDS:
                    raise self._fell(run)
            else:
                fell_at = None
            is_still = stage is Stage.WAITING or self._never_started(run, course, known)
            # how long it runs may show that it was away while nobody looked
            is_read = known.is_live and (up is not None or known.state is not State.RUNNING)
            if is_still and is_read and since > IGNORED_SECONDS:
                raise self._ignored(run, known)
            await self._patience(run, known, since)
            await self._start_after_kill(run, known)
            looked = self._clock.monotonic() - began
            if since > limit and looked > LOOK_AT_LEAST_SECONDS:
                raise self._given_up(run, known, since)
            if since > SLOW_SECONDS and not run.state.told_slow:
                await job.save(state=run.set(told_slow=True))
                with speaking(run.story.language):
                    slow = run.story.slow(known, since)
                await self._desk.show(run, slow)
                for watcher in self._desk.watchers(job.id):
                    await watcher.slow(run.story, slow)
            if self._clock.monotonic() - run.entered > STAY_SECONDS and fell_at is None:
                raise Wait(0.0)

    @staticmethod
    def _never_started(run: Run, course: Course, known: Known) -> bool:
        """Whether the start of a restart came to nothing; what is off by then is off by us.

        So is what a start found off that was cut off.
        """
        state = run.state
        is_ours = state.leg == Signal.START.value and (state.is_full or state.may_repeat)
        return is_ours and known.state is State.OFFLINE and not course.seen[1]

    async def _hear(self, run: Run, said: list[Said]) -> None:
        """Take what was said while a signal is followed."""
        for one in said:
            if one.name == KILL:
                await self._kill(run, msgspec.convert(one.payload, Asked))
                return
        if run.job.begun_at(KILL) is not None and not run.state.kill_sent:
            await self._kill(run, run.state.kill_by)  # it was cut off in the middle of it

    async def _kill(self, run: Run, by: Asked | None) -> None:
        """End the process, as somebody agreed or the order says; a kill may be repeated safely."""
        job = run.job
        admitted = await self._killer(run, by)
        if admitted is None:
            await job.save()
            return
        run.set(kill_by=by)
        if await job.begin(KILL) is Progress.DONE:
            return
        try:
            await send_signal(
                self._desk.acting, admitted, run.server, Signal.KILL, why=run.state.order.reason
            )
        except (PanelError, PanelGone) as error:
            log.warning("kill outcome unknown", job=job.id, error=type(error).__name__)
            if isinstance(error, PanelGone) or not error.maybe_done:
                job.forget(KILL)
                await job.save(state=run.set(kill_by=None, asks_kill=False))
                return
        if by is not None:
            run.did("killed", by.actor_name)
        else:
            run.did("killed by rule")
        await job.end(KILL, state=run.set(kill_sent=True, asks_kill=False))
        with speaking(run.story.language):
            sent = run.story.sent(Signal(run.state.leg))
        await self._desk.show(run, sent)

    async def _killer(self, run: Run, by: Asked | None) -> Admitted | None:
        """For whom it is done, decided as of now; None where they may no longer."""
        if by is None:
            return await self._desk.admit(run)
        try:
            admitted = await self._desk.again.admit(by)
        except NotAdmitted as error:
            await self._desk.audit.refused(
                by.guild_id, by.channel_id, by.actor_id, by.reference, error
            )
            return None
        except (MemberGone, ServerGone, NotAsked):
            return None
        return admitted if is_agreed(admitted.decision, admitted.agreed) else None

    async def _patience(self, run: Run, known: Known, since: float) -> None:
        """Where it takes too long to stop: ask, kill, or let it be, as the order says."""
        state = run.state
        stops = known.state is State.STOPPING or (
            state.leg == Signal.STOP.value and known.state is State.RUNNING
        )
        limit = self._desk.gate.book(run.job.guild_id).settings.stop_patience_seconds
        if not stops or since < limit or state.asks_kill or state.kill_sent or state.spares:
            return
        may_kill = self._may_kill(run)
        if may_kill == "always":
            await self._kill(run, None)
            return
        spares = may_kill == "never"
        await run.job.save(state=run.set(asks_kill=not spares, spares=spares))
        with speaking(run.story.language):
            shown = self._hanging(run, since)
        await self._desk.show(run, shown)

    def _may_kill(self, run: Run) -> MayKill:
        """What the order says of it, as far as the guild's two-person rule lets it by now."""
        ordered = run.state.order.may_kill
        takes_two = self._desk.gate.book(run.job.guild_id).settings.two_person
        if ordered != "always" or kills_unasked(may_kill=True, two_person=takes_two):
            return ordered
        return "never" if run.state.told.is_quiet else "ask"  # nobody would see the question

    def _hanging(self, run: Run, since: float) -> Message:
        head = run.story.hanging(since)
        node = _("The node ends it by itself after 10 minutes.")
        if run.state.spares:
            return Message(head + "\n" + _("It is not to be killed, so I wait.") + " " + node)
        takes_two = self._desk.gate.book(run.job.guild_id).settings.two_person
        if "kill" in takes_two:
            ask = _(
                "Killing it loses what it hasn't saved, and takes two members here: who may stop "
                "it asks for it, a second one agrees. Else I wait."
            )
        else:
            ask = _(
                "Killing it loses what it hasn't saved. Who may stop it can say so; else I wait."
            )
        row = [button("kill", run.server.id, label=_("Kill …"), style=discord.ButtonStyle.danger)]
        return card(f"{head}\n{ask} {node}", colour=Colour.YELLOW, rows=[row])

    async def _start_after_kill(self, run: Run, known: Known) -> None:
        """The node goes on with a restart whose stop was ended by a kill; where it doesn't, we do.

        Raises:
            Wait: The start is the next leg.
        """
        is_off = run.state.kill_sent and known.is_live and known.state is State.OFFLINE
        if not is_off or run.state.leg != Signal.RESTART.value:
            run.off_since = None
            return
        now = self._clock.monotonic()
        run.off_since = run.off_since if run.off_since is not None else now
        if now - run.off_since > OFF_SECONDS:
            await run.job.save(state=run.set(leg=Signal.START.value, attempt=1))
            raise Wait(0.0)

    async def _next(self, run: Run, ears: Listener) -> Known:
        """What is known after the next change, or after a while without one."""
        server = run.server
        try:
            async with self._clock.timeout(self._pause(run)):
                async for event in ears:
                    if isinstance(event, Status | Stats | Disconnected):
                        return self._hub.known(server)
        except TimeoutError:
            pass
        if self._is_live(server):
            return self._hub.known(server)
        known = await self._hub.look(server)
        await self._clock.sleep(1.0)  # the console is not to be had: ask no faster than that
        return known

    def _pause(self, run: Run) -> float:
        if run.state.asks_kill or run.state.kill_sent:
            return 1.0  # somebody may say something at any time
        return POLL_SECONDS if self._is_live(run.server) else 2.0

    def _is_live(self, server: Server) -> bool:
        return self._hub.known(server).is_live

    def _fell(self, run: Run) -> Over:
        end = partial(_with_lines, run.story.fell, self._last_lines(run))
        return Over("failed", end, rows=FAILED)

    def _ignored(self, run: Run, known: Known) -> Over:
        state = run.state
        is_start = state.leg == Signal.START.value and (state.is_full or state.may_repeat)
        if is_start and state.attempt < STARTS_AT_MOST:
            run.set(attempt=state.attempt + 1)
            raise Wait(0.0)
        if self._is_stop_lost(run, known):
            run.set(attempt=state.attempt + 1)
            raise Wait(0.0)
        if state.has_stopped and not state.is_known and self._may_start_still(run):
            run.set(attempt=state.attempt + 1)
            raise Wait(START_AGAIN_SECONDS)
        if state.has_stopped and known.state is State.OFFLINE:
            return self._desk.dropped(run, "failed", partial(_not_started, is_known=state.is_known))
        end = partial(run.story.ignored, known, is_known=state.is_known)
        return Over("failed" if state.is_known else "unknown", end)

    @staticmethod
    def _is_stop_lost(run: Run, known: Known) -> bool:
        """Whether a stop that was cut off has come to nothing, so that it is sent once more.

        The server runs for longer than the stop is old: that run was never ended, and whatever was
        on its way to the panel would have arrived by now.
        """
        state = run.state
        is_same_run = known.state is State.RUNNING and not state.left
        return (
            state.leg == Signal.STOP.value
            and state.may_repeat
            and is_same_run
            and state.attempt < STOPS_AT_MOST
        )

    def _given_up(self, run: Run, known: Known, since: float) -> Over:
        told = partial(run.story.given_up, known, since)
        return Over("unknown", partial(_with_lines, told, self._last_lines(run)), rows=FAILED)

    def _last_lines(self, run: Run) -> list[str]:
        """What the console said last, for who may read it."""
        admitted = run.admitted
        if admitted is None or not self._may_read(admitted):
            return []
        if not any(watcher.shows_console for watcher in self._desk.watchers(run.job.id)):
            return []
        return [line.text for line in self._hub.lines(run.server, FILE_LINES)]

    def _may_read(self, admitted: Admitted) -> bool:
        gate = self._desk.gate
        seeing = gate.decide(admitted.guild_id, admitted.actor, READ_CONSOLE, admitted.server)
        return isinstance(seeing, Allow)


async def send_signal(
    acting: Acting, admitted: Admitted, server: Server, signal: Signal, *, why: str
) -> None:
    """Send one signal, audited.

    Raises:
        PanelError: It was refused, or may or may not have arrived.
        PanelGone: The panel was removed meanwhile.
    """
    named = admitted.action.name.endswith(signal.value)
    async with acting(admitted, why=why, detail=None if named else signal.value) as panel:
        await panel.servers.send_power_action(server.uuid, signal.value)


def stop_on_cancel(run: Run, said: list[Said]) -> None:
    """Raise what ends the workflow where somebody said so in time.

    Raises:
        Over: Somebody did.
    """
    for one in said:
        if one.name == CANCEL:
            raise Over("cancelled", partial(run.story.cancelled, by_of(one)))


def by_of(said: Said) -> str:
    """The name of who said something to a job."""
    return str(said.payload.get("by", "")) if isinstance(said.payload, dict) else ""


class _Sentence(Protocol):
    """An end that still lacks what the console said."""

    def __call__(self, lines: str, *, is_public: bool) -> Message: ...


def _with_lines(told: _Sentence, heard: list[str], *, is_public: bool) -> Message:
    """The end with what the console said last: a few lines, and more in a file. Never in public."""
    lines = redacted_lines(map(console_text, heard))
    if is_public or not lines:
        return told("", is_public=is_public)
    message = told("\n" + block("\n".join(lines[-LAST_LINES:]), 1200), is_public=False)
    return Message(message.text, files=(lines_file(heard),))


def _not_started(*, is_known: bool) -> str:
    if is_known:
        return _("The panel took the start, and the node did nothing. Try again in a moment.")
    return _("The panel stopped answering each time I sent the start. Try again in a moment.")


def already(story: Story, known: Known, *, is_public: bool) -> Message:  # noqa: ARG001
    """It is where it was to go before anything was sent."""
    return Message(_("{server} is {state} already.", server=story.name, state=said_state(known)))


def is_there_already(signal: Signal, state: State) -> bool:
    """Whether the state is the one that the signal leads to."""
    if signal is Signal.START:
        return state is State.RUNNING
    return signal in (Signal.STOP, Signal.KILL) and state is State.OFFLINE
