"""The life of one server, read from what its node says: starts, stops, crashes, what was missed.

Pure: no I/O, no clock. A crash is told from a stop by the order of states (off without `stopping`
before it) *and* by the node's own lines; each alone can mislead, because the node skips very short
states and a game may print whatever it likes. What happened while nobody listened is said to be
unknown, never to be a crash (contract: console.md, "Crash detection", "Ordering facts").
"""

import re
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from msgspec import Struct

from bot.fleet.known import State, power_state
from bot.pterodactyl.console_events import (
    DAEMON_LINE,
    ConsoleLine,
    Deleted,
    Disconnected,
    Event,
    InstallEnded,
    InstallStarted,
    Lapsed,
    Lost,
    Stats,
    Status,
    TransferStatus,
)

CONFIRM: Final = timedelta(seconds=10)
"""How long after it went off the node may take to call it a crash; 0.3 s were seen."""
DETAILS: Final = timedelta(seconds=2)
"""How long exit code and memory may follow the word; they come within the same millisecond."""
HELD_BACK: Final = timedelta(seconds=3)
"""How long after a state a line said before it may come: right after a connection lines wait until
they were compared with the node's history."""
CLAIM: Final = timedelta(seconds=5)
"""How long before the state the word may come: two goroutines of the node race."""
SETTLED: Final = timedelta(seconds=2)
"""A container that is off for so long prints nothing any more: then only the node speaks."""
STATS_AGREE: Final = 3
"""So many figures in a row that contradict the last state tell of one that was skipped."""

_DAEMON: Final = re.compile(r"\x1b\[33m\x1b\[1m\[.*?\]:\x1b\[39m (?P<said>.*?)(?:\x1b\[0m)?\s*")
_DETECTED: Final = "Detected server process in a crashed state!"
_HANDLING_FAILED: Final = "Server crash was detected but an error occurred"
_EXIT_CODE: Final = re.compile(r"Exit code: (-?\d+)")
_OUT_OF_MEMORY: Final = re.compile(r"Out of memory: (true|false)")
_TOO_SOON: Final = "Aborting automatic restart, last crash occurred"
_DISABLED: Final = "Aborting automatic restart, crash detection is disabled"
_DISK_FULL: Final = "exceeding the assigned disk space limit"


class Turn(Struct, frozen=True, kw_only=True):
    """Something that happened to a server, and when it was seen."""

    at: datetime


class Rising(Turn, frozen=True, kw_only=True):
    """It begins to start."""


class Running(Turn, frozen=True, kw_only=True):
    """It runs."""

    off_since: datetime | None = None
    """When it went off; None where nobody saw it."""


class Stopped(Turn, frozen=True, kw_only=True):
    """It was stopped on purpose: by the bot, a user of the panel, a schedule or the node."""

    is_disk_full: bool = False
    """The node stopped it because it is over its disk limit."""


class Ended(Turn, frozen=True, kw_only=True):
    """It went off by itself, and its node didn't call that a crash."""


class Crashed(Turn, frozen=True, kw_only=True):
    """It went off without being asked to, and its node calls it a crash."""

    exit_code: int | None = None
    is_oom: bool | None = None
    """Whether it ran out of memory; both None where the node's word was missed."""
    was_starting: bool = False


class Why(Enum):
    """Why the node doesn't start it again."""

    TOO_SOON = "too soon"
    """A second crash within 60 s: a crash loop."""
    DISABLED = "disabled"
    """Restarts after a crash are switched off for this server."""
    FAILED = "failed"
    """The node could not do it."""


class GaveUp(Turn, frozen=True, kw_only=True):
    """The node leaves it off after a crash."""

    why: Why


class Missed(Turn, frozen=True, kw_only=True):
    """It changed while nobody listened: how is unknown."""

    before: State
    now: State
    was_restarted: bool = False
    """It ran before and runs now, but for less long than nobody listened."""


class Installing(Turn, frozen=True, kw_only=True):
    """Its install script begins."""


class Installed(Turn, frozen=True, kw_only=True):
    """The install is over, well or not."""


class Removed(Turn, frozen=True, kw_only=True):
    """It was deleted; where it moved to another node it was not."""


class _Fall(Struct):
    """It went off without a stop; what it was is not known yet."""

    at: datetime
    was: State
    is_blind: bool
    decide_at: datetime
    is_crash: bool = False
    exit_code: int | None = None
    is_oom: bool | None = None
    risen: "Running | None" = None
    """It runs again, which is told behind what it was."""


