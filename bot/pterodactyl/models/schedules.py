"""Schedules and their tasks (contract: schedules.md)."""

from datetime import datetime

from msgspec import Struct, field

from bot.pterodactyl.models.envelope import Listing


class Cron(Struct, frozen=True, kw_only=True):
    """When a schedule runs, by the panel's time zone."""

    minute: str
    hour: str
    day_of_month: str
    month: str
    day_of_week: str

    def __str__(self) -> str:
        fields = (self.minute, self.hour, self.day_of_month, self.month, self.day_of_week)
        return " ".join(fields)


class Task(Struct, frozen=True, kw_only=True):
    """One step of a schedule."""

    id: int
    sequence_id: int  # from 1
    action: str  # "command", "power", "backup"; Pelican: "delete_files"
    payload: str  # a command line, a signal, patterns to leave out; "" for none
    time_offset_seconds: int = field(name="time_offset")  # wait after the step before
    is_queued: bool
    continue_on_failure: bool
    created_at: datetime
    updated_at: datetime


class ScheduleRelations(Struct, frozen=True, kw_only=True):
    tasks: Listing[Task] = Listing(())


class Schedule(Struct, frozen=True, kw_only=True):
    """A schedule with its tasks. Its moments carry the panel's time zone as offset."""

    id: int
    name: str
    cron: Cron
    is_active: bool
    is_processing: bool  # running or stuck
    only_when_online: bool
    last_run_at: datetime | None  # set when a run ends, failed and skipped ones too
    next_run_at: datetime | None  # computed for inactive ones as well
    created_at: datetime
    updated_at: datetime
    relationships: ScheduleRelations = ScheduleRelations()

    @property
    def tasks(self) -> tuple[Task, ...]:
        """In the order in which they run; the panel sends them unsorted."""
        tasks = (item.attributes for item in self.relationships.tasks.data)
        return tuple(sorted(tasks, key=lambda task: task.sequence_id))
