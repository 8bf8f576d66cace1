"""What is known of a server's state, and since when: never a guess, always with its age."""

from datetime import datetime
from enum import Enum

from msgspec import Struct


class State(Enum):
    """The one list of states; a panel's own words are read into it."""

    RUNNING = "running"
    STARTING = "starting"
    STOPPING = "stopping"
    OFFLINE = "offline"
    INSTALLING = "installing"
    RESTORING = "restoring"
    TRANSFERRING = "transferring"
    SUSPENDED = "suspended"
    NODE_DOWN = "node down"
    PANEL_DOWN = "panel down"
    KEY_REFUSED = "key refused"
    GONE = "gone"
    UNKNOWN = "unknown"

    @property
    def is_power_state(self) -> bool:
        """Whether the daemon said it, rather than the panel or our failure to ask."""
        return self in _POWER_STATES


_POWER_STATES = frozenset({State.RUNNING, State.STARTING, State.STOPPING, State.OFFLINE})
_WORDS = {state.value: state for state in _POWER_STATES} | {
    # Pelican passes on the container's own words (contract: pelican.md, stats)
    "stopped": State.OFFLINE,
    "created": State.OFFLINE,
    "exited": State.OFFLINE,
    "dead": State.OFFLINE,
    "removing": State.STOPPING,
    "restarting": State.STARTING,
    "missing": State.NODE_DOWN,
}


def power_state(word: str) -> State:
    """Read a daemon's word for the state; one nobody knows is unknown, not offline."""
    return _WORDS.get(word, State.UNKNOWN)


class Numbers(Struct, frozen=True):
    """What the daemon measured."""

    memory_bytes: int
    disk_bytes: int
    cpu_percent: float
    """Of one core; may exceed 100."""
    uptime_seconds: float
    network_in_bytes: int = 0
    network_out_bytes: int = 0


class Known(Struct, frozen=True):
    """A state, when it was seen, and what was seen before where it is no more."""

    state: State
    seen_at: datetime | None
    numbers: Numbers | None = None
    last_power: State | None = None
    """The last power state that was seen, where `state` is none."""
    last_power_at: datetime | None = None
    is_live: bool = False
    """Whether a connection stands that would have told of a change."""
    since_at: datetime | None = None
    """When it came into this state; None where nobody saw it come."""
    has_crashed: bool = False
    """Whether it was seen to go offline without stopping before."""


NOTHING_KNOWN = Known(State.UNKNOWN, None)


def no_longer(known: Known, state: State, at: datetime | None) -> Known:
    """What is known once asking led to `state` (node down, key refused …) instead of an answer."""
    if known.state.is_power_state:
        return Known(state, at, None, known.state, known.seen_at)
    return Known(state, at, None, known.last_power, known.last_power_at)
