"""/schedule: the panel's own schedules, in words."""

from typing import Annotated, Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.access.decision import Allow, Ask
from bot.access.facts import Action
from bot.access.gate import Admitted
from bot.posts.messages import Message
from bot.pterodactyl.models import Cron, Schedule
from bot.texts import _, _n
from bot.ui.cron import NoCron, read_cron, suggestions
from bot.ui.doors import Ack, Press, command, component, decided
from bot.ui.errors import Unfit
from bot.ui.groups import STAFF, group
from bot.ui.options import NamedChoices, ServerOption
from bot.ui.pages import page_number, page_of
from bot.ui.parts import field, form
from bot.ui.schedules import schedule_card, schedule_line, task_words
from bot.ui.text import bold, code, cut
from bot.work.schedules import TaskWish, load_schedules, task_at
from cogs.parts import Parts

SERVER = "Which server; may be left out where only one is meant"
SCHEDULE = "Which schedule"
WHEN = "A time such as 4:00, five cron fields, or pick one; by the panel's clock"
TASK = "Its number, as /schedule show has it"
PAYLOAD = "The console command; start, stop, restart or kill; files a backup leaves out"
NAME_CHARACTERS = 191

ScheduleOption = Annotated[str, NamedChoices("schedule", load_schedules)]
Title = app_commands.Range[str, 1, NAME_CHARACTERS]
When = app_commands.Range[str, 1, 100]
Payload = app_commands.Range[str, 0, 1000]
Wait = app_commands.Range[int, 0, 900]
Number = app_commands.Range[int, 1, 100]
Kind = Literal["command", "power", "backup"]


