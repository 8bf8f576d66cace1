"""The panel's own schedules: found, changed whole, run and seen to have run."""

from collections.abc import Sequence
from typing import Final

import discord
import structlog
from msgspec import Struct

from bot.access.acting import Acting
from bot.access.consent import class_of
from bot.access.decision import Reason, Refuse
from bot.access.facts import Action
from bot.access.gate import KILL, Admitted, Gate
from bot.access.rights import CONSOLE, changes
from bot.clock import Clock
from bot.fleet.directory import Server
from bot.fleet.hub import Hub
from bot.fleet.known import State
from bot.fleet.shelf import Entry, Shelf
from bot.posts.messages import Message
from bot.pterodactyl import Client, PanelError
from bot.pterodactyl.models import Cron, Schedule, Task
from bot.pterodactyl.schedules import Action as TaskAction
from bot.texts import _, _n
from bot.ui.doors import answer_of
from bot.ui.errors import Unfit
from bot.ui.named import find_named
from bot.ui.schedules import POWER, when
from bot.ui.text import bold, code, duration, moment
from bot.work.console import checked_command

log = structlog.stdlib.get_logger(__name__)

LOOK_SECONDS: Final = 1.0
BEGIN_SECONDS: Final = 8.0
"""The first task runs inside the call, so a run that shows nothing by then did nothing."""
FOLLOW_SECONDS: Final = 120.0
KEPT_SCHEDULES: Final = 500
_BACKUP: Final = "backup.create"
_DELETING: Final = "files delete"
_RIGHTS: Final = {
    "start": "control.start",
    "stop": "control.stop",
    "restart": "control.restart",
    "kill": "control.stop",
}


async def load_schedules(client: Client, server: Server) -> Sequence[Entry]:
    """The schedules of a server as choices."""
    return _entries(await client.servers.schedules.list_schedules(server.uuid))


class TaskWish(Struct, frozen=True, kw_only=True):
    """What somebody wants of a task; None leaves it as it is."""

    action: str | None = None
    payload: str | None = None
    wait_seconds: int | None = None
    position: int | None = None
    """From 1."""
    goes_on: bool | None = None
    """After a failure."""


