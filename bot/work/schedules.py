"""The panel's own schedules: found, changed whole, run and seen to have run."""

from collections.abc import Sequence
from typing import Final

import discord
import structlog

from bot.access.acting import Acting
from bot.access.decision import Reason, Refuse
from bot.access.facts import Action
from bot.access.gate import Admitted, Gate
from bot.clock import Clock
from bot.fleet.directory import Server
from bot.fleet.hub import Hub
from bot.fleet.known import State
from bot.fleet.shelf import Entry, Shelf
from bot.posts.messages import Message
from bot.pterodactyl import Client, PanelError
from bot.pterodactyl.models import Schedule, Task
from bot.texts import _, _n
from bot.ui.doors import answer_of
from bot.ui.errors import Unfit
from bot.ui.named import find_named
from bot.ui.schedules import POWER, when
from bot.ui.text import bold, code, duration, moment

log = structlog.stdlib.get_logger(__name__)

LOOK_SECONDS: Final = 1.0
BEGIN_SECONDS: Final = 8.0
"""The first task runs inside the call, so a run that shows nothing by then did nothing."""
FOLLOW_SECONDS: Final = 120.0
KEPT_SCHEDULES: Final = 500
TASK_CHARACTERS: Final = 1000
_BACKUP: Final = "backup.create"
_RIGHTS: Final = {
    "start": "control.start",
    "stop": "control.stop",
    "restart": "control.restart",
    "kill": "control.stop",
}


async def load_schedules(client: Client, server: Server) -> Sequence[Entry]:
    """The schedules of a server as choices."""
    return _entries(await client.servers.schedules.list_schedules(server.uuid))


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
        self, admitted: Admitted, schedule: Schedule, *, is_active: bool
    ) -> Schedule:
        """Make a schedule like the given one."""
        cron = schedule.cron
        async with self._acting(admitted, detail=schedule.name) as panel:
            made = await panel.servers.schedules.create_schedule(
                admitted.server.uuid,
                schedule.name,
                minute=cron.minute,
                hour=cron.hour,
                day_of_month=cron.day_of_month,
                month=cron.month,
                day_of_week=cron.day_of_week,
                is_active=is_active,
                only_when_online=schedule.only_when_online,
            )
        return self._changed(admitted, made)
