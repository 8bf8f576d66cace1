"""What is wanted of a server's power, and what its workflow keeps of how far it is."""

from datetime import datetime
from typing import Final, Literal

from msgspec import Struct

from bot.access.facts import Action
from bot.work.again import Asked
from bot.work.course import Signal
from bot.work.telling import Told

KIND: Final = "power"
RIGHTS: Final = {
    Signal.START: "control.start",
    Signal.STOP: "control.stop",
    Signal.RESTART: "control.restart",
    Signal.KILL: "control.stop",
}
"""The panel's right for each signal (contract: servers.md)."""
CAN_CANCEL: Final = frozenset({"new", "countdown", "ready", "save", "backup", "ask"})
"""Phases before the first signal: nothing was done to the server's power yet."""
MayKill = Literal["ask", "never", "always"]


class PowerOrder(Struct, frozen=True, kw_only=True):
    """What is to be done to a server."""

    signal: str
    """start, stop, restart or kill."""
    reason: str = ""
    """In the member's words; the channel sees it."""
    delay_seconds: int = 0
    """A countdown in the channel and in the game; 0 is at once."""
    backup_first: bool = False
    may_kill: MayKill = "ask"
    """What happens where the server doesn't stop in time."""
    origin: str = ""
    """Where it comes from but a command: vote, approval, `plan <id>`, bulk, restore."""


class Deed(Struct, frozen=True):
    """Something that was done on the way, for the report."""

    kind: str
    value: str = ""
    more: str = ""


class PowerJob(Struct, frozen=True, kw_only=True):
    """What a power workflow keeps; a stored contract."""

    asked: Asked
    order: PowerOrder
    language: str
    """Of the channel."""
    told: Told
    wake_at: datetime | None = None
    """When it meant to go on; much later means that the bot was away."""
    due_at: datetime | None = None
    """The end of a countdown, or of a question."""
    notice_seconds: int = 0
    """The length of the countdown; a clock that was set back makes none longer."""
    was_away: bool = False
    turn: int = 0
    """Of the countdown: each delay begins a new one, with warnings of its own."""
    postponed_seconds: int = 0
    postponed_by: str = ""
    shown_due: datetime | None = None
    """The end that the message shows."""
    hurried_by: str = ""
    trouble: str = ""
    """Why there is a question: what the backup said."""
    backup_uuid: str = ""
    backup_name: str = ""
    backup_done: bool = False
    """It is whole, or somebody said to go on without it."""
    blind_since: datetime | None = None
    """Since when the panel doesn't say how the backup is."""
    leg: str = ""
    """The signal that is followed now."""
    attempt: int = 1
    before: str = "unknown"
    """The state in which the signal found the server."""
    sent_at: datetime | None = None
    began_at: datetime | None = None
    """When the first signal was sent."""
    is_known: bool = True
    """False: nobody can say whether the signal arrived."""
    may_repeat: bool = False
    """The bot was killed while it sent the signal, and is back soon enough to send it again."""
    left: bool = False
    started: bool = False
    told_slow: bool = False
    asks_kill: bool = False
    spares: bool = False
    """It doesn't stop, and is not to be killed; that was said."""
    kill_by: Asked | None = None
    """Who agreed that the server be killed."""
    kill_sent: bool = False
    answers: bool = False
    """The game answered when it was asked for its players."""
    deeds: tuple[Deed, ...] = ()
    report: str = ""
    report_rows: str = ""
    outcome: str = ""

    @property
    def signal(self) -> Signal:
        """What is wanted, in the panel's word."""
        return Signal(self.order.signal)

    @property
    def has_stopped(self) -> bool:
        """Whether it is a restart of which the stop is done, so that the server is off by us."""
        is_restart = self.signal is Signal.RESTART
        return is_restart and self.leg == Signal.START.value and self.began_at is not None

    @property
    def is_full(self) -> bool:
        """Whether it goes through save, backup and a stop and start of its own.

        Without any of them the panel's own restart is better: one request, which the node carries
        to its end also where bot or panel go away between stop and start.
        """
        order = self.order
        return order.delay_seconds > 0 or order.backup_first or order.may_kill != "ask"


class Begun(Struct, frozen=True, kw_only=True):
    """The workflow that carries out an order."""

    job_id: str
    is_joined: bool
    """Another one was under way, described by the rest; this order was not taken."""
    signal: str
    actor_name: str
    since: datetime
    is_kill: bool = False
    """The order was a kill, and is taken as consent to end what doesn't stop."""
    is_waiting: bool = False
    """Whether that one still counts down …"""
    due_at: datetime | None = None
    """… until when, …"""
    shown_in: int | None = None
    """… and the channel whose message has its buttons, where there is one."""


def action_of(signal: Signal) -> Action:
    """The command that an order stands for, as it is decided and audited."""
    return Action(f"power {signal.value}", RIGHTS[signal], on_server=True)