class ScheduleWork:
    """Reads and changes the schedules of servers on behalf of members."""

    def __init__(self, gate: Gate, acting: Acting, shelf: Shelf, hub: Hub, clock: Clock) -> None:
        self._gate = gate
        self._acting = acting
        self._shelf = shelf
        self._hub = hub
        self._clock = clock
        self._seen: dict[tuple[str, int], Schedule] = {}

    async def listed(self, admitted: Admitted) -> list[Schedule]:
        """The server's schedules by name."""
        client, server = self._acting.client(admitted), admitted.server
        found = await client.servers.schedules.list_schedules(server.uuid)
        self._shelf.put(server, "schedule", _entries(found))
        return sorted(found, key=lambda one: (one.name.casefold(), one.id))

    async def find(self, admitted: Admitted, text: str) -> Schedule:
        """The schedule that an option means, read just now.

        Raises:
            Unfit: None, or several.
        """
        return self._keep(
            admitted,
            find_named(
                await self.listed(admitted),
                text,
                ids=lambda one: (str(one.id),),
                name=lambda one: one.name,
                label=lambda one: f"{bold(one.name)} ({code(str(one.id))})",
                none=_("There is no such schedule. `/schedule list` shows them."),
                whole=changes(admitted.action.right),
            ),
        )

    async def get(self, admitted: Admitted, schedule_id: int) -> Schedule:
        """One schedule by its number, read just now."""
        client = self._acting.client(admitted)
        found = await client.servers.schedules.get_schedule(admitted.server.uuid, schedule_id)
        return self._keep(admitted, found)

    def seen(self, admitted: Admitted, schedule_id: int) -> Schedule:
        """As it was shown last, at once.

        Raises:
            Unfit: That is too long ago, or from before a restart.
        """
        found = self._seen.get((admitted.server.id, schedule_id))
        if found is None:
            raise Unfit(_("I showed that too long ago. Open it again with `/schedule show`."))
        return found

    async def create(
        self, admitted: Admitted, title: str, cron: Cron, *, is_active: bool, only_when_online: bool
    ) -> Schedule:
        """Make a schedule, without tasks yet."""
        async with self._acting(admitted, detail=title) as panel:
            made = await panel.servers.schedules.create_schedule(
                admitted.server.uuid,
                title,
                minute=cron.minute,
                hour=cron.hour,
                day_of_month=cron.day_of_month,
                month=cron.month,
                day_of_week=cron.day_of_week,
                is_active=is_active,
                only_when_online=only_when_online,
            )
        return self._changed(admitted, made)

    async def update(
        self,
        admitted: Admitted,
        schedule: Schedule,
        *,
        title: str | None = None,
        cron: Cron | None = None,
        is_active: bool | None = None,
        only_when_online: bool | None = None,
    ) -> Schedule:
        """Change what is given and nothing else; the client sends the rest along as it is."""
        async with self._acting(admitted, detail=schedule.name) as panel:
            made = await panel.servers.schedules.update_schedule(
                admitted.server.uuid,
                schedule.id,
                name=title,
                minute=cron.minute if cron else None,
                hour=cron.hour if cron else None,
                day_of_month=cron.day_of_month if cron else None,
                month=cron.month if cron else None,
                day_of_week=cron.day_of_week if cron else None,
                is_active=is_active,
                only_when_online=only_when_online,
            )
        return self._changed(admitted, made)

    async def delete(self, admitted: Admitted, schedule: Schedule) -> None:
        """Delete a schedule with its tasks."""
        async with self._acting(admitted, detail=schedule.name) as panel:
            await panel.servers.schedules.delete_schedule(admitted.server.uuid, schedule.id)
        self._seen.pop((admitted.server.id, schedule.id), None)
        self._shelf.forget(admitted.server, "schedule")

    async def add_task(self, admitted: Admitted, schedule: Schedule, task: TaskWish) -> Schedule:
        """Add a task, and return the schedule with it.

        Raises:
            Unfit: The payload doesn't fit the action, or the guild forbids the member what it does.
        """
        action, payload = self._fit(admitted, task.action or "command", task.payload or "")
        async with self._acting(admitted, detail=f"{schedule.name}: {action}") as panel:
            await panel.servers.schedules.create_task(
                admitted.server.uuid,
                schedule.id,
                action,
                payload,
                time_offset_seconds=task.wait_seconds or 0,
                sequence_id=task.position,
                continue_on_failure=bool(task.goes_on),
            )
        return await self.get(admitted, schedule.id)

    async def edit_task(
        self, admitted: Admitted, schedule: Schedule, number: int, task: TaskWish
    ) -> Schedule:
        """Change what is given of the task that stands at `number`; the schedule with it.

        Raises:
            Unfit: No such task; or as `add_task`.
        """
        now = task_at(schedule, number)
        payload = task.payload
        if payload is None:
            payload = now.payload if task.action in (None, now.action) else ""
        action, payload = self._fit(admitted, task.action or now.action, payload)
        async with self._acting(admitted, detail=f"{schedule.name}: task {number}") as panel:
            await panel.servers.schedules.update_task(
                admitted.server.uuid,
                schedule.id,
                now.id,
                action=action,
                payload=payload,
                time_offset_seconds=task.wait_seconds,
                # past the end the panel would leave a gap (contract: schedules.md, tasks)
                sequence_id=min(task.position, len(schedule.tasks)) if task.position else None,
                continue_on_failure=task.goes_on,
            )
        return await self.get(admitted, schedule.id)

    async def delete_task(self, admitted: Admitted, schedule_id: int, task_id: int) -> Schedule:
        """Delete a task; the schedule without it."""
        async with self._acting(admitted, detail=f"task {task_id}") as panel:
            await panel.servers.schedules.delete_task(admitted.server.uuid, schedule_id, task_id)
        return await self.get(admitted, schedule_id)

    async def run(
        self, interaction: discord.Interaction, admitted: Admitted, schedule: Schedule
    ) -> Message:
        """Run a schedule now and see that it ran: the panel's 202 alone means nothing.

        Raises:
            Unfit: It would do nothing, or runs already; nothing was sent.
            PanelError: The first task failed.
        """
        await self._fit_to_run(admitted, schedule)
        began = self._clock.monotonic()
        try:
            async with self._acting(admitted, detail=schedule.name) as panel:
                await panel.servers.schedules.execute_schedule(admitted.server.uuid, schedule.id)
        except PanelError as error:
            if not error.maybe_done:
                raise
            log.warning("schedule run unknown", reference=admitted.reference, error=str(error))
        told = False
        while True:
            now = await self.get(admitted, schedule.id)
            since = self._clock.monotonic() - began
            if now.last_run_at != schedule.last_run_at and not now.is_processing:
                return _ended(now, since)
            if not now.is_processing and since > BEGIN_SECONDS:
                return _nothing(now)
            if since > FOLLOW_SECONDS:
                return _still(now)
            if now.is_processing and not told:
                told = True
                await answer_of(interaction).show(_under_way(now))
            await self._clock.sleep(LOOK_SECONDS)

    async def _fit_to_run(self, admitted: Admitted, schedule: Schedule) -> None:
        title = bold(schedule.name)
        if not schedule.tasks:
            raise Unfit(
                _(
                    "{schedule} has no tasks, so there is nothing to run. `/schedule task-add` "
                    "adds one.",
                    schedule=title,
                )
            )
        if schedule.is_processing:
            raise Unfit(
                _(
                    "{schedule} is running already, and running it again would do its tasks "
                    "twice. If it hangs, `/schedule toggle` off and on frees it.",
                    schedule=title,
                )
            )
        for task in schedule.tasks:
            if task.action == "power" and task.payload == "kill":
                self._not_for_two(admitted, KILL, _RIGHTS["kill"])
            if task.action == "delete_files":
                self._not_for_two(admitted, _DELETING, "file.delete")
        first = schedule.tasks[0]
        needs_game = first.action == "command" and not first.continue_on_failure
        if not (schedule.only_when_online or needs_game):
            return
        known = await self._hub.look(admitted.server)
        if known.state is not State.OFFLINE:
            return
        server = bold(admitted.server.name)
        if schedule.only_when_online:
            raise Unfit(
                _(
                    "{server} is offline and {schedule} is set to run only while it is online: "
                    "the panel would say yes and do nothing. Start the server first.",
                    server=server,
                    schedule=title,
                )
            )
        raise Unfit(
            _(
                "{server} is offline, so the first task of {schedule}, a console command, would "
                "fail and end the run. Start the server first.",
                server=server,
                schedule=title,
            )
        )

    def _fit(self, admitted: Admitted, action: str, payload: str) -> tuple[TaskAction, str]:
        """What a task may be: the panel itself would take any payload (contract: schedules.md)."""
        text = payload.strip()
        if action == "power":
            text = text.casefold()
            if text not in POWER:
                raise Unfit(
                    _("A power task takes `start`, `stop`, `restart` or `kill` as `payload`.")
                )
            self._not_denied(admitted, _RIGHTS[text])
            if text == "kill":
                self._not_for_two(admitted, KILL, _RIGHTS[text])
            return "power", text
        if action == "command":
            if not text:
                raise Unfit(_("A command task takes one console command as `payload`."))
            line = checked_command(text)
            self._not_denied(admitted, CONSOLE)
            self._gate.check_line(admitted, line)
            return "command", line
        if action == "backup":
            self._not_denied(admitted, _BACKUP)
            return "backup", text
        if action == "delete_files":
            self._not_for_two(admitted, _DELETING, "file.delete")
            return "delete_files", text
        raise Unfit(
            _("I don't know tasks of the kind {action}. Edit it on the panel.", action=code(action))
        )

    def _not_denied(self, admitted: Admitted, right: str) -> None:
        """A denial of the guild holds for what a schedule would do in the member's name, too."""
        action = Action(admitted.action.name, right, on_server=True)
        said = self._gate.decide(admitted.guild_id, admitted.actor, action, admitted.server)
        if isinstance(said, Refuse) and said.because.reason is Reason.DENIAL:
            raise Unfit(
                _(
                    "You are denied {right} on {server}, so a schedule can't do it for you either.",
                    right=code(right),
                    server=bold(admitted.server.name),
                )
            )

    def _not_for_two(self, admitted: Admitted, command: str, right: str) -> None:
        """A schedule asks nobody, so it does nothing that takes a second member here."""
        takes_two = self._gate.book(admitted.guild_id).settings.two_person
        if class_of(command, right) in takes_two:
            raise Unfit(
                _(
                    "In this guild a second member has to agree to that, and a schedule asks "
                    "nobody. Use {command} when it is needed.",
                    command=f"`/{command}`",
                )
            )

    def _changed(self, admitted: Admitted, schedule: Schedule) -> Schedule:
        self._shelf.forget(admitted.server, "schedule")
        return self._keep(admitted, schedule)

    def _keep(self, admitted: Admitted, schedule: Schedule) -> Schedule:
        self._seen.pop((admitted.server.id, schedule.id), None)
        self._seen[admitted.server.id, schedule.id] = schedule
        while len(self._seen) > KEPT_SCHEDULES:
            del self._seen[next(iter(self._seen))]
        return schedule


