"""A power action from the request to the server being there, told truthfully on the way."""

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
from bot.texts import _
from bot.ui.cards import DOTS, state_name
from bot.ui.doors import answer_of
from bot.ui.errors import Unfit, panel_words
from bot.ui.text import block, bold, console_line, duration, moment, quoted
from bot.work.course import Course, Signal, Stage

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
        server = admitted.server
        self._join_or_begin(server, admitted, signal)
        try:
            story = _Story(
                actor=admitted.actor.name,
                label=self._directory.label(server),
                signal=signal,
                reason=reason,
            )
            return await self._perform(interaction, admitted, story)
        finally:
            del self._under_way[server.id]

    def _join_or_begin(self, server: Server, admitted: Admitted, signal: Signal) -> None:
        under_way = self._under_way.get(server.id)
        if under_way is not None:
            raise Unfit(
                _(
                    "{actor} is at it already: a {signal} of {server} is under way since {time}. "
                    "Yours was not sent; wait for that one to end.",
                    actor=bold(under_way.actor),
                    signal=_signal_name(under_way.signal),
                    server=bold(server.name),
                    time=duration(self._clock.monotonic() - under_way.since),
                )
            )
        self._under_way[server.id] = _UnderWay(signal, admitted.actor.name, self._clock.monotonic())

    async def _perform(
        self, interaction: discord.Interaction, admitted: Admitted, story: "_Story"
    ) -> Message:
        server = admitted.server
        async with self._hub.listen(server) as ears:
            await self._hub.wait_live(server, LISTEN_SECONDS)
            before = self._hub.known(server)
            if not before.is_live:
                before = await self._hub.look(server)
            if before.is_live and _is_there_already(story.signal, before.state):
                return Message(
                    _("{server} is {state} already.", server=story.name, state=_said(before))
                )
            course = Course(story.signal, before.state)
            began = self._clock.monotonic()
            is_known = await self._send(admitted, story)
            post = await publish(interaction, story.sent() if is_known else story.unknown())
            told = story.private_sent() if is_known else story.unknown()
            if post is None and not may_publish(interaction):
                told = Message(f"{told.text}\n-# " + _("I may not write here, so only you see it."))
            await answer_of(interaction).show(told)
            run = _Run(admitted, story, course, began, is_known, post)
            end = await self._follow(run, ears)
        if post is not None:
            await post.edit(end.public)
        return end.private

    async def _send(self, admitted: Admitted, story: "_Story") -> bool:
        """Send the signal; False when nobody can say whether it arrived."""
        try:
            async with self._acting(admitted, why=story.reason) as panel:
                await panel.servers.send_power_action(admitted.server.uuid, story.signal.value)
        except PanelError as error:
            if not error.maybe_done:
                raise
            log.warning("power outcome unknown", reference=admitted.reference, error=str(error))
            story.trouble = panel_words(
                error, panel=admitted.server.panel_name, server=admitted.server.name
            )
            return False
        return True

    async def _follow(self, run: "_Run", ears: Listener) -> "_End":
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
                return story.there(since, is_known=run.is_known, is_back=course.is_back)
            if stage is Stage.FELL:
                fell_at = fell_at if fell_at is not None else since
                if since - fell_at > FELL_SECONDS:
                    return story.fell(self._last_lines(run.admitted))
            else:
                fell_at = None
            if stage is Stage.WAITING and known.is_live and since > IGNORED_SECONDS:
                return story.ignored(known, is_known=run.is_known)
            if since > limit:
                return story.given_up(known, since, self._last_lines(run.admitted))
            if since > SLOW_SECONDS and not told_slow:
                told_slow = True
                if run.post is not None:
                    await run.post.edit(story.slow(known, since))

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

    def _last_lines(self, admitted: Admitted) -> str:
        """What the console said last, for who may read it."""
        seeing = self._gate.decide(admitted.guild_id, admitted.actor, READ_CONSOLE, admitted.server)
        if not isinstance(seeing, Allow):
            return ""
        lines = [console_line(line.text) for line in self._hub.lines(admitted.server, LAST_LINES)]
        return "\n" + block("\n".join(lines), 1200) if lines else ""


class _Run(Struct):
    """One action that is being followed."""

    admitted: Admitted
    story: "_Story"
    course: Course
    began: float
    is_known: bool
    post: Post | None


class _End(Struct):
    """How it ended, for the channel and for who asked."""

    public: Message
    private: Message


