"""Schedules and their tasks (contract: schedules.md)."""

from typing import cast

from demo.panel import scheduling, shapes
from demo.panel.ask import ACCEPTED, NOTHING, Answer, Ask, Route
from demo.panel.cron import BadCron, next_run
from demo.panel.paging import listed
from demo.panel.records import Action, Schedule, Task
from demo.panel.refusal import Invalid, Refusal, bug, display, forbidden
from demo.panel.validation import (
    Rule,
    at_most,
    between,
    boolean,
    broken_rules,
    checked,
    numeric,
    one_of,
    required,
    string,
)

_TASKS = 10
_CRON = ("minute", "hour", "day_of_month", "month", "day_of_week")


async def list_schedules(ask: Ask) -> Answer:
    return Answer(body=listed(shapes.schedule(row) for row in ask.server.schedules))


async def view_schedule(ask: Ask) -> Answer:
    return Answer(body=shapes.schedule(ask.schedule))


def _check(ask: Ask) -> dict[str, str]:
    """The body's cron fields, by name.

    Raises:
        Refusal: 422, 400 for what is no cron expression, 500 without a month.
    """
    is_pelican = ask.panel.version == "pelican"
    checked(
        ask.body,
        {
            "name": (required, string, at_most(191)),
            "is_active": (boolean,),
            "minute": (required, string),
            "hour": (required, string),
            "day_of_month": (required, string),
            **({"month": (required, string)} if is_pelican else {}),
            "day_of_week": (required, string),
        },
    )
    if not isinstance(ask.body.get("month"), str):
        raise bug("TypeError")
    return {name: ask.text_of(name) for name in _CRON}


def _fill(ask: Ask, row: Schedule, cron: dict[str, str]) -> None:
    try:
        row.next_run_at = next_run([cron[name] for name in _CRON], ask.now)
    except BadCron:
        raise display("The cron data provided does not evaluate to a valid expression.") from None
    for name, value in cron.items():
        setattr(row, name, value)
    is_active = ask.flag("is_active")
    if is_active != row.is_active:
        row.is_processing = False
    row.name, row.is_active, row.updated_at = ask.text_of("name"), is_active, ask.now
    row.only_when_online = ask.body.get("only_when_online") not in (None, False, 0, "0", "")


async def create_schedule(ask: Ask) -> Answer:
    cron = _check(ask)
    made = Schedule(
        id=0,
        name="",
        minute="*",
        hour="*",
        day_of_month="*",
        month="*",
        day_of_week="*",
        is_active=False,
        only_when_online=False,
        created_at=ask.now,
        updated_at=ask.now,
    )
    _fill(ask, made, cron)
    made.id = ask.panel.world.number("schedule")
    ask.server.schedules.append(made)
    ask.log("server:schedule.create", name=made.name)
    return Answer(body=shapes.schedule(made))


async def update_schedule(ask: Ask) -> Answer:
    cron = _check(ask)
    _fill(ask, ask.schedule, cron)
    ask.log("server:schedule.update", name=ask.schedule.name, active=ask.schedule.is_active)
    return Answer(body=shapes.schedule(ask.schedule))


async def delete_schedule(ask: Ask) -> Answer:
    ask.server.schedules.remove(ask.schedule)
    ask.log("server:schedule.delete", name=ask.schedule.name)
    return NOTHING


async def execute_schedule(ask: Ask) -> Answer:
    if not ask.schedule.tasks:
        raise display("Cannot process schedule for task execution: no tasks are registered.")
    await scheduling.execute(ask)
    ask.log("server:schedule.execute", name=ask.schedule.name)
    return ACCEPTED