def task_at(schedule: Schedule, number: int) -> Task:
    """The task that stands at `number`, from 1.

    Raises:
        Unfit: There is none.
    """
    if 1 <= number <= len(schedule.tasks):
        return schedule.tasks[number - 1]
    raise Unfit(
        _(
            "{schedule} has no task {number}. `/schedule show` numbers them.",
            schedule=bold(schedule.name),
            number=number,
        )
    )


def _entries(schedules: Sequence[Schedule]) -> list[Entry]:
    return [Entry(str(one.id), f"{one.name} · {when(one)}") for one in schedules]


def _ended(schedule: Schedule, since: float) -> Message:
    count = len(schedule.tasks)
    return Message(
        _n(
            "{schedule} ran its {count} task. It took {time}. Whether the game did what it was "
            "told, the panel doesn't say: `/console tail` shows it.",
            "{schedule} ran its {count} tasks. It took {time}. Whether each of them worked, the "
            "panel doesn't say: `/console tail` shows it.",
            count,
            schedule=bold(schedule.name),
            time=duration(since),
        )
    )


def _nothing(schedule: Schedule) -> Message:
    return Message(
        _(
            "The panel took the order, but nothing of {schedule} was seen to run. Look at its "
            "tasks with `/schedule show`, then try again.",
            schedule=bold(schedule.name),
        )
    )


def _under_way(schedule: Schedule) -> Message:
    waits = sum(task.time_offset_seconds for task in schedule.tasks[1:])
    return Message(
        _(
            "{schedule} is running; its waits add up to {time}. I say here when it has ended.",
            schedule=bold(schedule.name),
            time=duration(waits),
        )
    )


def _still(schedule: Schedule) -> Message:
    began = schedule.last_run_at
    last = _("Its last run before that was {time}.", time=moment(began)) if began else ""
    return Message(
        _(
            "{schedule} is still running. I stop watching; `/schedule show` tells when it has "
            "ended. {last}",
            schedule=bold(schedule.name),
            last=last,
        )
    )
