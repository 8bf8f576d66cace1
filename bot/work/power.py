"""A power action from the request to the server being there, told truthfully on the way."""

from functools import partial
from typing import Protocol

import discord
import structlog
from msgspec import Struct

from bot.access.acting import Acting
from bot.access.decision import Allow
from bot.access.facts import Action
from bot.access.gate import Admitted, Gate
from bot.clock import Clock
from bot.fleet.directory import Directory, Server
from bot.fleet.hub import Hub, Listener
from bot.fleet.known import Known, State
from bot.posts.answers import Post, may_publish, publish
from bot.posts.messages import Message
from bot.pterodactyl import PanelError
from bot.pterodactyl.console_events import Disconnected, Stats, Status
from bot.texts import _, speaking
from bot.ui.doors import answer_of
from bot.ui.errors import Unfit
from bot.ui.text import block, bold, console_line, duration
from bot.work.course import Course, Signal, Stage
from bot.work.power_words import Story, said_state, signal_name

log = structlog.stdlib.get_logger(__name__)

LISTEN_SECONDS = 4.0
"""How long the signal waits for the console, so that no change is missed."""
IGNORED_SECONDS = 25.0
"""A node that is busy drops a second action silently, with 204 (contract: servers.md)."""
FELL_SECONDS = 8.0
"""How long a server that fell may take until the node starts it once more by itself."""
SLOW_SECONDS = 300.0
GIVE_UP_SECONDS = 900.0
POLL_SECONDS = 10.0
UNKNOWN_SECONDS = 45.0
LAST_LINES = 12
READ_CONSOLE = Action("console tail", "control.console", on_server=True)


class Ending(Protocol):
    """How it ended, to be said in the language of whoever reads it."""

    def __call__(self, *, is_public: bool) -> Message: ...


class _UnderWay(Struct):
    """An action that is followed now; a second one on the same server joins it."""

    signal: Signal
    actor: str
    since: float


