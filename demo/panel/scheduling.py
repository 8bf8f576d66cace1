"""How a schedule runs: first task inside the call, others later (contract: schedules.md)."""

from demo.panel.ask import Ask
from demo.panel.records import Schedule, Task
from demo.panel.refusal import Refusal, node_said
from demo.panel.routes.backups import begin, check_room, counted


async def execute(ask: Ask) -> None:
    """Run a schedule now.

    Raises:
        Refusal: The first task failed; the run is over, and its time is noted all the same.
    """
    schedule, server = ask.schedule, ask.server
    if schedule.only_when_online and server.state == "offline":
        return
    tasks = sorted(schedule.tasks, key=lambda row: row.sequence_id)
    schedule.is_processing = True
    try:
        await _do(ask, tasks[0])
    except Refusal:
        if not tasks[0].continue_on_failure:
            _end(ask, schedule)
            raise
    if not tasks[1:]:
        ask.panel.tasks.start(f"schedule {schedule.id}", _finish(ask, schedule))
        return
    for task in tasks[1:]:
        task.is_queued = True
    ask.panel.tasks.start(f"schedule {schedule.id}", _go_on(ask, schedule, tasks[1:]))


async def _finish(ask: Ask, schedule: Schedule) -> None:
    await ask.panel.clock.sleep(ask.panel.queue_seconds)
    _end(ask, schedule)


async def _go_on(ask: Ask, schedule: Schedule, tasks: list[Task]) -> None:
    try:
        for task in tasks:
            await ask.panel.clock.sleep(task.time_offset or ask.panel.queue_seconds)
            task.is_queued = False
            try:
                await _do(ask, task)
            except Refusal:
                if not task.continue_on_failure:
                    break
    finally:
        for task in tasks:
            task.is_queued = False
        _end(ask, schedule)


def _end(ask: Ask, schedule: Schedule) -> None:
    schedule.is_processing = False
    schedule.last_run_at = ask.now


async def _do(ask: Ask, task: Task) -> None:
    await ask.reach_node()
    instance = ask.server.instance
    if instance is None:
        return
    match task.action:
        case "command":
            if not instance.type(task.payload):
                raise node_said(502)
        case "power":
            instance.power(task.payload)
        case "backup":
            _rotate(ask)
            check_room(ask)
            made = begin(ask, name="", ignored=task.payload, is_locked=False)
            made.is_scheduled = True


def _rotate(ask: Ask) -> None:
    """Make room for a scheduled backup: at the limit the oldest unlocked one goes."""
    server = ask.server
    rows = counted(server)
    if server.backup_limit and len(rows) >= server.backup_limit:
        for row in rows:
            if not row.is_locked:
                server.backups.remove(row)
                return
