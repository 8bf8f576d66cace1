"""What every phase of a power workflow needs: who may, what is told, and where."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final, Protocol

import structlog
from msgspec import Struct, structs

from bot.access.acting import Acting, Audit
from bot.access.decision import is_agreed
from bot.access.gate import Admitted, Gate, NotAdmitted
from bot.clock import Clock
from bot.fleet.directory import Directory, Server
from bot.fleet.hub import Hub
from bot.fleet.panels import PanelGone
from bot.fleet.players import Players
from bot.posts.members import NotAsked
from bot.posts.messages import Message
from bot.pterodactyl import PanelError
from bot.texts import _, speaking
from bot.ui.errors import panel_cause, panel_words
from bot.ui.parts import Colour, button, card
from bot.work.again import Again, MemberGone, ServerGone
from bot.work.circumstances import Lookout
from bot.work.course import Signal
from bot.work.engine import Done, Job, Sleep
from bot.work.power_order import Deed, PowerJob
from bot.work.power_words import Story
from bot.work.telling import Teller

log = structlog.stdlib.get_logger(__name__)

ASK_AGAIN_SECONDS: Final = 15.0
"""Discord didn't say what a member may do."""


FAILED: Final = "failed"
"""A report with buttons to look at what the console said and to try again."""


class Ending(Protocol):
    """How it ended, to be said in the language of whoever reads it."""

    def __call__(self, *, is_public: bool) -> Message: ...


class Watcher(Protocol):
    """Is told how a workflow goes on while its process lives."""

    @property
    def shows_console(self) -> bool:
        """Whether the end may hold what the console said last, for who may read it."""
        ...

    async def sent(self, story: Story, *, is_known: bool, is_public: bool) -> None:
        """The signal left, or nobody can say whether it arrived."""
        ...

    async def slow(self, story: Story, public: Message) -> None:
        """It takes unusually long, and is followed on."""
        ...


class Ear:
    """One who waits here for the end of a workflow."""

    def __init__(self, watcher: Watcher | None = None) -> None:
        self.watcher = watcher
        self.end: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        # whoever waited may be gone by then
        self.end.add_done_callback(lambda end: end.cancelled() or end.exception())

    def hear(self, end: Ending, error: Exception | None) -> None:
        """It is over."""
        if self.end.done():
            return
        if error is not None:
            self.end.set_exception(error)
        else:
            self.end.set_result(end)


class Over(Exception):
    """The workflow ends here."""

    def __init__(
        self, outcome: str, end: Ending, *, error: Exception | None = None, rows: str = ""
    ) -> None:
        """Args:
        outcome: For lists and records.
        end: What is told.
        error: What those who wait here are answered with instead, in the words for errors.
        rows: Which buttons the report has: "" or `FAILED`.
        """
        super().__init__(outcome)
        self.outcome = outcome
        self.end = end
        self.error = error
        self.rows = rows


