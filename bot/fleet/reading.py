"""What answers, events and failures tell of a server."""

from bot.fleet.directory import Server
from bot.fleet.known import Known, Numbers, State, no_longer
from bot.pterodactyl import (
    Conflict,
    ConflictState,
    KeyRejected,
    NodeFailed,
    NotAllowed,
    NotFound,
    PanelError,
    Refused,
)
from bot.pterodactyl import models as panel_models
from bot.pterodactyl.console_events import Stats

CONFLICTS = {
    ConflictState.SUSPENDED: State.SUSPENDED,
    ConflictState.MAINTENANCE: State.NODE_DOWN,
    ConflictState.INSTALLING: State.INSTALLING,
    ConflictState.RESTORING: State.RESTORING,
    ConflictState.TRANSFERRING: State.TRANSFERRING,
}
PASSING = frozenset({State.INSTALLING, State.RESTORING, State.TRANSFERRING})
"""States of the panel that end by themselves."""


def state_of_failure(error: PanelError) -> State:
    """What a failed question tells of the state."""
    match error:
        case KeyRejected():
            return State.KEY_REFUSED
        case NotFound():
            return State.GONE
        case Conflict(state=state) if state is not None:
            return CONFLICTS[state]
        case NodeFailed():
            return State.NODE_DOWN
        case NotAllowed() | Refused():
            return State.UNKNOWN
    return State.PANEL_DOWN


def listed_state(status: str | None) -> State | None:
    """The state that the panel's list tells; None where a server is in no special one."""
    if status is None:
        return None
    return CONFLICTS.get(ConflictState(status), State.UNKNOWN)


def with_listing(known: Known, server: Server) -> Known:
    """What is known once the panel's list is read with it: the newer of the two holds."""
    state = listed_state(server.status)
    if state is None:
        return known
    is_newer = server.seen_at is not None and (
        known.seen_at is None or server.seen_at >= known.seen_at
    )
    if known.state is State.UNKNOWN or (known.state.is_power_state and is_newer):
        return no_longer(known, state, server.seen_at)
    return known


def asked_numbers(resources: panel_models.Resources) -> Numbers:
    """The panel's figures."""
    return Numbers(
        memory_bytes=resources.memory_bytes,
        disk_bytes=resources.disk_bytes,
        cpu_percent=resources.cpu_percent,
        uptime_seconds=resources.uptime_ms / 1000,
        network_in_bytes=resources.network_rx_bytes,
        network_out_bytes=resources.network_tx_bytes,
    )


def live_numbers(stats: Stats) -> Numbers:
    """The node's figures."""
    return Numbers(
        memory_bytes=stats.memory_bytes,
        disk_bytes=stats.disk_bytes,
        cpu_percent=stats.cpu_absolute,
        uptime_seconds=stats.uptime_ms / 1000,
        network_in_bytes=stats.network.rx_bytes,
        network_out_bytes=stats.network.tx_bytes,
    )
