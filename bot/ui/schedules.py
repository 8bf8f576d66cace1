"""How a schedule of the panel looks: when it runs, what it does in which order, and since when."""

from collections.abc import Callable, Sequence
from typing import Any

import discord

from bot.fleet.directory import Server
from bot.posts.messages import Message
from bot.pterodactyl.models import Schedule, Task
from bot.texts import _, _n
from bot.ui.cron import sentence
from bot.ui.parts import Colour, button, card, danger
from bot.ui.text import bold, code, duration, moment, name

POWER = ("start", "stop", "restart", "kill")


def when(schedule: Schedule) -> str:
    """When it runs, in words, or as cron where there are none."""
    return sentence(schedule.cron) or _("by {cron}", cron=code(str(schedule.cron)))


def schedule_line(schedule: Schedule) -> str:
    """Name first, then when, then the next time."""
    if schedule.is_processing:
        state = _("running now")
    elif not schedule.is_active:
        state = _("switched off")
    elif schedule.next_run_at is not None:
        state = _("next {time}", time=moment(schedule.next_run_at))
    else:
        state = _("never due")
    tasks = _n("{count} task", "{count} tasks", len(schedule.tasks))
    return (
        f"{bold(schedule.name)}: {when(schedule)} · {state}\n-# {tasks} · {code(str(schedule.id))}"
    )


def schedule_card(
    server: Server,
    label: str,
    schedule: Schedule,
    *,
    may: Callable[[str], bool],
    head: str = "",
) -> Message:
    """The whole schedule; buttons only for what this member may do."""
    lines = [f"## {name(schedule.name)}", bold(label)]
    lines.append(
        _("Runs {when}, by the panel's clock ({zone}).", when=when(schedule), zone=zone(schedule))
    )
    lines.append(_due(schedule))
    if schedule.only_when_online:
        lines.append(_("It does nothing while the server is offline."))
    if schedule.last_run_at is not None:
        lines.append(_("Last run {time}.", time=moment(schedule.last_run_at)))
    return card(
        head,
        "\n".join(lines),
        "\n".join(["### " + _("Tasks"), *task_lines(schedule)]),
        colour=Colour.GREEN if schedule.is_active else Colour.GREY,
        rows=[_buttons(server, schedule, may)],
    )


def task_lines(schedule: Schedule) -> list[str]:
    """The tasks as they run, numbered, each with its wait after the one before."""
    if not schedule.tasks:
        return [_("None yet, so it can't run. `/schedule task-add` adds one.")]
    return [f"{n}. {task_words(task, n)}" for n, task in enumerate(schedule.tasks, start=1)]


def task_words(task: Task, number: int) -> str:
    """One task: when, what, and what if it fails."""
    match task.action, task.payload.strip():
        case "command", payload:
            said = _("console command {command}", command=code(payload, 120))
        case "power", payload if payload in POWER:
            said = _("power action *{signal}*", signal=payload)
        case "power", payload:
            said = _("power action {signal}, which no panel knows", signal=code(payload, 40))
        case "backup", "":
            said = _("backup")
        case "backup", payload:
            left_out = ", ".join(payload.split("\n"))
            said = _("backup without {patterns}", patterns=code(left_out, 120))
        case action, payload:
            said = f"{code(action, 40)} {code(payload, 120)}" if payload else code(action, 40)
    if task.time_offset_seconds and number > 1:
        wait = duration(task.time_offset_seconds)
        said = _("{time} later: {task}", time=wait, task=said)
    elif task.time_offset_seconds:
        wait = duration(task.time_offset_seconds)
        said = _("{time} after the start: {task}", time=wait, task=said)
    if task.continue_on_failure:
        said += " " + _("(goes on if it fails)")
    return said


def zone(schedule: Schedule) -> str:
    """The panel's zone, as far as its moments tell: an offset from UTC."""
    at = schedule.next_run_at or schedule.updated_at
    minutes = round((at.utcoffset() or at - at).total_seconds() / 60)
    if minutes == 0:
        return "UTC"
    sign = "+" if minutes > 0 else "-"
    return f"UTC{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def _due(schedule: Schedule) -> str:
    if schedule.is_processing:
        return _("It is running now.")
    if not schedule.is_active:
        return _("It is switched off, so it runs only when somebody runs it.")
    if schedule.next_run_at is None:
        return _("It is never due.")
    at = schedule.next_run_at
    return _("Next: {time}, {age}.", time=moment(at, "f"), age=moment(at))


def _buttons(
    server: Server, schedule: Schedule, may: Callable[[str], bool]
) -> Sequence["discord.ui.Button[Any]"]:
    number = str(schedule.id)
    row = []
    if may("schedule.update"):
        if schedule.tasks:
            row.append(button("schedule-run", server.id, number, label=_("Run now")))
        turn = ("off", _("Switch off")) if schedule.is_active else ("on", _("Switch on"))
        row.append(button("schedule-turn", server.id, number, turn[0], label=turn[1]))
        row.append(button("schedule-edit-form", server.id, number, label=_("Edit")))
    if may("schedule.delete"):
        row.append(danger("schedule-delete", server.id, number, label=_("Delete")))
    return row