class Life:
    """Follows one server. Feed it every event with `hear`, and `tick` when `due_at` has come."""

    def __init__(self) -> None:
        self.state: State | None = None
        """The last power state; None before the first."""
        self._fall: _Fall | None = None
        self._off_since: datetime | None = None
        self._blind_since: datetime | None = None
        self._heard_at: datetime | None = None
        self._uptime_since: datetime | None = None
        self._claimed_at: datetime | None = None
        self._disk_full_at: datetime | None = None
        self._contradicted = 0
        self._is_moved = False

    @property
    def due_at(self) -> datetime | None:
        """When something is decided although nothing more is heard."""
        return self._fall.decide_at if self._fall else None

    @property
    def is_blind(self) -> bool:
        """Whether something may have happened that was not heard."""
        return self._blind_since is not None

    def begin(self, state: State) -> None:
        """Take the state that is known for sure as it begins to listen: that is no news."""
        if state.is_power_state:
            self.state = state

    def hear(self, event: Event, at: datetime) -> list[Turn]:
        """Take an event, and say what happened."""
        turns = self.tick(at)
        match event:
            case Status(state=word):
                turns += self._see(power_state(word), at)
            case Stats():
                turns += self._see_figures(event, at)
            case ConsoleLine(text=text) if text.startswith(DAEMON_LINE):
                # also within the history: that holds the game's lines alone, so these are new
                turns += self._read(text, at)
            case Disconnected():
                self.doubt(self._heard_at or at)  # a dead link is noticed later than it dies
                return turns
            case Lapsed() | Lost(cause="queue"):
                self.doubt(at)
            case InstallStarted():
                turns.append(Installing(at=at))
            case InstallEnded():
                turns.append(Installed(at=at))
            case TransferStatus(status="completed"):
                self._is_moved = True
            case Deleted() if self._is_moved:
                self._is_moved = False  # by the node it left; the next one tells how it is
                self.doubt(at)
            case Deleted():
                turns.append(Removed(at=at))
            case _:
                pass
        self._heard_at = at
        return turns

    def learn(self, state: State, at: datetime) -> list[Turn]:
        """Take a state that was asked for instead of heard, so that how it came is unknown."""
        if not state.is_power_state:
            return self.tick(at)
        turns = self.tick(at)
        self.doubt(at)
        turns += self._see(state, at)
        self.doubt(at)
        return turns

    def doubt(self, at: datetime) -> None:
        """Nobody listened from here on until the next state is told."""
        if self._blind_since is None:
            self._blind_since = at
        if self._fall is not None:
            self._fall.is_blind = True  # the node's word on it may be missed

    def tick(self, at: datetime) -> list[Turn]:
        """Decide what has waited long enough."""
        if self._fall is None or at < self._fall.decide_at:
            return []
        return self._decide()

    # states

    def _see(self, state: State, at: datetime) -> list[Turn]:
        if not state.is_power_state:
            return []
        blind_since, self._blind_since = self._blind_since, None
        self._contradicted = 0
        before, self.state = self.state, state
        if before is None:
            return []
        if before is state:
            if blind_since is not None and state is State.RUNNING:
                self._uptime_since = blind_since
            return []
        return self._changed(before, state, at, is_blind=blind_since is not None)

    def _changed(self, before: State, now: State, at: datetime, *, is_blind: bool) -> list[Turn]:
        self._uptime_since = None
        match before, now:
            case _, State.OFFLINE:
                return self._went_off(before, at, is_blind=is_blind)
            case ((State.OFFLINE | State.STARTING), State.RUNNING):
                since, self._off_since = self._off_since, None
                running = Running(at=at, off_since=since)
                if self._fall is None or self._fall.is_crash:
                    return [*self._decide(), running]
                self._fall.risen = running
                self._fall.decide_at = min(self._fall.decide_at, at + HELD_BACK)
                return []
            case State.OFFLINE, State.STARTING:
                if self._fall is not None:  # its node spoke before it started it, or won't
                    self._fall.decide_at = min(self._fall.decide_at, at + HELD_BACK)
                return [Rising(at=at)]
            case ((State.RUNNING | State.STOPPING), (State.STARTING | State.RUNNING)):
                return self._passed_off(before, now, at)
        return []

    def _passed_off(self, before: State, now: State, at: datetime) -> list[Turn]:
        """It must have been off in between, which was not told."""
        turns: list[Turn] = []
        if before is State.RUNNING or now is State.RUNNING:
            turns.append(Missed(at=at, before=before, now=now, was_restarted=True))
        else:
            turns.append(Stopped(at=at))
            self._off_since = at
        if now is State.STARTING:
            turns.append(Rising(at=at))
        return turns

    def _went_off(self, before: State, at: datetime, *, is_blind: bool) -> list[Turn]:
        self._off_since = at
        turns = self._decide()
        if before is State.STOPPING:
            self._claimed_at = None
            is_disk_full = self._disk_full_at is not None
            self._disk_full_at = None
            return [*turns, Stopped(at=at, is_disk_full=is_disk_full)]
        fall = _Fall(at, before, is_blind, at + CONFIRM)
        if self._claimed_at is not None and at - self._claimed_at <= CLAIM:
            fall.is_crash, fall.decide_at = True, at + DETAILS
        self._claimed_at = None
        self._fall = fall
        return turns

    def _decide(self) -> list[Turn]:
        """Say what the fall was, with what is known by now."""
        fall, self._fall = self._fall, None
        if fall is None:
            return []
        risen = [fall.risen] if fall.risen is not None else []
        if fall.is_crash:
            return [_crashed(fall), *risen]
        if fall.is_blind:
            return [Missed(at=fall.at, before=fall.was, now=State.OFFLINE), *risen]
        return [Ended(at=fall.at), *risen]

    def _see_figures(self, stats: Stats, at: datetime) -> list[Turn]:
        state = power_state(stats.state)
        if not state.is_power_state:
            return []
        if self.state is None or self._blind_since is not None:
            turns = self._see(state, at)
        elif state is self.state:
            self._contradicted = 0
            turns = []
        else:
            self._contradicted += 1
            if self._contradicted < STATS_AGREE:
                return []
            self.doubt(at)
            turns = self._see(state, at)
        return turns + self._compare_uptime(stats, at)

    def _compare_uptime(self, stats: Stats, at: datetime) -> list[Turn]:
        since = self._uptime_since
        if since is None or self.state is not State.RUNNING or not stats.uptime_ms:
            return []
        self._uptime_since = None
        if at - timedelta(milliseconds=stats.uptime_ms) <= since:
            return []
        return [Missed(at=at, before=State.RUNNING, now=State.RUNNING, was_restarted=True)]

    # the node's lines

    def _read(self, text: str, at: datetime) -> list[Turn]:
        found = _DAEMON.fullmatch(text)
        if found is None:
            return []
        said = found["said"]
        if _DISK_FULL in said:
            self._disk_full_at = at
        elif _DETECTED in said or _HANDLING_FAILED in said:
            return self._claim(at)
        elif said.startswith(_TOO_SOON):
            return [*self._confirmed(at), GaveUp(at=at, why=Why.TOO_SOON)] if self._is_off else []
        elif said.startswith(_DISABLED):
            return [*self._confirmed(at), GaveUp(at=at, why=Why.DISABLED)] if self._is_off else []
        elif self._fall is not None and self._fall.is_crash:
            return self._read_details(self._fall, said)
        return []

    @property
    def _is_off(self) -> bool:
        return self.state is State.OFFLINE

    def _claim(self, at: datetime) -> list[Turn]:
        """The node calls it a crash. A game could print as much, so the state has to agree."""
        fall = self._fall
        if fall is not None:
            fall.is_crash = True
            fall.decide_at = min(fall.decide_at, at + DETAILS)
        elif self._is_off and (self._off_since is None or at - self._off_since > SETTLED):
            # it was up for so short a time that the node never said so
            self._fall = _Fall(
                at, State.STARTING, is_blind=False, decide_at=at + DETAILS, is_crash=True
            )
        elif not self._is_off and self.state is not State.STOPPING:
            self._claimed_at = at
        return []

    def _read_details(self, fall: _Fall, said: str) -> list[Turn]:
        if code := _EXIT_CODE.fullmatch(said):
            fall.exit_code = int(code[1])
        elif oom := _OUT_OF_MEMORY.fullmatch(said):
            fall.is_oom = oom[1] == "true"
        if fall.exit_code is None or fall.is_oom is None:
            return []
        return self._decide()

    def _confirmed(self, at: datetime) -> list[Turn]:
        """What waits for the node's word has it by now: who gives up knows of a crash."""
        fall, self._fall = self._fall, None
        if fall is None:
            return []
        fall.decide_at = at
        return [_crashed(fall)]


def _crashed(fall: _Fall) -> Crashed:
    return Crashed(
        at=fall.at,
        exit_code=fall.exit_code,
        is_oom=fall.is_oom,
        was_starting=fall.was is State.STARTING,
    )
