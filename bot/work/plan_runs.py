"""Plans, carried out: each time decided anew, at most once, and told in the channel it came from.

A plan waits, looks (who may, is the server free, does anybody play), acts by the restart workflow
or a backup of its own, follows that to its end, and waits for the next time. What is done outside
the database stands between `begin` and `end` and is read back where the bot was cut off inside.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Final, NoReturn, get_args

from msgspec import ValidationError, convert, structs
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access.decision import Ask, is_agreed
from bot.access.gate import Admitted, NotAdmitted
from bot.clock import Clock
from bot.fleet.directory import Server
from bot.fleet.hub import Hub
from bot.fleet.known import State
from bot.fleet.players import Counted, Players, is_empty
from bot.posts.members import NotAsked
from bot.store import jobs as rows
from bot.store.engine import Database
from bot.store.jobs import JobRow
from bot.texts import _, speaking
from bot.ui.errors import Unfit
from bot.ui.text import bold
from bot.ui.when import due_after
from bot.ui.when_read import rule_label
from bot.work import plan_words as words
from bot.work.again import Again, Asked, MemberGone, ServerGone
from bot.work.engine import Done, Job, Jobs, Progress, Sleep
from bot.work.follows import FollowKind, Outcome, ending_of
from bot.work.jobs_view import CANCEL
from bot.work.plan_backups import PlanBackups, begun_words, failed_words
from bot.work.plan_posts import PlanPosts
from bot.work.plan_state import KIND, SKIP, SKIPPED, Made, Plan, Skip
from bot.work.plan_timing import LATE_AT_MOST, WARNING, lead, until, warning_seconds
from bot.work.power_order import KIND as POWER
from bot.work.power_order import PowerOrder
from bot.work.restore_state import KIND as RESTORE
from bot.work.telling import Told
from bot.work.workflow import Workflows

BUSY_AT_MOST: Final = timedelta(hours=1)
EMPTY_SECONDS: Final = 60.0
BUSY_SECONDS: Final = 15.0
FOLLOW_SECONDS: Final = 10.0
LISTEN_SECONDS: Final = 60.0
ASK_AGAIN_SECONDS: Final = 30.0
MADE_REMEMBERED: Final = 200
"""Backups of its own that a plan knows; a panel holds no more of one server in practice."""
REST: Final = timedelta(days=30)
TAKE: Final = "take"
"""The signal by which somebody takes a plan over; its payload is an `Asked`."""
QUIET: Final = frozenset({"off"})
"""Left out without a word in the channel where it comes again: a server may be off every night."""
Noted = Callable[[int, str, Plan | None], None]


RUNNING: Final = frozenset({"restart", "backup", "follow", "sweep"})
"""Phases in which something is carried out, which goes on to its end."""


class _Over(Exception):
    """The plan ends here."""

    def __init__(self, outcome: str) -> None:
        super().__init__(outcome)
        self.outcome = outcome


class _Paused(Exception):
    """It rests from now on."""


class PlanRuns:
    """The handler of plans."""

    def __init__(
        self,
        *,
        database: Database,
        jobs: Jobs,
        workflows: Workflows,
        again: Again,
        hub: Hub,
        players: Players,
        backups: PlanBackups,
        posts: PlanPosts,
        noted: Noted,
        clock: Clock,
    ) -> None:
        """Args:
        noted: Hears how each plan stands, None once it is over: what lists show from memory.
        """
        self._database = database
        self._workflows = workflows
        self._again = again
        self._hub = hub
        self._players = players
        self._backups = backups
        self._posts = posts
        self._noted = noted
        self._clock = clock
        self._phases: dict[str, Callable[[Job[Plan]], Awaitable[Sleep | None]]] = {
            "new": self._wait,
            "wait": self._wait,
            "look": self._look,
            "restart": self._follow_restart,
            "backup": self._make_backup,
            "follow": self._follow_backup,
            "sweep": self._sweep,
            "paused": self._rest,
        }
        jobs.register(KIND, Plan, self.work, failed=self.failed)

    async def work(self, job: Job[Plan]) -> Sleep | Done:
        """Go on from where it is."""
        with speaking(job.state.language):
            try:
                await self._hear(job)
                sleep = None
                while sleep is None:
                    sleep = await self._step(job)
            except _Over as over:
                await self._posts.drop_event(job)
                self._noted(job.guild_id, job.id, None)
                return Done(over.outcome)
            self._noted(job.guild_id, job.id, None if job.state.is_ending else job.state)
            return sleep

    async def failed(self, job: Job[Plan]) -> None:
        """It broke for good: the channel hears it, since nothing will come of it any more."""
        self._noted(job.guild_id, job.id, None)
        with speaking(job.state.language):
            await self._posts.say_broken(job)

    async def _step(self, job: Job[Plan]) -> Sleep | None:
        try:
            return await self._phases[job.phase](job)
        except _Paused:
            return None

    # what was said to it

    async def _hear(self, job: Job[Plan]) -> None:
        for said in await job.signals():
            if said.name == CANCEL:
                if job.phase not in RUNNING:
                    raise _Over("removed")
                # what runs is carried to its end and told; there is no next time
                self._set(job, is_ending=True)
            elif said.name == TAKE:
                try:
                    asked = convert(said.payload, Asked)
                except ValidationError:
                    continue
                self._set(job, asked=asked, paused="")
                if job.phase == "paused":
                    self._set(job, due_at=None)
                    job.phase = "wait"
                await job.save()
            elif said.name == SKIP:
                await self._skip(job, said.payload)

    async def _skip(self, job: Job[Plan], payload: object) -> None:
        """Leave out the time that is waited for; or one that was left out is none any more."""
        try:
            said = convert(payload, Skip)
        except ValidationError:
            return
        plan, due = job.state, said.due
        if job.phase in RUNNING or plan.paused:
            return
        if said.is_back:
            if plan.last == SKIPPED and plan.handled_at == due and due > self._clock.now():
                told = words.runs_after_all(plan, self._label(job), said.by, due)
                await self._next(job, "", told, due=due)
        elif plan.due_at == due:
            after = words.following(plan, max(due, self._clock.now()))
            told = words.skipped(plan, self._label(job), said.by, due, after)
            await self._next(job, SKIPPED, told)

    # waiting

    async def _wait(self, job: Job[Plan]) -> Sleep | None:
        now, plan = self._clock.now(), job.state
        due = plan.due_at or due_after(plan.when, self._after(plan, now))
        if due is None:
            raise _Over("over")
        plan = self._set(job, due_at=due)
        await self._posts.keep_event(job, due)
        wake = due - lead(plan)
        if self._clock.now() < wake:
            return Sleep(wake)
        if now - due > LATE_AT_MOST:
            return await self._leave_out(job, "missed")
        await job.save("look", self._set(job, until=until(plan, due), waits=""))
        return None

    async def _rest(self, job: Job[Plan]) -> Sleep | None:  # noqa: ARG002  # until somebody comes
        return Sleep(self._clock.now() + REST)

    def _after(self, plan: Plan, now: datetime) -> datetime:
        """From when the next time is looked for: a clock set back makes nothing due again."""
        return now if plan.handled_at is None else max(now, plan.handled_at)

    # looking

    async def _look(self, job: Job[Plan]) -> Sleep | None:
        now, plan = self._clock.now(), job.state
        due = plan.due_at or now
        admitted = await self._admit(job)
        if admitted is None:
            if not plan.waits and now - due > LATE_AT_MOST:
                return await self._leave_out(job, "missed")
            return Sleep(now + timedelta(seconds=ASK_AGAIN_SECONDS))
        known = await self._hub.look(admitted.server)
        is_off = known.state is State.OFFLINE
        if plan.what == "restart" and is_off:
            return await self._leave_out(job, "off")
        nobody = is_off
        if plan.only_empty and not is_off:
            count = await self._players.count(admitted.server)
            nobody = is_empty(count)
            if not nobody:
                is_known = isinstance(count, Counted)
                waits = await self._waits_for_players(job, is_known=is_known)
                if waits is not None or job.phase != "look":
                    return waits
        return await self._begin(job, admitted, is_empty=nobody)

    async def _waits_for_players(self, job: Job[Plan], *, is_known: bool) -> Sleep | None:
        """Until when to wait; None where it goes on: this time is over, or it is late enough."""
        now, plan = self._clock.now(), job.state
        limit = plan.until or now
        if plan.latest is not None and plan.what == "restart":
            limit -= WARNING
        if now < limit:
            self._set(job, waits="players" if is_known else "unknown")
            return Sleep(min(limit, now + timedelta(seconds=EMPTY_SECONDS)))
        if plan.latest is None:
            await self._leave_out(job, "not-empty" if is_known else "not-known")
        return None

    async def _admit(self, job: Job[Plan]) -> Admitted | None:
        """Decide for who planned it, as of now; None where Discord doesn't say who they are.

        Raises:
            _Paused: They left, or may no longer do it: the plan rests, and says so.
            _Over: The server is gone.
        """
        try:
            admitted = await self._again.admit(job.state.asked)
        except NotAsked:
            return None
        except ServerGone:
            await self._over(job)
        except MemberGone:
            await self._pause(job, "left")
            raise _Paused from None
        except NotAdmitted:
            await self._pause(job, "right")
            raise _Paused from None
        if isinstance(admitted.decision, Ask) or not is_agreed(admitted.decision, admitted.agreed):
            await self._pause(job, "right")
            raise _Paused
        return admitted

    async def _over(self, job: Job[Plan]) -> NoReturn:
        """Its server is gone, and with it the plan."""
        self._noted(job.guild_id, job.id, None)
        rule = rule_label(job.state.when)
        await self._posts.say(
            job, _("⚪ A plan is over ({rule}): its server is no longer connected.", rule=rule)
        )
        raise _Over("gone")

    async def _pause(self, job: Job[Plan], why: str) -> None:
        due = job.state.due_at
        self._noted(job.guild_id, job.id, self._set(job, paused=why, waits="", due_at=None))
        await self._posts.say_paused(job)
        await self._posts.drop_event(job)
        plan = job.state
        number = plan.round + 1
        job.forget()
        await job.save(
            "paused",
            self._set(
                job,
                told=Told(channel_id=plan.asked.channel_id, turn=number),
                round=number,
                handled_at=due,
            ),
        )

    async def _begin(self, job: Job[Plan], admitted: Admitted, *, is_empty: bool) -> Sleep | None:
        """Begin, in one transaction with the look at what else is under way on the server."""
        plan, now = job.state, self._clock.now()
        is_joined = is_free = False
        try:
            async with self._database.write() as session:
                is_free = await self._is_free(session, job, admitted.server)
                if is_free and plan.what == "backup":
                    name = self._backups.name_of(plan, job.id)
                    state = structs.replace(plan, backup_name=name, backup_at=now, waits="")
                    await job.save_in(session, "backup", state)
                elif is_free:
                    order = PowerOrder(
                        signal="restart",
                        reason=_("planned, {rule}", rule=rule_label(plan.when)),
                        delay_seconds=0 if is_empty else warning_seconds(plan, now),
                        origin=f"plan {job.id}",
                    )
                    begun = await self._workflows.begin_in(
                        session, admitted, order, language=plan.language
                    )
                    is_joined = begun.is_joined
                    if not is_joined:
                        state = structs.replace(plan, power_job=begun.job_id, waits="")
                        await job.save_in(session, "restart", state)
        except Unfit:
            return await self._leave_out(job, "full")
        if is_joined:
            return await self._next(job, "joined", words.joined(self._label(job)))
        if is_free:
            return None
        since = plan.until if plan.only_empty and plan.latest is not None else plan.due_at
        if since is not None and now - since > BUSY_AT_MOST:
            return await self._leave_out(job, "busy")
        self._set(job, waits="busy")
        return Sleep(now + timedelta(seconds=BUSY_SECONDS))

    async def _is_free(self, session: AsyncSession, job: Job[Plan], server: Server) -> bool:
        """Whether nothing is under way that this must not run into."""
        kinds = (POWER, KIND, RESTORE, *get_args(FollowKind))
        live = await rows.list_live_jobs(session, guild_id=job.guild_id, kinds=kinds)
        return not any(
            one.subject_id == server.id and one.id != job.id and _hinders(one, job.state)
            for one in live
        )

    # carrying out

    async def _follow_restart(self, job: Job[Plan]) -> Sleep | None:
        async with self._database.read() as session:
            row = await rows.get_job(session, guild_id=job.guild_id, job_id=job.state.power_job)
        if row is not None and row.outcome is None:
            return Sleep(self._clock.now() + timedelta(seconds=FOLLOW_SECONDS))
        outcome = row.outcome if row is not None and row.outcome else "unknown"
        return await self._next(job, outcome)

    async def _make_backup(self, job: Job[Plan]) -> Sleep | None:
        begun_at, plan, now = job.begun_at("backup"), job.state, self._clock.now()
        if begun_at is None:
            admitted = await self._admit(job)
            if admitted is None:
                return Sleep(now + timedelta(seconds=ASK_AGAIN_SECONDS))
            server = admitted.server
            await job.begin("backup")
            tried = await self._backups.make(admitted, plan.backup_name)
        else:
            found = self._server(job)
            if found is None:
                await self._over(job)
            server = found
            tried = await self._backups.find(server, plan, begun_at)
        match tried.came:
            case "begun":
                async with self._database.write() as session:
                    child = await self._backups.follow_in(session, job, server, tried.uuid)
                    state = structs.replace(plan, backup_uuid=tried.uuid, follow_job=child)
                    await job.save_in(session, "follow", state)
                await self._posts.say(job, begun_words(job.state, self._label(job)))
                return None
            case "failed":
                said = failed_words(self._label(job), tried.trouble)
                return await self._next(job, "failed", said)
            case "wait":
                return Sleep(now + timedelta(seconds=BUSY_SECONDS))
        # certainly not begun
        job.forget("backup")
        if tried.came == "again":
            await job.save()
            return None
        await job.save("look", self._set(job, waits="busy"))
        return Sleep(now + timedelta(seconds=EMPTY_SECONDS))

    async def _follow_backup(self, job: Job[Plan]) -> Sleep | None:
        plan = job.state
        async with self._database.read() as session:
            row = await rows.get_job(session, guild_id=job.guild_id, job_id=plan.follow_job)
        ending = ending_of(row, self._server(job))
        if ending is None:
            # it says so when it is over; looked at all the same, should that get lost
            return Sleep(self._clock.now() + timedelta(seconds=LISTEN_SECONDS))
        outcome, told = ending.outcome.value, ending.text
        if outcome == Outcome.DONE:
            made = Made(plan.backup_uuid, plan.backup_name)
            self._set(job, made=(*plan.made, made)[-MADE_REMEMBERED:])
        await job.save("sweep", self._set(job, last=outcome, trouble=told))
        return None

    async def _sweep(self, job: Job[Plan]) -> Sleep | None:
        """Delete what the plan made before and need not keep; only after a whole new backup."""
        plan, note = job.state, ""
        if plan.last == "done" and plan.keep:
            note = await self._delete_old(job)
        told = " ".join(filter(None, (plan.trouble, note)))
        return await self._next(job, plan.last, told)

    async def _delete_old(self, job: Job[Plan]) -> str:
        server, kept = self._server(job), ""
        going = await self._backups.going(server, job.state)
        if going is None:
            return _("The old ones couldn't be looked at, so none was deleted.")
        await self._note_deleted(job, server)
        if going:
            admitted = await self._backups.may_delete(self._again, job.state)
            if admitted is None:
                return _(
                    "{who} may not delete backups there, so the old ones stayed.",
                    who=bold(job.state.asked.actor_name),
                )
            for backup in going:
                step = f"delete {backup.uuid}"
                if await job.begin(step) is Progress.DONE:
                    continue
                if await self._backups.delete(admitted, backup):
                    await job.end(step, state=self._without(job, backup.uuid, backup.name))
                else:
                    kept = _("An old one couldn't be deleted.")
                    await job.end(step)
        deleted = job.state.deleted
        return " ".join(filter(None, (words.deleted_words(deleted) if deleted else "", kept)))

    async def _note_deleted(self, job: Job[Plan], server: Server | None) -> None:
        """Those that were deleted just before it was cut off: the panel lists them no more."""
        for one in job.state.made:
            step = f"delete {one.uuid}"
            if job.begun_at(step) is None or await job.begin(step) is Progress.DONE:
                continue
            if await self._backups.is_gone(server, one.uuid):
                await job.end(step, state=self._without(job, one.uuid, one.name))

    def _without(self, job: Job[Plan], uuid: str, name: str) -> Plan:
        """The plan, once a backup of its own is deleted."""
        plan = job.state
        made = tuple(one for one in plan.made if one.uuid != uuid)
        return self._set(job, made=made, deleted=(*plan.deleted, name))

    # the end of a time

    async def _leave_out(self, job: Job[Plan], outcome: str) -> Sleep | None:
        plan, now = job.state, self._clock.now()
        due = plan.due_at or now
        following = words.following(plan, max(now, due))
        is_last = due_after(plan.when, max(now, due)) is None
        if outcome not in QUIET or is_last:
            said = words.left_out(plan, self._label(job), outcome, due, following)
            return await self._next(job, outcome, said)
        return await self._next(job, outcome)

    async def _next(
        self, job: Job[Plan], outcome: str, told: str = "", *, due: datetime | None = None
    ) -> Sleep | None:
        """Tell what came of this time, and wait for the next; nothing of this one is left over.

        Args:
            job: The plan.
            outcome: What came of it; "" where it is none.
            told: For the channel.
            due: The next time, where it isn't the one after this.
        """
        if told:
            await self._posts.say(job, told)
        plan, now = job.state, self._clock.now()
        handled = plan.due_at or now
        following = due or due_after(plan.when, max(now, handled))
        state = self._set(
            job,
            handled_at=None if due else handled,
            last=outcome,
            last_at=now if outcome else None,
            due_at=following,
            until=None,
            waits="",
            power_job="",
            backup_uuid="",
            backup_name="",
            backup_at=None,
            follow_job="",
            told=Told(channel_id=plan.asked.channel_id, turn=plan.round + 1),
            deleted=(),
            trouble="",
            round=plan.round + 1,
        )
        if following is None or plan.is_ending:
            raise _Over(outcome)
        job.forget()
        await job.save("wait", state)
        return None

    # small things

    def _set(self, job: Job[Plan], **changes: Any) -> Plan:
        job.state = structs.replace(job.state, **changes)
        return job.state

    def _server(self, job: Job[Plan]) -> Server | None:
        return self._posts.server(job.guild_id, job.state)

    def _label(self, job: Job[Plan]) -> str:
        return self._posts.label(job.guild_id, job.state)


def _hinders(other: JobRow, plan: Plan) -> bool:
    """Whether what is under way on the server keeps the plan from running now."""
    if other.kind == POWER:
        # a restart joins a restart
        return plan.what == "backup" or other.state["order"]["signal"] != "restart"
    return other.kind != KIND or other.phase == "backup"
