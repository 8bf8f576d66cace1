"""What a bulk action keeps of its servers, and the one line that each has in the message."""

from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct

from bot.fleet.known import Known
from bot.posts.messages import Message
from bot.store.jobs import JobRow
from bot.texts import _, _n
from bot.ui.parts import TEXT_LIMIT, card
from bot.ui.text import bold, moment, quoted
from bot.work.again import Asked
from bot.work.course import Signal
from bot.work.power_order import PowerJob
from bot.work.power_words import said_state
from bot.work.telling import Told

KIND: Final = "bulk"
NAME_CHARACTERS: Final = 30


class BulkLine(Struct, frozen=True, kw_only=True):
    """One server of a bulk action."""

    server_id: str
    label: str
    text: str
    """What its line says."""
    job_id: str = ""
    """The power workflow that acts on it, once it was begun."""
    is_over: bool = False
    is_cancelled: bool = False
    """It was not begun, because somebody cancelled the rest."""

    @property
    def is_waiting(self) -> bool:
        """Whether its turn has yet to come."""
        return not self.job_id and not self.is_over

    @property
    def name(self) -> str:
        """The server in bold, cut to fit a line."""
        return bold(self.label, NAME_CHARACTERS)


class BulkJob(Struct, frozen=True, kw_only=True):
    """What a bulk action keeps; a stored contract."""

    asked: Asked
    """By whom; its server is empty, since each line has its own."""
    signal: str
    reason: str
    language: str
    """Of the channel."""
    told: Told
    lines: tuple[BulkLine, ...]
    seen_at: datetime | None = None
    """When somebody last worked at it; long ago means that the bot was away."""
    cancelled_by: str = ""
    """Who cancelled what was not begun by then."""

    @property
    def over(self) -> int:
        """How many servers are done with."""
        return sum(line.is_over for line in self.lines)

    @property
    def cancelled(self) -> int:
        """How many were not begun, because somebody cancelled the rest."""
        return sum(line.is_cancelled for line in self.lines)


def head(state: BulkJob) -> str:
    """Who does what, and why."""
    why = f": {quoted(state.reason)}" if state.reason else ""
    values = {"who": bold(state.asked.actor_name), "why": why, "count": len(state.lines)}
    return {
        Signal.START: _("{who} starts {count} servers{why}", **values),
        Signal.STOP: _("{who} stops {count} servers{why}", **values),
        Signal.RESTART: _("{who} restarts {count} servers{why}", **values),
        Signal.KILL: _("{who} kills {count} servers{why}", **values),
    }[Signal(state.signal)]


def board_text(state: BulkJob) -> str:
    """The whole message, line by line."""
    texts = [line.text for line in state.lines]
    return cut_lines([head(state), *texts, f"-# {_done(state)}"])


def board(state: BulkJob) -> Message:
    """The message of the channel; its first line is what it is found again by."""
    return Message(text=head(state), layout=card(board_text(state)).layout)


def job_text(state: BulkJob, since: datetime) -> str:
    """A bulk action as a list of what is under way shows it."""
    under_way = _("under way since {time}", time=moment(since))
    return f"{head(state)}\n-# {_done(state)} · {under_way}"


def row_text(line: BulkLine, row: JobRow | None, known: Known) -> str:
    """How a workflow ended that nobody listened to, by what it wrote down."""
    state = msgspec.convert(row.state, PowerJob) if row is not None else None
    if row is None or state is None or not state.report:
        return _(
            "⚪ {server}: how it ended is unknown; it is {state} now.",
            server=line.name,
            state=said_state(known),
        )
    if row.outcome == "refused":
        return left_out(line)
    if row.outcome == "gone":
        return panel_gone(line)
    was_sent = state.attempt > 1 or "done" in row.steps.get(state.leg, {})
    if row.outcome == "failed" and not was_sent:
        return failed(line)
    return state.report.partition("\n")[0]


def left_out(line: BulkLine) -> str:
    """The decision was no."""
    return _("⛔ {server}: left out, it may no longer be done.", server=line.name)


def panel_gone(line: BulkLine) -> str:
    """Nobody can be asked to do it."""
    return _("⛔ {server}: its panel is no longer connected.", server=line.name)


def failed(line: BulkLine) -> str:
    """The panel said no; its words are for who asked."""
    return _("🔴 {server}: it failed, nothing was changed.", server=line.name)


def broke(line: BulkLine) -> str:
    """An error of ours."""
    return _("⚪ {server}: unknown, something broke on my side.", server=line.name)


def cancelled(line: BulkLine) -> str:
    """Its turn never came."""
    return _("⚪ {server}: not begun, cancelled.", server=line.name)


def cut_lines(lines: list[str]) -> str:
    """All lines, or as many as fit, and how many are missing."""
    shown = list(lines)
    while len("\n".join(shown)) > TEXT_LIMIT - 100:
        shown.pop()
    missing = len(lines) - len(shown)
    if missing:
        shown.append(_n("… and {count} more line", "… and {count} more lines", missing))
    return "\n".join(shown)


def _done(state: BulkJob) -> str:
    dropped = state.cancelled
    count = len(state.lines) - dropped
    said = _("{done} of {count} done", done=state.over - dropped, count=count)
    if not dropped:
        return said
    rest = _n(
        "{by} cancelled {count} that was not begun",
        "{by} cancelled {count} that were not begun",
        dropped,
        by=bold(state.cancelled_by),
    )
    return f"{said} · {rest}"