class Power:
    """Sends power signals and follows the server until it is there."""

    def __init__(
        self, gate: Gate, acting: Acting, hub: Hub, directory: Directory, clock: Clock
    ) -> None:
        self._gate = gate
        self._acting = acting
        self._hub = hub
        self._directory = directory
        self._clock = clock
        self._under_way: dict[str, _UnderWay] = {}

    async def perform(
        self, interaction: discord.Interaction, admitted: Admitted, signal: Signal, reason: str
    ) -> Message:
        """Send the signal once and follow it; the channel sees it, the asker hears the end.

        Raises:
            PanelError: It was refused, or certainly not carried out.
            Unfit: An action is under way already; this one was not sent.
        """
        locale = interaction.guild_locale.value if interaction.guild_locale else None
        language = self._gate.language(admitted.guild_id, locale)
        shown = _InChannel(interaction)
        end = await self.carry_out(admitted, signal, reason, language=language, watcher=shown)
        if shown.post is not None:
            with speaking(language):
                ended = end(is_public=True)
            await shown.post.edit(ended)
        return end(is_public=False)

    async def carry_out(
        self,
        admitted: Admitted,
        signal: Signal,
        reason: str,
        *,
        language: str,
        watcher: "Watcher",
    ) -> Ending:
        """Send the signal once and follow it to its end, which the caller tells.

        Args:
            language: Of the channel.
            watcher: Is told on the way.

        Raises:
            PanelError: It was refused, or certainly not carried out.
            Unfit: An action is under way already; this one was not sent.
        """
        server = admitted.server
        self._join_or_begin(server, admitted, signal)
        try:
            story = Story(
                actor=admitted.actor.name,
                label=self._directory.label(server),
                signal=signal,
                reason=reason,
                language=language,
            )
            return await self._carry_out(admitted, story, watcher)
        finally:
            del self._under_way[server.id]

    def _join_or_begin(self, server: Server, admitted: Admitted, signal: Signal) -> None:
        under_way = self._under_way.get(server.id)
        if under_way is not None:
            raise Unfit(
                _(
                    "{actor} is at it already: a {signal} of {server} is under way for {time}. "
                    "Yours was not sent; wait for that one to end.",
                    actor=bold(under_way.actor),
                    signal=signal_name(under_way.signal),
                    server=bold(server.name),
                    time=duration(self._clock.monotonic() - under_way.since),
                )
            )
        self._under_way[server.id] = _UnderWay(signal, admitted.actor.name, self._clock.monotonic())

    async def _carry_out(self, admitted: Admitted, story: Story, watcher: "Watcher") -> Ending:
        server = admitted.server
        async with self._hub.listen(server) as ears:
            await self._hub.wait_live(server, LISTEN_SECONDS)
            before = self._hub.known(server)
            if not before.is_live:
                before = await self._hub.look(server)
            if before.is_live and _is_there_already(story.signal, before.state):
                return partial(_already, story.name, before)
            course = Course(story.signal, before.state)
            began = self._clock.monotonic()
            is_known = await self._send(admitted, story)
            await watcher.sent(story, is_known=is_known)
            run = _Run(admitted, story, course, began, is_known, watcher)
            return await self._follow(run, ears)

    async def _send(self, admitted: Admitted, story: Story) -> bool:
        """Send the signal; False when nobody can say whether it arrived."""
        try:
            async with self._acting(admitted, why=story.reason) as panel:
                await panel.servers.send_power_action(admitted.server.uuid, story.signal.value)
        except PanelError as error:
            if not error.maybe_done:
                raise
            log.warning("power outcome unknown", reference=admitted.reference, error=str(error))
            return False
        return True

    async def _follow(self, run: "_Run", ears: Listener) -> Ending:
        server, story, course = run.admitted.server, run.story, run.course
        fell_at: float | None = None
        told_slow = False
        limit = GIVE_UP_SECONDS if run.is_known else UNKNOWN_SECONDS
        while True:
            known = await self._next(server, ears)
            since = self._clock.monotonic() - run.began
            up = known.numbers.uptime_seconds if known.numbers else None
            stage = course.see(known.state, up_seconds=up, since_seconds=since)
            if stage is Stage.THERE:
                return partial(story.there, since, is_known=run.is_known, is_back=course.is_back)
            if stage is Stage.FELL:
                fell_at = fell_at if fell_at is not None else since
                if since - fell_at > FELL_SECONDS:
                    return partial(story.fell, self._last_lines(run))
            else:
                fell_at = None
            if stage is Stage.WAITING and known.is_live and since > IGNORED_SECONDS:
                return partial(story.ignored, known, is_known=run.is_known)
            if since > limit:
                return partial(story.given_up, known, since, self._last_lines(run))
            if since > SLOW_SECONDS and not told_slow:
                told_slow = True
                with speaking(story.language):
                    slow = story.slow(known, since)
                await run.watcher.slow(slow)

    async def _next(self, server: Server, ears: Listener) -> Known:
        """What is known after the next change, or after a while without one."""
        try:
            async with self._clock.timeout(POLL_SECONDS if self._is_live(server) else 2.0):
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

    def _is_live(self, server: Server) -> bool:
        return self._hub.known(server).is_live

    def _last_lines(self, run: "_Run") -> str:
        """What the console said last, for who may read it."""
        admitted = run.admitted
        seeing = self._gate.decide(admitted.guild_id, admitted.actor, READ_CONSOLE, admitted.server)
        if not run.watcher.shows_console or not isinstance(seeing, Allow):
            return ""
        lines = [console_line(line.text) for line in self._hub.lines(admitted.server, LAST_LINES)]
        return "\n" + block("\n".join(lines), 1200) if lines else ""


class Watcher(Protocol):
    """Is told how an action goes on while it is followed."""

    @property
    def shows_console(self) -> bool:
        """Whether the end may hold what the console said last, for who may read it."""
        ...

    async def sent(self, story: Story, *, is_known: bool) -> None:
        """The signal left, or nobody can say whether it arrived."""
        ...

    async def slow(self, public: Message) -> None:
        """It takes unusually long, and is followed on."""
        ...


class _InChannel:
    """Shows one action in a message of its own."""

    shows_console = True

    def __init__(self, interaction: discord.Interaction) -> None:
        self._interaction = interaction
        self.post: Post | None = None

    async def sent(self, story: Story, *, is_known: bool) -> None:
        with speaking(story.language):
            begun = story.sent() if is_known else story.unknown()
        self.post = await publish(self._interaction, begun)
        told = story.private_sent() if is_known else story.unknown()
        if self.post is None and not may_publish(self._interaction):
            told = Message(f"{told.text}\n-# " + _("I may not write here, so only you see it."))
        await answer_of(self._interaction).show(told)

    async def slow(self, public: Message) -> None:
        if self.post is not None:
            await self.post.edit(public)


class _Run(Struct):
    """One action that is being followed."""

    admitted: Admitted
    story: Story
    course: Course
    began: float
    is_known: bool
    watcher: Watcher


def _already(name: str, known: Known, *, is_public: bool) -> Message:  # noqa: ARG001  # an Ending
    return Message(_("{server} is {state} already.", server=name, state=said_state(known)))


def _is_there_already(signal: Signal, state: State) -> bool:
    if signal is Signal.START:
        return state is State.RUNNING
    return signal in (Signal.STOP, Signal.KILL) and state is State.OFFLINE
