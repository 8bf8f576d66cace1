"""Which ends of a console mean "again", when, and which mean "never" (contract: console.md)."""

from typing import Final, NamedTuple

from bot.pterodactyl.errors import (
    AddressRefused,
    Conflict,
    ConflictState,
    KeyRejected,
    Limited,
    NotAllowed,
    NotFound,
    PanelDown,
    PanelError,
)

LATER_SECONDS: Final = 60.0
SLOW_SECONDS: Final = 300.0
_REFUSED_FOR: Final = {
    ConflictState.SUSPENDED: "the server is suspended",
    ConflictState.MAINTENANCE: "the server's node is being maintained",
    ConflictState.INSTALLING: "the server is not installed",
    ConflictState.RESTORING: "the server is being restored",
    ConflictState.TRANSFERRING: "the server is being moved",
}


class Ending(NamedTuple):
    """How a session ended and whether it is worth coming back."""

    reason: str
    code: int | None = None  # of the closing frame
    wait: float | None = 0.0  # at least so many seconds; None: never again
    error: PanelError | None = None  # what the listener is to see, when it is over for good


def not_given(error: PanelError) -> Ending:
    """The ending when the panel gave no credentials, or the address was refused."""
    reason = f"the panel gave no credentials ({type(error).__name__})"
    match error:
        case KeyRejected() | NotFound() | NotAllowed() | AddressRefused():
            return Ending(reason, wait=None, error=error)
        case Conflict(state=ConflictState() as state):
            # the panel's list tells when it is over; some stay so until an operator acts
            return Ending(_REFUSED_FOR[state], wait=None, error=error)
        case Conflict():
            return Ending(reason, wait=LATER_SECONDS)
        case Limited():
            return Ending(reason, wait=error.retry_after)
        case PanelDown(retry_after=float(seconds)):
            return Ending(reason, wait=seconds)
    return Ending(reason)


def is_passing(error: PanelError) -> bool:
    """Whether a connection that stands may outlive that the panel gives no new credentials."""
    return isinstance(error, Conflict) and error.state is not ConflictState.SUSPENDED


def handshake_refused(status: int) -> Ending:
    """The ending when the node answered the handshake with `status`."""
    match status:
        case 400:  # newer daemons: 30 sockets a server, of all users together
            return Ending("the node has too many sockets of this server", wait=LATER_SECONDS)
        case 403:
            reason = "the node refuses the panel's address as origin"
            return Ending(reason, wait=SLOW_SECONDS)
        case 404:  # deleted or moved: the panel is asked before the next try
            return Ending("the node doesn't know this server", wait=5.0)
    return Ending(f"the node refused the connection ({status})")