class _Story:
    """The sentences of one action."""

    def __init__(self, *, actor: str, label: str, signal: Signal, reason: str) -> None:
        self.actor = actor
        self.name = bold(label)
        self.signal = signal
        self.reason = reason
        self.trouble = ""

    def sent(self) -> Message:
        said = {
            Signal.START: _("{who} starts {server}{why}. Waiting for it to come up …", **self._v),
            Signal.STOP: _("{who} stops {server}{why}. Waiting for it to go off …", **self._v),
            Signal.RESTART: _(
                "{who} restarts {server}{why}. Waiting for it to come up …", **self._v
            ),
            Signal.KILL: _("{who} kills {server}{why} …", **self._v),
        }
        return Message(f"{DOTS[State.STARTING]} {said[self.signal]}")

    def private_sent(self) -> Message:
        return Message(
            _(
                "Sent: {signal} of {server}. I follow it and say here when it is there.",
                signal=_signal_name(self.signal),
                server=self.name,
            )
        )

    def unknown(self) -> Message:
        return Message(
            DOTS[State.UNKNOWN]
            + " "
            + _(
                "The panel stopped answering while I sent the {signal} of {server}, so it may or "
                "may not have happened. I'm checking; I'll say here what I find.",
                signal=_signal_name(self.signal),
                server=self.name,
            )
        )

    def there(self, since: float, *, is_known: bool, is_back: bool) -> _End:
        time = duration(since)
        state = State.OFFLINE if self.signal in (Signal.STOP, Signal.KILL) else State.RUNNING
        private = _(
            "{server} is {state}. It took {time}.",
            server=self.name,
            state=state_name(state),
            time=time,
        )
        if not is_known and is_back:
            private = _(
                "{server} is {state}, as it was before. Whether the {signal} arrived can't be "
                "told, and it doesn't matter now.",
                server=self.name,
                state=state_name(state),
                signal=_signal_name(self.signal),
            )
            return _End(Message(f"{DOTS[state]} {private}"), Message(f"{DOTS[state]} {private}"))
        said = {
            Signal.START: _("{who} started {server}{why}. Up in {time}.", time=time, **self._v),
            Signal.STOP: _("{who} stopped {server}{why}. Off in {time}.", time=time, **self._v),
            Signal.RESTART: _(
                "{who} restarted {server}{why}. Up again in {time}.", time=time, **self._v
            ),
            Signal.KILL: _("{who} killed {server}{why}. Off in {time}.", time=time, **self._v),
        }
        return _End(
            Message(f"{DOTS[state]} {said[self.signal]}"), Message(f"{DOTS[state]} {private}")
        )

    def fell(self, lines: str) -> _End:
        said = _("{server} went off again while starting. Its console says why.", server=self.name)
        message = Message(f"{DOTS[State.SUSPENDED]} {said}{lines}")
        public = _("{who}'s {signal} of {server} failed: it went off again.", **self._v)
        return _End(Message(f"{DOTS[State.SUSPENDED]} {public}"), message)

    def ignored(self, known: Known, *, is_known: bool) -> _End:
        if is_known:
            said = _(
                "The panel took the {signal}, but {server} didn't react and is {state}. The node "
                "drops an action while another one runs. Try again in a moment.",
                signal=_signal_name(self.signal),
                server=self.name,
                state=state_name(known.state),
            )
        else:
            said = _(
                "I looked: {server} is {state} as before, so the {signal} most likely didn't "
                "arrive. You can try again.",
                server=self.name,
                state=state_name(known.state),
                signal=_signal_name(self.signal),
            )
        message = Message(f"{DOTS[known.state]} {said}")
        return _End(message, message)

    def slow(self, known: Known, since: float) -> Message:
        said = _(
            "{server} is still {state} after {time}. I go on watching.",
            server=self.name,
            state=state_name(known.state),
            time=duration(since),
        )
        return Message(f"{DOTS[State.STARTING]} {said}")

    def given_up(self, known: Known, since: float, lines: str) -> _End:
        said = _(
            "After {time} {server} is {state}; whether the {signal} worked is unknown. I stop "
            "watching now; `/server info` shows it.",
            time=duration(since),
            server=self.name,
            state=_said(known),
            signal=_signal_name(self.signal),
        )
        message = Message(f"{DOTS[State.UNKNOWN]} {said}")
        return _End(message, Message(message.text + lines))

    @property
    def _v(self) -> dict[str, str]:
        return {
            "who": bold(self.actor),
            "server": self.name,
            "why": f": {quoted(self.reason)}" if self.reason else "",
            "signal": _signal_name(self.signal),
        }


def _signal_name(signal: Signal) -> str:
    return {
        Signal.START: _("start"),
        Signal.STOP: _("stop"),
        Signal.RESTART: _("restart"),
        Signal.KILL: _("kill"),
    }[signal]


def _said(known: Known) -> str:
    if known.state.is_power_state or known.last_power is None or known.last_power_at is None:
        return state_name(known.state)
    return _(
        "unknown (last seen {state} {age})",
        state=state_name(known.last_power),
        age=moment(known.last_power_at),
    )


def _is_there_already(signal: Signal, state: State) -> bool:
    if signal is Signal.START:
        return state is State.RUNNING
    return signal in (Signal.STOP, Signal.KILL) and state is State.OFFLINE