def _check_task(ask: Ask) -> None:
    actions: tuple[Rule, ...] = (required, one_of("command", "power", "backup"))
    broken = broken_rules(ask.body, {"action": actions})
    if ask.body.get("action") != "backup" and ask.body.get("payload") is None:
        text = "The payload field is required unless action is in backup."
        broken.append(("payload", "required_unless", text))
    broken += broken_rules(
        ask.body,
        {
            "payload": (string,),
            "time_offset": (required, numeric, between(0, 900)),
            "sequence_id": (numeric, between(1, 10_000)),
            "continue_on_failure": (boolean,),
        },
    )
    if broken:
        raise Invalid(broken)
    if ask.body["action"] == "backup" and ask.server.backup_limit == 0:
        raise forbidden("No backup task can be made: the server's backup limit is set to 0.")


async def create_task(ask: Ask) -> Answer:
    _check_task(ask)
    schedule = ask.schedule
    if len(schedule.tasks) >= _TASKS:
        raise Refusal(
            400,
            "ServiceLimitExceededException",
            f"Schedules may not have more than {_TASKS} tasks associated with them. Creating this"
            " task would put this schedule over the limit.",
        )
    last = max((row.sequence_id for row in schedule.tasks), default=0)
    wanted = ask.body.get("sequence_id")
    place = last + 1 if wanted is None else min(int(str(wanted)), last + 1)
    for row in schedule.tasks:
        if row.sequence_id >= place:
            row.sequence_id += 1
    made = Task(
        id=ask.panel.world.number("task"),
        sequence_id=place,
        action=cast("Action", ask.text_of("action")),
        payload=ask.text_of("payload"),
        time_offset=int(str(ask.body["time_offset"])),
        created_at=ask.now,
        updated_at=ask.now,
        continue_on_failure=ask.flag("continue_on_failure"),
    )
    schedule.tasks.append(made)
    schedule.updated_at = ask.now
    _log(ask, "create", made)
    return Answer(body=shapes.task(made))


async def update_task(ask: Ask) -> Answer:
    _check_task(ask)
    task = ask.task
    wanted = ask.body.get("sequence_id")
    if wanted is not None:
        _move(ask.schedule.tasks, task, int(str(wanted)))
    task.action = cast("Action", ask.text_of("action"))
    task.payload = ask.text_of("payload")
    task.time_offset = int(str(ask.body["time_offset"]))
    task.continue_on_failure = ask.flag("continue_on_failure")
    task.updated_at = ask.now
    _log(ask, "update", task)
    return Answer(body=shapes.task(task))


def _move(tasks: list[Task], task: Task, place: int) -> None:
    for row in tasks:
        if row is task:
            continue
        if task.sequence_id < row.sequence_id <= place:
            row.sequence_id -= 1
        elif place <= row.sequence_id < task.sequence_id:
            row.sequence_id += 1
    task.sequence_id = place


async def delete_task(ask: Ask) -> Answer:
    ask.schedule.tasks.remove(ask.task)
    for row in ask.schedule.tasks:
        if row.sequence_id > ask.task.sequence_id:
            row.sequence_id -= 1
    _log(ask, "delete", ask.task)
    return NOTHING


def _log(ask: Ask, what: str, task: Task) -> None:
    ask.log(
        f"server:task.{what}",
        name=ask.schedule.name,
        action=task.action,
        payload=task.payload,
    )


_ALL = "servers/{server}/schedules"
_ONE = f"{_ALL}/{{schedule}}"
_TASK = f"{_ONE}/tasks/{{task}}"
ROUTES = (
    Route("GET", _ALL, list_schedules, "schedule.read"),
    Route("POST", _ALL, create_schedule, "schedule.create"),
    Route("GET", _ONE, view_schedule, "schedule.read"),
    Route("POST", _ONE, update_schedule, "schedule.update"),
    Route("POST", f"{_ONE}/execute", execute_schedule, "schedule.update"),
    Route("DELETE", _ONE, delete_schedule, "schedule.delete"),
    Route("POST", f"{_ONE}/tasks", create_task, "schedule.update"),
    Route("POST", _TASK, update_task, "schedule.update"),
    Route("DELETE", _TASK, delete_task, "schedule.update"),
)