class ScheduleCog(commands.Cog):
    """The panel's schedules and their tasks."""

    schedule = group("schedule", "The panel's own schedules of a server", seen_by=STAFF)

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @command(
        schedule,
        name="list",
        right="schedule.read",
        on_server=True,
        description="The schedules of a server, and when each runs next",
    )
    @app_commands.describe(server=SERVER)
    async def list_schedules(
        self,
        interaction: discord.Interaction,
        server: ServerOption | None = None,  # noqa: ARG002  # the gate has resolved it
    ) -> Message:
        return await self._list(decided(interaction), 0)

    @command(
        schedule, right="schedule.read", on_server=True, description="A schedule with its tasks"
    )
    @app_commands.describe(schedule=SCHEDULE, server=SERVER)
    async def show(
        self,
        interaction: discord.Interaction,
        schedule: ScheduleOption,
        server: ServerOption | None = None,  # noqa: ARG002
    ) -> Message:
        admitted = decided(interaction)
        return self._card(admitted, await self._parts.schedules.find(admitted, schedule))

    @command(schedule, right="schedule.create", on_server=True, description="Make a schedule")
    @app_commands.describe(
        name="How it is called",
        when=WHEN,
        server=SERVER,
        only_when_online="Do nothing while the server is offline",
        active="Whether it runs by itself from now on",
    )
    async def create(
        self,
        interaction: discord.Interaction,
        name: Title,
        when: When,
        server: ServerOption | None = None,  # noqa: ARG002
        only_when_online: bool = False,
        active: bool = True,
    ) -> Message:
        admitted = decided(interaction)
        made = await self._parts.schedules.create(
            admitted, name, _cron(when), is_active=active, only_when_online=only_when_online
        )
        return self._card(admitted, made, _("Made. `/schedule task-add` says what it does."))

    @command(
        schedule,
        right="schedule.update",
        on_server=True,
        description="Change a schedule's name, times or conditions; the rest stays",
    )
    @app_commands.describe(
        schedule=SCHEDULE,
        server=SERVER,
        name="Its new name",
        when=WHEN,
        only_when_online="Do nothing while the server is offline",
    )
    async def edit(
        self,
        interaction: discord.Interaction,
        schedule: ScheduleOption,
        server: ServerOption | None = None,  # noqa: ARG002
        name: Title | None = None,
        when: When | None = None,
        only_when_online: bool | None = None,
    ) -> Message:
        admitted = decided(interaction)
        found = await self._parts.schedules.find(admitted, schedule)
        if name is None and when is None and only_when_online is None:
            return self._card(admitted, found, _("Name what to change, or press *Edit*."))
        made = await self._parts.schedules.update(
            admitted,
            found,
            title=name,
            cron=_cron(when) if when else None,
            only_when_online=only_when_online,
        )
        return self._card(admitted, made, _("Changed."))

    @command(schedule, right="schedule.delete", on_server=True, description="Delete a schedule")
    @app_commands.describe(schedule=SCHEDULE, server=SERVER)
    async def delete(
        self,
        interaction: discord.Interaction,
        schedule: ScheduleOption,
        server: ServerOption | None = None,  # noqa: ARG002
    ) -> Message:
        admitted = decided(interaction)
        return await self._ask_delete(
            admitted, await self._parts.schedules.find(admitted, schedule)
        )

    @command(
        schedule,
        right="schedule.update",
        on_server=True,
        description="Run a schedule now, and see that it ran",
    )
    @app_commands.describe(schedule=SCHEDULE, server=SERVER)
    async def run(
        self,
        interaction: discord.Interaction,
        schedule: ScheduleOption,
        server: ServerOption | None = None,  # noqa: ARG002
    ) -> Message:
        admitted = decided(interaction)
        found = await self._parts.schedules.find(admitted, schedule)
        return await self._parts.schedules.run(interaction, admitted, found)

    @command(
        schedule,
        right="schedule.update",
        on_server=True,
        description="Switch a schedule off, or on again",
    )
    @app_commands.describe(schedule=SCHEDULE, server=SERVER)
    async def toggle(
        self,
        interaction: discord.Interaction,
        schedule: ScheduleOption,
        server: ServerOption | None = None,  # noqa: ARG002
    ) -> Message:
        admitted = decided(interaction)
        found = await self._parts.schedules.find(admitted, schedule)
        return await self._turn(admitted, found, is_active=not found.is_active)

    @command(
        schedule, right="schedule.update", on_server=True, description="Add a task to a schedule"
    )
    @app_commands.describe(
        schedule=SCHEDULE,
        action="What it does",
        server=SERVER,
        payload=PAYLOAD,
        wait="Seconds to wait after the task before, at most 900",
        position="Its place; left out: last",
        continue_on_failure="Go on with the next task if this one fails",
    )
    async def task_add(
        self,
        interaction: discord.Interaction,
        schedule: ScheduleOption,
        action: Kind,
        server: ServerOption | None = None,  # noqa: ARG002
        payload: Payload = "",
        wait: Wait = 0,
        position: Number | None = None,
        continue_on_failure: bool = False,
    ) -> Message:
        admitted, work = decided(interaction), self._parts.schedules
        wish = TaskWish(
            action=action,
            payload=payload,
            wait_seconds=wait,
            position=position,
            goes_on=continue_on_failure,
        )
        found = await work.find(admitted, schedule)
        return self._card(admitted, await work.add_task(admitted, found, wish), _("Added."))

    @command(
        schedule,
        right="schedule.update",
        on_server=True,
        description="Change a task; what isn't named stays",
    )
    @app_commands.describe(
        schedule=SCHEDULE,
        task=TASK,
        server=SERVER,
        action="What it does",
        payload=PAYLOAD,
        wait="Seconds to wait after the task before, at most 900",
        position="Move it to this place",
        continue_on_failure="Go on with the next task if this one fails",
    )
    async def task_edit(
        self,
        interaction: discord.Interaction,
        schedule: ScheduleOption,
        task: Number,
        server: ServerOption | None = None,  # noqa: ARG002
        action: Kind | None = None,
        payload: Payload | None = None,
        wait: Wait | None = None,
        position: Number | None = None,
        continue_on_failure: bool | None = None,
    ) -> Message:
        admitted, work = decided(interaction), self._parts.schedules
        wish = TaskWish(
            action=action,
            payload=payload,
            wait_seconds=wait,
            position=position,
            goes_on=continue_on_failure,
        )
        found = await work.find(admitted, schedule)
        made = await work.edit_task(admitted, found, task, wish)
        return self._card(admitted, made, _("Changed."))

    @command(
        schedule,
        right="schedule.update",
        on_server=True,
        description="Take a task out of a schedule",
    )
    @app_commands.describe(schedule=SCHEDULE, task=TASK, server=SERVER)
    async def task_remove(
        self,
        interaction: discord.Interaction,
        schedule: ScheduleOption,
        task: Number,
        server: ServerOption | None = None,  # noqa: ARG002
    ) -> Message:
        admitted = decided(interaction)
        found = await self._parts.schedules.find(admitted, schedule)
        meant = task_at(found, task)
        text = _(
            "Task {number} of {schedule} goes for good: {task}. The later ones move up.",
            number=task,
            schedule=bold(found.name),
            task=task_words(meant, task),
        )
        return await self._parts.confirmations.ask(
            admitted,
            "schedule-task-remove",
            text,
            label=_("Remove"),
            payload={"schedule": found.id, "task": meant.id},
        )

    @create.autocomplete("when")
    @edit.autocomplete("when")
    async def complete_when(
        self,
        interaction: discord.Interaction,  # noqa: ARG002  # the same for everybody
        current: str,
    ) -> list[app_commands.Choice[str]]:
        return [
            app_commands.Choice(name=cut(f"{said} · {cron}", 100), value=cron)
            for cron, said in suggestions(current)[:25]
        ]

    @component(
        "schedules", right="schedule.read", on_server=True, ack=Ack.UPDATE, name="schedule list"
    )
    async def leaf(self, press: Press) -> Message:
        return await self._list(press.admitted, page_number(press.args[-1]))

    @component("schedule-run", right="schedule.update", on_server=True, name="schedule run")
    async def run_pressed(self, press: Press) -> Message:
        found = await self._pressed(press)
        return await self._parts.schedules.run(press.interaction, press.admitted, found)

    @component(
        "schedule-turn",
        right="schedule.update",
        on_server=True,
        ack=Ack.UPDATE,
        name="schedule toggle",
    )
    async def turn_pressed(self, press: Press) -> Message:
        found = await self._pressed(press)
        return await self._turn(press.admitted, found, is_active=press.args[-1] == "on")

    @component(
        "schedule-edit-form",
        right="schedule.update",
        on_server=True,
        ack=Ack.MODAL,
        name="schedule edit",
    )
    async def edit_pressed(self, press: Press) -> None:
        found = self._parts.schedules.seen(press.admitted, _number(press))
        await press.interaction.response.send_modal(
            form(
                "schedule-edit",
                press.admitted.server.id,
                str(found.id),
                title=_("Edit a schedule"),
                fields=[
                    field("name", label=_("Name"), value=found.name, most=NAME_CHARACTERS),
                    field(
                        "when",
                        label=_("When"),
                        value=str(found.cron),
                        most=100,
                        description=_("Minute, hour, day, month, weekday; or a time such as 4:00"),
                    ),
                ],
            )
        )

    @component(
        "schedule-edit",
        right="schedule.update",
        on_server=True,
        ack=Ack.UPDATE,
        name="schedule edit",
    )
    async def edit_sent(self, press: Press) -> Message:
        title, cron = press.field("name").strip(), _cron(press.field("when"))
        if not title:
            raise Unfit(_("A schedule needs a name."))
        found = await self._pressed(press)
        made = await self._parts.schedules.update(press.admitted, found, title=title, cron=cron)
        return self._card(press.admitted, made, _("Changed."))

    @component("schedule-delete", right="schedule.delete", on_server=True, name="schedule delete")
    async def delete_pressed(self, press: Press) -> Message:
        return await self._ask_delete(press.admitted, await self._pressed(press))

    @component(
        "schedule-delete-now",
        right="schedule.delete",
        on_server=True,
        ack=Ack.UPDATE,
        name="schedule delete",
    )
    async def delete_confirmed(self, press: Press) -> Message:
        asked = await self._parts.confirmations.take(press, "schedule-delete-now")
        found = await self._parts.schedules.get(press.admitted, int(str(asked.payload["schedule"])))
        await self._parts.schedules.delete(press.admitted, found)
        return Message(_("{schedule} is deleted.", schedule=bold(found.name)))

    @component(
        "schedule-task-remove",
        right="schedule.update",
        on_server=True,
        ack=Ack.UPDATE,
        name="schedule task-remove",
    )
    async def task_remove_confirmed(self, press: Press) -> Message:
        asked = await self._parts.confirmations.take(press, "schedule-task-remove")
        schedule_id, task_id = int(str(asked.payload["schedule"])), int(str(asked.payload["task"]))
        left = await self._parts.schedules.delete_task(press.admitted, schedule_id, task_id)
        return self._card(press.admitted, left, _("Removed."))

    async def _list(self, admitted: Admitted, page: int) -> Message:
        found = await self._parts.schedules.listed(admitted)
        return page_of(
            _("Schedules of {server}", server=bold(admitted.server.name)),
            [schedule_line(one) for one in found],
            page,
            verb="schedules",
            server_id=admitted.server.id,
            empty=_("None yet. `/schedule create` makes one."),
        )

    async def _turn(self, admitted: Admitted, found: Schedule, *, is_active: bool) -> Message:
        if found.is_active is not is_active:
            found = await self._parts.schedules.update(admitted, found, is_active=is_active)
        said = _("It is switched on.") if found.is_active else _("It is switched off.")
        return self._card(admitted, found, said)

    async def _ask_delete(self, admitted: Admitted, found: Schedule) -> Message:
        text = _n(
            "Deleting {schedule} on {server} takes its {count} task along. It can't be brought "
            "back; switching it off can be undone.",
            "Deleting {schedule} on {server} takes its {count} tasks along. It can't be brought "
            "back; switching it off can be undone.",
            len(found.tasks),
            schedule=bold(found.name),
            server=bold(admitted.server.name),
        )
        return await self._parts.confirmations.ask(
            admitted, "schedule-delete-now", text, label=_("Delete"), payload={"schedule": found.id}
        )

    async def _pressed(self, press: Press) -> Schedule:
        return await self._parts.schedules.get(press.admitted, _number(press))

    def _card(self, admitted: Admitted, schedule: Schedule, head: str = "") -> Message:
        server = admitted.server

        def may(right: str) -> bool:
            action = Action("schedule show", right, on_server=True)
            said = self._parts.gate.decide(admitted.guild_id, admitted.actor, action, server)
            return isinstance(said, Allow | Ask)

        label = self._parts.directory.label(server)
        return schedule_card(server, label, schedule, may=may, head=head)


def _cron(text: str) -> Cron:
    try:
        return read_cron(text)
    except NoCron:
        raise Unfit(
            _(
                "{text} is no time that I can read. Write `4:00` for every day at four, or five "
                "cron fields such as `0 4 * * 1-5`: minute, hour, day, month, weekday.",
                text=code(text, 60),
            )
        ) from None


def _number(press: Press) -> int:
    text = (*press.args, "", "")[1]
    if not text.isdecimal() or len(text) > 9:
        raise Unfit(_("I don't know that schedule any more. `/schedule list` shows them."))
    return int(text)
