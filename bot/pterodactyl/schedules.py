"""Schedules of a server and their tasks. The panel's own time zone rules them."""

from typing import Final, Literal

from bot.pterodactyl.errors import Answer, NotFound
from bot.pterodactyl.http import PanelHttp
from bot.pterodactyl.models import Schedule, Task
from bot.pterodactyl.models.envelope import Item, Listing, decoder
from bot.pterodactyl.routes import Asked

_LIST: Final = decoder(Listing[Schedule])
_ONE: Final = decoder(Item[Schedule])
_TASK: Final = decoder(Item[Task])

Action = Literal["command", "power", "backup", "delete_files"]


class Schedules:
    """`client.servers.schedules`; the seed has none of it."""

    def __init__(self, http: PanelHttp) -> None:
        self._http = http

    async def list_schedules(self, server_id: str) -> list[Schedule]:
        """List the schedules with their tasks (contract: schedules.md).

        Raises:
            NotAllowed: `schedule.read` is missing.
        """
        found = await self._http.fetch(_LIST, "GET", "servers", server_id, "schedules")
        return found.unwrapped()

    async def get_schedule(self, server_id: str, schedule_id: int) -> Schedule:
        """Read one schedule with its tasks (contract: schedules.md).

        Raises:
            NotFound: Unknown, or of another server.
        """
        one = await self._http.fetch(_ONE, "GET", "servers", server_id, "schedules", schedule_id)
        return one.attributes

    async def create_schedule(
        self,
        server_id: str,
        name: str,
        *,
        minute: str,
        hour: str,
        day_of_month: str = "*",
        month: str = "*",
        day_of_week: str = "*",
        is_active: bool = True,
        only_when_online: bool = False,
    ) -> Schedule:
        """Make a schedule, without tasks yet (contract: schedules.md).

        Args:
            server_id: Identifier (8 characters) or uuid.
            name: At most 191 characters.
            minute: Cron syntax, as the four after it.
            hour: By the panel's time zone.
            day_of_month: 1 to 31.
            month: 1 to 12.
            day_of_week: 0 to 6, Sunday first.
            is_active: Runs by itself.
            only_when_online: Does nothing while the server is off.

        Raises:
            Declined: BAD_CRON.
            Limited: Some panels allow 2 a minute.
            PanelDown: With `maybe_done` list, don't repeat.
        """
        body = {
            "name": name,
            "minute": minute,
            "hour": hour,
            "day_of_month": day_of_month,
            "month": month,
            "day_of_week": day_of_week,
            "is_active": is_active,
            "only_when_online": only_when_online,
        }
        made = await self._http.fetch(_ONE, "POST", "servers", server_id, "schedules", body=body)
        return made.attributes

    async def update_schedule(
        self,
        server_id: str,
        schedule_id: int,
        *,
        name: str | None = None,
        minute: str | None = None,
        hour: str | None = None,
        day_of_month: str | None = None,
        month: str | None = None,
        day_of_week: str | None = None,
        is_active: bool | None = None,
        only_when_online: bool | None = None,
    ) -> Schedule:
        """Change what is given; the rest is read and sent along (contract: schedules.md).

        The panel replaces everything, and switches off a schedule sent without `is_active`.

        Raises:
            Declined: BAD_CRON.
            NotFound: Unknown, or of another server.
        """
        now = await self.get_schedule(server_id, schedule_id)
        wanted: dict[str, object] = {
            "name": name,
            "minute": minute,
            "hour": hour,
            "day_of_month": day_of_month,
            "month": month,
            "day_of_week": day_of_week,
            "is_active": is_active,
            "only_when_online": only_when_online,
        }
        body: dict[str, object] = {
            "name": now.name,
            "minute": now.cron.minute,
            "hour": now.cron.hour,
            "day_of_month": now.cron.day_of_month,
            "month": now.cron.month,
            "day_of_week": now.cron.day_of_week,
            "is_active": now.is_active,
            "only_when_online": now.only_when_online,
        } | {key: value for key, value in wanted.items() if value is not None}
        updated = await self._http.fetch(
            _ONE, "POST", "servers", server_id, "schedules", schedule_id, body=body, is_safe=True
        )
        return updated.attributes

    async def execute_schedule(self, server_id: str, schedule_id: int) -> None:
        """Run it now, active or not; a run under way doesn't keep it from it (schedules.md).

        The first task is done at once, the others follow. With `only_when_online` and the server
        off nothing happens, and nobody is told.

        Raises:
            Declined: NO_TASKS; or what the first task met (a backup's limit).
            NodeFailed: The first task met it: a command while the server is off has 502.
            Limited: The first task is a backup and too many were made.
        """
        await self._http.send("POST", "servers", server_id, "schedules", schedule_id, "execute")

    async def delete_schedule(self, server_id: str, schedule_id: int) -> None:
        """Delete a schedule with its tasks (contract: schedules.md).

        Raises:
            NotFound: Unknown, deleted already, or of another server.
        """
        await self._http.send("DELETE", "servers", server_id, "schedules", schedule_id)

    async def create_task(
        self,
        server_id: str,
        schedule_id: int,
        action: Action,
        payload: str = "",
        *,
        time_offset_seconds: int = 0,
        sequence_id: int | None = None,
        continue_on_failure: bool = False,
    ) -> Task:
        """Add a task to a schedule (contract: schedules.md).

        Args:
            server_id: Identifier or uuid.
            schedule_id: `Schedule.id`.
            action: What it does; "delete_files" on Pelican only.
            payload: The command line; start, stop, restart or kill (the panel doesn't check it);
                for a backup the patterns to leave out, one a line.
            time_offset_seconds: 0 to 900, to wait after the task before.
            sequence_id: Place from 1; None appends.
            continue_on_failure: Go on after a failure of the node.

        Raises:
            Declined: LIMIT_REACHED: 10 tasks.
            NotAllowed: `schedule.update`; or a backup where the server may have none.
        """
        body: dict[str, object] = {
            "action": action,
            "payload": payload,
            "time_offset": time_offset_seconds,
            "continue_on_failure": continue_on_failure,
        }
        if sequence_id is not None:
            body["sequence_id"] = sequence_id
        made = await self._http.fetch(
            _TASK, "POST", "servers", server_id, "schedules", schedule_id, "tasks", body=body
        )
        return made.attributes

    async def update_task(
        self,
        server_id: str,
        schedule_id: int,
        task_id: int,
        *,
        action: Action | None = None,
        payload: str | None = None,
        time_offset_seconds: int | None = None,
        sequence_id: int | None = None,
        continue_on_failure: bool | None = None,
    ) -> Task:
        """Change what is given of a task; the rest is read and sent along (schedules.md).

        Raises:
            NotFound: The schedule or the task is unknown.
        """
        schedule = await self.get_schedule(server_id, schedule_id)
        path = ("servers", server_id, "schedules", str(schedule_id), "tasks", str(task_id))
        now = next((task for task in schedule.tasks if task.id == task_id), None)
        if now is None:
            raise NotFound(Answer(0, "", "the schedule has no such task", Asked("POST", path)))
        body: dict[str, object] = {
            "action": action or now.action,
            "payload": now.payload if payload is None else payload,
            "time_offset": (
                now.time_offset_seconds if time_offset_seconds is None else time_offset_seconds
            ),
            "continue_on_failure": (
                now.continue_on_failure if continue_on_failure is None else continue_on_failure
            ),
        }
        if sequence_id is not None:
            body["sequence_id"] = sequence_id
        return (await self._http.fetch(_TASK, "POST", *path, body=body, is_safe=True)).attributes

    async def delete_task(self, server_id: str, schedule_id: int, task_id: int) -> None:
        """Delete a task; the later ones move up (contract: schedules.md).

        Raises:
            NotFound: Unknown, or deleted already.
        """
        await self._http.send(
            "DELETE", "servers", server_id, "schedules", schedule_id, "tasks", task_id
        )
