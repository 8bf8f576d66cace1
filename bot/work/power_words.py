"""The sentences of one power action, for the channel and for who asked."""

from collections.abc import Sequence
from datetime import datetime

from bot.fleet.known import Known, State
from bot.posts.messages import Message
from bot.texts import _, _n
from bot.ui.cards import DOTS, state_name
from bot.ui.text import bold, duration, moment, quoted
from bot.work.course import Signal
from bot.work.power_order import Deed, PowerJob


class Story:
    """The sentences of one action."""

    def __init__(self, state: PowerJob, label: str) -> None:
        self.actor = state.asked.actor_name
        self.name = bold(label)
        self.signal = state.signal
        self.reason = state.order.reason
        self.origin = state.order.origin
        self.language = state.language
        """In which the channel is spoken to; who asked is answered in their own."""

    def sent(self, leg: Signal | None = None) -> Message:
        """A signal left.

        Args:
            leg: Which, where it is only a part of what is wanted.
        """
        if leg is not None and leg is not self.signal:
            return Message(f"{DOTS[State.STARTING]} {self._on_its_way(leg)}")
        said = {
            Signal.START: _("{who} starts {server}{why}. Waiting for it to come up …", **self._v),
            Signal.STOP: _("{who} stops {server}{why}. Waiting for it to go off …", **self._v),
            Signal.RESTART: _(
                "{who} restarts {server}{why}. Waiting for it to come up …", **self._v
            ),
            Signal.KILL: _("{who} kills {server}{why} …", **self._v),
        }
        return Message(f"{DOTS[State.STARTING]} {said[self.signal]}")

    def _on_its_way(self, leg: Signal) -> str:
        if leg is Signal.START:
            return _("{who} restarts {server}{why}. It is off, and starts now …", **self._v)
        return _("{who} restarts {server}{why}. Waiting for it to go off …", **self._v)

    def private_sent(self) -> Message:
        return Message(
            _(
                "Sent: {signal} of {server}. I follow it and say here when it is there.",
                signal=signal_name(self.signal),
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
                signal=signal_name(self.signal),
                server=self.name,
            )
        )

    def there(
        self,
        since: float,
        deeds: Sequence[Deed] = (),
        *,
        is_known: bool,
        is_back: bool,
        is_public: bool,
    ) -> Message:
        state = State.OFFLINE if self.signal in (Signal.STOP, Signal.KILL) else State.RUNNING
        if not is_known and is_back:
            said = _(
                "{server} is {state}, as it was before. Whether the {signal} arrived can't be "
                "told, and it doesn't matter now.",
                server=self.name,
                state=state_name(state),
                signal=signal_name(self.signal),
            )
        elif is_public:
            said = self._done(duration(since))
        else:
            said = _(
                "{server} is {state}. It took {time}.",
                server=self.name,
                state=state_name(state),
                time=duration(since),
            )
        return Message(f"{DOTS[state]} {said}{self.quietly(deeds) if is_public else ''}")

    def quietly(self, deeds: Sequence[Deed]) -> str:
        """What was done on the way, in a quiet line of its own; empty where nothing was."""
        words = [origin_words(self.origin), *(deed_words(deed) for deed in deeds)]
        said = " · ".join(word for word in words if word)
        return f"\n-# {said}" if said else ""

    def _done(self, time: str) -> str:
        return {
            Signal.START: _("{who} started {server}{why}. Up in {time}.", time=time, **self._v),
            Signal.STOP: _("{who} stopped {server}{why}. Off in {time}.", time=time, **self._v),
            Signal.RESTART: _(
                "{who} restarted {server}{why}. Up again in {time}.", time=time, **self._v
            ),
            Signal.KILL: _("{who} killed {server}{why}. Off in {time}.", time=time, **self._v),
        }[self.signal]

    def fell(self, lines: str, *, is_public: bool) -> Message:
        if is_public:
            said = _("{who}'s {signal} of {server} failed: it went off again.", **self._v)
        else:
            said = _(
                "{server} went off again while starting. Its console says why.", server=self.name
            )
            said += lines
        return Message(f"{DOTS[State.SUSPENDED]} {said}")

    def ignored(self, known: Known, *, is_known: bool, is_public: bool) -> Message:  # noqa: ARG002
        if is_known:
            said = _(
                "The panel took the {signal}, but {server} didn't react and is {state}. The node "
                "drops an action while another one runs. Try again in a moment.",
                signal=signal_name(self.signal),
                server=self.name,
                state=state_name(known.state),
            )
        else:
            said = _(
                "I looked: {server} is {state} as before, so the {signal} most likely didn't "
                "arrive. You can try again.",
                server=self.name,
                state=state_name(known.state),
                signal=signal_name(self.signal),
            )
        return Message(f"{DOTS[known.state]} {said}")

    def slow(self, known: Known, since: float) -> Message:
        said = _(
            "{server} is still {state} after {time}. I go on watching.",
            server=self.name,
            state=state_name(known.state),
            time=duration(since),
        )
        return Message(f"{DOTS[State.STARTING]} {said}")

    def given_up(self, known: Known, since: float, lines: str, *, is_public: bool) -> Message:
        said = _(
            "After {time} {server} is {state}; whether the {signal} worked is unknown. I stop "
            "watching now; `/server info` shows it.",
            time=duration(since),
            server=self.name,
            state=said_state(known),
            signal=signal_name(self.signal),
        )
        return Message(f"{DOTS[State.UNKNOWN]} {said}{'' if is_public else lines}")

    def cancelled(self, by: str, *, is_public: bool) -> Message:  # noqa: ARG002  # an Ending
        said = _(
            "{by} cancelled the {signal} of {server}. Nothing was done to it.",
            by=bold(by),
            **self._v,
        )
        return Message(f"{DOTS[State.UNKNOWN]} {said}")

    def unanswered(self, *, is_public: bool) -> Message:  # noqa: ARG002  # an Ending
        said = _(
            "Nobody said how to go on, so the {signal} of {server} was called off. Nothing was "
            "done to it.",
            **self._v,
        )
        return Message(f"{DOTS[State.UNKNOWN]} {said}")

    def dropped(self, why: str, *, is_public: bool) -> Message:  # noqa: ARG002  # an Ending
        said = _("The {signal} of {server} was not carried out.", **self._v)
        return Message(f"{DOTS[State.UNKNOWN]} {said} {why}")

    def left_off(self, why: str, *, is_public: bool) -> Message:  # noqa: ARG002  # an Ending
        """Of a restart the stop was done, and the start was not."""
        said = _("{server} was stopped, but not started again. It is off.", **self._v)
        return Message(f"{DOTS[State.SUSPENDED]} {said} {why}")

    def start_waits(self) -> Message:
        """Of a restart the stop was done, and the panel can't be asked for the start."""
        said = _(
            "{who} restarts {server}{why}. It is off; the panel can't be asked to start it just "
            "now. I go on trying.",
            **self._v,
        )
        return Message(f"{DOTS[State.UNKNOWN]} {said}")

    def broken(self, *, is_public: bool) -> Message:  # noqa: ARG002  # an Ending
        said = _(
            "Something broke on my side during the {signal} of {server}, so how it ended is "
            "unknown. `/server info` shows the server.",
            **self._v,
        )
        return Message(f"{DOTS[State.UNKNOWN]} {said}")

    def counting(self, due: datetime) -> str:
        at = {"at": moment(due), "clock": moment(due, "t")}
        said = {
            Signal.START: _("{who} starts {server} {at} ({clock}){why}", **at, **self._v),
            Signal.STOP: _("{who} stops {server} {at} ({clock}){why}", **at, **self._v),
            Signal.RESTART: _("{who} restarts {server} {at} ({clock}){why}", **at, **self._v),
            Signal.KILL: _("{who} kills {server} {at} ({clock}){why}", **at, **self._v),
        }[self.signal]
        return f"{DOTS[State.STARTING]} {said}"

    def hanging(self, since: float) -> str:
        said = _(
            "{server} doesn't stop: {time} since {who}'s {signal}{why}.",
            time=duration(since),
            **self._v,
        )
        return f"{DOTS[State.STARTING]} {said}"

    @property
    def signal_words(self) -> str:
        """The word for what is wanted."""
        return signal_name(self.signal)

    def saving(self) -> Message:
        said = _("{who}'s {signal} of {server}{why}: it saves first …", **self._v)
        return Message(f"{DOTS[State.STARTING]} {said}")

    def backing_up(self, backup: str) -> str:
        said = _(
            "{who}'s {signal} of {server}{why}: the backup {backup} is made first …",
            backup=bold(backup),
            **self._v,
        )
        return f"{DOTS[State.STARTING]} {said}"

    @property
    def who(self) -> str:
        """Who asked, in bold."""
        return bold(self.actor)

    @property
    def _v(self) -> dict[str, str]:
        return {
            "who": bold(self.actor),
            "server": self.name,
            "why": f": {quoted(self.reason)}" if self.reason else "",
            "signal": signal_name(self.signal),
        }