class Wait(Exception):
    """Nothing can be decided now; the job is entered again later."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Run(Struct):
    """One entry into a workflow."""

    job: Job[PowerJob]
    server: Server
    story: Story
    entered: float
    late_seconds: float = 0.0
    """How much later than it meant to it goes on."""
    admitted: Admitted | None = None
    off_since: float | None = None

    @property
    def state(self) -> PowerJob:
        return self.job.state

    def set(self, **changes: Any) -> PowerJob:
        """Change the state; kept by the next checkpoint."""
        self.job.state = structs.replace(self.job.state, **changes)
        return self.job.state

    def did(self, kind: str, value: str = "", more: str = "") -> PowerJob:
        """Note for the report what was done."""
        return self.set(deeds=(*self.state.deeds, Deed(kind, value, more)))


class Desk:
    """Decides anew, tells the channel by one message, and whoever waits."""

    def __init__(
        self,
        *,
        gate: Gate,
        acting: Acting,
        audit: Audit,
        again: Again,
        hub: Hub,
        directory: Directory,
        teller: Teller,
        players: Players,
        lookout: Lookout,
        clock: Clock,
    ) -> None:
        self.gate = gate
        self.acting = acting
        self.audit = audit
        self.again = again
        self.hub = hub
        self.directory = directory
        self.teller = teller
        self.players = players
        self.lookout = lookout
        self.clock = clock
        self.when_announced: list[Callable[[Server, Signal, datetime], None]] = []
        """Told, without waiting, when a countdown begins: what it is of, and when it is over."""
        self._ears: dict[str, list[Ear]] = {}
        self._fresh: dict[str, Admitted] = {}

    def listen(self, job_id: str, ear: Ear) -> None:
        """Let somebody hear how a workflow ends."""
        self._ears.setdefault(job_id, []).append(ear)

    def unlisten(self, job_id: str, ear: Ear) -> None:
        """Hear no more of it."""
        ears = self._ears.get(job_id, [])
        if ear in ears:
            ears.remove(ear)

    def watchers(self, job_id: str) -> Sequence[Watcher]:
        """Who is told on the way."""
        return [ear.watcher for ear in self._ears.get(job_id, ()) if ear.watcher is not None]

    def trust(self, job_id: str, admitted: Admitted) -> None:
        """What was decided this very moment need not be decided again at once."""
        self._fresh[job_id] = admitted

    def enter(self, job: Job[PowerJob]) -> Run:
        """Begin an entry.

        Raises:
            Over: The server is no longer connected.
        """
        state = job.state
        server = self.directory.get(job.guild_id, state.asked.server_id)
        if server is None:
            story = self.story(job)

            def gone(*, is_public: bool) -> Message:
                told = story.left_off if state.has_stopped else story.dropped
                return told(_gone(), is_public=is_public)

            raise Over("gone", gone)
        meant = state.wake_at or job.made_at
        late = (self.clock.now() - meant).total_seconds()
        return Run(job, server, self.story(job), self.clock.monotonic(), late)

    def story(self, job: Job[PowerJob]) -> Story:
        """The words of a workflow, as its server is called now."""
        server = self.directory.get(job.guild_id, job.state.asked.server_id)
        return Story(job.state, self.directory.label(server) if server else _("a server"))

    async def admit(self, run: Run) -> Admitted:
        """Decide for who asked, as of now.

        Raises:
            Over: It is no longer theirs to do, they left, or the server is gone.
            Wait: Discord doesn't say who they are.
        """
        fresh = self._fresh.pop(run.job.id, None) or run.admitted
        if fresh is None:
            fresh = await self._admit_again(run)
        run.admitted = fresh
        return fresh

    async def _admit_again(self, run: Run) -> Admitted:
        story, asked = run.story, run.state.asked
        try:
            admitted = await self.again.admit(asked)
        except NotAsked:
            raise Wait(ASK_AGAIN_SECONDS) from None
        except (MemberGone, ServerGone) as error:
            why = (
                _("{who} is no longer here.", who=story.who)
                if isinstance(error, MemberGone)
                else _gone()
            )
            raise self.dropped(run, "refused", lambda: why) from None
        except NotAdmitted as error:
            if not self.watchers(run.job.id):
                await self.audit.refused(
                    asked.guild_id, asked.channel_id, asked.actor_id, asked.reference, error
                )
            raise self.dropped(run, "refused", partial(_no_longer, story), error=error) from None
        if not is_agreed(admitted.decision, admitted.agreed):
            raise self.dropped(run, "refused", partial(_no_longer, story))
        return admitted

    def dropped(
        self,
        run: Run,
        outcome: str,
        why: Callable[[], str],
        *,
        error: Exception | None = None,
    ) -> Over:
        """The next signal isn't sent: nothing was done, or a restart ends half-way.

        Args:
            run: The entry.
            outcome: For lists and records.
            why: Says it, in the language that is spoken then.
            error: What those who wait here are answered with instead, where nothing was done.
        """
        story, has_stopped = run.story, run.state.has_stopped

        def end(*, is_public: bool) -> Message:
            told = story.left_off if has_stopped else story.dropped
            return told(why(), is_public=is_public)

        if has_stopped:
            return Over("failed", end, rows=FAILED)
        return Over(outcome, end, error=error)

    def refused(self, run: Run, error: PanelError | PanelGone) -> Over:
        """The panel said no, or can't be asked any more: the signal was not sent."""
        server = run.server

        def why() -> str:
            if isinstance(error, PanelGone):
                return _gone()
            says = panel_cause if run.state.has_stopped else panel_words
            return says(error, panel=server.panel_name, server=server.name)

        return self.dropped(run, "failed", why, error=error)

    async def show(self, run: Run, message: Message) -> None:
        """Let the channel's one message say this.

        Raises:
            LostJob: Another worker has the job.
        """
        await self.teller.show(run.job, message)

    async def finish(self, job: Job[PowerJob], over: Over) -> Sleep | Done:
        """Write down how it ended, then tell it."""
        state = job.state
        with speaking(state.language):
            report = over.end(is_public=True).text
            if over.rows == FAILED:
                report += self.story(job).quietly(state.deeds)
        job.state = structs.replace(
            state, report=report, report_rows=over.rows, outcome=over.outcome
        )
        # nothing was said in the channel yet, and whoever asked hears of it here
        if over.error is not None and state.told.message_id is None and job.id in self._ears:
            quiet = structs.replace(state.told, is_quiet=True)
            job.state = structs.replace(job.state, told=quiet)
        await job.save("report")
        later = await self.report(job)
        for ear in self._ears.pop(job.id, ()):
            ear.hear(over.end, over.error)
        self._fresh.pop(job.id, None)
        return later

    async def report(self, job: Job[PowerJob]) -> Sleep | Done:
        """Let the message become the report; again later where Discord doesn't take it."""
        with speaking(job.state.language):
            message = self._report_message(job.state)
        return await self.teller.report(job, message) or Done(job.state.outcome)

    async def tell_broken(self, job: Job[PowerJob]) -> None:
        """It broke for good: the channel hears it, and whoever waits."""
        with speaking(job.state.language):
            text = self.story(job).broken(is_public=True).text
        await self.teller.last_word(job, text)
        for ear in self._ears.pop(job.id, ()):
            ear.hear(self.story(job).broken, None)

    def _report_message(self, state: PowerJob) -> Message:
        server = self.directory.get(state.asked.guild_id, state.asked.server_id)
        if state.report_rows != FAILED or server is None:
            if state.order.origin == "idle" and state.outcome == "done" and server is not None:
                # who comes to play reads it first, and may start it or ask for it
                start = button("start", server.id, label=_("Start"))
                return card(state.report, colour=Colour.GREY, rows=[[start]])
            if state.told.is_card and state.outcome == "done":
                runs = state.signal in (Signal.START, Signal.RESTART)
                return card(state.report, colour=Colour.GREEN if runs else Colour.GREY)
            return Message(state.report)
        row = [button("lines", server.id, label=_("Last lines"))]
        if state.signal in (Signal.START, Signal.RESTART):
            row.append(button("start", server.id, label=_("Start")))
        return card(state.report, colour=Colour.RED, rows=[row])


def _no_longer(story: Story) -> str:
    return _("{who} may no longer do it.", who=story.who)


def _gone() -> str:
    return _("The server is no longer connected.")
