"""The sentences of a restore, for the channel and for who asked."""

from datetime import datetime

from bot.fleet.known import Known
from bot.posts.messages import Message
from bot.store.jobs import JobRow
from bot.texts import _
from bot.ui.cards import state_name
from bot.ui.parts import Colour, button, card
from bot.ui.text import bold, moment
from bot.work.restore_state import RestoreJob


class Words:
    """The sentences of one restore."""

    def __init__(self, actor_name: str, backup_name: str, label: str) -> None:
        self._v = {
            "who": bold(actor_name),
            "server": bold(label),
            "backup": bold(backup_name),
        }

    def stopping(self) -> str:
        said = _("{who} restores {server} from {backup}. It is stopped first …", **self._v)
        return f"🟡 {said}"

    def hanging(self, server_id: str) -> Message:
        """The server doesn't stop; who may kill it finds the button here."""
        said = _("{who} restores {server} from {backup}, but it doesn't stop …", **self._v)
        ask = _(
            "No file is touched before it is off. Killing it loses what it hasn't saved. The node "
            "ends it by itself after 10 minutes."
        )
        row = [button("kill", server_id, label=_("Kill …"))]
        return card(f"🟡 {said}\n{ask}", colour=Colour.YELLOW, rows=[row])

    def restoring(self) -> str:
        return "🔵 " + _("{who} restores {server} from {backup} …", **self._v)

    def starting(self, said: str) -> str:
        """The restore is over, as `said`."""
        return f"🟡 {said} " + _("It starts again …")

    def begun(self) -> str:
        return _("Restoring {server} from {backup} has begun.", **self._v)

    def stops_first(self) -> str:
        return _("Stopping {server} first …", **self._v)

    # how it ended

    def done(self) -> str:
        """It is whole; whether the server runs again is said behind it."""
        return _("{who} restored {server} from {backup}.", **self._v)

    def not_done(self, why: str) -> str:
        """Nothing was restored, and why."""
        said = _("{who}'s restore of {server} from {backup} was not carried out.", **self._v)
        return f"{said} {why}"

    def unknown(self) -> str:
        return _(
            "I was stopped while I asked for {who}'s restore of {server} from {backup}, and the "
            "panel doesn't show whether it began. Look at the files before it is started.",
            **self._v,
        )

    def broken(self) -> str:
        return _(
            "Something broke on my side during {who}'s restore of {server} from {backup}. How far "
            "it came is unknown: look at the files before it is started.",
            **self._v,
        )


def started(said: str, *, is_up: bool, why: str = "") -> str:
    """The report of a restore after which the server was to start again."""
    if is_up:
        return f"🟢 {said} " + _("It runs again.")
    return f"🔴 {said} " + (why or _("It did not start again: `/power start` tries it anew."))


def not_off(known: Known) -> str:
    """The server has to be off, and isn't."""
    return _(
        "It has to be off for this, but is {state}. `/power stop` or `/power kill` ends it; then "
        "try again.",
        state=state_name(known.state),
    )


def cancelled(by: str) -> str:
    return _("{by} cancelled it. No file was touched.", by=bold(by))


def busy(by: str, signal: str) -> str:
    """Somebody else is at its power."""
    return _(
        "{by} is at it already: a {signal} is under way. Try again once that is over.",
        by=bold(by),
        signal=signal,
    )


def was_away() -> str:
    return _("I was away for too long. Restore it again if it is still wanted.")


def line(phase: str, row: JobRow, state: RestoreJob, label: str) -> str:
    """A restore as a list of what is under way shows it."""
    what = _(
        "{server}: restore from {title}",
        server=bold(label),
        title=bold(state.backup_name),
    )
    return f"{what}\n-# {_stage(phase, row.made_at)}"


def _stage(phase: str, since: datetime) -> str:
    if phase == "stop":
        return _("waits for the server to go off")
    if phase == "start":
        return _("starts the server again")
    return _("under way since {time}", time=moment(since))
