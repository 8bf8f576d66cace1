"""How an incident looks: a crash from its first message to its end, in one message."""

from datetime import datetime
from typing import Any, Final, Literal

import discord
from msgspec import Struct, field

from bot.posts.messages import Message
from bot.store.alarms import AlarmRow
from bot.texts import _, _n
from bot.ui.parts import Colour, button, card
from bot.ui.text import bold, duration, moment, name

LOG_FILE: Final = "last-lines.log"
STEPS_SHOWN: Final = 8
STEPS_KEPT: Final = 40

StepKind = Literal[
    "crashed",
    "no memory",
    "starts",
    "running",
    "gave up",
    "disabled",
    "restart",
    "acknowledged",
    "stopped",
    "ended",
    "unknown",
    "removed",
]
Ending = Literal["recovered", "stopped", "removed"]


class IncidentStep(Struct, frozen=True):
    """One line of an incident's timeline."""

    at: datetime
    kind: StepKind
    who: str = ""


class IncidentFacts(Struct, frozen=True, kw_only=True):
    """What is told of a crash; kept in the alarm's row."""

    server_id: str
    label: str
    """The server's name when it crashed."""
    down_at: datetime
    first_down_at: datetime
    crashes: int = 1
    exit_code: int | None = None
    is_oom: bool | None = None
    was_starting: bool = False
    up_at: datetime | None = None
    """Since when it runs again; None while it is off."""
    down_seconds: float = 0.0
    """How long it was off altogether, up to `up_at`."""
    has_given_up: bool = False
    steps: tuple[IncidentStep, ...] = ()
    log_message_ids: tuple[int, ...] = ()
    """The messages that hold the last lines as a file; one that was posted anew does not."""
    ending: Ending | None = None
    thread_ids: tuple[int, ...] = field(default=())


def with_step(facts: IncidentFacts, step: IncidentStep) -> tuple[IncidentStep, ...]:
    """The timeline with one more line; the oldest but the first go."""
    steps = (*facts.steps, step)
    return steps if len(steps) <= STEPS_KEPT else (steps[0], *steps[-(STEPS_KEPT - 1) :])


def incident_card(
    row: AlarmRow,
    facts: IncidentFacts,
    *,
    mention: str = "",
    files: "tuple[discord.File, ...]" = (),
    has_log: bool = False,
) -> Message:
    """The one message of an incident.

    Args:
        row: Its alarm.
        facts: What is known.
        mention: Whom it pings, in a line of its own.
        files: The last lines, when the message is sent.
        has_log: Whether the message that is edited holds them already.
    """
    is_open = row.closed_at is None
    dot, colour = _dot(facts, is_open=is_open)
    lines = [f"## {dot} {_heading(facts, is_open=is_open)}", *_what(facts)]
    if not is_open:
        lines.append(_end(facts))
    elif facts.up_at is not None:
        lines.append(
            _("It runs again since {time}. I watch it for a minute.", time=moment(facts.up_at))
        )
    elif facts.has_given_up:
        lines.append(
            _("The node gave up: it stays off until somebody starts it, best after a look at why.")
        )
    else:
        lines.append(_("The node should start it again by itself."))
    if row.acknowledged_at is not None:
        lines.append(_taken(row, row.acknowledged_at))
    return card(
        "\n".join(lines),
        timeline(facts),
        mention,
        colour=colour,
        files=files,
        kept_files=(LOG_FILE,) if has_log and not files else (),
        rows=[_buttons(row, facts)] if is_open else [],
    )


def timeline(facts: IncidentFacts) -> str:
    """What happened when, newest last."""
    shown = facts.steps[-STEPS_SHOWN:]
    left = len(facts.steps) - len(shown)
    more = [_n("-# {count} line before", "-# {count} lines before", left)] if left else []
    return "\n".join([*more, *(step_line(step) for step in shown)])


def step_line(step: IncidentStep) -> str:
    """One line of the timeline."""
    return f"-# {moment(step.at, 'T')} {_step_words(step)}"


def _step_words(step: IncidentStep) -> str:
    who = name(step.who, 40)
    return {
        "crashed": _("crashed"),
        "no memory": _("crashed: out of memory"),
        "starts": _("starts"),
        "running": _("runs"),
        "gave up": _("crashed again within a minute: the node leaves it off"),
        "disabled": _("the node is set not to start it again"),
        "restart": _("{who} asked for a restart", who=who),
        "acknowledged": _("{who} takes care of it", who=who),
        "stopped": _("was stopped on purpose"),
        "ended": _("went off by itself"),
        "unknown": _("went off while I couldn't hear its node"),
        "removed": _("is no longer on the panel"),
    }[step.kind]


def _heading(facts: IncidentFacts, *, is_open: bool) -> str:
    label = name(facts.label)
    if not is_open and facts.ending == "recovered":
        return _("{server} runs again", server=label)
    if not is_open and facts.ending == "stopped":
        return _("{server} was stopped", server=label)
    if facts.crashes > 1:
        return _("{server} crashed {count} times", server=label, count=facts.crashes)
    if facts.was_starting:
        return _("{server} crashed while it started", server=label)
    return _("{server} crashed", server=label)


def _what(facts: IncidentFacts) -> list[str]:
    """Exit code and memory, in words where the number has some."""
    if facts.is_oom:
        return [
            _(
                "It ran out of memory ({code}), so the node ended it. More memory or fewer "
                "plugins would help.",
                code=_code(facts.exit_code),
            )
        ]
    if facts.exit_code is None:
        return [_("Its node didn't say with which exit code.")]
    words = {
        0: _("it ended by itself without calling that an error"),
        1: _("the game met an error; the last lines tell which"),
        137: _("it was ended from outside"),
        139: _("the game or a library of it reached into foreign memory"),
        143: _("it was told to end from outside"),
    }.get(facts.exit_code, "")
    code = _("Exit code {code}", code=facts.exit_code)
    return [f"{code}: {words}." if words else f"{code}."]


def _code(exit_code: int | None) -> str:
    return _("exit code unknown") if exit_code is None else _("exit code {code}", code=exit_code)


def _end(facts: IncidentFacts) -> str:
    down = duration(facts.down_seconds)
    match facts.ending:
        case "recovered":
            return _n(
                "It was down for {time} after {count} crash.",
                "It was down for {time} altogether, after {count} crashes.",
                facts.crashes,
                time=down,
            )
        case "stopped":
            return _("Somebody stopped it after the crash, so there is nothing left to wait for.")
    return _("The panel no longer lists it.")


def _taken(row: AlarmRow, at: datetime) -> str:
    who = bold(row.acknowledged_name) if row.acknowledged_name else _("Somebody")
    return _("👀 {who} takes care of it since {time}.", who=who, time=moment(at))


def _dot(facts: IncidentFacts, *, is_open: bool) -> tuple[str, Colour]:
    if not is_open:
        return ("🟢", Colour.GREEN) if facts.ending == "recovered" else ("⚫", Colour.GREY)
    return ("🟡", Colour.YELLOW) if facts.up_at is not None else ("🔴", Colour.RED)


def _buttons(row: AlarmRow, facts: IncidentFacts) -> "list[discord.ui.Button[Any]]":
    where = facts.server_id
    shown = [
        button(
            "incident-restart",
            where,
            row.id,
            label=_("Restart"),
            style=discord.ButtonStyle.primary,
        ),
        button("console", where, label=_("Log")),
    ]
    if row.acknowledged_at is None:
        shown.append(button("incident-take", where, row.id, label=_("Acknowledge")))
    return shown
