"""One time of a plan that somebody leaves out, and takes back while it hasn't passed."""

from datetime import datetime

from msgspec import structs, to_builtins

from bot.access.acting import Audit
from bot.access.gate import Admitted
from bot.clock import Clock
from bot.store.engine import Database
from bot.texts import _
from bot.ui.errors import Unfit
from bot.ui.when import due_after
from bot.work.engine import Jobs
from bot.work.plan_state import SKIP, SKIPPED, Plan, Skip
from bot.work.plans import Planned, Plans


def may_be_skipped(plan: Plan) -> bool:
    """Whether there is a time to leave out that hasn't begun, and one after it."""
    has_begun = plan.power_job or plan.backup_name or plan.backup_uuid
    return plan.when.at is None and plan.due_at is not None and not plan.paused and not has_begun


def skipped_time(plan: Plan, now: datetime) -> datetime | None:
    """The time that was left out on somebody's word and is still to come; None where none is."""
    is_ahead = plan.handled_at is not None and plan.handled_at > now
    return plan.handled_at if plan.last == SKIPPED and is_ahead and not plan.paused else None


class PlanSkips:
    """Leaves out times of plans."""

    def __init__(
        self, *, plans: Plans, database: Database, jobs: Jobs, audit: Audit, clock: Clock
    ) -> None:
        self._plans = plans
        self._database = database
        self._jobs = jobs
        self._audit = audit
        self._clock = clock

    async def skip(self, admitted: Admitted, job_id: str, stamp: str) -> Planned:
        """Leave out the time of a plan that a card showed.

        Args:
            admitted: Who wants it.
            job_id: The plan.
            stamp: The time, in seconds since the epoch.

        Raises:
            Unfit: It isn't theirs, or that time is no longer waited for.
        """
        one = self._own(admitted, job_id)
        plan, due = one.plan, one.plan.due_at
        if due is None or not may_be_skipped(plan) or str(int(due.timestamp())) != stamp:
            raise Unfit(_("That time is no longer waited for. `/plan list` shows what comes next."))
        following = due_after(plan.when, max(due, self._clock.now()))
        changed = structs.replace(
            plan,
            due_at=following,
            handled_at=due,
            last=SKIPPED,
            last_at=self._clock.now(),
            waits="",
        )
        return await self._say(admitted, one, Skip(due=due, by=admitted.actor.name), changed)

    async def take_back(self, admitted: Admitted, job_id: str) -> Planned:
        """Let a time that was left out run after all.

        Raises:
            Unfit: It isn't theirs, or nothing was left out that is still to come.
        """
        one = self._own(admitted, job_id)
        due = skipped_time(one.plan, self._clock.now())
        if due is None:
            raise Unfit(_("That time is past. `/plan list` shows what comes next."))
        changed = structs.replace(one.plan, due_at=due, handled_at=None, last="", last_at=None)
        said = Skip(due=due, by=admitted.actor.name, is_back=True)
        return await self._say(admitted, one, said, changed)

    def _own(self, admitted: Admitted, job_id: str) -> Planned:
        one = self._plans.get(admitted.guild_id, admitted.actor, job_id)
        is_theirs = one.plan.asked.actor_id == admitted.actor.id
        if not is_theirs and not self._plans.may_touch(admitted, one.plan):
            raise Unfit(_("Only who planned it, or who holds its right, leaves a time out."))
        return one

    async def _say(self, admitted: Admitted, one: Planned, said: Skip, changed: Plan) -> Planned:
        async with self._database.write() as session:
            told = await self._jobs.signal(
                session,
                guild_id=admitted.guild_id,
                job_id=one.id,
                name=SKIP,
                payload=to_builtins(said),
            )
            if not told:
                raise Unfit(_("There is no such plan. `/plan list` shows those there are."))
            entry = self._audit.entry(
                admitted,
                "change",
                outcome="skip taken back" if said.is_back else "skipped",
                detail=f"plan {one.plan.what}: {said.due:%Y-%m-%d %H:%M} UTC",
            )
            entry = structs.replace(entry, server_id=one.plan.asked.server_id)
            await self._audit.append(session, admitted.guild_id, entry)
        self._plans.noted(admitted.guild_id, one.id, changed)
        return Planned(one.id, changed)
