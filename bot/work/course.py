"""The course of a power action, told from what the server shows. Pure: no I/O, no clock."""

from enum import Enum

from bot.fleet.known import State


class Signal(Enum):
    """The panel's power signals."""

    START = "start"
    STOP = "stop"
    RESTART = "restart"
    KILL = "kill"


class Stage(Enum):
    """How far it has come."""

    WAITING = "waiting"
    """Nothing changed yet."""
    MOVING = "moving"
    """It reacts."""
    FELL = "fell"
    """It came up and went off again; the node may try once more by itself."""
    THERE = "there"
    """It is where it was to go."""


class Course:
    """Follows one server from the moment a signal was sent."""

    def __init__(
        self, signal: Signal, before: State, *, has_left: bool = False, has_started: bool = False
    ) -> None:
        """Args:
        before: The state in which the signal found the server.
        has_left, has_started: What was seen before the bot restarted.
        """
        self.signal = signal
        self.stage = Stage.WAITING
        self._before = before
        self._left = before is State.OFFLINE or has_left
        self._started = has_started

    @property
    def seen(self) -> tuple[bool, bool]:
        """Whether it left the state from before, and whether it was starting."""
        return self._left, self._started

    @property
    def is_back(self) -> bool:
        """Whether the state is the one from before, so that it may have been reached without us."""
        return self.signal is not Signal.RESTART and self._before is self.goal

    @property
    def goal(self) -> State:
        """The state in which the action is done."""
        if self.signal in (Signal.STOP, Signal.KILL):
            return State.OFFLINE
        return State.RUNNING

    def see(self, state: State, *, up_seconds: float | None, since_seconds: float) -> Stage:
        """Take a state as it was seen.

        Args:
            state: The daemon's state; others (node down …) tell nothing and change nothing.
            up_seconds: How long the server runs, where that was told.
            since_seconds: How long ago the signal was sent.
        """
        if not state.is_power_state:
            return self.stage
        if state is not self._before:
            self._left = True
        if up_seconds is not None and state is State.RUNNING and 0 < up_seconds < since_seconds:
            self._left = True  # it runs for less long than we wait: that is another run
        if self.goal is State.OFFLINE:
            self.stage = Stage.THERE if state is State.OFFLINE else self._moving()
        else:
            self.stage = self._rise(state)
        return self.stage

    def _rise(self, state: State) -> Stage:
        if state is State.STARTING:
            self._started = True
        if state is State.RUNNING:
            needs_leaving = self.signal is Signal.RESTART
            return Stage.THERE if self._left or not needs_leaving else Stage.WAITING
        if state is State.OFFLINE and self._started:
            return Stage.FELL
        return self._moving()

    def _moving(self) -> Stage:
        return Stage.MOVING if self._left else Stage.WAITING