def signal_name(signal: Signal) -> str:
    return {
        Signal.START: _("start"),
        Signal.STOP: _("stop"),
        Signal.RESTART: _("restart"),
        Signal.KILL: _("kill"),
    }[signal]


def line_of(phase: str, state: PowerJob, label: str, since: datetime) -> str:
    """A workflow as a list of what is under way shows it."""
    what = _(
        "{server}: {signal} by {who}",
        server=bold(label),
        signal=signal_name(state.signal),
        who=bold(state.asked.actor_name, 30),
    )
    why = f": {quoted(state.order.reason, 80)}" if state.order.reason else ""
    return f"{what}{why}\n-# {_stage_words(phase, state, since)}"


def _stage_words(phase: str, state: PowerJob, since: datetime) -> str:
    match phase:
        case "countdown" if state.due_at is not None:
            return _("counts down, due {time}", time=moment(state.due_at))
        case "save":
            return _("saves the world")
        case "backup":
            return _("waits for its backup")
        case "ask":
            return _("waits for an answer: go on without the backup, or not")
        case "leg" if state.asks_kill:
            return _("doesn't stop; waits for consent to kill it")
    return _("under way since {time}", time=moment(since))


def origin_words(origin: str) -> str:
    """How it came about, where no command of its own stands behind it."""
    kind = "plan" if origin.startswith("plan ") else origin
    return {
        "vote": _("agreed by a vote"),
        "approval": _("approved"),
        "second person": _("a second member agreed"),
        "plan": _("by a plan"),
        "idle": _("because it was empty"),
    }.get(kind, "")


def deed_words(deed: Deed) -> str:
    """One thing that was done on the way."""
    match deed.kind:
        case "players":
            return _n("{count} player was on", "{count} players were on", int(deed.value or 0))
        case "warned":
            return _("players warned")
        case "saved":
            return _("saved")
        case "save unknown":
            return _("saving not confirmed")
        case "backup":
            return _("backup {name}, {size}", name=bold(deed.value), size=deed.more)
        case "no backup":
            return _("without the backup, as {who} said", who=bold(deed.value))
        case "hurried":
            return _("brought forward by {who}", who=bold(deed.value))
        case "killed":
            return _("killed, as {who} agreed", who=bold(deed.value))
        case "killed by rule":
            return _("killed, since it didn't stop in time")
        case "answers":
            return _("the game answers")
        case "silent":
            return _("the game doesn't answer queries yet")
    return ""


def said_state(known: Known) -> str:
    if known.state.is_power_state or known.last_power is None or known.last_power_at is None:
        return state_name(known.state)
    return _(
        "unknown (last seen {state} {age})",
        state=state_name(known.last_power),
        age=moment(known.last_power_at),
    )
